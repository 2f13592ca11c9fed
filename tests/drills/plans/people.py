"""People change records whose fate is unknown: half of them are in Intacct, half are not."""

from __future__ import annotations

from typing import Any

from tests.drills.plans import hands
from tests.drills.plans.place import number
from tests.drills.plans.plan import plan
from tests.drills.plans.stage import Stage

PAID = {number(place) for place in range(13)}
MONEY: Any = {"function": "create", "docnumber": "NP-00"}


def _unknown(stage: Stage) -> tuple[str, str]:
    """Leave two batches of invoices unknown: one never arrived, the other is there. Gives an invoice without money of
    each: (not there, there)."""
    stage.worker()
    stage.sandbox.fault("dropped_before", "create_invoice")
    stage.sandbox.fault("reply_lost", "create_invoice")
    while not stage.sandbox.spent():
        stage.sync()
    arrived = {row["RECORDID"] for row in stage.sandbox.records("ARINVOICE")}
    unknown = hands.unknown(stage) - PAID
    return max(unknown - arrived), max(unknown & arrived)


@plan
def numbers_edited_while_their_outcome_is_unknown(stage: Stage) -> None:
    """Both end in Intacct once, under their new numbers."""
    not_there, there = _unknown(stage)
    hands.renumber(stage, not_there, "NEW-NOT-THERE")
    hands.renumber(stage, there, "NEW-THERE")


@plan
def invoices_voided_while_unknown(stage: Stage) -> None:
    """What is there is reversed; what is not is first sent as it left, then reversed, or never sent."""
    for invoice in _unknown(stage):
        hands.void_invoice(stage, invoice)


@plan
def payments_voided_while_unknown(stage: Stage) -> None:
    """Their reply was lost; they are found there and reversed."""
    stage.worker()
    stage.sandbox.fault("reply_lost", MONEY)
    stage.sync()
    hands.void_payment(stage, "NP-07")
    hands.void_payment(stage, "NP-00")


@plan
def invoices_skipped_while_unknown(stage: Stage) -> None:
    """A skip touches no open posting; taken back, nothing is sent twice."""
    hands.skip(stage, *_unknown(stage))
    stage.come_to_rest()
    hands.unskip(stage)

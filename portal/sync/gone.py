"""Payments and credit notes of ours that somebody deleted in Intacct, record and rows of money alike.

Nothing tells from outside whether that was a mistake there or the money never came. So nothing is taken off here
before a person decides: the pairs keep what they held, and the record is the problem `gone_there`. It is told only
after a look by its key did not find it.
"""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models.base import Origin
from portal.models.sync import GONE, SOURCES, Pair, SyncRow
from portal.problems import ledger
from portal.sync import judging, links
from portal.sync.context import RunContext

CODE = "gone_there"
MONEY_GUIDE = "money_gone_there"


def is_ours(row: SyncRow) -> bool:
    """Whether it is a payment or credit note that was made here; what came from Intacct goes with its record there."""
    return row.kind in SOURCES and row.origin == Origin.PORTAL


def stands(row: SyncRow) -> bool:
    """Whether the record was found to be gone there, whatever a person decided of it since."""
    return bool(row.seen_there.get(GONE))


def tell(ctx: RunContext, row: SyncRow) -> None:
    """The problem of a payment or credit note of ours that a look by key did not find; told once. Flushes."""
    if not stands(row):
        row.seen_there = {**row.seen_there, GONE: True}
    known = ledger.open_problem(row.id)
    if row.hold or (known is not None and known.code == CODE):
        return  # decided or told already
    judging.problem(ctx, row, CODE, _words(row), guide=MONEY_GUIDE, pairs=_pairs(row))


def ask_again(row: SyncRow) -> None:
    """A person took back what was decided of it: it is a problem anew. Flushes."""
    if stands(row) and row.key:
        ledger.report(row, CODE, _words(row), guide=MONEY_GUIDE, details={"pairs": _pairs(row)})


def _words(row: SyncRow) -> str:
    what = row.kind.replace("_", " ").capitalize()
    return (
        f"{what} {links.record_of(row).number} was deleted in Intacct (recordno {row.key}). Nothing was changed here:"
        " it still lies on its invoices. Void it here too, post it again, or leave it."
    )


def _pairs(row: SyncRow) -> dict[str, str]:
    """Invoice row id -> what lay there of it, as text: what the invoices owe again there."""
    query = select(Pair.invoice_row_id, Pair.applied_there).where(Pair.source_row_id == row.id, Pair.applied_there != 0)
    return {str(invoice_row_id): str(amount) for invoice_row_id, amount in db.session.execute(query)}


def came_back(ctx: RunContext, row: SyncRow) -> None:
    """A look finds it after all: the problem was none. Flushes."""
    if stands(row):
        row.seen_there = {name: value for name, value in row.seen_there.items() if name != GONE}
        ledger.close_if(row, (CODE,), ctx.by)

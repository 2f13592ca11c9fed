"""What to do next with a record: the one table that decides, pure, used by runs and previews alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from portal.models.base import Origin
from portal.models.sync import Hold, Kind


class Next(StrEnum):
    """The next act for a record."""

    NONE = "none"
    CREATE = "create"  # look first: ours is adopted, another's is a problem, absent is created
    UPDATE = "update"  # re-read first: only what is as we last sent it is updated
    REVERSE = "reverse"
    DELETE = "delete"  # a credit note: what it lies on is undone, then it is deleted
    UNAPPLY = "unapply"  # a credit note: taken off invoices, its rest applied in the next step
    APPLY = "apply"  # the differences of its pairs


@dataclass(frozen=True)
class PairCase:
    """One invoice that a payment pays: how much of it is applied here and there."""

    here: Decimal
    there: Decimal
    hold: str = ""


@dataclass(frozen=True)
class Case:
    """All that the decision rests on. `want` and `have` are hashes, "" for nothing."""

    kind: Kind
    origin: Origin
    hold: str
    want: str
    have: str
    pairs: tuple[PairCase, ...] = ()
    sent_otherwise: bool = False
    """A payment that was posted with another sum than it should have there now: a part was left out, to be booked by
    hand, and is not to be left out any more, or another one is."""


@dataclass(frozen=True)
class Decision:
    """The next act, and the reason where nothing is done on purpose."""

    next: Next
    reason: str = ""


def decide(case: Case) -> Decision:
    """The row of the table that fits `case`."""
    if case.hold != Hold.NONE:
        return Decision(Next.NONE, case.hold)
    if case.origin == Origin.INTACCT:
        return Decision(Next.NONE, "came from Intacct")
    if not case.have:
        return Decision(Next.CREATE if case.want else Next.NONE)
    if case.kind == Kind.CREDIT_NOTE:
        return _decide_credit_note(case)
    if not case.want:
        return Decision(Next.REVERSE)
    if case.kind in (Kind.CUSTOMER, Kind.INVOICE):
        return Decision(Next.UPDATE if case.want != case.have else Next.NONE)
    return _decide_payment(case)


def _decide_payment(case: Case) -> Decision:
    free = [pair for pair in case.pairs if not pair.hold]
    if case.want != case.have or case.sent_otherwise or any(pair.here < pair.there for pair in free):
        return Decision(Next.REVERSE)
    return Decision(Next.APPLY if any(pair.here > pair.there for pair in free) else Next.NONE)


def _decide_credit_note(case: Case) -> Decision:
    if case.want != case.have:
        return Decision(Next.DELETE)
    free = [pair for pair in case.pairs if not pair.hold]
    if any(pair.here < pair.there for pair in free):
        return Decision(Next.UNAPPLY)
    return Decision(Next.APPLY if any(pair.here > pair.there for pair in free) else Next.NONE)

"""How a document came to its amounts, step by step on both sides, from what the portal keeps: the audit entries of the
record here, the postings that Intacct answered, and what runs carried over from Intacct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.models.audit import AuditEntry, is_by_run, run_of
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import TOTAL_NOW, Act, Kind, Pair, Posting, PostingState, Problem, SyncRow
from portal.queries.history import history
from portal.queries.sync_records import row_of

ZERO = Decimal(0)
_LINKED = "linked"


class Side(StrEnum):
    """Where something happened first."""

    HERE = "here"
    THERE = "there"


@dataclass(frozen=True)
class Move:
    """What a step does to the open amount of one side: set it (`to`), or move it (`by`); `unknown_to` is what an
    amount that was not known is by then."""

    to: Decimal | None = None
    by: Decimal = ZERO
    unknown_to: Decimal | None = None

    def after(self, amount: Decimal | None) -> Decimal | None:
        """The open amount after it."""
        if self.to is not None:
            return self.to
        return amount + self.by if amount is not None else self.unknown_to


STILL = Move()


@dataclass(frozen=True)
class Step:
    """One thing that happened: an `entry` of the history here, a `posting` that Intacct took, `number` the other
    document that it was sent for, or in `text` what somebody did in Intacct. `here` and `there` are the open amounts
    after it, None where there is no document."""

    at: datetime
    side: Side
    entry: AuditEntry | None = None
    posting: Posting | None = None
    number: str = ""
    text: str = ""
    run_id: int | None = None
    on_here: Move = STILL
    on_there: Move = STILL
    here: Decimal | None = None
    there: Decimal | None = None


@dataclass(frozen=True)
class Found:
    """A document that a number may mean."""

    kind: Kind
    record_id: int
    number: str
    customer: str


def explain(company: Company, kind: Kind, record_id: int) -> list[Step]:
    """The steps of an invoice, a payment or a credit note, oldest first, with the open amounts after each."""
    entries = reversed(history(company, kind.value, record_id, limit=2000))
    steps = [_own_step(kind, entry) for entry in entries]
    row = row_of(company, kind, record_id)
    if row is not None:
        steps += [_sent_step(row, posting, sender) for posting, sender in _answered(row)]
        steps += _linked_steps(row)
        steps += _steps_there(row)
    return with_amounts(sorted(steps, key=lambda step: step.at))


_MODELS: Mapping[Kind, type[Invoice | Payment | CreditNote]] = {
    Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote,
}  # fmt: skip


def has(company: Company, kind: str, record_id: int) -> bool:
    """Whether the company has this document."""
    model = next((model for known, model in _MODELS.items() if known == kind), None)
    if model is None:
        return False
    query = select(model.id).where(model.company_id == company.id, model.id == record_id)
    return db.session.scalar(query) is not None


def find(company: Company, text: str, *, limit: int = 20) -> list[Found]:
    """The documents whose number is `text`, whatever its case."""
    found: list[Found] = []
    for kind, model in _MODELS.items():
        query = (
            select(model.id, model.number, Customer.name)
            .join(Customer, Customer.id == model.customer_id)
            .where(model.company_id == company.id, model.number_key == text.strip().casefold())
        )
        found += [Found(kind, *values) for values in db.session.execute(query.limit(limit))]
    return found


def with_amounts(steps: Iterable[Step]) -> list[Step]:
    """The steps with the open amount of either side after each. Pure."""
    here: Decimal | None = None
    there: Decimal | None = None
    told = []
    for step in steps:
        here, there = step.on_here.after(here), step.on_there.after(there)
        told.append(replace(step, here=here, there=there))
    return told


def _own_step(kind: Kind, entry: AuditEntry) -> Step:
    move = _moved_here(kind, entry)
    carried = is_by_run(entry.actor)
    return Step(
        entry.at, Side.THERE if carried else Side.HERE, entry=entry,
        run_id=run_of(entry.actor),
        on_here=move, on_there=_carried(entry, move) if carried else STILL,
    )  # fmt: skip


def _carried(entry: AuditEntry, move: Move) -> Move:
    """What was carried over moved Intacct's side by as much, which need not stand where ours does."""
    before, after = _amount(entry.before, "balance"), _amount(entry.after, "balance")
    if entry.action not in ("applied", "unapplied") or before is None or after is None:
        return move
    return Move(by=after - before, unknown_to=after)


def _moved_here(kind: Kind, entry: AuditEntry) -> Move:
    before, after = entry.before, entry.after
    if entry.action == "voided":
        return Move(to=ZERO)
    if entry.action in ("created", "issued", "duplicated"):
        total = _amount(after, "total") if kind != Kind.PAYMENT else _amount(after, "amount")
        is_draft = entry.action != "issued" and bool(after.get("draft"))
        return Move(to=total) if total is not None and not is_draft else STILL
    if entry.action in ("applied", "unapplied"):
        if kind == Kind.INVOICE:
            return Move(to=_amount(after, "balance"))
        return Move(by=(_amount(before, "amount") or ZERO) - (_amount(after, "amount") or ZERO))
    field = "amount" if kind == Kind.PAYMENT else "total"
    if entry.action == "edited" and field in after:
        return Move(by=(_amount(after, field) or ZERO) - (_amount(before, field) or ZERO))
    return STILL


def _answered(row: SyncRow) -> Iterable[tuple[Posting, SyncRow]]:
    """What was posted for the document itself, and of an invoice for the money and credit that lies on it."""
    senders = [row.id]
    if row.kind == Kind.INVOICE:
        senders += db.session.scalars(select(Pair.source_row_id).where(Pair.invoice_row_id == row.id))
    query = (
        select(Posting, SyncRow)
        .join(SyncRow, SyncRow.id == Posting.sync_row_id)
        .where(Posting.sync_row_id.in_(senders), Posting.state == PostingState.POSTED)
        .order_by(Posting.id)
    )
    applied: dict[int, Decimal] = {}
    for posting, sender in db.session.execute(query).all():
        if sender.id == row.id or _puts_on(row, posting, applied):
            yield posting, sender


def _puts_on(invoice: SyncRow, posting: Posting, applied: dict[int, Decimal]) -> bool:
    """Whether a posting of another document moved money on `invoice`; `applied` keeps what each has put there."""
    amount = Decimal(posting.facts.get("pairs", {}).get(str(invoice.id), 0))
    if posting.act in (Act.REVERSE, Act.DELETE):
        return bool(applied.pop(posting.sync_row_id, ZERO))
    applied[posting.sync_row_id] = applied.get(posting.sync_row_id, ZERO) + amount
    return bool(amount)


def _sent_step(row: SyncRow, posting: Posting, sender: SyncRow) -> Step:
    return Step(
        posting.answered_at or posting.sent_at, Side.THERE, posting=posting, run_id=posting.run_id,
        number="" if sender.id == row.id else str(posting.facts.get("number", "")),
        on_there=_moved_there(row, posting, sender),
    )  # fmt: skip


def _moved_there(row: SyncRow, posting: Posting, sender: SyncRow) -> Move:
    facts = posting.facts
    pairs = {int(row_id): Decimal(amount) for row_id, amount in facts.get("pairs", {}).items()}
    if sender.id != row.id:
        if posting.act in (Act.REVERSE, Act.DELETE):
            return Move(by=_lay_on(row, posting))
        return Move(by=-pairs.get(row.id, ZERO))
    if posting.act in (Act.REVERSE, Act.DELETE):
        return Move(to=ZERO)
    if posting.act == Act.CREATE:
        return Move(to=(_amount(facts, "total") or ZERO) - sum(pairs.values(), ZERO))
    if posting.act == Act.APPLY:
        return Move(by=-sum(pairs.values(), ZERO))
    total = _amount(facts, "total")
    return Move(to=total) if total is not None else STILL


def _lay_on(invoice: SyncRow, reverse: Posting) -> Decimal:
    """What the reversed document had put on the invoice since it was last made."""
    query = select(Posting).where(
        Posting.sync_row_id == reverse.sync_row_id, Posting.state == PostingState.POSTED, Posting.id < reverse.id
    )
    lies = ZERO
    for posting in db.session.scalars(query.order_by(Posting.id)):
        if posting.act in (Act.REVERSE, Act.DELETE):
            lies = ZERO
        lies += Decimal(posting.facts.get("pairs", {}).get(str(invoice.id), 0))
    return lies


def _linked_steps(row: SyncRow) -> list[Step]:
    """Where a run linked the document to what Intacct had already; how much was open there then is not kept."""
    query = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(RunItem.sync_row_id == row.id, RunItem.outcome == _LINKED, Run.kind != RunKind.PREVIEW)
    )
    return [Step(item.at, Side.THERE, run_id=item.run_id) for item in db.session.scalars(query)]


def _steps_there(row: SyncRow) -> Iterable[Step]:
    """What somebody did in Intacct that was not carried over: changed, reversed or deleted what was sent, or deleted
    money that lay on this invoice. It is told when it was noticed."""
    query = select(Problem).where(Problem.sync_row_id == row.id, Problem.code.in_(_DONE_THERE)).order_by(Problem.id)
    for problem in db.session.scalars(query):
        told = problem.details.get("changes", "")
        text = f"{_DONE_THERE[problem.code]}{f': {told}' if told else ''}"
        move = _changed_by(problem) if problem.code == CHANGED else Move(to=ZERO)
        yield Step(problem.first_seen, Side.THERE, text=text, on_there=move)
        if problem.code == CHANGED and _was_undone(problem, row):
            at = problem.closed_at or problem.last_seen
            yield Step(at, Side.THERE, text="Changed back in Intacct", on_there=Move(by=-move.by))
    if row.kind == Kind.INVOICE:
        yield from _money_gone(row)


CHANGED = "changed_there"
_DONE_THERE = {
    CHANGED: "Changed in Intacct",
    "reversed_there": "Reversed in Intacct",
    "gone_there": "Deleted in Intacct",
}
"""By the code of the problem that tells it."""


def _changed_by(problem: Problem) -> Move:
    sent, now = (_amount(problem.details.get(side) or {}, "total") for side in ("here", "there"))
    return Move(by=now - sent) if sent is not None and now is not None else STILL


def _was_undone(problem: Problem, row: SyncRow) -> bool:
    """Whether a run closed it because Intacct's record reads as sent again; a person's decision changes nothing."""
    return problem.closed_by.startswith("run ") and bool(row.key) and TOTAL_NOW not in row.seen_there


def _money_gone(invoice: SyncRow) -> Iterable[Step]:
    sources = select(Pair.source_row_id).where(Pair.invoice_row_id == invoice.id)
    query = select(Problem).where(Problem.sync_row_id.in_(sources), Problem.code == "gone_there").order_by(Problem.id)
    for problem in db.session.scalars(query):
        amount = _amount(problem.details.get("pairs") or {}, str(invoice.id))
        if amount and problem.row is not None:
            text = f"{problem.row.number_there or 'Money'}: deleted in Intacct"
            yield Step(problem.first_seen, Side.THERE, text=text, on_there=Move(by=amount))


def _amount(values: Mapping[str, Any], field: str) -> Decimal | None:
    value = values.get(field)
    return Decimal(str(value)) if value not in (None, "") else None

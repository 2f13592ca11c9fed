"""What must hold after every plan, read from both books by ways of its own: once, to the cent, explained, closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.models.run import Run, RunState
from portal.models.sync import Kind, Pair, Posting, PostingState, Problem, SyncRow
from portal.sync.mapping import reference_in
from tests.drills.plans.place import SLUG
from tests.drills.plans.stage import Stage

ZERO = Decimal(0)
GONE_BACK = ("V", "Voided", "Void", "Reversed")
Record = dict[str, str]


@dataclass
class There:
    """Intacct's book: the records that carry a reference of ours, and what lies on which invoice."""

    invoices: dict[str, list[Record]]
    payments: dict[str, list[Record]]
    credits: dict[str, list[Record]]
    customers: Counter[str]
    laid: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)


def faults(stage: Stage, last: Run) -> Iterable[str]:
    """What does not hold, in words."""
    if last.state != RunState.FINISHED:
        yield f"the last sync {last.state}: {last.error}; {last.counts}"
    there = _read(stage)
    with stage.portal():
        yield from _runs_are_closed()
        yield from _nothing_is_left_to_do()
        yield from _each_is_there_once(there)
        yield from _nothing_came_back()
    yield from _tie_out(stage)


def _read(stage: Stage) -> There:
    sandbox = stage.sandbox
    customers = Counter(row["NAME"] for row in sandbox.records("CUSTOMER"))
    there = There(
        _by_reference(_own(sandbox.records("ARINVOICE"))), _by_reference(_own(sandbox.records("ARPYMT"))),
        _by_reference(sandbox.records("ARADJUSTMENT")), customers,
    )  # fmt: skip
    for row in sandbox.records("ARPYMTDETAIL"):
        source = _source(row)
        place = (*source, row["RECORDKEY"])
        if row.get("STATE") not in GONE_BACK:
            there.laid[place] = there.laid.get(place, ZERO) + _laid(row)
    return there


def _own(rows: Iterable[Record]) -> list[Record]:
    """Without what only undoes or applies another: counter-records (below zero) and applications of rests."""
    return [row for row in rows if row["RECORDTYPE"] != "ro" and Decimal(row["TRX_TOTALENTERED"] or 0) >= 0]


def _by_reference(rows: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in rows:
        if reference := reference_in(row.get("DESCRIPTION") or ""):
            found.setdefault(reference[0], []).append(row)
    return found


def _source(row: Record) -> tuple[str, str]:
    if row.get("ADJUSTMENTKEY"):
        return "credit_note", row["ADJUSTMENTKEY"]
    return "payment", row.get("OVERPAYMENTKEY") or row["PAYMENTKEY"]


def _laid(row: Record) -> Decimal:
    names = ("TRX_PAYMENTAMOUNT", "TRX_POSTEDOVERPAYMENTAMOUNT", "TRX_ADJUSTMENTAMOUNT")
    return sum((Decimal(row.get(name) or 0) for name in names), ZERO)


def _runs_are_closed() -> Iterable[str]:
    query = select(Run).where(Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
    for run in db.session.scalars(query):
        yield f"run {run.id} ({run.kind}) is still {run.state}"


def _nothing_is_left_to_do() -> Iterable[str]:
    for posting in db.session.scalars(select(Posting).where(Posting.state == PostingState.OPEN)):
        yield f"posting {posting.id} of row {posting.sync_row_id} is still open: {posting.answer}"
    for row in db.session.scalars(select(SyncRow).where(SyncRow.want_hash != SyncRow.have_hash)):
        yield f"{row.kind} {row.record_id} is not there as it should be; hold {row.hold!r}, waits {row.waiting_for!r}"
    for pair in db.session.scalars(select(Pair).where(Pair.applied_here != Pair.applied_there)):
        yield f"pair {pair.id}: {pair.applied_here} lies here, {pair.applied_there} there"
    for problem in db.session.scalars(select(Problem).where(Problem.closed_at.is_(None))):
        yield f"problem {problem.code}: {problem.text}"


def _each_is_there_once(there: There) -> Iterable[str]:
    rows = {(row.kind, row.record_id): row for row in db.session.scalars(select(SyncRow))}
    for customer in db.session.scalars(select(Customer)):
        if there.customers[customer.name] != 1:
            yield f"customer {customer.name} is there {there.customers[customer.name]} times"
    for invoice in db.session.scalars(select(Invoice)):
        found = there.invoices.pop(rows[Kind.INVOICE, invoice.id].ref, [])
        yield from _document(invoice, found, "RECORDID", invoice.total, invoice.balance)
    for payment in db.session.scalars(select(Payment)):
        found = there.payments.pop(rows[Kind.PAYMENT, payment.id].ref, [])
        yield from _document(payment, found, "DOCNUMBER", payment.amount, payment.balance)
        yield from _applications(payment, "payment", found, there, rows)
    for note in db.session.scalars(select(CreditNote)):
        found = there.credits.pop(rows[Kind.CREDIT_NOTE, note.id].ref, [])
        yield from _document(note, found, "RECORDID", note.total, note.balance)
        yield from _applications(note, "credit_note", found, there, rows)
    for reference in (*there.invoices, *there.payments, *there.credits):
        yield f"Intacct has a record of ours, {reference}, that nothing here answers to"


def _document(
    document: Invoice | Payment | CreditNote, found: list[Record], number: str, total: Decimal, due: Decimal
) -> Iterable[str]:
    name = f"{type(document).__name__} {document.number}"
    alive = [row for row in found if row.get("STATE") not in GONE_BACK]
    if len(found) > 1:
        yield f"{name} was posted {len(found)} times"
    if len(alive) != (0 if document.voided else 1):
        yield f"{name}{' (voided)' if document.voided else ''} is there {len(alive)} times"
    for row in alive:
        if row[number] != document.number:
            yield f"{name} is called {row[number]} there"
        amounts = [abs(Decimal(row[f"TRX_{column}"] or 0)) for column in ("TOTALENTERED", "TOTALDUE")]
        if amounts != [total, due]:
            yield f"{name}: {total}, {due} open here; {amounts[0]}, {amounts[1]} open there"


def _applications(
    source: Payment | CreditNote, kind: str, found: list[Record], there: There, rows: dict[Any, SyncRow]
) -> Iterable[str]:
    alive = {row["RECORDNO"] for row in found if row.get("STATE") not in GONE_BACK}
    laid = {invoice: amount for (what, key, invoice), amount in there.laid.items() if what == kind and key in alive}
    column = Application.payment_id if kind == "payment" else Application.credit_note_id
    wanted = {
        rows[Kind.INVOICE, application.invoice_id].key: application.amount
        for application in db.session.scalars(select(Application).where(column == source.id))
    }
    if {key: amount for key, amount in laid.items() if amount} != wanted:
        yield f"{kind} {source.number} lies here {wanted}, there {laid}"


def _nothing_came_back() -> Iterable[str]:
    """What we wrote must not come in again as somebody else's."""
    for model in (Invoice, Payment, CreditNote):
        for document in db.session.scalars(select(model).where(model.origin != Origin.PORTAL)):
            yield f"{model.__name__} {document.number} came in from Intacct"


def _tie_out(stage: Stage) -> Iterable[str]:
    found = stage.command("tie-out", "--company", SLUG)
    for currency in found["currencies"]:
        if Decimal(str(currency["unexplained"])) != 0:
            yield f"tie-out: unexplained {currency['unexplained']}, of {currency['difference']}"
    for row in found["documents"]:
        if row["record_id"] is not None:  # the sandbox has its own books beside ours
            yield f"tie-out: {row['type']} {row['number']} differs: {row['cause']}, {row['reason']}"
    for text in found["unread"]:
        yield f"tie-out could not read: {text}"

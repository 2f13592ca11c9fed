"""What a person may decide about a record that did not sync. No choice touches an open posting before its wait is
over, and none overwrites what Intacct has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db, settings
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Application, Payment
from portal.models.sync import (
    BY_HAND,
    SOURCES,
    FormerKey,
    Hold,
    IntacctCustomer,
    Kind,
    Pair,
    Posting,
    PostingState,
    Problem,
    SyncRow,
)
from portal.models.types import utcnow
from portal.problems import ledger
from portal.services import audit, credit_notes, invoices, payments, wanted
from portal.services.audit import Actor
from portal.services.checks import show
from portal.services.merging import move_documents
from portal.services.renumbering import renumber
from portal.sync import choices_there, gone, links, open_days
from portal.sync.answers import posted
from portal.sync.choice_options import options


def resolve(problem: Problem, choice: str, *, to: str = "", actor: Actor) -> None:
    """Carry out a choice. Raises InvalidInput for an unknown one or a missing `to`, NotAllowedNow where it is too early
    or too late. Flushes; what is to be sent goes with the next run."""
    if problem.closed_at is not None:
        raise NotAllowedNow("This problem is closed already. Nothing was changed.")
    option = next((option for option in options(problem) if option.name == choice), None)
    if option is None:
        known = ", ".join(option.name for option in options(problem)) or "none"
        raise InvalidInput(f"This problem has no choice called {choice}. Its choices: {known}.", field="choice")
    if option.needs and not to.strip():
        raise InvalidInput(f"{option.label}: say the {option.needs}.", field="to")
    if problem.sync_row_id is None:
        _DEEDS_THERE[choice](problem, to.strip(), actor)
        return
    row = db.session.get_one(SyncRow, problem.sync_row_id)
    _refuse_while_open(row)
    _DEEDS[choice](problem, row, to.strip(), actor)
    chosen = f"{option.label} ({to.strip()})" if to.strip() else option.label
    _note(row, actor, f'Decided "{chosen}" where: {problem.text}')
    db.session.flush()


def skip(row: SyncRow, reason: str, *, actor: Actor) -> None:
    """Rule 13: leave the record out of all later runs, with a reason, until it is un-skipped."""
    if not reason.strip():
        raise InvalidInput("Say why it is skipped.", field="reason")
    row.hold, row.hold_reason = Hold.SKIPPED, f"{reason.strip()} ({actor.text})"
    ledger.close(row, actor.text)
    _note(row, actor, f"Skipped: {reason.strip()}")
    db.session.flush()


def unskip(row: SyncRow, *, actor: Actor) -> None:
    """Take a skip, or a decision to leave the record, back: the next run looks at it again."""
    if row.hold not in (Hold.SKIPPED, Hold.LEFT):
        raise NotAllowedNow("It is not skipped. Nothing was changed.")
    row.hold, row.hold_reason = Hold.NONE, ""
    _tell_wanted(_record(row))
    if row.kind == Kind.INVOICE:
        _ask_what_was_booked_by_hand(row)
    gone.ask_again(row)
    _note(row, actor, "Taken back into the sync")
    db.session.flush()


def _ask_what_was_booked_by_hand(invoice: SyncRow) -> None:
    """Money that stayed out with the invoice may have been booked in Intacct meanwhile: only people know."""
    for pair in db.session.scalars(select(Pair).where(Pair.invoice_row_id == invoice.id, Pair.hold == BY_HAND)):
        if not pair.applied_here:
            continue
        payment, document = _record(pair.source), _record(invoice)
        assert isinstance(payment, Payment | CreditNote)
        ledger.report(
            pair.source, "by_hand",
            f"{show(pair.applied_here, payment.currency)} of {payment.number} on {document.number} was left out of"
            " Intacct together with that invoice, to be booked by hand. Say whether it was booked there, or post it.",
        )  # fmt: skip


def retry(problems: Sequence[Problem]) -> dict[str, Any]:
    """Make these due at once; the answer is the subject of a record run that tries exactly them."""
    records = []
    for problem in problems:
        if problem.closed_at is None:
            problem.retry_at = utcnow()
        if problem.sync_row_id:
            row = db.session.get_one(SyncRow, problem.sync_row_id)
            records.append({"kind": row.kind, "id": row.record_id})
    db.session.flush()
    return {"records": records}


def _refuse_while_open(row: SyncRow) -> None:
    """No action of a person touches an open posting, unless the time in which Intacct may still work is over."""
    posting = _open_posting(row)
    if posting is None:
        return
    over = posting.send_before + timedelta(seconds=settings().intacct_settle_wait_seconds)
    if utcnow() < over:
        raise NotAllowedNow(
            "Intacct may still be working on it. Nothing was changed. The portal looks again by itself;"
            f" decide after {over:%H:%M} UTC."
        )


def _open_posting(row: SyncRow) -> Posting | None:
    return db.session.scalar(select(Posting).where(Posting.sync_row_id == row.id, Posting.state == PostingState.OPEN))


def _renumber(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    renumber(_record(row), to, actor=actor)
    _due(problem)


def _link(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Link to the record that the look showed. Only what was seen can be chosen."""
    there = _seen(problem, row, to)
    taken = links.linked_row(row.book_id, links.OBJECTS[Kind(row.kind)], there["key"])
    if taken is not None and taken.id != row.id:
        _give_up_copy(taken, row)
    _settle_open(row, there["key"], actor)
    links.link_without_posting(row, there["key"], there["number"], there, there.get("entity", ""))
    if row.kind in SOURCES:
        _begin_as_equal(row)
    ledger.close(row, actor.text)


def _give_up_copy(taken: SyncRow, row: SyncRow) -> None:
    """A payment that came in from Intacct turns out to be the one that was recorded here: the copy is voided."""
    if taken.kind != Kind.PAYMENT or taken.origin != Origin.INTACCT:
        raise NotAllowedNow("That record is linked to another one here. Nothing was changed.")
    copy = _record(taken)
    assert isinstance(copy, Payment)
    payments.void(copy, reason="It is the payment that was recorded here.", actor=Actor("accounting sync, by hand"))
    links.unlink(taken)
    db.session.execute(db.delete(FormerKey).where(FormerKey.sync_row_id == taken.id))


def _begin_as_equal(row: SyncRow) -> None:
    """Two records that a person calls the same are taken to lie on the same invoices; reading carries what differs."""
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == row.id)):
        pair.applied_there, pair.hold = pair.applied_here, ""
        if pair.invoice.key:
            links.read_again(row.book_id, "ARPYMTDETAIL", "RECORDKEY", pair.invoice.key, "history of a new link")


def _settle_open(row: SyncRow, key: str, actor: Actor) -> None:
    posting = _open_posting(row)
    if posting is not None:
        posted(posting, row, key, actor.text)


def _seen(problem: Problem, row: SyncRow, to: str) -> dict[str, Any]:
    """The record there that `to` (its key, or a customer's ID) names, as the problem's look showed it."""
    if row.kind == Kind.CUSTOMER:
        return _seen_customer(row.book_id, to)
    for name in ("there", "near"):
        seen = problem.details.get(name) or {}
        if seen.get("key") == to:
            return dict(seen)
    raise InvalidInput(f"No record {to} was found in Intacct when this was looked at.", field="to")


def _seen_customer(book_id: int, to: str) -> dict[str, Any]:
    query = select(IntacctCustomer).where(IntacctCustomer.book_id == book_id)
    entry = db.session.scalar(query.where(IntacctCustomer.customer_id == to))
    if entry is None and to.isdigit():
        entry = db.session.get(IntacctCustomer, (book_id, int(to)))
    if entry is None:
        raise InvalidInput(f"Intacct has no customer {to}.", field="to")
    return {"key": str(entry.recordno), "number": entry.customer_id, "name": entry.name, "entity": entry.entity}


def _skip(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    skip(row, f"skipped instead of solving: {problem.code}", actor=actor)


def _leave(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Both sides stay as they are: nothing more is sent until the record is taken back."""
    row.hold, row.hold_reason = Hold.LEFT, f"left as it is ({actor.text})"
    ledger.close(row, actor.text)


def _void_here(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Void ours. What Intacct reversed or lost is no link any more; a payment that is there is reversed there."""
    record = _record(row)
    if not isinstance(record, Customer) and record.voided:
        ledger.close(row, actor.text)
        return
    if isinstance(record, Payment) and record.origin == Origin.INTACCT:
        _void_ours_beside(problem, record, actor)
        ledger.close(row, actor.text)
        return
    if isinstance(record, Invoice):
        links.unlink(row)
        invoices.void(record, reason=f"Decided on: {problem.text}", actor=actor)
    elif isinstance(record, CreditNote):
        if problem.code == "gone_there":
            links.unlink(row)
        credit_notes.void(record, reason=f"Decided on: {problem.text}", actor=actor)
    elif isinstance(record, Payment):
        if problem.code == "gone_there":
            links.unlink(row)
        payments.void(record, reason=f"Decided on: {problem.text}", actor=actor)
    else:
        raise NotAllowedNow("A customer cannot be voided.")
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == row.id)):
        pair.hold = ""
    ledger.close(row, actor.text)


def _void_ours_beside(problem: Problem, theirs: Payment, actor: Actor) -> None:
    """An invoice was paid twice and this is Intacct's payment: void the ones of ours that lie on it and that Intacct
    does not have."""
    number = problem.details.get("invoice", "")
    query = (
        select(Payment)
        .join(Application, Application.payment_id == Payment.id)
        .join(Invoice, Invoice.id == Application.invoice_id)
        .where(Invoice.company_id == theirs.company_id, Invoice.number == number, Payment.origin == Origin.PORTAL)
    )
    for payment in db.session.scalars(query).all():
        row = wanted.find_row(problem.book_id, Kind.PAYMENT, payment.id)
        if row is not None and not row.key:
            payments.void(payment, reason=f"Decided on: {problem.text}", actor=actor)
            ledger.close(row, actor.text)


def _booked_there(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == row.id, Pair.hold == BY_HAND)):
        pair.hold = "booked_there"
    if not row.key:
        row.hold, row.hold_reason = Hold.LEFT, f"booked in Intacct by hand ({actor.text})"
    ledger.close(row, actor.text)


def _post_it(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Send the payment whole; one that is there without that money is taken back and made anew."""
    for pair in db.session.scalars(select(Pair).where(Pair.source_row_id == row.id, Pair.hold == BY_HAND)):
        pair.hold = ""
    if row.key and row.kind == Kind.PAYMENT:  # a credit note is there whole: that part is applied
        row.have_hash = "to be made anew"
    row.hold, row.hold_reason = Hold.NONE, ""
    ledger.close(row, actor.text)


def _post_again(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Send it anew: under a new number where the old one is taken by what was reversed."""
    posting = _open_posting(row)
    if posting is not None:
        posting.state, posting.answered_at = PostingState.NOT_EXECUTED, utcnow()
        posting.answer = {**posting.answer, "decided": f"post again ({actor.text})"}
    # Only what Intacct took back or lost is no link any more; a lost reverse or apply leaves the record where it is.
    if row.key and problem.code in ("reversed_there", "gone_there", "customer_gone"):
        links.unlink(row)
    if to:
        _renumber(problem, row, to, actor)
    _due(problem)


def _post_on_open_day(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    record = _record(row)
    assert not isinstance(record, Customer)
    open_days.choose(row, record.number, record.date, db.session.get_one(Company, record.company_id).today())
    _due(problem)


def _create_second(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    problem.details = {**problem.details, "choice": "create"}
    _due(problem)


def _use_that(problem: Problem, row: SyncRow, to: str, actor: Actor) -> None:
    """Move this customer's documents to the customer here that is linked to the one in Intacct."""
    candidates = problem.details.get("candidates") or []
    linked = [links.linked_row(row.book_id, "CUSTOMER", str(entry["recordno"])) for entry in candidates]
    targets = [found for found in linked if found is not None]
    if len(targets) != 1:
        raise NotAllowedNow("It is not clear which customer here is meant. Nothing was changed.")
    source = db.session.get_one(Customer, row.record_id)
    target = db.session.get_one(Customer, targets[0].record_id)
    move_documents(source, target, actor=actor)
    row.hold, row.hold_reason = Hold.LEFT, f"its documents belong to {target.number} now ({actor.text})"
    ledger.close(row, actor.text)


def _due(problem: Problem) -> None:
    problem.retry_at = utcnow()


def _record(row: SyncRow) -> wanted.Record:
    model: Any = {
        Kind.CUSTOMER: Customer, Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote,
    }[Kind(row.kind)]  # fmt: skip
    record: wanted.Record = db.session.get_one(model, row.record_id)
    return record


def _tell_wanted(record: wanted.Record) -> None:
    """Whether it is dated before the start, for one, is judged anew."""
    if isinstance(record, Customer):
        wanted.note_customer(record)
    elif isinstance(record, Invoice):
        wanted.note_invoice(record)
    elif isinstance(record, Payment):
        wanted.note_payment(record)
    else:
        wanted.note_credit_note(record)


def _note(row: SyncRow, actor: Actor, text: str) -> None:
    company_id = db.session.get_one(Book, row.book_id).company_id
    audit.record(company_id, actor, row.kind, row.record_id, "sync", text=text)


_DEEDS: dict[str, Callable[[Problem, SyncRow, str, Actor], None]] = {
    "renumber": _renumber,
    "link": _link,
    "skip": _skip,
    "leave": _leave,
    "void_here": _void_here,
    "post_again": _post_again,
    "create_second": _create_second,
    "use": _use_that,
    "booked_there": _booked_there,
    "post_it": _post_it,
    "post_on_open_day": _post_on_open_day,
}
_DEEDS_THERE: dict[str, Callable[[Problem, str, Actor], None]] = {
    "pick": choices_there.pick_customer,
    "create_here": choices_there.create_customer,
}

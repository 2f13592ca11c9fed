"""Credit notes: create alone or from an invoice, edit, issue, apply, un-apply, void."""

from __future__ import annotations

from decimal import Decimal

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.types import utcnow
from portal.money import ZERO
from portal.services import audit, wanted
from portal.services.allowed import actions, require
from portal.services.applying import apply, apply_one, refuse_moved_money, set_applied, take_off_all, unapply
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.credit_note_checks import CreditNoteData, check_credit_note
from portal.services.lines import CheckedDocument, LineData, as_data, same_lines, snapshot, store_lines
from portal.services.numbers import next_number, saving
from portal.services.records import hold, refuse_stale
from portal.services.sums import move

__all__ = [
    "CreditNoteData",
    "LineData",
    "apply",
    "apply_one",
    "create",
    "edit",
    "from_invoice",
    "is_same",
    "issue",
    "set_applied",
    "unapply",
    "void",
]

_FIELDS = ("customer_id", "invoice_id", "number", "date", "currency", "draft", "discount", "tax", "total")


def create(company: Company, data: CreditNoteData, *, actor: Actor, origin: Origin = Origin.PORTAL) -> CreditNote:
    """Add a credit note, issued unless `data.draft`. Raises InvalidInput with every fault; nothing is saved then."""
    checked = check_credit_note(company.id, data, origin=origin)
    checked.header["number"] = checked.header["number"] or next_number(company.id, CreditNote)
    note = CreditNote(company_id=company.id, origin=origin, applied=ZERO, **checked.header)
    with move(note), saving(CreditNote, note.number):
        db.session.add(note)
        store_lines(note, checked.lines)
    audit.record(company.id, actor, "credit_note", note.id, "created", after=_snapshot(note))
    wanted.note_credit_note(note)
    return note


def from_invoice(invoice: Invoice) -> CreditNoteData:
    """What a credit note over all of `invoice` says, for somebody to change and create. Nothing is saved.

    Raises NotAllowedNow for a draft or voided invoice.
    """
    require(invoice, "credit")
    company = db.session.get_one(Company, invoice.company_id)
    return CreditNoteData(
        customer_id=invoice.customer_id,
        date=max(company.today(), invoice.date),
        currency=invoice.currency,
        lines=tuple(as_data(line) for line in invoice.lines),
        discount=invoice.discount,
        tax=invoice.tax,
        invoice_id=invoice.id,
    )


def edit(note: CreditNote, data: CreditNoteData, *, actor: Actor, expected_version: int | None = None) -> CreditNote:
    """Replace the credit note's facts and lines by `data`; an empty number or currency keeps what it has.

    A draft whose data says `draft=False` is issued. Raises InvalidInput with every fault; NotAllowedNow when it is
    voided, when an issued one would become a draft, or when `expected_version` is no longer its own.
    """
    hold(note, also_customer=data.customer_id)
    refuse_stale(note, expected_version, f"credit note {note.number}")
    require(note, "edit")
    if data.draft and not note.draft:
        raise NotAllowedNow(f"{note.number} is issued and cannot become a draft again.", field="draft")
    checked = check_credit_note(note.company_id, data, origin=Origin(note.origin), current=note)
    checked.header["number"] = checked.header["number"] or note.number
    _respect_applications(note, checked)
    before = _snapshot(note)
    with move(note), saving(CreditNote, checked.header["number"]):
        for name, value in checked.header.items():
            setattr(note, name, value)
        store_lines(note, checked.lines)
    db.session.expire(note, ["customer"])  # a view of the column above, which may name another one now
    if audit.record_change(note.company_id, actor, "credit_note", note.id, "edited", before, _snapshot(note)):
        _raise_version(note)
    wanted.note_credit_note(note)
    return note


def is_same(note: CreditNote, data: CreditNoteData) -> bool:
    """Whether `data` says nothing else than the credit note as it is. Raises InvalidInput as `edit` does."""
    checked = check_credit_note(note.company_id, data, origin=Origin(note.origin), current=note)
    header = {name: getattr(note, name) for name in checked.header}
    return not note.voided and header == checked.header and same_lines(note, checked.lines)


def issue(note: CreditNote, *, actor: Actor) -> CreditNote:
    """Make a draft a credit note. Raises NotAllowedNow when it is none, InvalidInput when it has no lines."""
    hold(note)
    if note.draft and not note.voided and not note.lines:
        raise InvalidInput(actions(note)["issue"].reason, field="items", code="missing")
    require(note, "issue")
    with move(note):
        note.draft = False
        _raise_version(note)
    audit.record(
        note.company_id, actor, "credit_note", note.id, "issued", before={"draft": True}, after={"draft": False}
    )
    wanted.note_credit_note(note)
    return note


def void(note: CreditNote, *, reason: str = "", actor: Actor) -> CreditNote:
    """Take the credit note back; its invoices are due again. One that came from Intacct is voided by the sync only."""
    hold(note)
    require(note, "void", by_sync=actor.is_sync)
    faults = Faults()
    reason = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    take_off_all(note, actor=actor)
    balance = note.balance
    with move(note):
        note.voided_at = utcnow()
        note.void_reason = reason
        _raise_version(note)
    audit.record(
        note.company_id, actor, "credit_note", note.id, "voided",
        text=reason, before={"balance": balance}, after={"balance": ZERO},
    )  # fmt: skip
    wanted.note_credit_note(note)
    return note


def _respect_applications(note: CreditNote, checked: CheckedDocument) -> None:
    """Refuse what lies on invoices already."""
    faults = Faults()
    total: Decimal = checked.header["total"]
    refuse_moved_money(faults, note, checked.header, total, "total")
    faults.end()


def _raise_version(note: CreditNote) -> None:
    note.version += 1
    db.session.flush()


def _snapshot(note: CreditNote) -> JsonDict:
    values = {name: getattr(note, name) for name in _FIELDS} | {"metadata": dict(note.extra)}
    return values | {"lines": snapshot(note.lines)}

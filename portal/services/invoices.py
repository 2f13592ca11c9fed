"""Invoices: draft, issue, edit, void."""

from __future__ import annotations

from dataclasses import replace

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.types import utcnow
from portal.services import applications, audit, wanted
from portal.services.allowed import actions, require
from portal.services.audit import Actor
from portal.services.checks import Faults, show
from portal.services.invoice_checks import InvoiceData, LineData, check_invoice
from portal.services.lines import CheckedDocument, as_data, same_lines, snapshot, store_lines
from portal.services.numbers import next_number, saving
from portal.services.records import hold, refuse_stale
from portal.services.sums import move

__all__ = ["InvoiceData", "LineData", "create", "delete_draft", "duplicate", "edit", "issue", "void"]

_FIELDS = (
    "customer_id", "number", "date", "due_date", "currency", "purchase_order", "payment_terms", "draft",
    "discount", "tax", "total",
)  # fmt: skip


def create(company: Company, data: InvoiceData, *, actor: Actor, origin: Origin = Origin.PORTAL) -> Invoice:
    """Add an invoice, issued unless `data.draft`. Raises InvalidInput with every fault; nothing is saved then."""
    checked = check_invoice(company.id, data, origin=origin)
    checked.header["number"] = checked.header["number"] or next_number(company.id, Invoice)
    invoice = Invoice(company_id=company.id, origin=origin, **checked.header)
    invoice.balance = invoice.total
    with move(invoice), saving(Invoice, invoice.number):
        db.session.add(invoice)
        store_lines(invoice, checked.lines)
    audit.record(company.id, actor, "invoice", invoice.id, "created", after=_snapshot(invoice))
    wanted.note_invoice(invoice)
    return invoice


def edit(invoice: Invoice, data: InvoiceData, *, actor: Actor, expected_version: int | None = None) -> Invoice:
    """Replace the invoice's facts and lines by `data`; an empty number or currency keeps what it has.

    A draft whose data says `draft=False` is issued. Raises InvalidInput with every fault; NotAllowedNow when the
    invoice is voided, when an issued one would become a draft, when money on it forbids the change, or when
    `expected_version` is no longer its own.
    """
    hold(invoice, also_customer=data.customer_id)
    refuse_stale(invoice, expected_version, f"invoice {invoice.number}")
    require(invoice, "edit")
    if data.draft and not invoice.draft:
        raise NotAllowedNow(f"{invoice.number} is issued and cannot become a draft again.", field="draft")
    checked = check_invoice(invoice.company_id, data, origin=Origin(invoice.origin), current=invoice)
    checked.header["number"] = checked.header["number"] or invoice.number
    _respect_money(invoice, checked)
    before = _snapshot(invoice)
    _overwrite(invoice, checked)
    if audit.record_change(invoice.company_id, actor, "invoice", invoice.id, "edited", before, _snapshot(invoice)):
        _raise_version(invoice)
    wanted.note_invoice(invoice)
    return invoice


def is_same(invoice: Invoice, data: InvoiceData) -> bool:
    """Whether `data` says nothing else than the invoice as it is. Raises InvalidInput as `edit` does."""
    checked = check_invoice(invoice.company_id, data, origin=Origin(invoice.origin), current=invoice)
    header = {name: getattr(invoice, name) for name in checked.header}
    return not invoice.voided and header == checked.header and same_lines(invoice, checked.lines)


def issue(invoice: Invoice, *, actor: Actor) -> Invoice:
    """Make a draft an invoice. Raises NotAllowedNow when it is none, InvalidInput when it has no lines."""
    hold(invoice)
    if invoice.draft and not invoice.voided and not invoice.lines:
        raise InvalidInput(actions(invoice)["issue"].reason, field="items", code="missing")
    require(invoice, "issue")
    with move(invoice):
        invoice.draft = False
        _raise_version(invoice)
    audit.record(
        invoice.company_id, actor, "invoice", invoice.id, "issued", before={"draft": True}, after={"draft": False}
    )
    wanted.note_invoice(invoice)
    return invoice


def duplicate(invoice: Invoice, *, actor: Actor) -> Invoice:
    """Add a draft with the customer, lines, terms, discount and tax of `invoice`, dated today, with a new number.

    The purchase order is left out: it was for the other one.
    """
    company = db.session.get_one(Company, invoice.company_id)
    data = InvoiceData(
        customer_id=invoice.customer_id,
        date=company.today(),
        currency=invoice.currency,
        payment_terms=invoice.payment_terms,
        draft=True,
        lines=tuple(replace(as_data(line), amount=None) for line in invoice.lines),
        discount=invoice.discount,
        tax=invoice.tax,
        metadata=dict(invoice.extra),
    )
    made = create(company, data, actor=actor)
    audit.record(
        company.id, actor, "invoice", made.id, "duplicated", text=f"from {invoice.number}",
        after={"invoice_id": invoice.id},
    )  # fmt: skip
    return made


def delete_draft(invoice: Invoice, *, actor: Actor) -> Invoice:
    """Take a draft that was never issued away. It stays in the history as voided; its number is not given again."""
    hold(invoice)
    require(invoice, "delete_draft")
    return void(invoice, reason="The draft was deleted.", actor=actor)


def void(invoice: Invoice, *, reason: str = "", actor: Actor) -> Invoice:
    """Take the invoice back. Its money and credit are un-applied first and stay as the rest of their sources."""
    hold(invoice)
    require(invoice, "void", by_sync=actor.is_sync)
    faults = Faults()
    reason = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    for source in applications.sources_on(invoice):
        hold(source)
        applications.put(source, invoice, applications.NOTHING, actor=actor)
    balance = invoice.balance
    with move(invoice):
        invoice.voided_at = utcnow()
        invoice.void_reason = reason
        invoice.balance = applications.NOTHING
        _raise_version(invoice)
    audit.record(
        invoice.company_id, actor, "invoice", invoice.id, "voided",
        text=reason, before={"balance": balance}, after={"balance": invoice.balance},
    )  # fmt: skip
    wanted.note_invoice(invoice)
    return invoice


def _respect_money(invoice: Invoice, checked: CheckedDocument) -> None:
    """Refuse what the money that lies on the invoice forbids."""
    applied = invoice.total - invoice.balance
    if not applied:
        return
    faults = Faults()
    money = show(applied, invoice.currency)
    if checked.header["customer_id"] != invoice.customer_id:
        faults.add("customer", f"{money} lies on {invoice.number}. Un-apply it before you change the customer.")
    if checked.header["currency"] != invoice.currency:
        faults.add("currency", f"{money} lies on {invoice.number}. Un-apply it before you change the currency.")
    elif checked.header["total"] < applied:
        total = show(checked.header["total"], invoice.currency)
        faults.add(
            "total",
            f"The total would be {total}, but {money} lies on {invoice.number}. Un-apply the difference first.",
            "below_applied",
        )
    faults.end()


def _overwrite(invoice: Invoice, checked: CheckedDocument) -> None:
    applied = invoice.total - invoice.balance
    with move(invoice), saving(Invoice, checked.header["number"]):
        for name, value in checked.header.items():
            setattr(invoice, name, value)
        invoice.balance = invoice.total - applied
        store_lines(invoice, checked.lines)
    db.session.expire(invoice, ["customer"])  # a view of the column above, which may name another one now


def _raise_version(invoice: Invoice) -> None:
    invoice.version += 1
    db.session.flush()


def _snapshot(invoice: Invoice) -> JsonDict:
    values = {name: getattr(invoice, name) for name in _FIELDS} | {"metadata": dict(invoice.extra)}
    return values | {"lines": snapshot(invoice.lines)}

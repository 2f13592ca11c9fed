"""Invoices: draft, issue, edit, void."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.invoice import Invoice, InvoiceLine
from portal.models.payment import Application, Payment
from portal.models.types import utcnow
from portal.services import applications, audit, wanted
from portal.services.audit import Actor
from portal.services.checks import Faults, show
from portal.services.invoice_checks import CheckedInvoice, InvoiceData, LineData, check_invoice
from portal.services.numbers import next_number, saving
from portal.services.records import hold, refuse_stale

__all__ = ["InvoiceData", "LineData", "create", "edit", "issue", "void"]

_FIELDS = (
    "customer_id", "number", "date", "due_date", "currency", "purchase_order", "payment_terms", "draft",
    "discount", "tax", "total",
)  # fmt: skip
_LINE_FIELDS = ("description", "quantity", "unit_cost", "amount", "account", "location", "department")


def create(company: Company, data: InvoiceData, *, actor: Actor, origin: Origin = Origin.PORTAL) -> Invoice:
    """Add an invoice, issued unless `data.draft`. Raises InvalidInput with every fault; nothing is saved then."""
    checked = check_invoice(company.id, data, origin=origin)
    checked.header["number"] = checked.header["number"] or next_number(company.id, Invoice)
    invoice = Invoice(company_id=company.id, origin=origin, **checked.header)
    invoice.balance = invoice.total
    with saving(Invoice, invoice.number):
        db.session.add(invoice)
        _set_lines(invoice, checked)
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
    _refuse_voided(invoice)
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
    lines = [{name: getattr(line, name) for name in _LINE_FIELDS} | {"extra": line.extra} for line in invoice.lines]
    return not invoice.voided and header == checked.header and lines == checked.lines


def issue(invoice: Invoice, *, actor: Actor) -> Invoice:
    """Make a draft an invoice. Raises NotAllowedNow when it is none, InvalidInput when it has no lines."""
    hold(invoice)
    _refuse_voided(invoice)
    if not invoice.draft:
        raise NotAllowedNow(f"{invoice.number} is issued already.")
    if not invoice.lines:
        raise InvalidInput(f"{invoice.number} has no lines. Add one, then issue it.", field="items", code="missing")
    invoice.draft = False
    _raise_version(invoice)
    audit.record(
        invoice.company_id, actor, "invoice", invoice.id, "issued", before={"draft": True}, after={"draft": False}
    )
    wanted.note_invoice(invoice)
    return invoice


def void(invoice: Invoice, *, reason: str = "", actor: Actor) -> Invoice:
    """Take the invoice back. Its money is un-applied first and stays with the payments as their rest."""
    hold(invoice)
    _refuse_voided(invoice)
    faults = Faults()
    reason = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    for payment in _payments_on(invoice):
        hold(payment)
        applications.put(payment, invoice, applications.NOTHING, actor=actor)
    balance = invoice.balance
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


def _payments_on(invoice: Invoice) -> list[Payment]:
    on_it = select(Application.payment_id).where(Application.invoice_id == invoice.id)
    return list(db.session.scalars(select(Payment).where(Payment.id.in_(on_it)).order_by(Payment.id)))


def _refuse_voided(invoice: Invoice) -> None:
    if invoice.voided:
        raise NotAllowedNow(f"{invoice.number} is voided and cannot be changed any more.")


def _respect_money(invoice: Invoice, checked: CheckedInvoice) -> None:
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


def _overwrite(invoice: Invoice, checked: CheckedInvoice) -> None:
    applied = invoice.total - invoice.balance
    with saving(Invoice, checked.header["number"]):
        for name, value in checked.header.items():
            setattr(invoice, name, value)
        invoice.balance = invoice.total - applied
        _set_lines(invoice, checked)
    db.session.expire(invoice, ["customer"])  # a view of the column above, which may name another one now


def _set_lines(invoice: Invoice, checked: CheckedInvoice) -> None:
    """Lines keep their rows by position, so that only what differs is written."""
    present = list(invoice.lines)
    for position, values in enumerate(checked.lines):
        if position < len(present):
            for name, value in values.items():
                setattr(present[position], name, value)
        else:
            invoice.lines.append(InvoiceLine(company_id=invoice.company_id, position=position, **values))
    for line in present[len(checked.lines) :]:
        invoice.lines.remove(line)


def _raise_version(invoice: Invoice) -> None:
    invoice.version += 1
    db.session.flush()


def _snapshot(invoice: Invoice) -> JsonDict:
    values = {name: getattr(invoice, name) for name in _FIELDS} | {"metadata": dict(invoice.extra)}
    lines = [
        {name: getattr(line, name) for name in _LINE_FIELDS} | {"metadata": dict(line.extra)} for line in invoice.lines
    ]
    return values | {"lines": lines}

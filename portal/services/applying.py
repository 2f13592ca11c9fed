"""Putting a payment or credit note on invoices and taking it off, as people ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.services import applications
from portal.services.audit import Actor
from portal.services.checks import Faults, show
from portal.services.records import hold

SourceT = TypeVar("SourceT", bound=Payment | CreditNote)


def set_applied(source: SourceT, invoice: Invoice, amount: Decimal, *, actor: Actor) -> SourceT:
    """Make what lies of the source on `invoice` be `amount`; 0 takes it off. Errors as in `apply`."""
    hold(source, invoice)
    applications.put(source, invoice, amount, actor=actor)
    return source


def apply(source: SourceT, items: Sequence[tuple[Invoice, Decimal]], *, actor: Actor) -> SourceT:
    """Put more of the source on invoices: (invoice, amount) each; all of them or none.

    Raises InvalidInput or NotAllowedNow at `applied_to.N.amount` (or `.invoice`): more than is left or due, another
    customer or currency, a draft, a voided document.
    """
    with db.session.begin_nested():
        add_each(source, items, actor)
    return source


def apply_one(source: SourceT, invoice: Invoice, amount: Decimal, *, actor: Actor) -> SourceT:
    """Put `amount` more of the source on one invoice. Errors as in `apply`, at `amount` or `invoice`."""
    hold(source, invoice)
    refuse_nothing(amount, "amount")
    applications.put(source, invoice, applications.applied_to(source, invoice) + amount, actor=actor)
    return source


def unapply(source: SourceT, invoice: Invoice, *, actor: Actor, amount: Decimal | None = None) -> SourceT:
    """Take `amount` (default: all) of the source off `invoice`; it becomes the source's rest.

    Raises NotAllowedNow for what came from Intacct, where it would still lie on the invoice.
    """
    hold(source, invoice)
    if source.origin == Origin.INTACCT and not actor.is_sync:
        raise NotAllowedNow(
            f"{source.number} came from Intacct. Take it off the invoice in Intacct; the next sync does so here.",
            field="invoice",
            code="made_in_intacct",
        )
    present = applications.applied_to(source, invoice)
    if not present:
        raise NotAllowedNow(f"Nothing of {source.number} lies on {invoice.number}.", field="invoice")
    amount = present if amount is None else amount
    refuse_nothing(amount, "amount")
    if amount > present:
        raise NotAllowedNow(
            f"Only {show(present, source.currency)} of {source.number} lies on {invoice.number}."
            " Nothing was un-applied.",
            field="amount",
            code="more_than_applied",
        )
    applications.put(source, invoice, present - amount, actor=actor)
    return source


def apply_all(moves: Sequence[tuple[Payment | CreditNote, Invoice, Decimal]], *, actor: Actor) -> None:
    """Put (source, invoice, amount) each, all or none. Errors as in `apply`, N counting the moves."""
    with db.session.begin_nested():
        records = {(type(record), record.id): record for source, invoice, _ in moves for record in (source, invoice)}
        hold(*records.values())
        for index, (source, invoice, amount) in enumerate(moves):
            _add(source, invoice, amount, f"applied_to.{index}.amount", actor)


def take_off_all(source: Payment | CreditNote, *, actor: Actor) -> None:
    """Take a source that the caller holds off every invoice that it lies on."""
    for invoice in sorted((row.invoice for row in source.applications), key=lambda invoice: invoice.id):
        hold(invoice)
        applications.put(source, invoice, ZERO, actor=actor)


def add_each(source: Payment | CreditNote, items: Sequence[tuple[Invoice, Decimal]], actor: Actor) -> None:
    """`apply` inside a savepoint of the caller's."""
    hold(source, *{invoice.id: invoice for invoice, _ in items}.values())
    for index, (invoice, amount) in enumerate(items):
        _add(source, invoice, amount, f"applied_to.{index}.amount", actor)


def _add(source: Payment | CreditNote, invoice: Invoice, amount: Decimal, at: str, actor: Actor) -> None:
    refuse_nothing(amount, at)
    applications.put(source, invoice, applications.applied_to(source, invoice) + amount, actor=actor, field=at)


def find_invoices(company_id: int, applied: Sequence[tuple[int, Decimal]]) -> list[Invoice]:
    """The invoices that `applied` names, in its order. Raises InvalidInput at those that the company does not have."""
    faults = Faults()
    found = []
    for index, (invoice_id, _) in enumerate(applied):
        invoice = db.session.get(Invoice, invoice_id)
        if invoice is None or invoice.company_id != company_id:
            faults.add(f"applied_to.{index}.invoice", "There is no such invoice.", "unknown_invoice")
        else:
            found.append(invoice)
    faults.end()
    return found


def refuse_nothing(amount: Decimal, field: str) -> None:
    """Raise InvalidInput at `field` unless `amount` is a number above zero."""
    if not amount.is_finite():
        raise InvalidInput("The amount is not a number.", field=field, code="not_a_number")
    if amount <= 0:
        raise InvalidInput("The amount must be above zero.", field=field, code="negative" if amount < 0 else "zero")


def refuse_moved_money(
    faults: Faults, source: Payment | CreditNote, values: dict[str, object], amount: Decimal, field: str
) -> None:
    """Note what the applications of `source` forbid of a change to `values`, its worth becoming `amount`."""
    if not source.applied:
        return
    applied = show(source.applied, source.currency)
    if values["customer_id"] != source.customer_id:
        faults.add("customer", f"{applied} of {source.number} is applied. Un-apply it before you change the customer.")
    if values["currency"] != source.currency:
        faults.add("currency", f"{applied} of {source.number} is applied. Un-apply it before you change the currency.")
    elif amount < source.applied:
        faults.add(field, f"{applied} of {source.number} is applied. Un-apply the difference first.", "below_applied")

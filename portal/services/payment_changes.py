"""A change of a payment together with what it is applied to, as one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.services import applications, payments
from portal.services.applying import find_invoices, refuse_nothing
from portal.services.audit import Actor
from portal.services.payments import PaymentData
from portal.services.records import hold


def change(
    payment: Payment,
    data: PaymentData,
    applied: Sequence[tuple[int, Decimal]],
    *,
    actor: Actor,
    expected_version: int | None = None,
) -> Payment:
    """Make the payment be `data`, and make `applied`, (invoice id, amount) each, all that it is applied to.

    What is to become less comes first, then the payment itself, then what is to become more, so that no change is
    refused for a state in between. Errors as in `payments.edit` and `payments.record`; nothing is changed then.
    """
    invoices = find_invoices(payment.company_id, applied)
    _refuse_twice(applied)
    wanted = {invoice.id: amount for invoice, (_, amount) in zip(invoices, applied, strict=True)}
    with db.session.begin_nested():
        hold(payment, *invoices)
        for row in list(payment.applications):
            less = min(row.amount, wanted.get(row.invoice_id, ZERO))
            _put(payment, row.invoice, less, actor, "applied_to")
        payments.edit(payment, data, actor=actor, expected_version=expected_version)
        for index, invoice in enumerate(invoices):
            _put(payment, invoice, wanted[invoice.id], actor, f"applied_to.{index}.amount")
    return payment


def _put(payment: Payment, invoice: Invoice, amount: Decimal, actor: Actor, field: str) -> None:
    hold(payment, invoice)
    applications.put(payment, invoice, amount, actor=actor, field=field)


def _refuse_twice(applied: Sequence[tuple[int, Decimal]]) -> None:
    seen = set()
    for index, (invoice_id, amount) in enumerate(applied):
        refuse_nothing(amount, f"applied_to.{index}.amount")
        if invoice_id in seen:
            raise InvalidInput("This invoice is named twice.", field=f"applied_to.{index}.invoice", code="twice")
        seen.add(invoice_id)

"""Receipts of Intacct's that pay invoices of several customers here: a payment for each (rule 6)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.customer import Customer
from portal.models.payment import Payment
from portal.models.sync import Kind, SyncRow


def shared_with(payment: Payment) -> list[str]:
    """The other customers here whose payment is a part of the same receipt there, by name."""
    own, other = aliased(SyncRow), aliased(SyncRow)
    query = (
        select(Customer.name)
        .join(Payment, Payment.customer_id == Customer.id)
        .join(other, (other.record_id == Payment.id) & (other.kind == Kind.PAYMENT))
        .join(own, (own.book_id == other.book_id) & (own.object == other.object) & (own.key == other.key))
        .where(own.kind == Kind.PAYMENT, own.record_id == payment.id, own.key != "", other.id != own.id)
        .where(Payment.company_id == payment.company_id)
        .order_by(Customer.name)
    )
    return list(db.session.scalars(query))

"""Intacct's customers coming into our book: rule 1 the other way round, and rule 6, one customer a bill-to contact.

A link wins. Among our customers without a link a single one of the name is linked, of several the one whose number is
Intacct's CUSTOMERID; with several and none of that number a person picks. None of the name: it is created here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from portal.errors import PortalError
from portal.extensions import db
from portal.intacct.customer_cards import Contact, CustomerCard
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.customer import Customer, fold
from portal.models.sync import Kind, SyncRow
from portal.problems import ledger
from portal.services import customers, wanted
from portal.services.customers import CustomerData
from portal.services.integration_values import BILL_TO_CONTACT
from portal.sync import links
from portal.sync.context import RunContext

AMBIGUOUS = "customer_ambiguous_here"
NAMES_TO_SHOW = 5


class Outcome(StrEnum):
    """What became of a customer that was read."""

    CREATED = "created"
    UPDATED = "updated"
    LINKED = "linked"
    UNCHANGED = "unchanged"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Taken:
    """The outcome, our customer (None with a problem), and its sync row."""

    outcome: Outcome
    customer: Customer | None = None
    row: SyncRow | None = None
    text: str = ""
    code: str = ""


def take(ctx: RunContext, card: CustomerCard, bill_to: Contact | None = None) -> Taken:
    """Carry one customer over. `bill_to` is the contact of a document in bill-to mode (else the customer's own).

    Flushes. A customer whose facts cannot be kept here is told as a problem, and what was there stays.
    """
    links.remember_customer(
        ctx.book_id, card.record_no, card.customer_id, card.name, active=card.active, entity=card.entity
    )  # fmt: skip
    part, data = as_ours(ctx, card, bill_to)
    key = str(card.record_no)
    known = _linked(ctx, card, key, part)
    try:
        with db.session.begin_nested():
            taken = _update(ctx, known, data) if known is not None else _match(ctx, card, part, data)
    except PortalError as error:
        return cannot_store(ctx, card, error)
    if taken.outcome != Outcome.PROBLEM:
        ledger.close_there(ctx.book_id, "CUSTOMER", key, ctx.by)
    return taken


def cannot_store(ctx: RunContext, card: CustomerCard, error: PortalError) -> Taken:
    """The problem of a customer whose facts cannot be kept here."""
    text = f"Customer {card.name} ({card.customer_id}) could not be kept here: {error.message}"
    return _problem(ctx, str(card.record_no), "cannot_store", f"{text} Correct it in Intacct, then import again.", card)


def as_ours(ctx: RunContext, card: CustomerCard, bill_to: Contact | None) -> tuple[str, CustomerData]:
    """(part of the key, facts): of the customer itself, or of its bill-to contact (rule 6)."""
    if ctx.choices.customer_source != BILL_TO_CONTACT:
        return "", _data(ctx, card, card.name, card.contact, number=card.customer_id)
    contact = bill_to or card.contact
    if contact is None:
        return "", _data(ctx, card, card.name, None, number="")
    return contact.name, _data(ctx, card, contact.print_as or contact.name, contact, number="")


def _data(ctx: RunContext, card: CustomerCard, name: str, contact: Contact | None, number: str) -> CustomerData:
    return CustomerData(
        name=name,
        number=number,
        email=contact.emails if contact else "",
        phone=contact.phone if contact else "",
        address1=contact.address1 if contact else "",
        address2=contact.address2 if contact else "",
        city=contact.city if contact else "",
        state=contact.state if contact else "",
        postal_code=contact.postal_code if contact else "",
        country=contact.country if contact else "",
        currency=card.currency or ctx.currencies.base,
        payment_terms=card.terms,
        active=card.active,
        metadata=_metadata(ctx, card),
    )


def _metadata(ctx: RunContext, card: CustomerCard) -> dict[str, Any]:
    found = {"parent_id": card.parent_id, "parent_name": card.parent_name}
    found |= custom_values(ctx.choices.fields_of("CUSTOMER"), card.row)
    return {key: value for key, value in found.items() if value}


def custom_values(wanted_fields: Mapping[str, str], row: Mapping[str, str]) -> dict[str, str]:
    """The values of the company's own fields by our metadata keys, of those that the row has."""
    return {key: row[field] for field, key in wanted_fields.items() if row.get(field)}


def _linked(ctx: RunContext, card: CustomerCard, key: str, part: str) -> SyncRow | None:
    """The row that stands for it. A customer born here stands for its display contact in bill-to mode."""
    row = links.linked_row(ctx.book_id, "CUSTOMER", key, part)
    if row is None and part and card.display is not None and part == card.display.name:
        row = links.linked_row(ctx.book_id, "CUSTOMER", key, "")
    return row


def _update(ctx: RunContext, row: SyncRow, data: CustomerData) -> Taken:
    """What came from Intacct follows it; what was born here is ours to change, and is sent there instead."""
    customer = db.session.get_one(Customer, row.record_id)
    if is_unchanged(ctx, row, customer, data):
        return Taken(Outcome.UNCHANGED, customer, row)
    customers.edit(customer, _keeping(ctx, customer, data), actor=ctx.actor)
    row.seen_there = {**row.seen_there, "name": data.name}
    return Taken(Outcome.UPDATED, customer, row)


def is_unchanged(ctx: RunContext, row: SyncRow, customer: Customer, data: CustomerData) -> bool:
    """Whether nothing is to be done for a linked customer that reads as `data`. Raises InvalidInput as an edit does."""
    return row.origin == Origin.PORTAL or customers.is_same(customer, _keeping(ctx, customer, data))


def _keeping(ctx: RunContext, customer: Customer, data: CustomerData) -> CustomerData:
    """`data` with the number that the customer has here, and with metadata of ours that Intacct knows nothing of."""
    values = {name: getattr(data, name) for name in CustomerData.__dataclass_fields__}
    theirs = {"parent_id", "parent_name", *ctx.choices.fields_of("CUSTOMER").values()}
    ours = {key: value for key, value in customer.extra.items() if key not in theirs}
    return CustomerData(**{**values, "number": customer.number, "metadata": {**ours, **data.metadata}})


def _match(ctx: RunContext, card: CustomerCard, part: str, data: CustomerData) -> Taken:
    same_name = _unlinked(ctx, fold(data.name))
    numbered = [customer for customer in same_name if customer.number.casefold() == card.customer_id.casefold()]
    if len(same_name) > 1 and not numbered:
        return _ambiguous(ctx, card, data, same_name)
    company = db.session.get_one(Company, ctx.company_id)
    if same_name:
        customer, outcome = (numbered or same_name)[0], Outcome.LINKED
    else:
        customer = customers.create(company, _with_free_number(ctx, data), actor=ctx.actor, origin=Origin.INTACCT)
        outcome = Outcome.CREATED
    return Taken(outcome, customer, link(ctx, customer, card, part))


def link(ctx: RunContext, customer: Customer, card: CustomerCard, part: str) -> SyncRow:
    """Say that our customer is this one of Intacct's. Flushes."""
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    row = wanted.sync_row(book, Kind.CUSTOMER, customer)
    row.part = part
    links.link_without_posting(row, str(card.record_no), card.customer_id, {"name": card.name}, card.entity)
    ctx.remember(row)
    ledger.close(row, ctx.by)
    return row


def _unlinked(ctx: RunContext, name_key: str) -> list[Customer]:
    """Our customers of this name that stand for nobody in Intacct yet, oldest first."""
    stands_for_one = (
        select(SyncRow.id)
        .where(SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.CUSTOMER, SyncRow.key != "")
        .where(SyncRow.record_id == Customer.id)
    )
    query = select(Customer).where(
        Customer.company_id == ctx.company_id, Customer.name_key == name_key, ~stands_for_one.exists()
    )
    return list(db.session.scalars(query.order_by(Customer.id)))


def _with_free_number(ctx: RunContext, data: CustomerData) -> CustomerData:
    """CUSTOMERID is the number here too, unless another customer has it: then one is generated."""
    query = select(Customer.id).where(
        Customer.company_id == ctx.company_id, Customer.number_key == data.number.casefold()
    )
    if not data.number or db.session.scalar(query) is None:
        return data
    values = {name: getattr(data, name) for name in CustomerData.__dataclass_fields__}
    return CustomerData(**{**values, "number": ""})


def _ambiguous(ctx: RunContext, card: CustomerCard, data: CustomerData, found: Sequence[Customer]) -> Taken:
    listed = ", ".join(customer.number for customer in found[:NAMES_TO_SHOW])
    text = (
        f"{len(found)} customers here are called {data.name} ({listed}). Intacct's {card.customer_id} may be any of"
        " them, so nothing was changed, and its invoices wait. Choose which of them it is."
    )
    candidates = [{"number": customer.number, "name": customer.name, "id": customer.id} for customer in found]
    return _problem(ctx, str(card.record_no), AMBIGUOUS, text, card, candidates=candidates)


def _problem(ctx: RunContext, key: str, code: str, text: str, card: CustomerCard, **details: Any) -> Taken:
    ledger.report_there(
        ctx.book_id, "CUSTOMER", key, code, text, name=card.name, customer_id=card.customer_id, **details
    )  # fmt: skip
    return Taken(Outcome.PROBLEM, text=text, code=code)

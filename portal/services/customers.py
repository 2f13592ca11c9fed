"""Customers: who is invoiced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.base import JsonDict, Origin
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.services import audit, wanted
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.numbers import check_number, clean_number, next_number, next_numbers, saving, taken
from portal.services.records import hold, refuse_stale


@dataclass(frozen=True)
class CustomerData:
    """A customer as somebody writes it. An absent number is generated, an absent currency is the company's."""

    name: str
    number: str = ""
    email: str = ""
    phone: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    currency: str = ""
    payment_terms: str = ""
    active: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)


_TEXTS = {
    "phone": "The phone number",
    "address1": "The address",
    "address2": "The second line of the address",
    "city": "The city",
    "state": "The state",
    "postal_code": "The postal code",
    "country": "The country",
    "payment_terms": "The payment terms",
}
_FIELDS = ("number", "name", "email", *_TEXTS, "currency", "active")
_SHOWN_DRAFTS = 5


def create(company: Company, data: CustomerData, *, actor: Actor, origin: Origin = Origin.PORTAL) -> Customer:
    """Add a customer. Raises InvalidInput with every fault; nothing is saved then."""
    values = _checked(company.id, data, company.base_currency, origin)
    values["number"] = values["number"] or next_number(company.id, Customer)
    customer = Customer(company_id=company.id, origin=origin, **values)
    with saving(Customer, customer.number):
        db.session.add(customer)
    audit.record(company.id, actor, "customer", customer.id, "created", after=_snapshot(customer))
    wanted.note_customer(customer)
    return customer


def edit(customer: Customer, data: CustomerData, *, actor: Actor, expected_version: int | None = None) -> Customer:
    """Replace the customer's facts by `data`; an empty number or currency keeps what it has.

    Raises InvalidInput with every fault, NotAllowedNow when `expected_version` is no longer the customer's or when
    one with drafts would become inactive.
    """
    hold(customer)
    refuse_stale(customer, expected_version, f"customer {customer.name}")
    if not data.active:
        _refuse_drafts(customer)
    values = _checked(customer.company_id, data, customer.currency, Origin(customer.origin), customer.id)
    values["number"] = values["number"] or customer.number
    before = _snapshot(customer)
    with saving(Customer, values["number"]):
        for name, value in values.items():
            setattr(customer, name, value)
    if audit.record_change(customer.company_id, actor, "customer", customer.id, "edited", before, _snapshot(customer)):
        customer.version += 1
        db.session.flush()
    wanted.note_customer(customer)
    return customer


def deactivate(customer: Customer, *, actor: Actor) -> Customer:
    """Keep the customer out of new documents. What is there stays, and what is owed can still be paid.

    Raises NotAllowedNow while drafts of the customer wait to be issued.
    """
    hold(customer)
    _refuse_drafts(customer)
    return _set_active(customer, False, actor)


def activate(customer: Customer, *, actor: Actor) -> Customer:
    """Let the customer have new documents again."""
    hold(customer)
    return _set_active(customer, True, actor)


def create_many(
    company: Company, data: Sequence[CustomerData], *, actor: Actor, origin: Origin
) -> list[Customer | InvalidInput]:
    """Add customers in as few statements as one takes. In the order of `data`: the customer, or why it cannot be kept.

    A number that is taken, here or further up in `data`, is generated, as an absent one is. Flushes; an IntegrityError
    says that somebody took a number in the same moment. Nobody is told what the sync wants of them: the caller is.
    """
    checked = [_cleaned_or_faults(item, company.base_currency, origin) for item in data]
    sound = [values for values in checked if isinstance(values, dict)]
    _give_numbers(company.id, sound)
    added = [Customer(company_id=company.id, origin=origin, **values) for values in sound]
    db.session.add_all(added)
    db.session.flush()
    audit.record_many(
        company.id, actor, "customer", "created", {customer.id: _snapshot(customer) for customer in added}
    )
    left = iter(added)
    return [next(left) if isinstance(values, dict) else values for values in checked]


def is_same(customer: Customer, data: CustomerData) -> bool:
    """Whether `data` says nothing else than the customer as it is. Raises InvalidInput as `edit` does."""
    currency, origin = customer.currency, Origin(customer.origin)
    if data.number == customer.number:  # it is the customer's own, so nobody else has it
        values = _cleaned(data, currency, origin)
    else:
        values = _checked(customer.company_id, data, currency, origin, customer.id)
    return {name: getattr(customer, name) for name in values} == values


def _cleaned_or_faults(data: CustomerData, currency: str, origin: Origin) -> JsonDict | InvalidInput:
    try:
        return _cleaned(data, currency, origin)
    except InvalidInput as error:
        return error


def _give_numbers(company_id: int, customers: Sequence[JsonDict]) -> None:
    used = taken(company_id, Customer, [values["number"] for values in customers])
    without = []
    for values in customers:
        key = values["number"].casefold()
        if not key or key in used:
            without.append(values)
        used.add(key)
    for values, number in zip(without, next_numbers(company_id, Customer, len(without), used), strict=True):
        values["number"] = number


def _refuse_drafts(customer: Customer) -> None:
    """Refuse to make a customer inactive whose drafts could then not be issued."""
    if customer.active and (waiting := _drafts(customer)):
        raise NotAllowedNow(
            f"{customer.name} has drafts: {waiting}. Issue or delete them first, then make the customer inactive.",
            field="active",
            code="drafts",
        )


def _set_active(customer: Customer, active: bool, actor: Actor) -> Customer:
    if customer.active == active:
        return customer
    customer.active = active
    customer.version += 1
    db.session.flush()
    audit.record(
        customer.company_id, actor, "customer", customer.id, "activated" if active else "deactivated",
        before={"active": not active}, after={"active": active},
    )  # fmt: skip
    wanted.note_customer(customer)
    return customer


def _drafts(customer: Customer) -> str:
    """The numbers of the customer's drafts, a few of them in words."""
    numbers: list[str] = []
    for model in (Invoice, CreditNote):
        mine = select(model.number).where(model.company_id == customer.company_id, model.customer_id == customer.id)
        drafts = mine.where(model.draft, model.voided_at.is_(None)).order_by(model.id).limit(_SHOWN_DRAFTS + 1)
        numbers += db.session.scalars(drafts)
    more = ", ..." if len(numbers) > _SHOWN_DRAFTS else ""
    return ", ".join(numbers[:_SHOWN_DRAFTS]) + more


def _checked(company_id: int, data: CustomerData, currency: str, origin: Origin, own_id: int | None = None) -> JsonDict:
    return _values(
        data, currency, origin, lambda faults: check_number(faults, company_id, Customer, data.number, own_id)
    )


def _cleaned(data: CustomerData, currency: str, origin: Origin) -> JsonDict:
    """The values, whether or not the number is free. Raises InvalidInput with every fault."""
    return _values(data, currency, origin, lambda faults: clean_number(faults, Customer, data.number))


def _values(data: CustomerData, currency: str, origin: Origin, number: Callable[[Faults], str]) -> JsonDict:
    faults = Faults()
    values: JsonDict = {
        "name": faults.text("name", "The name", data.name, required=True),
        "number": number(faults),
        "currency": faults.currency("currency", data.currency or currency),
        "active": data.active,
        "extra": faults.metadata("metadata", data.metadata),
    }
    if origin == Origin.PORTAL:
        values["email"] = faults.email("email", data.email)
    else:  # Intacct keeps whatever was typed there; that is no reason to leave a customer out
        values["email"] = faults.text("email", "The e-mail address", data.email)
    for name, label in _TEXTS.items():
        values[name] = faults.text(name, label, getattr(data, name))
    faults.end()
    return values


def _snapshot(customer: Customer) -> JsonDict:
    return {name: getattr(customer, name) for name in _FIELDS} | {"metadata": dict(customer.extra)}

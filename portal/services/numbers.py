"""Numbers of records: unique in a company in any case, generated when absent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.database import in_parts
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services.checks import Faults

Numbered = type[Customer] | type[Invoice] | type[Payment] | type[CreditNote]

_PREFIXES: dict[Numbered, str] = {Customer: "CUST", Invoice: "INV", Payment: "PMT", CreditNote: "CN"}
_WORDS: dict[Numbered, str] = {
    Customer: "customer",
    Invoice: "invoice",
    Payment: "payment",
    CreditNote: "credit note",
}

# One statement on both databases: the row stays locked until the transaction ends, so no number is given twice.
_NEXT = text(
    "INSERT INTO number_series (company_id, kind, next_value) VALUES (:company, :kind, 1 + :count)"
    " ON CONFLICT (company_id, kind) DO UPDATE SET next_value = number_series.next_value + :count"
    " RETURNING next_value - :count"
)


def next_number(company_id: int, model: Numbered) -> str:
    """The next free number of the series, such as INV-00001; numbers that somebody typed are passed over."""
    return next_numbers(company_id, model, 1)[0]


def next_numbers(company_id: int, model: Numbered, count: int, promised: Collection[str] = ()) -> list[str]:
    """So many next free numbers of the series; `promised` are number keys that others of the same go will have."""
    found: list[str] = []
    while len(found) < count:
        asked = {"company": company_id, "kind": model.__tablename__, "count": count - len(found)}
        first = db.session.execute(_NEXT, asked).scalar_one()
        numbers = [f"{_PREFIXES[model]}-{value:05d}" for value in range(first, first + asked["count"])]
        used = taken(company_id, model, numbers) | set(promised)
        found += [number for number in numbers if number.casefold() not in used]
    return found


def taken(company_id: int, model: Numbered, numbers: Iterable[str]) -> set[str]:
    """The number keys, of these numbers, that records of the company have."""
    found: set[str] = set()
    for some in in_parts(sorted({number.casefold() for number in numbers})):
        query = select(model.number_key).where(model.company_id == company_id, model.number_key.in_(some))
        found |= set(db.session.scalars(query))
    return found


def is_taken(company_id: int, model: Numbered, number: str, own_id: int | None = None) -> bool:
    """Whether another record of the company has `number`, in any case."""
    found = db.session.scalar(
        select(model.id).where(model.company_id == company_id, model.number_key == number.casefold())
    )
    return found is not None and found != own_id


def clean_number(faults: Faults, model: Numbered, number: str) -> str:
    """A number as somebody typed it, cleaned, whether or not it is free. Empty stays empty."""
    return faults.text("number", "The number", number, limit="customer number" if model is Customer else "number")


def check_number(faults: Faults, company_id: int, model: Numbered, number: str, own_id: int | None = None) -> str:
    """A number as somebody typed it, cleaned; faults are noted at the field `number`. Empty stays empty."""
    cleaned = clean_number(faults, model, number)
    sound = not any(fault.field == "number" for fault in faults.found)
    if cleaned and sound and is_taken(company_id, model, cleaned, own_id):
        faults.found.append(_taken(model, cleaned))
    return cleaned


@contextmanager
def saving(model: Numbered, number: str) -> Iterator[None]:
    """Flush what is done inside as one; a number that somebody took in the same moment raises InvalidInput."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        if "number_key" not in str(error.orig):
            raise
        raise _taken(model, number) from error


def _taken(model: Numbered, number: str) -> InvalidInput:
    word = _WORDS[model]
    article = "An" if word == "invoice" else "A"
    return InvalidInput(
        f"{article} {word} with the number {number} exists already. Choose another number.",
        field="number",
        code="taken",
    )

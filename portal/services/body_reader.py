"""Reads the values of a JSON body, noting each fault at its field; `bodies` puts them together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from portal.errors import NotFound
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO, parse_decimal
from portal.queries.credit_notes import get_credit_note, get_credit_note_by_number
from portal.queries.customers import get_customer, get_customer_by_number
from portal.queries.invoices import get_invoice, get_invoice_by_number
from portal.queries.payments import get_payment, get_payment_by_number
from portal.services.checks import Faults
from portal.services.lines import LineData

MAX_NUMBER_DIGITS = 60
_SHOWN_OF_A_KEY = 60
_ITEM_KEYS = {"name", "description", "quantity", "unit_cost", "amount", "metadata"}
_OVERRIDES = {"intacct_account": "account", "intacct_location": "location", "intacct_department": "department"}

Found = TypeVar("Found", Customer, Invoice, Payment, CreditNote)


@dataclass
class BodyReader:
    """One body, or one object inside it (then `at` is its place, such as "items.0."). Each method answers something
    usable even where it notes a fault; the caller ends with `faults.end()`."""

    body: Mapping[str, Any]
    faults: Faults = field(default_factory=Faults)
    at: str = ""

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Note each key that is not among `known`."""
        for key in self.body:
            if key not in known:
                shown = key[:_SHOWN_OF_A_KEY]
                self._fault(
                    shown, f"{shown!r} is not known here. Known are: {', '.join(sorted(known))}.", "unknown_key"
                )

    def text(self, key: str) -> str:
        """Text; "" where it is absent or null."""
        value = self.body.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        self._fault(key, f"{key} must be text in quotes.", "type")
        return ""

    def texts(self, keys: Collection[str]) -> dict[str, Any]:
        """The texts of those `keys` that the body names."""
        return {key: self.text(key) for key in keys if key in self.body}

    def yes_no(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.body.get(key, default)
        if isinstance(value, bool):
            return value
        self._fault(key, f"{key} must be true or false.", "type")
        return default

    def number(self, key: str, label: str, default: Decimal | None = None) -> Decimal:
        """An exact number; without a default it must be there."""
        value = self.body.get(key, default)
        if value is None:
            self._fault(key, f"{label} is missing.", "missing")
            return ZERO
        try:
            return _decimal(value)
        except ValueError:
            self._fault(key, f"{label} is not a number.", "not_a_number")
            return ZERO

    def number_or_none(self, key: str, label: str) -> Decimal | None:
        """An exact number; None where it is absent or null."""
        return None if self.body.get(key) is None else self.number(key, label)

    def date(self, key: str) -> dt.date | None:
        """A date in UNIX seconds (or ISO text); None where it is absent or null."""
        value = self.body.get(key)
        try:
            return None if value is None else _date(value)
        except (ValueError, OverflowError, OSError):
            self._fault(key, f"{key} must be a date in UNIX seconds, such as 1767225600.", "date")
            return None

    def metadata(self, default: Mapping[str, Any]) -> Mapping[str, Any]:
        """The free fields."""
        value = self.body.get("metadata", default)
        if isinstance(value, Mapping):
            return value
        self._fault("metadata", "metadata must be an object: {...}.", "type")
        return default

    def customer_id(self, company: Company, default: int = 0) -> int:
        """The id of the customer named by id or number; it must be there unless there is a default."""
        if default and "customer" not in self.body:
            return default
        customer = self._find("customer", company, get_customer, get_customer_by_number)
        return default if customer is None else customer.id

    def invoice(self, company: Company) -> Invoice | None:
        """The invoice named by id or number."""
        return self._find("invoice", company, get_invoice, get_invoice_by_number)

    def payment(self, company: Company) -> Payment | None:
        """The payment named by id or number."""
        return self._find("payment", company, get_payment, get_payment_by_number)

    def credit_note(self, company: Company) -> CreditNote | None:
        """The credit note named by id or number."""
        return self._find("credit_note", company, get_credit_note, get_credit_note_by_number)

    def invoice_id(self, company: Company, default: int | None) -> int | None:
        """The id of the invoice that the body may name by id or number; None takes one away."""
        if "invoice" not in self.body:
            return default
        invoice = self.invoice(company) if self.body["invoice"] is not None else None
        return None if invoice is None else invoice.id

    def items(self, default: tuple[LineData, ...]) -> tuple[LineData, ...]:
        """The line items; the default where the body names none."""
        if "items" not in self.body:
            return default
        return tuple(entry.item() for entry in self.each("items"))

    def item(self) -> LineData:
        """One line item. Its metadata may name the GL account, location and department to use in Intacct."""
        self.refuse_unknown(_ITEM_KEYS)
        metadata = dict(self.metadata({}))
        overrides = {name: str(metadata.pop(key) or "") for key, name in _OVERRIDES.items() if key in metadata}
        parts = (self.text("name"), self.text("description"))
        return LineData(
            description="\n".join(part for part in parts if part.strip()),
            quantity=self.number("quantity", "The quantity", Decimal(1)),
            unit_cost=self.number("unit_cost", "The unit cost"),
            amount=self.number_or_none("amount", "The amount"),
            metadata=metadata,
            **overrides,
        )

    def adjustment(self, key: str, word: str, default: Decimal) -> Decimal:
        """The sum of a list of {"amount": n}: an invoice keeps one discount and one tax."""
        if key not in self.body:
            return default
        return sum((entry._adjustment_amount(word) for entry in self.each(key)), ZERO)

    def applications(self, company: Company) -> tuple[tuple[int, Decimal], ...]:
        """(invoice id, amount) for each entry of `applied_to`."""
        if "applied_to" not in self.body:
            return ()
        found = [entry._application(company) for entry in self.each("applied_to")]
        return tuple(pair for pair in found if pair is not None)

    def each(self, key: str) -> list[BodyReader]:
        """A reader for each object of a list."""
        value = self.body[key]
        if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
            self._fault(key, f"{key} must be a list of objects: [{{...}}].", "type")
            return []
        return [BodyReader(entry, self.faults, f"{self.at}{key}.{index}.") for index, entry in enumerate(value)]

    def _adjustment_amount(self, word: str) -> Decimal:
        self.refuse_unknown({"amount"})
        amount = self.number("amount", f"The {word}")
        if amount < 0:
            self._fault("amount", f"The {word} may not be negative.", "negative")
        return amount

    def _application(self, company: Company) -> tuple[int, Decimal] | None:
        if self.body.get("type", "invoice") != "invoice":
            self._fault("type", "A payment's money goes on invoices: the type is invoice.", "type")
            return None
        self.refuse_unknown({"type", "invoice", "amount"})
        invoice = self.invoice(company)
        amount = self.number("amount", "The amount")
        return None if invoice is None else (invoice.id, amount)

    def _find(
        self,
        key: str,
        company: Company,
        by_id: Callable[[Company, int], Found],
        by_number: Callable[[Company, str], Found],
    ) -> Found | None:
        value = self.body.get(key)
        try:
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
                return by_id(company, value)
            if isinstance(value, str) and value.strip():
                return by_number(company, value)
        except NotFound as error:
            self._fault(key, error.message, f"unknown_{key}")
            return None
        if value is None or value == "":
            self._fault(key, f"The {key.replace('_', ' ')} is missing.", "missing")
        else:
            self._fault(key, f"The {key.replace('_', ' ')} must be an id or a number in quotes.", "type")
        return None

    def _fault(self, key: str, message: str, code: str) -> None:
        self.faults.add(f"{self.at}{key}", message, code)


def _decimal(value: Any) -> Decimal:
    """A JSON number, or one written as text, exactly. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or len(str(value)) > MAX_NUMBER_DIGITS:
        raise ValueError("not a number")
    number = parse_decimal(str(value))
    if number and abs(number.adjusted()) > MAX_NUMBER_DIGITS:
        raise ValueError("no number that any book holds")
    return number


def _date(value: Any) -> dt.date:
    """UNIX seconds, or ISO text, as the date in UTC. Raises ValueError and its kin for anything else."""
    if isinstance(value, str):
        return dt.date.fromisoformat(value.strip())
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a date")
    return dt.datetime.fromtimestamp(value, dt.UTC).date()

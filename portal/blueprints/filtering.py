"""What the address of a list of documents asks for: the filter, the order, and both in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from flask import request

from portal.blueprints.forms import parse_typed_date, parse_typed_number
from portal.blueprints.listing import id_arg, text_arg
from portal.blueprints.rendering import day, number
from portal.models.company import Company
from portal.models.customer import Customer
from portal.queries.customers import get_customer
from portal.queries.filters import DocumentFilter
from portal.queries.sync_states import State
from portal.services.checks import MAX_AMOUNT

ORIGINS = {"portal": "Made here", "intacct": "From Intacct"}
SYNC_STATES = {
    State.SYNCED: "Synced",
    State.PENDING: "To be sent",
    State.WAITING: "Waiting",
    State.UNKNOWN: "Unknown",
    State.PROBLEM: "Problem",
    State.SKIPPED: "Skipped",
    State.EXCLUDED: "Left alone",
    State.NOT_SYNCED: "Not synced",
}

FilterT = TypeVar("FilterT", bound=DocumentFilter)
Chip = tuple[str, dict[str, None]]
"""A part of the filter in words, and the parts of the address to leave out for taking it away."""

_IN_SIGHT = ("q", "customer", "from", "to", "sync")


@dataclass(frozen=True)
class Asked(Generic[FilterT]):
    """A list as its address asks for it. `ignored` says which parts of the address cannot be read."""

    wanted: FilterT
    sort: str
    customer: Customer | None
    chips: list[Chip] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def folded(self) -> bool:
        """Whether a filter is active that stands folded away, so that the page unfolds it."""
        return any(name not in _IN_SIGHT for _, without in self.chips for name in without)

    @property
    def narrowed(self) -> bool:
        """Whether the list shows less than everything."""
        return bool(self.chips or self.wanted.status or self.ignored)


def asked(company: Company, kind: type[FilterT], own: Mapping[str, tuple[Any, str]] | None = None) -> Asked[FilterT]:
    """The list that the address asks for. `own` are filters of this kind alone: field -> (value, its words), each
    under its own name in the address. Raises NotFound for a customer that the company does not have."""
    ignored: list[str] = []
    customer_id = id_arg("customer")
    customer = get_customer(company, customer_id) if customer_id is not None else None
    values: dict[str, Any] = {
        "text": text_arg("q"),
        "status": text_arg("status", 30),
        "customer_id": customer.id if customer else None,
        "currency": text_arg("currency", 3).upper(),
        "origin": _known("origin", ORIGINS),
        "sync_state": _known("sync", SYNC_STATES),
    }
    for name, argument in (("date_from", "from"), ("date_to", "to")):
        values[name] = read_arg(argument, parse_typed_date, ignored)
    for name in ("amount_from", "amount_to"):
        values[name] = read_arg(name, _amount, ignored)
    more = own or {}
    wanted = kind(**values, **{name: value for name, (value, _) in more.items()})
    chips = _chips(wanted, customer) + [(words, {name: None}) for name, (value, words) in more.items() if value]
    return Asked(wanted, text_arg("sort", 30) or "-date", customer, chips, ignored)


def read_arg(name: str, parse: Callable[[str], Any], ignored: list[str]) -> Any:
    """What `parse` makes of an argument of the address; None without one, or with a remark in `ignored`."""
    text = text_arg(name, 40)
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        ignored.append(text)
        return None


def ids_ticked() -> list[int]:
    """The documents whose rows were ticked."""
    return [int(text) for text in request.args.getlist("id") if text.isdecimal() and len(text) < 11]


def _known(name: str, words: Mapping[Any, str]) -> str:
    value = text_arg(name, 20)
    return value if value in words else ""


def _amount(text: str) -> Decimal:
    amount = parse_typed_number(text)
    if abs(amount) > MAX_AMOUNT:
        raise ValueError("no amount of a document")
    return amount.quantize(Decimal("0.0001"))


def _chips(wanted: DocumentFilter, customer: Customer | None) -> list[Chip]:
    found = [
        (f"\N{LEFT DOUBLE QUOTATION MARK}{wanted.text}\N{RIGHT DOUBLE QUOTATION MARK}", "q", wanted.text),
        (customer.name if customer else "", "customer", customer),
        (_from("dated", wanted.date_from), "from", wanted.date_from),
        (_to("dated", wanted.date_to), "to", wanted.date_to),
        (f"from {_plain(wanted.amount_from)}", "amount_from", wanted.amount_from is not None),
        (f"up to {_plain(wanted.amount_to)}", "amount_to", wanted.amount_to is not None),
        (wanted.currency, "currency", wanted.currency),
        (ORIGINS.get(wanted.origin, ""), "origin", wanted.origin),
        (f"Intacct: {SYNC_STATES.get(State(wanted.sync_state), '') if wanted.sync_state else ''}", "sync",
         wanted.sync_state),
    ]  # fmt: skip
    return [(words, {name: None}) for words, name, value in found if value]


def due_filters(ignored: list[str]) -> dict[str, tuple[date | None, str]]:
    """The filters by due date, which only invoices have."""
    first = read_arg("due_from", parse_typed_date, ignored)
    last = read_arg("due_to", parse_typed_date, ignored)
    return {"due_from": (first, _from("due", first)), "due_to": (last, _to("due", last))}


def _plain(value: Decimal | None) -> str:
    return "" if value is None else number(value)


def _from(word: str, value: date | None) -> str:
    return f"{word} from {day(value)}" if value else ""


def _to(word: str, value: date | None) -> str:
    return f"{word} to {day(value)}" if value else ""

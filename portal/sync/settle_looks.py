"""What Intacct's book says of open postings: whether each is there, something near it is, or neither.

All go out together: a lost reply leaves a whole batch open, and asking for one after the other would take a request
each before the sync could begin. Network only, but for what is linked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from portal.intacct.queries import Query, all_of, any_of, at_least, equal, like, one_of
from portal.intacct.stamps import format_stamp
from portal.models.base import Origin
from portal.models.sync import SOURCES, Act, Kind
from portal.sync import directory, links, looking, sending
from portal.sync.context import RunContext
from portal.sync.looking import There

BORN_BEFORE = timedelta(hours=1)
"""Intacct stamps records before they become visible; its clock need not be ours."""


@dataclass(frozen=True)
class Open:
    """An open posting as settling takes it to the network."""

    posting_id: int
    row_id: int
    kind: Kind
    act: Act
    ref: str
    seq: int
    key: str
    body: str
    facts: dict[str, Any]
    attempt: int
    """The newest one; its answer is the one that did not come."""
    sent_at: datetime
    send_before: datetime
    id_was_used: bool
    is_doubted: bool
    """Whether people were told that nothing is sent until they decide about it."""

    @property
    def control_id(self) -> str:
        """The same for every attempt."""
        return sending.control_id(self.ref, self.seq)

    @property
    def number(self) -> str:
        """The number under which it was sent."""
        return str(self.facts.get("number", ""))


@dataclass
class Finding:
    """What a look says of an open posting: it is there (under `key`), something near it is, or neither. `moved` says
    that money moved where it was to go, though not as it was to."""

    there: bool = False
    key: str = ""
    near: There | None = None
    moved: bool = False
    applied: dict[str, Decimal] = field(default_factory=dict)


Findings = dict[int, Finding]
"""By posting id."""

Sums = Mapping[tuple[str, str], Mapping[str, Decimal]]
"""What lies of a source (its object and key) on invoices there: invoice key -> amount."""


def look(ctx: RunContext, items: Iterable[Open]) -> Findings:
    """Look for open postings in a handful of requests, however many they are."""
    by_look: dict[Callable[[RunContext, Sequence[Open]], Findings], list[Open]] = {}
    for item in items:
        by_look.setdefault(_look_of(item), []).append(item)
    found: Findings = {}
    for look_for, together in by_look.items():
        found |= look_for(ctx, together)
    return found


def _look_of(item: Open) -> Callable[[RunContext, Sequence[Open]], Findings]:
    if item.kind == Kind.CUSTOMER:
        return _created_customers if item.act == Act.CREATE else _updated_customers
    return _LOOKS[item.act]


def _created_customers(ctx: RunContext, items: Sequence[Open]) -> Findings:
    found = ctx.rows_of_all(
        [
            Query("CUSTOMER", directory.FIELDS, equal("CUSTOMERID", item.facts["number"]), show_private=not ctx.entity)
            for item in items
        ]
    )
    return {item.posting_id: _named(rows, item.facts["name"]) for item, rows in zip(items, found, strict=True)}


def _named(rows: Iterable[dict[str, str]], name: str) -> Finding:
    key = next((row["RECORDNO"] for row in rows if row["NAME"] == name), "")
    return Finding(bool(key), key)


def _updated_customers(ctx: RunContext, items: Sequence[Open]) -> Findings:
    """A customer carries no reference; sending the same values again changes nothing."""
    return {item.posting_id: Finding() for item in items}


def _created(ctx: RunContext, items: Sequence[Open]) -> Findings:
    found = _records(ctx, items)
    ours = {item.posting_id: _ours(item, found[item.posting_id]) for item in items}
    lies = _lies(ctx, [(item, there.key) for item in items if (there := ours[item.posting_id]) is not None])
    return {
        item.posting_id: Finding(near=_near(ctx, item, found[item.posting_id]))
        if (there := ours[item.posting_id]) is None
        else Finding(True, there.key, applied=dict(lies.get((links.OBJECTS[item.kind], there.key), {})))
        for item in items
    }


def _ours(item: Open, found: Iterable[There]) -> There | None:
    alive = (there for there in found if not there.gone_back and not there.is_application)
    return next((there for there in alive if there.ref == item.ref), None)


def _records(ctx: RunContext, items: Sequence[Open]) -> dict[int, list[There]]:
    """For each, by posting id, the records of the number that was sent, and the customer's that were born since it was
    sent. What one request sent to a customer is one question, or its answer would hold the same records many times."""
    asked: dict[tuple[Kind, str, datetime], list[Open]] = {}
    for item in items:
        asked.setdefault((item.kind, item.facts["customer_id"], item.send_before), []).append(item)
    groups = list(asked.values())
    answers = ctx.rows_of_all([_record_query(ctx, group) for group in groups])
    return {
        item.posting_id: [_READ_AS[item.kind].read(row, ctx.offset) for row in rows]
        for group, rows in zip(groups, answers, strict=True)
        for item in group
    }


def _record_query(ctx: RunContext, group: Sequence[Open]) -> Query:
    kind, customer_id = group[0].kind, group[0].facts["customer_id"]
    read_as = _READ_AS[kind]
    born = at_least("AUWHENCREATED", format_stamp(min(item.sent_at for item in group) - BORN_BEFORE, ctx.offset))
    near = all_of(equal("CUSTOMERID", customer_id), born)
    numbers = one_of(read_as.number_field, [item.facts["number"] for item in group])
    return Query(links.OBJECTS[kind], read_as.fields, any_of(numbers, near), show_private=not ctx.entity)


@dataclass(frozen=True)
class _ReadAs:
    number_field: str
    fields: tuple[str, ...]
    read: Callable[[dict[str, str], timedelta], There]


_READ_AS = {
    Kind.INVOICE: _ReadAs("RECORDID", looking.INVOICE_FIELDS, looking.read_invoice),
    Kind.PAYMENT: _ReadAs("DOCNUMBER", looking.PAYMENT_FIELDS, looking.read_payment),
    Kind.CREDIT_NOTE: _ReadAs("RECORDID", looking.ADJUSTMENT_FIELDS, looking.read_adjustment),
}


def _near(ctx: RunContext, item: Open, found: Sequence[There]) -> There | None:
    """A record of the same customer, date and total that carries no reference and is linked to nothing that was made
    here. One that came in from Intacct may well be what somebody typed there in place of the posting."""
    for there in found:
        same = (there.customer_id, there.date) == (item.facts["customer_id"], item.facts["date"])
        if same and not there.ref and not there.gone_back and Decimal(there.total) == Decimal(item.facts["total"]):
            taken = links.linked_row(ctx.book_id, links.OBJECTS[item.kind], there.key)
            ctx.commit()
            if taken is None or taken.origin == Origin.INTACCT:
                return there
    return None


def _lies(ctx: RunContext, sources: Iterable[tuple[Open, str]]) -> Sums:
    """What lies of these payments and credits, each under its key, on invoices there."""
    keys: dict[str, list[str]] = {}
    for item, key in sources:
        if item.kind in SOURCES:
            keys.setdefault(links.OBJECTS[item.kind], []).append(key)
    return {
        (object_, key): sums
        for object_, of_object in keys.items()
        for key, sums in looking.applied_of(ctx, of_object, object_).items()
    }


def _updated(ctx: RunContext, items: Sequence[Open]) -> Findings:
    found = looking.invoices_by_key(ctx, [item.facts["key"] for item in items])
    return {item.posting_id: _written_over(item, found.get(item.facts["key"])) for item in items}


def _written_over(item: Open, there: There | None) -> Finding:
    return Finding(there is not None and there.ref == item.ref and there.seq >= item.seq, item.facts["key"])


_BY_KEY = {
    Kind.INVOICE: looking.invoices_by_key,
    Kind.PAYMENT: looking.payments_by_key,
    Kind.CREDIT_NOTE: looking.payments_by_key,  # what is reversed of one is an application of it, a record of its own
}


def _reversed(ctx: RunContext, items: Sequence[Open]) -> Findings:
    found: dict[tuple[Kind, str], There] = {}
    for kind in {item.kind for item in items}:
        keys = [item.facts["key"] for item in items if item.kind == kind]
        found |= {(kind, key): there for key, there in _BY_KEY[kind](ctx, keys).items()}
    return {
        item.posting_id: _taken_back(found.get((item.kind, item.facts["key"])), item.facts["key"]) for item in items
    }


def _taken_back(there: There | None, key: str) -> Finding:
    return Finding(there is None or there.gone_back, key)


def _deleted(ctx: RunContext, items: Sequence[Open]) -> Findings:
    found = looking.adjustments_by_key(ctx, [item.facts["key"] for item in items])
    return {item.posting_id: Finding(item.facts["key"] not in found, item.facts["key"]) for item in items}


def _applied(ctx: RunContext, items: Sequence[Open]) -> Findings:
    """An apply is there when a record carries its reference, even one that was taken back since, or when the sum of
    each of its pairs has risen by what it carried. Where only some have risen, or by less, nobody can tell."""
    told = _carrying_reference(ctx, items)
    lies = _lies(ctx, [(item, item.facts["key"]) for item in items if item.posting_id not in told])
    return {
        item.posting_id: Finding(
            True, item.facts["key"], applied=dict.fromkeys(item.facts["invoice_keys"].values(), Decimal(0))
        )
        if item.posting_id in told
        else _risen(item, lies.get((links.OBJECTS[item.kind], item.facts["key"]), {}))
        for item in items
    }


def _carrying_reference(ctx: RunContext, items: Sequence[Open]) -> set[int]:
    """The postings whose very reference an application there carries in its memo."""
    found = ctx.rows_of_all(
        [
            Query(
                "ARPYMT",
                looking.PAYMENT_FIELDS,
                like("DESCRIPTION", f"%[ref {item.ref}.{item.seq}]%"),
                show_private=not ctx.entity,
            )
            for item in items
        ]
    )
    return {
        item.posting_id
        for item, rows in zip(items, found, strict=True)
        if any(looking.read_payment(row, ctx.offset).is_application for row in rows)
    }


def _risen(item: Open, lies: Mapping[str, Decimal]) -> Finding:
    keys, before = item.facts["invoice_keys"], item.facts["before"]
    rises = [
        (lies.get(keys[row_id], Decimal(0)) - Decimal(before[row_id]), Decimal(amount))
        for row_id, amount in item.facts["pairs"].items()
    ]
    if all(risen >= amount for risen, amount in rises):
        return Finding(True, item.facts["key"])
    return Finding(moved=any(risen > 0 for risen, _ in rises))


_LOOKS: dict[Act, Callable[[RunContext, Sequence[Open]], Findings]] = {
    Act.CREATE: _created,
    Act.UPDATE: _updated,
    Act.REVERSE: _reversed,
    Act.DELETE: _deleted,
    Act.APPLY: _applied,
}

"""A page of Intacct's customers coming into our book at once.

An import brings thousands of customers, nearly all of them new or unchanged: those are carried over in a few statements
a page. Whatever takes a decision (a namesake here, a change, a fact that cannot be kept) goes the way of a single one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.errors import PortalError
from portal.extensions import db
from portal.intacct.customer_cards import CustomerCard
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.customer import Customer, fold
from portal.models.sync import Kind, SyncRow
from portal.problems import ledger
from portal.services import customers, wanted
from portal.services.customers import CustomerData
from portal.services.records import hold_customers
from portal.sync import customers_in, links, owners
from portal.sync.context import RunContext
from portal.sync.customers_in import Outcome, Taken

Known = dict[tuple[str, str], tuple[SyncRow, Customer]]
"""Rows with their customers, by the key there and its part."""

New = tuple[CustomerCard, str, CustomerData]
"""A card, the part of its key that it stands for, and its facts as ours."""


def take(ctx: RunContext, cards: Sequence[CustomerCard]) -> list[Taken]:
    """Carry a page over; what became of each card, in their order. At most as many as a query takes values. Flushes."""
    links.remember_customers(
        ctx.book_id,
        [links.Known(card.record_no, card.customer_id, card.name, card.active, card.entity) for card in cards],
    )
    known = _known(ctx, cards)
    outcomes: dict[int, Taken] = {}
    new: list[New] = []
    for card in cards:
        part, data = customers_in.as_ours(ctx, card, None)
        if found := _of(known, card, part):
            if _is_unchanged(ctx, *found, data):
                outcomes[card.record_no] = Taken(Outcome.UNCHANGED, found[1], found[0])
        else:
            new.append((card, part, data))
    outcomes |= _create(ctx, new)
    _close_problems(ctx, outcomes)
    left = [card for card in cards if card.record_no not in outcomes]
    keys, names = [str(card.record_no) for card in left], [fold(card.name) for card in left]
    hold_customers(owners.linked_or_named(ctx.company_id, ctx.book_id, keys, names))
    return [outcomes.get(card.record_no) or customers_in.take(ctx, card) for card in cards]


def _known(ctx: RunContext, cards: Sequence[CustomerCard]) -> Known:
    query = (
        select(SyncRow, Customer)
        .join(Customer, Customer.id == SyncRow.record_id)
        .where(SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.CUSTOMER, SyncRow.object == "CUSTOMER")
        .where(SyncRow.key.in_([str(card.record_no) for card in cards]))
    )
    return {(row.key, row.part): (row, customer) for row, customer in db.session.execute(query)}


def _of(known: Known, card: CustomerCard, part: str) -> tuple[SyncRow, Customer] | None:
    """What stands for it. A customer born here stands for its display contact in bill-to mode."""
    key = str(card.record_no)
    found = known.get((key, part))
    if found is None and part and card.display is not None and part == card.display.name:
        found = known.get((key, ""))
    return found


def _is_unchanged(ctx: RunContext, row: SyncRow, customer: Customer, data: CustomerData) -> bool:
    try:
        return customers_in.is_unchanged(ctx, row, customer, data)
    except PortalError:
        return False


def _create(ctx: RunContext, new: Sequence[New]) -> dict[int, Taken]:
    """Those of `new` that nobody here has the name of, created and linked; by record number. Nothing of them is done
    where somebody takes a number in the same moment."""
    here = _names_here(ctx, {fold(data.name) for _, _, data in new})
    plain = [(card, part, data) for card, part, data in new if fold(data.name) not in here]
    if not plain:
        return {}
    company = db.session.get_one(Company, ctx.company_id)
    try:
        with db.session.begin_nested():
            made = customers.create_many(
                company, [data for _, _, data in plain], actor=ctx.actor, origin=Origin.INTACCT
            )
            return _link(ctx, [(item, one) for item, one in zip(plain, made, strict=True) if isinstance(one, Customer)])
    except IntegrityError:
        return {}


def _names_here(ctx: RunContext, names: Collection[str]) -> set[str]:
    query = select(Customer.name_key).where(Customer.company_id == ctx.company_id, Customer.name_key.in_(names))
    return set(db.session.scalars(query.distinct()))


def _link(ctx: RunContext, made: Sequence[tuple[New, Customer]]) -> dict[int, Taken]:
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    found = {}
    for (card, part, _), customer in made:
        row = wanted.unsaved_row(book, Kind.CUSTOMER, customer)
        row.part = part
        links.mark(row, str(card.record_no), card.customer_id, {"name": card.name}, card.entity)
        row.want_hash = row.have_hash = wanted.hash_of(Kind.CUSTOMER, customer)
        db.session.add(row)
        found[card.record_no] = Taken(Outcome.CREATED, customer, row)
    db.session.flush()
    for taken in found.values():
        assert taken.row is not None
        ctx.remember(taken.row)
    return found


def _close_problems(ctx: RunContext, outcomes: dict[int, Taken]) -> None:
    if outcomes:
        ledger.close_all_there(ctx.book_id, "CUSTOMER", [str(number) for number in outcomes], ctx.by)

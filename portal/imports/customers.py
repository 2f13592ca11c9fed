"""The import of the whole A/R customer list."""

from __future__ import annotations

from collections.abc import Mapping

from portal.imports import pages
from portal.intacct.customer_cards import CustomerCard
from portal.intacct.queries import Query
from portal.sync import customers_page
from portal.sync.context import RunContext
from portal.sync.customers_in import Outcome, Taken


def perform(ctx: RunContext) -> None:
    """Read every customer, page by page, and carry each over. A page that was stored is not read again."""
    ctx.begin("sign_in")
    fields = CustomerCard.fields(tuple(ctx.choices.fields_of("CUSTOMER")))
    query = Query("CUSTOMER", fields, page_size=pages.PAGE, show_private=not ctx.entity)
    for rows in pages.read(ctx, "customers", query, pages.STORED_AT_ONCE):
        cards = [card for row in rows if (card := _card(ctx, row)) is not None]
        outcomes = customers_page.take(ctx, cards)
        with ctx.noting_together():
            for card, taken in zip(cards, outcomes, strict=True):
                _note(ctx, card, taken)


def _card(ctx: RunContext, row: dict[str, str]) -> CustomerCard | None:
    try:
        return CustomerCard.from_row(row)
    except ValueError as error:
        ctx.count("failed.customers")
        ctx.count("problems")
        text = f"Intacct's customer {row.get('CUSTOMERID') or row.get('RECORDNO')} could not be read: {error}."
        ctx.item("problem", text, object_="CUSTOMER", key=row.get("RECORDNO", ""), details={"raw": _shown(row)})
        return None


def _note(ctx: RunContext, card: CustomerCard, taken: Taken) -> None:
    if taken.outcome == Outcome.PROBLEM:
        ctx.count("failed.customers")
        ctx.count("problems")
        ctx.item(
            "problem", taken.text, object_="CUSTOMER", key=str(card.record_no),
            details={"raw": _shown(card.row), "code": taken.code},
        )  # fmt: skip
        return
    ctx.count(f"{taken.outcome.value}.customers")
    if taken.outcome != Outcome.UNCHANGED and taken.row is not None:
        ctx.item(
            taken.outcome.value, f"{card.name} ({card.customer_id})", row_id=taken.row.id, object_="CUSTOMER",
            key=str(card.record_no),
        )  # fmt: skip


def _shown(row: Mapping[str, str]) -> dict[str, str]:
    """The raw values that say something."""
    return {name: value for name, value in row.items() if value}

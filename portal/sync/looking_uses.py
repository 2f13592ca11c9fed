"""By which records of Intacct's a credit lies on invoices: what has to be reversed to take it off again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from portal.intacct.queries import Query, all_of, one_of
from portal.intacct.records import PaymentDetailRow
from portal.sync import looking
from portal.sync.context import RunContext


@dataclass
class Use:
    """One record (an ARPYMT, mostly a mere application) that puts a credit on documents: invoice key -> amount, debit
    adjustments left out. `holds_other_money` where reversing it would take back more than this credit."""

    key: str
    amounts: dict[str, Decimal] = field(default_factory=dict)
    holds_other_money: bool = False
    day: dt.date | None = None


def uses_of(ctx: RunContext, adjustment_keys: Iterable[str]) -> dict[str, list[Use]]:
    """The uses of these adjustments that count, by adjustment key. Network only."""
    keys = sorted(set(adjustment_keys))
    named = [detail for detail in _details(ctx, "ADJUSTMENTKEY", keys) if detail.parent_key is not None]
    parents = sorted({str(detail.parent_key) for detail in named})
    whole = _details(ctx, "PARENTPAYMENTKEY", parents)
    found: dict[tuple[str, str], Use] = {}
    for detail in named:
        place = (str(detail.adjustment_key), str(detail.parent_key))
        use = found.setdefault(place, Use(place[1]))
        use.day = max(use.day or dt.date.min, detail.paid_on or dt.date.min) or None
        invoice_key = str(detail.invoice_key or "")
        if invoice_key:
            use.amounts[invoice_key] = use.amounts.get(invoice_key, Decimal(0)) + detail.adjustment
    for (adjustment_key, parent), use in found.items():
        rows = [detail for detail in whole if str(detail.parent_key) == parent]
        use.holds_other_money = any(
            str(detail.adjustment_key or "") != adjustment_key or detail.settled != detail.adjustment for detail in rows
        )
    answer: dict[str, list[Use]] = {}
    for (adjustment_key, _), use in sorted(found.items(), key=lambda item: int(item[0][1])):
        answer.setdefault(adjustment_key, []).append(use)
    return answer


def _details(ctx: RunContext, name: str, keys: list[str]) -> list[PaymentDetailRow]:
    found = []
    for start in range(0, len(keys), 500):
        where = all_of(one_of(name, keys[start : start + 500]))
        for row in ctx.rows(Query("ARPYMTDETAIL", looking.DETAIL_FIELDS, where, show_private=not ctx.entity)):
            detail = looking.read_detail(row, ctx.offset)
            if detail is not None:
                found.append(detail)
    return looking.without_reversed(ctx, found)

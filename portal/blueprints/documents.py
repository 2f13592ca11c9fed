"""What lists of documents show beside their rows: counts, sums and choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from flask import request

from portal.blueprints.filtering import ORIGINS, SYNC_STATES, Asked, FilterT
from portal.blueprints.listing import list_url
from portal.models.company import Company
from portal.models.sync import Kind
from portal.queries.kept_sums import kept
from portal.queries.totals import Sums
from portal.services.wanted import active_book

COUNTED_UP_TO = 10_000
"""Documents of a kind up to which the tabs count every state; beyond, only what is kept counted."""

Tabs = Sequence[tuple[str, str]]
SumsOf = Callable[..., list[Sums]]


@dataclass(frozen=True)
class Listed(Generic[FilterT]):
    """A list around its rows. `counts` are those of the tabs, empty where a filter would make them untrue."""

    asked: Asked[FilterT]
    sums: list[Sums]
    counts: dict[str, int]
    currencies: list[tuple[str, str]]
    connected: bool
    csv_url: str

    @property
    def count(self) -> int:
        """How many documents the filter leaves; at least so many where not `exact`."""
        return sum(row.count for row in self.sums)

    @property
    def exact(self) -> bool:
        """Whether count and sums are those of all that the filter leaves."""
        return all(row.exact for row in self.sums)

    @property
    def origins(self) -> list[tuple[str, str]]:
        """Where a document can come from, for a choice."""
        return list(ORIGINS.items())

    @property
    def sync_states(self) -> list[tuple[str, str]]:
        """How a document can stand with Intacct, for a choice."""
        return [(state.value, words) for state, words in SYNC_STATES.items()]


def listed(company: Company, kind: Kind, asked: Asked[FilterT], tabs: Tabs, sums: SumsOf, csv: str) -> Listed[FilterT]:
    """The list as `asked` for; `sums` is its query, `csv` the endpoint of its file."""
    whole = request.args.get("whole") == "1"
    shares = kept(company, kind.value)
    return Listed(
        asked=asked,
        sums=sorted(sums(company, asked.wanted, whole=whole), key=lambda row: row.currency != company.base_currency),
        counts=_counts(company, asked, tabs, sums, shares) if not asked.chips else {},
        currencies=[(currency, currency) for currency in sorted({key.currency for key in shares})],
        connected=active_book(company.id) is not None,
        csv_url=list_url(csv),
    )


def _counts(company: Company, asked: Asked[Any], tabs: Tabs, sums: SumsOf, shares: Any) -> dict[str, int]:
    counts = {"": 0, "draft": 0, "voided": 0}
    for key, share in shares.items():
        counts[""] += share.documents
        if key.bucket in counts:
            counts[key.bucket] += share.documents
    if counts[""] <= COUNTED_UP_TO:
        for status, _ in tabs:
            if status not in counts:
                counts[status] = sum(row.count for row in sums(company, type(asked.wanted)(status=status)))
    return counts

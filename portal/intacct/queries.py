"""The `query` function: what to select, from which object, by which filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .calls import Call
from .filters import (
    Filter,
    all_of,
    any_of,
    at_least,
    at_most,
    between,
    element,
    equal,
    greater,
    is_null,
    less,
    like,
    not_equal,
    not_null,
    one_of,
)
from .schema import render
from .values import checked

__all__ = [
    "Filter",
    "Page",
    "Query",
    "all_of",
    "any_of",
    "at_least",
    "at_most",
    "between",
    "equal",
    "greater",
    "is_null",
    "less",
    "like",
    "not_equal",
    "not_null",
    "one_of",
]

LARGEST_PAGE = 2000


@dataclass(frozen=True)
class Page:
    """Rows of one page; `total` rows of the whole pass; `last_recordno` to go on from (where it began, if empty)."""

    rows: list[dict[str, str]]
    total: int
    last_recordno: int


@dataclass(frozen=True)
class Query:
    """Rows of `object` with a RECORDNO above `after_recordno`, ordered by it.

    `show_private` brings the records of entities to a top-level session; `doc_par_id` names the document type whose
    custom fields apply.
    """

    object: str
    fields: tuple[str, ...]
    where: Filter | None = None
    page_size: int = LARGEST_PAGE
    show_private: bool = False
    numbered: bool = True
    """Off for an object to which Intacct's reference gives no RECORDNO (AUDITHISTORY): its rows come in no order, and
    only a first page of them can be had."""
    doc_par_id: str = ""
    after_recordno: int = 0

    def call(self, control_id: str) -> Call:
        """The function for the next page. Raises `ValueError` for a page size or text that Intacct cannot take."""
        if not 1 <= self.page_size <= LARGEST_PAGE:
            raise ValueError(f"page_size must be 1 to {LARGEST_PAGE}")
        return Call(control_id, render("query", **self._values()))

    def _values(self) -> dict[str, Any]:
        fields = dict.fromkeys((*(("RECORDNO",) if self.numbered else ()), *self.fields))
        values: dict[str, Any] = {
            "select": {"field": [checked("field", name) for name in fields]},
            "object": checked("object", self.object),
            **({"orderby": {"order": [{"field": "RECORDNO", "ascending": {}}]}} if self.numbered else {}),
            "pagesize": str(self.page_size),
        }
        if self.doc_par_id:
            values["docparid"] = checked("docparid", self.doc_par_id)
        if (where := self._where()) is not None:
            values["filter"] = {"_value_1": element(where)}
        if self.show_private:
            values["options"] = {"showprivate": "true"}
        return values

    def _where(self) -> Filter | None:
        if self.after_recordno <= 0:
            return self.where
        after = greater("RECORDNO", self.after_recordno)
        return after if self.where is None else all_of(self.where, after)

"""The `query` function: rows or figures, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from . import formats, paging, visibility
from . import query as queries
from .aggregates import Aggregate, grouped
from .columns import Column
from .envelope import Element, text_of
from .filters import Condition, select
from .reads import DEFAULT_PAGE, docparid_of, object_type
from .store import Record
from .values import truth
from .work import Outcome, Work


@dataclass(frozen=True)
class Asked:
    """What one query asks for, read against the object's columns."""

    name: str
    selected: list[Column | Aggregate]
    condition: Condition | None
    order: list[tuple[Column, bool]]
    private: bool
    size: int
    offset: int

    @property
    def columns(self) -> list[Column]:
        """The plain fields."""
        return [item for item in self.selected if isinstance(item, Column)]

    @property
    def by_key(self) -> bool:
        """Whether rows come by ascending RECORDNO, as they lie."""
        return not self.order or (self.order[0][0].own == "RECORDNO" and not self.order[0][1])


def query(work: Work, function: Element) -> Outcome:
    """`query`: every page is a fresh look, offset rows into what fits now."""
    form, kind = formats.asked(function), object_type(text_of(function, "object"))
    work.books.allow("READ", kind.name)
    reader = queries.QueryReader(kind.name, work.columns(docparid_of(work, function)), function)
    asked = Asked(
        kind.name,
        reader.selected(),
        reader.condition(),
        reader.order(),
        truth(text_of(function, "options/showprivate")),
        int(text_of(function, "pagesize") or DEFAULT_PAGE),
        int(text_of(function, "offset") or 0),
    )
    total, rows = _rows(work, asked) if len(asked.columns) == len(asked.selected) else _figures(work, asked)
    counts = {
        "listtype": kind.name,
        "totalcount": total,
        "offset": asked.offset,
        "count": len(rows),
        "numremaining": max(total - asked.offset - len(rows), 0),
    }
    return formats.outcome(form, kind.name, [item.name for item in asked.selected], rows, **counts)


def _seen(work: Work, asked: Asked, condition: Condition | None) -> list[Record]:
    rows = select(work.store, asked.name, condition)
    return visibility.visible(work.store, asked.name, rows, work.signed.location_id, asked.private)


def _figures(work: Work, asked: Asked) -> tuple[int, list[list[str]]]:
    rows = queries.sort_rows(_seen(work, asked, asked.condition), asked.order)
    groups = grouped(rows, asked.selected, work.books.offset)
    return len(groups), groups[asked.offset : asked.offset + asked.size]


def _rows(work: Work, asked: Asked) -> tuple[int, list[list[str]]]:
    if asked.by_key:
        total, page = _page_by_key(work, asked)
    else:
        rows = queries.sort_rows(_seen(work, asked, asked.condition), asked.order)
        total, page = len(rows), rows[asked.offset : asked.offset + asked.size]
    columns = asked.columns
    return total, [[column.show(row) for column in columns] for row in page]


def _page_by_key(work: Work, asked: Asked) -> tuple[int, list[Record]]:
    """A page in order of RECORDNO, from keys that were kept when the same was asked for the page before."""
    bound, rest = paging.split(asked.condition)
    # DUE_IN_DAYS is the one column that changes without a record changing.
    today: date = work.books.today()
    question: Any = (asked.name, paging.question(rest), asked.private, work.signed.location_id, today)
    keys = work.books.kept_keys.get(
        question, work.store.version, lambda: [row["RECORDNO"] for row in _seen(work, asked, rest)]
    )
    start = paging.above(keys, bound)
    rows = work.store.table(asked.name).rows
    first = start + asked.offset
    return len(keys) - start, [rows[key] for key in keys[first : first + asked.size]]

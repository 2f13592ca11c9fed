"""Keyset paging: each page asks for what comes after the last RECORDNO, so rows that change meanwhile shift nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .calls import Call
from .errors import BadReply
from .queries import Page, Query
from .results import Result
from .values import is_key


def pages(query: Query, ask: Callable[[Call], Result]) -> Iterator[Page]:
    """The pages of `query`, asked one by one. Raises a page's error, `BadReply` for rows out of order."""
    total: int | None = None
    following: Query | None = query
    while following is not None:
        page, following = _page(following, ask(_call(following)), total)
        total = page.total
        yield page


def rows_of_all(
    queries: Sequence[Query], ask: Callable[[Sequence[Call]], Sequence[Result]]
) -> list[list[dict[str, str]]]:
    """All rows of each query: the first pages asked in one request, what follows one by one. Raises as `pages` does."""
    if not queries:
        return []
    found = []
    for query, result in zip(queries, ask([_call(query) for query in queries]), strict=True):
        page, following = _page(query, result, None)
        rest = pages(following, lambda call: ask([call])[0]) if following is not None else ()
        found.append([*page.rows, *(row for more in rest for row in more.rows)])
    return found


def _call(query: Query) -> Call:
    return query.call(f"query-{uuid.uuid4().hex}")


def _page(query: Query, result: Result, total: int | None) -> tuple[Page, Query | None]:
    """A page, and the query for the next one, if there is one."""
    if result.error is not None:
        raise result.error
    rows = list(result.rows())
    last = _last_in_order(rows, query.after_recordno) if query.numbered else 0
    page = Page(rows, total if total is not None else (result.totalcount or len(rows)), last)
    if not rows or not query.numbered or not _more(result, len(rows), query.page_size):
        return page, None
    return page, replace(query, after_recordno=last)


def _last_in_order(rows: list[dict[str, str]], after: int) -> int:
    """The last RECORDNO. Out of order, the next page would skip rows, so that is no reply to work with."""
    for row in rows:
        number = row.get("RECORDNO", "")
        if not is_key(number) or int(number) <= after:
            raise BadReply("The rows of the reply are not in the order that was asked for.", code="reply")
        after = int(number)
    return after


def _more(result: Result, count: int, page_size: int) -> bool:
    remaining = result.numremaining
    return count >= page_size if remaining is None else remaining > 0

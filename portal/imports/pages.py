"""Reading a large list in pages that are each stored once: the place moves in the page's own transaction.

A run that lost its worker goes on behind the last page that was stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from portal.intacct.errors import BadReply
from portal.intacct.queries import Query
from portal.sync.context import RunContext

PAGE = 1_000
"""Customers asked for at once: few requests, and no more rows than fit in memory easily."""

STORED_AT_ONCE = 200
"""Small enough that progress is seen to move, that little is done twice after a crash, and that on SQLite nobody waits
long for it to be stored."""


def read(ctx: RunContext, step: str, query: Query, at_once: int = 0) -> Iterator[list[dict[str, str]]]:
    """Enter `step` and give its rows, oldest record first, page by page or `at_once` in parts of a page; each part is
    committed, with its place, when the next is asked for. Raises Cancelled or HandedBack between two of them."""
    done, after = ctx.resumed.get(step, [0, 0])
    ctx.begin(step)
    while after >= 0:
        results = ctx.read([replace(query, after_recordno=after).call(step)])
        result = results[0]
        if result.error is not None:
            raise result.error
        rows = list(result.rows())
        left = result.numremaining
        more = bool(rows) and (left > 0 if left is not None else len(rows) == query.page_size)
        for part, behind in _parts(rows, at_once):
            yield part
            done += len(part)
            goes_on = more or behind > 0
            if goes_on and int(part[-1]["RECORDNO"]) <= after:
                raise BadReply("Intacct's pages do not come in the order of their record numbers.", code="reply")
            after = int(part[-1]["RECORDNO"]) if goes_on else -1
            ctx.resumed[step] = [done, after]
            ctx.checkpoint(position=done, total=done + behind + (left or 0), summary=dict(ctx.resumed))
            if goes_on:
                ctx.give_way()


def _parts(rows: list[dict[str, str]], at_once: int) -> Iterator[tuple[list[dict[str, str]], int]]:
    """The rows in parts, and how many are behind each; an empty page is one part."""
    size = at_once or max(len(rows), 1)
    for start in range(0, max(len(rows), 1), size):
        part = rows[start : start + size]
        yield part, len(rows) - start - len(part)

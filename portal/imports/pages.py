"""Reading a large list in pages that are each stored once: the place moves in the page's own transaction.

A run that lost its worker goes on behind the last page that was stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from portal.intacct.errors import BadReply
from portal.intacct.queries import Query
from portal.sync.context import RunContext

PAGE = 200
"""Small enough that progress is seen to move, that little is done twice after a crash, and that on SQLite nobody waits
long for the page to be stored."""


def read(ctx: RunContext, step: str, query: Query) -> Iterator[list[dict[str, str]]]:
    """Enter `step` and give its pages, oldest record first; each is committed, with its place, when the next is asked
    for. Raises Cancelled or HandedBack between two pages."""
    done, after = ctx.resumed.get(step, [0, 0])
    ctx.begin(step)
    while after >= 0:
        results = ctx.read([replace(query, after_recordno=after).call(step)])
        result = results[0]
        if result.error is not None:
            raise result.error
        rows = list(result.rows())
        left = result.numremaining
        yield rows
        done += len(rows)
        more = bool(rows) and (left > 0 if left is not None else len(rows) == query.page_size)
        if more and int(rows[-1]["RECORDNO"]) <= after:
            raise BadReply("Intacct's pages do not come in the order of their record numbers.", code="reply")
        after = int(rows[-1]["RECORDNO"]) if more else -1
        ctx.resumed[step] = [done, after]
        ctx.checkpoint(position=done, total=done + (left or 0), summary=dict(ctx.resumed))
        if more:
            ctx.give_way()

"""Which records the session can see: a connection to an entity sees its own and the shared ones (rule 15).

A link keeps its entity. What lies in another entity than the session's is neither swept nor written; it is left as it
is until the connection is to its entity, or to the top level, again.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, ColumnElement

from portal.models.sync import SyncRow
from portal.sync.context import RunContext


def sees(ctx: RunContext, entity: str) -> bool:
    """Whether the session sees records of this entity ("" = shared, or kept at top level)."""
    return not ctx.entity or entity in ("", ctx.entity)


def seen(book_id: int | BindParameter[int], entity: str | BindParameter[str]) -> list[ColumnElement[bool]]:
    """The conditions for sync rows of this book whose record a session of this entity ("" = top level) can see, or
    that are nowhere yet."""
    ours = [SyncRow.book_id == book_id]
    if isinstance(entity, str) and not entity:
        return ours
    return [*ours, (SyncRow.key == "") | SyncRow.entity.in_(("", entity))]


def out_of_sight(ctx: RunContext, what: str, row: SyncRow) -> str:
    """Why something waits for `what` ("invoice INV-1"), which lies in another entity; "" when the session sees it."""
    if not row.key or sees(ctx, row.entity):
        return ""
    return (
        f"Waits for {what}, which is in entity {row.entity} of Intacct. This connection works in entity {ctx.entity}"
        " and cannot see it. Connect to the top level or to that entity to go on."
    )

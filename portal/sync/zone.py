"""The zone in which Intacct shows the API user its stamps, asked for again with every sync: it moves with the seasons
and with whoever edits the user's preferences."""

from __future__ import annotations

from portal.extensions import db
from portal.intacct import functions
from portal.intacct.gateway import Call, Result
from portal.intacct.stamps import parse_offset
from portal.models.connection import Connection
from portal.sync.context import RunContext

CONTROL_ID = "zone"


def call(ctx: RunContext) -> Call:
    """The question; it rides along with the first request that reads."""
    return Call(CONTROL_ID, functions.read_user_formatting(ctx.intacct_user_id))


def has_moved(ctx: RunContext, result: Result) -> bool:
    """Whether the zone is another than the run thought; the run and the connection know the new one then. A gateway
    that does not answer leaves things as they are."""
    row = next(iter(result.rows()), {}) if result.error is None else {}
    text = row.get("gmtoffset") or row.get("GMTOFFSET") or ""
    try:
        offset = parse_offset(text) if text else ctx.offset
    except ValueError:
        ctx.warnings.append(f"Intacct names a time zone that cannot be read: {text}.")
        return False
    if offset == ctx.offset:
        return False
    ctx.offset = offset
    connection = db.session.get_one(Connection, ctx.company_id)
    connection.time_offset = text
    ctx.save()
    return True

"""A tie-out from its beginning to its end, as the engine performs it."""

from __future__ import annotations

from portal.extensions import db
from portal.models.run import Run
from portal.sync.context import RunContext
from portal.sync.tie_out import closing, comparing, explaining


def tie_out(ctx: RunContext) -> None:
    """Compare both books and say why they differ; the run's subject may name a day, `as_of`."""
    ctx.begin("sign_in")
    work = comparing.begin(ctx)
    comparing.read_there(work)
    comparing.read_here(work)
    explaining.explain_all(work)
    closing.close(work, trigger=db.session.get_one(Run, ctx.run_id).trigger)

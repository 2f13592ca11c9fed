"""`portal tick`: what the scheduler has done twice a minute, done once."""

from __future__ import annotations

import click

from portal.cli.output import Command, emit
from portal.jobs.tick import tick


@click.command("tick", cls=Command)
def command() -> None:
    """Put what is due on the queue, once."""
    ids = tick()
    emit({"enqueued": ids, "count": len(ids)}, lambda done: f"Runs put on the queue: {done['count']}.")

"""`portal web`, `portal worker`, `portal scheduler`: the processes of a production install, one each."""

from __future__ import annotations

import os
import sys

import click

from portal import logs
from portal.cli.output import ProcessCommand
from portal.config import Settings
from portal.jobs import scheduler as scheduling
from portal.jobs import worker as working


@click.command("web", cls=ProcessCommand)
@click.option("--host", default="0.0.0.0", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=None, help="The port; else PORT, else 8000.")
def web(host: str, port: int | None) -> None:
    """Serve the pages (gunicorn)."""
    settings = Settings.from_env()
    os.environ["PORTAL_HOST"] = host
    os.environ["PORT"] = str(port or settings.port)
    arguments = ["-m", "gunicorn", "--config", "python:portal.cli.web_server", "portal.app:create_app()"]
    os.execv(sys.executable, [sys.executable, *arguments])


@click.command("worker", cls=ProcessCommand)
@click.option("--burst", is_flag=True, help="End when the queues are empty.")
@click.pass_context
def worker(ctx: click.Context, burst: bool) -> None:
    """Perform accounting syncs and other queued work (RQ)."""
    settings = Settings.from_env()
    logs.set_up(settings.log_format)
    working.work(ctx.obj(settings), burst=burst)


@click.command("scheduler", cls=ProcessCommand)
def scheduler() -> None:
    """Put a tick on the queue twice a minute (rq-scheduler)."""
    settings = Settings.from_env()
    logs.set_up(settings.log_format)
    logs.hide_settings(settings)
    scheduling.schedule(settings.redis_url)

"""The `intacct-sandbox` command: serve until told to stop."""

from __future__ import annotations

import ipaddress
import json
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from . import sessions
from .companies import company_ids
from .company import COMPANY_ID
from .core import SandboxCore
from .server import serve

GL_ACCOUNT = "4000"
BANK_ACCOUNT = "CHK-01"


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ready(core: SandboxCore) -> dict[str, object]:
    return {
        "ready": True,
        "url": core.endpoint,
        "sender_id": sessions.SENDER_ID,
        "sender_password": sessions.SENDER_PASSWORD,
        "company_id": COMPANY_ID,
        "user_id": sessions.USER_ID,
        "user_password": sessions.USER_PASSWORD,
        "gl_account": GL_ACCOUNT,
        "bank_account": BANK_ACCOUNT,
    }


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; loopback only.")
@click.option("--port", default=8001, show_default=True, help="Port to listen on; 0 takes any free one.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps all records.")
@click.option("--seed", type=click.Choice(["demo", "empty"]), default="demo", show_default=True, help="First records.")
@click.option("--companies", type=click.IntRange(1), default=1, show_default=True, help="How many companies there are.")
@click.option("--latency-ms", default=0, show_default=True, help="Milliseconds to wait before each gateway reply.")
def main(host: str, port: int, state: Path | None, seed: str, companies: int, latency_ms: int) -> None:
    """Run a local Intacct XML gateway for demos and tests.

    With several companies, the second is called LANTERN-DEMO-2, and so on; --state keeps the first one alone.
    """
    if not _loopback(host):
        raise click.UsageError(f"--host {host} is not a loopback address; the sandbox guards nothing.")
    core = SandboxCore(seed=seed, state=state)
    others = [SandboxCore(seed=seed, company_id=company_id) for company_id in company_ids(companies)[1:]]
    try:
        server = serve(core, host, port, latency_ms / 1000, others)
    except (OSError, SystemExit) as error:
        core.close()
        raise click.ClickException(f"Cannot listen on {host}:{port}: {error}") from None

    def stop(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for the serving loop, which is this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(json.dumps(_ready(core)))
    try:
        server.serve_forever()
    finally:
        server.server_close()
        core.close()

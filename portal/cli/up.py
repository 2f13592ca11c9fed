"""`portal up`: everything that one machine needs, in one command."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from portal.cli import db as database
from portal.cli import demo_company, sandbox, valkey
from portal.cli.embedded import AppFactory, data_dir, environment, load_secrets, open_app, write_stack
from portal.cli.output import ProcessCommand, dumps
from portal.cli.place import hold, port_to_use, tell
from portal.cli.supervisor import Service, Supervisor
from portal.config import Settings

WORKERS = 2
READY_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for. `data` is absolute."""

    demo: bool
    host: str
    port: int
    sandbox_port: int
    intacct_url: str
    data: Path

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the portal."""
        return f"http://{'127.0.0.1' if self.host in ('0.0.0.0', '::') else self.host}:{self.port}"


@click.command("up", cls=ProcessCommand)
@click.option("--demo", "with_demo", is_flag=True, help="With the Intacct sandbox and a demo company connected to it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--sandbox-port", type=click.IntRange(0, 65_535), default=8001, show_default=True, help="0 takes a free one."
)
@click.option("--intacct-url", default="", help="The gateway to talk to, instead of INTACCT_URL or the sandbox.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="The data folder.")
@click.pass_context
def command(
    ctx: click.Context, with_demo: bool, host: str, port: int, sandbox_port: int, intacct_url: str, data: Path | None
) -> None:
    """Start the portal on this machine and keep it running until Ctrl-C.

    Without DATABASE_URL and REDIS_URL it brings its own database and Valkey, kept in the data folder. Prints one line
    of JSON when it serves.
    """
    folder = (data or data_dir()).absolute()
    with hold(folder):
        wanted = Wanted(
            demo=with_demo,
            host=host,
            port=port_to_use(host, port, "--port"),
            sandbox_port=port_to_use("127.0.0.1", sandbox_port, "--sandbox-port") if with_demo else 0,
            intacct_url=intacct_url,
            data=folder,
        )
        with Supervisor(tell).guard() as supervisor:
            ready = bring_up(supervisor, wanted, ctx.obj)
            announce(ready)
            supervisor.run()


def announce(ready: Mapping[str, Any]) -> None:
    """Print the line that says where the portal is, and the same for people."""
    tell(f"Portal serves at {ready['url']}. Ctrl-C stops everything.")
    if ready["sandbox_url"]:
        tell(f"Intacct sandbox: {ready['sandbox_url']}")
    if login := ready.get("login"):
        tell(f"Sign in with {login['email']} and the password {login['password']}")
    click.echo(dumps(dict(ready)))
    sys.stdout.flush()


def bring_up(supervisor: Supervisor, wanted: Wanted, factory: AppFactory) -> dict[str, Any]:
    """Start everything, in the order in which it needs each other. Returns what the ready line says."""
    stack = {"PORTAL_URL": wanted.url, "PORT": str(wanted.port), "PORTAL_HOST": wanted.host, "WEB_CONCURRENCY": "1"}
    box = _start_servers(supervisor, wanted, stack)
    env = environment(wanted.data, os.environ, stack) | _asked_for(wanted, stack)
    settings = Settings.from_env(env)
    write_stack(wanted.data, {"pid": os.getpid(), "url": wanted.url, "env": stack})
    _prepare(factory, settings, box)
    web = _start_portal(supervisor, wanted.data, env)
    supervisor.wait_for(web, lambda: serves(wanted.url), READY_WITHIN_SECONDS)
    ready = {"ready": True, "url": wanted.url, "sandbox_url": box.page if box else "", "data": wanted.data}
    return ready | ({"login": demo_company.LOGIN} if box else {})


def _start_servers(supervisor: Supervisor, wanted: Wanted, stack: dict[str, str]) -> sandbox.Sandbox | None:
    """Valkey and the sandbox, where they are ours to start; their addresses go into `stack`."""
    load_secrets(wanted.data)
    server = None
    if not os.environ.get("REDIS_URL", "").strip():
        port = port_to_use("127.0.0.1", 0, "")
        stack["REDIS_URL"] = valkey.address(wanted.data, port)
        server = supervisor.start(valkey.service(wanted.data, port))
    box = sandbox.start(supervisor, wanted.data, wanted.sandbox_port) if wanted.demo else None
    if server:
        supervisor.wait_for(server, lambda: valkey.answers(stack["REDIS_URL"]))
    if box:
        stack |= box.environment()
    if wanted.intacct_url:
        stack["INTACCT_URL"] = wanted.intacct_url
    return box


def _asked_for(wanted: Wanted, stack: Mapping[str, str]) -> dict[str, str]:
    """What the command line decides, whatever the environment says."""
    names = {"PORTAL_URL", "PORT", "PORTAL_HOST"} | {name for name in stack if name.startswith("INTACCT_")}
    return {name: stack[name] for name in names} | {"PORTAL_DATA": str(wanted.data)}


def _prepare(factory: AppFactory, settings: Settings, box: sandbox.Sandbox | None) -> None:
    with open_app(factory(settings)):
        database.upgrade()
        if box:
            demo_company.prepare(box)
        database.let_go()


def _start_portal(supervisor: Supervisor, data: Path, env: Mapping[str, str]) -> Service:
    def service(name: str, *arguments: str) -> Service:
        argv = [sys.executable, "-m", "portal", *arguments]
        return supervisor.start(Service(name, argv, env, data / "log" / f"{name}.log"))

    web = service("web", "web", "--host", env["PORTAL_HOST"])
    for number in range(1, WORKERS + 1):
        service(f"worker-{number}", "worker")
    service("scheduler", "scheduler")
    return web


def serves(url: str) -> bool:
    """Whether the portal at `url` answers that it is well."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

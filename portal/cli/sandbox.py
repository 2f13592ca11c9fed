"""The local Intacct sandbox as a service of the demo. It is a program of its own; nothing of it is imported here."""

from __future__ import annotations

import json
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.cli.supervisor import Service, Supervisor

_PROGRAM = "from intacct_sandbox.cli import main; main()"


@dataclass(frozen=True)
class Sandbox:
    """What the sandbox said when it was ready: its address, its sign-in, and accounts of its seed."""

    url: str
    sender_id: str
    sender_password: str
    company_id: str
    user_id: str
    user_password: str
    gl_account: str
    bank_account: str

    @property
    def page(self) -> str:
        """Where a browser sees its records; the root of its control, too."""
        return "/".join(self.url.split("/", 3)[:3])

    def environment(self) -> dict[str, str]:
        """The settings that make the portal talk to this sandbox."""
        return {
            "INTACCT_URL": self.url,
            "INTACCT_SENDER_ID": self.sender_id,
            "INTACCT_SENDER_PASSWORD": self.sender_password,
        }

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        """Have somebody in the sandbox's company do something; returns what it answers. Raises OSError."""
        told: dict[str, Any] = self._control("POST", "act", action)
        return told

    def records(self, intacct_object: str) -> list[dict[str, Any]]:
        """The records of an object as the sandbox holds them. Raises OSError."""
        rows: list[dict[str, Any]] = self._control("GET", f"records/{intacct_object}")
        return rows

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.page}/_control/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def start(supervisor: Supervisor, data: Path, port: int) -> Sandbox:
    """Start the sandbox on 127.0.0.1:`port` with its records in `<data>/sandbox.db`, and wait until it is ready."""
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--state", str(data / "sandbox.db")]
    log = data / "log" / "sandbox.log"
    service = supervisor.start(Service("sandbox", [sys.executable, "-c", _PROGRAM, *arguments], {}, log))
    said: dict[str, Any] = {}

    def is_ready() -> bool:
        said.update(_ready_line(log))
        return bool(said)

    supervisor.wait_for(service, is_ready)
    return Sandbox(**{name: str(said[name]) for name in Sandbox.__dataclass_fields__})


def _ready_line(log: Path) -> dict[str, Any]:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith('{"ready"') and line.rstrip().endswith("}"):
            told: dict[str, Any] = json.loads(line)
            return told
    return {}

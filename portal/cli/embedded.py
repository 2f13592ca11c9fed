"""The embedded mode: what a single machine needs is made and kept in the data folder.

`<data>/portal.db` is the database, `<data>/secrets.json` (mode 0600) the keys made once, `<data>/stack.json` what the
last `portal up` used (addresses, so that commands work beside it). A variable of the environment always wins. With
DATABASE_URL set, keys are never invented here: a key made on the wrong machine could not read what another encrypted.
All of it is readable by its owner only: the database and the logs hold what no other user of the machine should see.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask

from portal import logs
from portal.config import Settings, SettingsError

AppFactory = Callable[[Settings], Flask]

SETTLE_WAIT_SECONDS = 20  # the sandbox answers at once; Intacct's own wait (1,200 s) would stall a demo
LEASE_SECONDS = 30  # on one machine nothing stalls a worker for long; a killed one's run goes on within 90 s
_DATABASES = [name + rest for name in ("portal.db", "sandbox.db") for rest in ("", "-wal", "-shm")]
_KEPT = dict.fromkeys(_DATABASES, 0o600) | dict.fromkeys(("log", "mail", "valkey"), 0o700)
"""What lies in a data folder and how; what SQLite makes beside a database is as open as that."""

NO_REDIS = "redis://127.0.0.1:1/0"
"""Nothing listens there: without a running stack a run waits in the database."""


def data_dir(env: Mapping[str, str] | None = None) -> Path:
    """The data folder: PORTAL_DATA, else `instance` in the working directory."""
    source = os.environ if env is None else env
    return Path(source.get("PORTAL_DATA", "").strip() or "instance").absolute()


def settings(data: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings a command works with. Raises SettingsError naming what is missing or malformed."""
    source = dict(os.environ if env is None else env)
    return Settings.from_env(environment(data or data_dir(source), source))


def environment(data: Path, env: Mapping[str, str], stack: Mapping[str, str] | None = None) -> dict[str, str]:
    """`env` with what is missing filled in from the data folder; complete and unchanged when it names both servers.

    `stack` is what the running stack uses; absent, what the last `portal up` on this folder wrote down.
    """
    given = {name: value for name, value in env.items() if value.strip()}
    if "DATABASE_URL" in given and "REDIS_URL" in given:
        return dict(given)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    used = _from_stack(data) if stack is None else dict(stack)
    return _embedded(data) | used | _keys(data, given) | given


def _embedded(data: Path) -> dict[str, str]:
    return {
        "REDIS_URL": NO_REDIS,
        "DATABASE_URL": f"sqlite:///{data / 'portal.db'}",
        "MAIL_URL": f"file://{data / 'mail'}",
        "INTACCT_SETTLE_WAIT": str(SETTLE_WAIT_SECONDS),
        "RUN_LEASE": str(LEASE_SECONDS),
        "PORTAL_DATA": str(data),
        "LOG_FORMAT": "text",
    }


def _from_stack(data: Path) -> dict[str, str]:
    return {str(k): str(v) for k, v in read_stack(data).get("env", {}).items()}


def _keys(data: Path, given: Mapping[str, str]) -> dict[str, str]:
    foreign_database = "DATABASE_URL" in given
    if foreign_database and not (data / "secrets.json").exists():
        return {}
    kept = load_secrets(data)
    return {"SECRET_KEY": kept["secret_key"], "CREDENTIALS_KEYS": kept["credentials_key"]}


def load_secrets(data: Path) -> dict[str, str]:
    """The keys of this data folder; made at the first call. Raises SettingsError when the file cannot be read."""
    path = data / "secrets.json"
    if not path.exists():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, _new_secrets())
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read as the keys of this data folder.") from error
    return kept


def _new_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(32),
        "credentials_key": Fernet.generate_key().decode(),
        "valkey_password": secrets.token_urlsafe(24),
    }


def _write_once(path: Path, content: dict[str, str]) -> None:
    """Write whole or not at all, and never over a file that another process made first."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    write_private(part, json.dumps(content))
    try:
        os.link(part, path)
    except FileExistsError:
        pass  # the other process's keys hold
    finally:
        part.unlink()


def write_private(path: Path, text: str) -> None:
    """Write `text` readable by its owner only, from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def for_the_owner() -> Iterator[None]:
    """What this process, and any that it starts, makes meanwhile is readable by its owner only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def close_to_others(data: Path) -> None:
    """Take from all others what an earlier version left open to them in the data folder. The folder itself stays as it
    is: it may have been chosen for more than this."""
    for name, mode in _KEPT.items():
        path = data / name
        if path.exists() and not path.is_symlink():
            with suppress(PermissionError):  # somebody else's, who decides
                path.chmod(mode)


def read_stack(data: Path) -> dict[str, Any]:
    """What the last `portal up` on this folder wrote; empty when there was none."""
    try:
        kept: dict[str, Any] = json.loads((data / "stack.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def write_stack(data: Path, content: dict[str, Any]) -> None:
    """Keep what this `portal up` uses for the commands beside it."""
    part = data / ".stack.json"
    write_private(part, json.dumps(content))
    part.replace(data / "stack.json")


@contextmanager
def open_app(factory: AppFactory | Flask | None) -> Iterator[Flask]:
    """An application context for a command. `factory` builds the application (a test may hand over one that exists)."""
    if factory is None:
        raise SettingsError("The command line was started without an application.")
    if not isinstance(factory, Flask):
        own = settings()
        logs.set_up(own.log_format, level=logging.WARNING)
        with for_the_owner(), _opened(factory(own)) as app:
            yield app
        return
    with _opened(factory) as app:
        yield app


@contextmanager
def _opened(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app

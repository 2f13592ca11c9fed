"""A PostgreSQL server for the tests: the one that TEST_DATABASE_URL names, else a private one of Debian's programs."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

# Safe settings cost time and a test's database is thrown away.
_OPTIONS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=", "max_connections=60")
_START_SECONDS = 30
_USER = "portal"


def programs() -> Path | None:
    """Where the newest installed server's programs are; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def server(bin_dir: Path) -> Iterator[str]:
    """Run a server on a socket in a temporary folder; answers the address of its `postgres` database."""
    running = Server(bin_dir)
    try:
        running.start()
        yield running.address
    finally:
        running.remove()


class Server:
    """A private server in a temporary folder, that can be stopped or killed and started again with its data."""

    def __init__(self, bin_dir: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self.address = f"postgresql://{_USER}@/postgres?host={quote(str(self.folder), safe='')}"
        self._as_nobody, self._bin_dir = _as_nobody(self.folder), bin_dir
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        initdb = [
            bin_dir / "initdb", "-D", self._data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        ]  # fmt: skip
        subprocess.run([*self._as_nobody, *initdb], check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for option in _OPTIONS for part in ("-c", option)]
        command = [*self._as_nobody, self._bin_dir / "postgres", "-D", self._data, "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        _wait_until_it_answers(self.address, self._process, self.folder / "log")

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: by SIGINT ("fast") with its sessions, by SIGKILL as a machine that loses power would."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=_START_SECONDS)

    def remove(self) -> None:
        """End it and throw its data away."""
        self.end()  # "fast" leaves no shared memory behind
        shutil.rmtree(self.folder)


def _as_nobody(folder: Path) -> list[str]:
    """The server refuses to run as root; then it runs as nobody, to whom the folder is given."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    user = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return ["setpriv", *user, "--pdeathsig", "INT"]


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from error
            time.sleep(0.05)
        else:
            return


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._made = 0

    def create(self, name: str = "") -> str:
        """The name of a new database without any table; one of its own unless given."""
        self._made += 1
        name = name or f"portal_test_{os.getpid()}_{self._made}"
        self._run(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        return name

    def copy(self, template: str, name: str) -> None:
        """A new database that holds what `template` holds, from which everybody is disconnected first."""
        self.disconnect(template)
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def disconnect(self, name: str) -> None:
        """End every connection to a database, as a server that restarts does."""
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def is_at_rest(self, name: str) -> bool:
        """Whether no connection to a database is amid a transaction or a statement."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state <> 'idle'"
        with psycopg.connect(self.address.replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute(query, (name,)).fetchone()
        return found == (0,)

    def drop(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url(self, name: str) -> str:
        """The address of a database, as settings take it."""
        head, _, tail = self.address.partition("?")
        base = head.rsplit("/", 1)[0].replace("postgres://", "postgresql://").replace("+psycopg", "")
        return f"{base}/{name}{'?' + tail if tail else ''}".replace("postgresql://", "postgresql+psycopg://", 1)

    def empty(self, name: str) -> None:
        """Take every row out of a migrated database; quicker than a new copy of it."""
        with psycopg.connect(self.url(name).replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            tables = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version'"
            ).fetchall()
            connection.execute("SET lock_timeout = '10s'")
            connection.execute(f"TRUNCATE {', '.join(row[0] for row in tables)} RESTART IDENTITY CASCADE")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.address.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)

"""The lines of docs/operating.md that back PostgreSQL up and restore it, run as they stand there.

The portal's role may not make databases, as on a server that is looked after well.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict

from tests.integration.ops.stacks import TOP, portal
from tests.postgres import Databases, programs

pytestmark = pytest.mark.postgres

GUIDE = (TOP / "docs" / "operating.md").read_text(encoding="utf-8")
NO_REDIS = "redis://127.0.0.1:1/0"
BY_ADMINISTRATOR = "sudo -u postgres "


@dataclass
class House:
    """A role and a database of one name, and the administrator's way in."""

    name: str
    url: str
    administrator: dict[str, str]
    dump: Path

    def run(self, line: str) -> None:
        """A printed line, with this house's name in the place of `portal`."""
        mine = re.sub(r"\bportal\b", self.name, line.partition("#")[0]).replace("FILE", str(self.dump))
        env = dict(os.environ) | (self.administrator if mine.startswith(BY_ADMINISTRATOR) else {})
        words = shlex.split(mine.removeprefix(BY_ADMINISTRATOR).replace("$DATABASE_URL", self.url))
        done = subprocess.run([program(words[0]), *words[1:]], env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}: {done.stderr}"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the portal on this database."""
        keys = {"SECRET_KEY": "s" * 32, "CREDENTIALS_KEYS": Fernet.generate_key().decode()}
        return portal(*arguments, data=self.dump.parent, DATABASE_URL=self.url, REDIS_URL=NO_REDIS, **keys)


def program(name: str) -> str:
    folder = programs()
    found = str(folder / name) if folder and (folder / name).exists() else shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


def printed() -> list[str]:
    """The lines that begin with one of the programs, in their order."""
    return re.findall(r"^(?:sudo -u postgres )?(?:pg_dump|dropdb|createdb|pg_restore) .*$", GUIDE, re.M)


@pytest.fixture
def house(postgres_databases: Databases, tmp_path: Path) -> Iterator[House]:
    """A role that may not make databases, before it has one."""
    name, password = f"house_{os.getpid()}", secrets.token_hex(12)
    address = postgres_databases.address.replace("+psycopg", "")
    way = {key: str(value) for key, value in conninfo_to_dict(address).items()}
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    place = "&".join(f"{key}={way[key]}" for key in ("host", "port") if key in way)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        yield House(
            name, f"postgresql://{name}:{password}@/{name}?{place}",
            {names[key]: value for key, value in way.items() if key in names}, tmp_path / "kept.dump",
        )  # fmt: skip
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE {name}")


def test_the_printed_lines_bring_the_database_back(house: House) -> None:
    back_up, drop, create, restore = printed()
    house.run(create)
    for arguments in (["db", "upgrade"], ["companies", "add", "Fernhill Supplies"]):
        assert house.command(*arguments).returncode == 0
    house.run(back_up)
    assert house.command("companies", "add", "Later Supplies").returncode == 0
    for line in (drop, create, restore):
        house.run(line)
    assert house.command("db", "upgrade").returncode == 0
    kept = json.loads(house.command("companies", "list", "--json").stdout)
    assert [company["slug"] for company in kept["items"]] == ["fernhill-supplies"]


def test_a_database_that_is_not_there_is_to_be_made_first(house: House) -> None:
    for arguments in (["db", "upgrade"], ["companies", "list"]):
        done = house.command(*arguments)
        assert done.returncode == 2
        assert f"createdb --owner=ROLE {house.name} (ROLE is the one in DATABASE_URL)" in done.stderr


def test_a_role_that_does_not_own_its_database_is_told_so(house: House, postgres_databases: Databases) -> None:
    with psycopg.connect(postgres_databases.address.replace("+psycopg", "")) as connection:
        if connection.info.server_version < 150_000:
            pytest.skip("before PostgreSQL 15 everybody may create in schema public")
    _, _, create, _ = printed()
    house.run(create.replace("--owner=portal ", ""))
    done = house.command("db", "upgrade")
    assert done.returncode == 2
    assert "ALTER DATABASE NAME OWNER TO ROLE" in done.stderr

"""Unit tests reach no database and no network: whoever tries fails at once."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from sqlalchemy.engine import Engine


@pytest.fixture(autouse=True, scope="module")
def _alone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((socket.socket, "connect"), (socket.socket, "connect_ex"), (socket, "create_connection"),
                            (socket.socket, "bind"), (sqlite3, "connect"), (Engine, "connect")):  # fmt: skip
            patch.setattr(owner, name, _refuse)
        yield


def _refuse(*_args: Any, **_options: Any) -> NoReturn:
    pytest.fail("a unit test uses no database and no network; move it to tests/integration")

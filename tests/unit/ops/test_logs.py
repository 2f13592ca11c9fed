"""Lines of the log: what they say, whose they are, and what no line ever holds."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from portal import logs
from portal.config import Settings, SettingsError
from tests.factories import make_settings

SECRET = 'p&s "hunter" ü/1'


class Log:
    """A logger of its own and what it wrote."""

    def __init__(self, log_format: str) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(logs.formatter(log_format))
        self.logger = logging.Logger("portal.test", logging.INFO)
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        """All of it."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All of it, read as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["json", "text"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """A log in each format."""
    yield Log(request.param)
    logs.unbind()


@pytest.fixture
def json_log() -> Iterator[Log]:
    """A log of JSON lines."""
    yield Log("json")
    logs.unbind()


def test_a_line_says_when_where_and_what(json_log: Log) -> None:
    json_log.logger.warning("run %s stopped", 7)
    [line] = json_log.lines
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "portal.test", "run 7 stopped")
    assert line["time"].endswith("Z")
    assert set(line) == {"time", "level", "logger", "message"}


def test_a_line_belongs_to_its_run_company_and_request(json_log: Log) -> None:
    with logs.bound(run_id=12):
        logs.bind(company="northfield")
        json_log.logger.info("in it")
    json_log.logger.info("after it")
    inside, after = json_log.lines
    assert (inside["run_id"], inside["company"]) == (12, "northfield")
    assert "run_id" not in after
    assert "company" not in after


def test_a_thread_writes_for_itself_unless_given_the_place(json_log: Log) -> None:
    with logs.bound(run_id=12), ThreadPoolExecutor(1) as pool:
        pool.submit(json_log.logger.info, "a stranger's").result()
        pool.submit(copy_context().run, json_log.logger.info, "a helper's").result()
    stranger, helper = json_log.lines
    assert "run_id" not in stranger
    assert helper["run_id"] == 12


def test_a_text_line_reads_from_left_to_right() -> None:
    log = Log("text")
    with logs.bound(run_id=3, company="northfield"):
        log.logger.info("one\ntwo")
    time, _, rest = log.text.partition(" ")
    assert time.endswith("Z")
    assert rest == "INFO portal.test run_id=3 company=northfield: one\\ntwo\n"


def test_a_traceback_stays_with_its_line(json_log: Log) -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        json_log.logger.exception("it failed")
    [line] = json_log.lines
    assert "Traceback" in line["exception"]
    assert "no such thing" in line["exception"]


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        repr(SECRET),
        f"<password>{SECRET}</password>",
        "p%26s%20%22hunter%22%20%C3%BC%2F1",
        'p&amp;s "hunter" ü/1',
    ],
)
def test_a_known_secret_is_in_no_line_however_it_is_written(log: Log, written: str) -> None:
    logs.hide(SECRET)
    log.logger.info("they typed %s", written)
    try:
        raise ValueError(f"refused {written}")
    except ValueError:
        log.logger.exception("failed with %s", written)
    assert "hunter" not in log.text
    assert "[removed]" in log.text


@pytest.mark.parametrize(
    "secret",
    [
        "portal_" + "k" * 43,
        "gAAAAAB" + "x" * 60 + "==",
        "<sessionid>abcdefg</sessionid>",
        "Authorization: Basic cG9ydGFsX2tleTo=",
        "Authorization: Bearer 0123456789abcdef",
        "postgresql://portal:hunter22@db/portal",
        "/reset-password/abcdefg",
    ],
)
def test_what_looks_like_a_secret_is_in_no_line(log: Log, secret: str) -> None:
    log.logger.error("it says %s here", secret)
    assert not [part for part in ("kkkk", "xxxx", "abcdefg", "cG9y", "0123", "hunter22") if part in log.text]
    assert "here" in log.text


def test_the_secrets_of_the_settings_are_in_no_line(log: Log) -> None:
    settings = make_settings(
        "postgresql+psycopg://portal:data%40base-pw@db/portal", redis_url="redis://:redis-pw-1@cache/0",
        mail_url="smtp://user:mail-pw-1@mail?tls=1", intacct_sender_password="sender-pw-1",
        metrics_token="metrics-token-of-16", secret_key="session-key-of-tests-1",
    )  # fmt: skip
    logs.hide_settings(settings)
    for secret in (
        "data@base-pw", "data%40base-pw", "redis-pw-1", "mail-pw-1", "sender-pw-1", "metrics-token-of-16",
        "session-key-of-tests-1", *settings.credentials_keys,
    ):  # fmt: skip
        log.logger.info("here: %s", secret)
        assert secret not in log.text


def test_the_format_is_one_of_two() -> None:
    given = {"DATABASE_URL": "sqlite:///x", "REDIS_URL": "redis://x", "SECRET_KEY": "k" * 16}
    given["CREDENTIALS_KEYS"] = make_settings("sqlite:///x").credentials_keys[0]
    assert Settings.from_env(given).log_format == "json"
    assert Settings.from_env(given | {"LOG_FORMAT": "text"}).log_format == "text"
    with pytest.raises(SettingsError, match="LOG_FORMAT must be json or text"):
        Settings.from_env(given | {"LOG_FORMAT": "xml"})

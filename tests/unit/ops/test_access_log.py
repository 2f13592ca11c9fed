"""The access log names no token, and says of each request how it went."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from portal import logs
from portal.cli.access_log import Logger
from portal.logs import hide_tokens


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """The logging of the tests as it was: a server's logger sets up the whole process."""
    root, access = logging.getLogger(), logging.getLogger("gunicorn.access")
    before, level, handlers = list(root.handlers), root.level, list(access.handlers)
    yield
    root.handlers[:], access.handlers[:] = before, handlers
    root.setLevel(level)
    logs.unbind()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /reset-password/abcDEF-123_x HTTP/1.1", "GET /reset-password/... HTTP/1.1"),
        ("GET /invitations/tok?next=/ HTTP/1.1", "GET /invitations/...?next=/ HTTP/1.1"),
        ("http://127.0.0.1:8000/reset-password/secret", "http://127.0.0.1:8000/reset-password/..."),
        ("GET /invoices/12 HTTP/1.1", "GET /invoices/12 HTTP/1.1"),
    ],
)
def test_a_token_in_an_address_is_blanked(line: str, shown: str) -> None:
    assert hide_tokens(line) == shown


def test_a_line_of_the_access_log_says_how_it_went_and_whose_it_was() -> None:
    config, stream = Config(), io.StringIO()
    config.set("accesslog", "-")
    log = Logger(config)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter("json"))
    log.access_log.handlers[:] = [handler]
    logs.bind(request_id="r-1", company="northfield")
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": "/reset-password/secret-token", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "10.0.0.7",
    }  # fmt: skip
    answer = SimpleNamespace(status="404 NOT FOUND", headers=[], sent=5, response_length=5)
    log.access(answer, SimpleNamespace(headers=[]), environ, timedelta(milliseconds=250))
    line = json.loads(stream.getvalue())
    assert (line["status"], line["milliseconds"]) == ("404", 250)
    assert (line["request_id"], line["company"]) == ("r-1", "northfield")
    assert "secret-token" not in stream.getvalue()
    log.access(answer, SimpleNamespace(headers=[]), environ, timedelta(0))
    assert "request_id" not in json.loads(stream.getvalue().splitlines()[1])

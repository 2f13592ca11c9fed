"""What every process writes to its log: one line an event, with the run, company and request it belongs to.

LOG_FORMAT=json writes one JSON object a line, `text` the same for a person's eyes. A door says what the lines belong to
(`bound`, `bind`); no line, traceback included, holds a known secret or what looks like one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from flask.logging import default_handler

from portal.config import Settings
from portal.intacct.wirelog import BLANK, Redactor

Place = dict[str, str | int]

_place: ContextVar[Place] = ContextVar("log_place", default={})  # noqa: B039 - never changed, only replaced
_known = Redactor()
_ADDRESSED_TOKEN = re.compile(r"(/(?:reset-password|invitations)/)[^/\s?\"]+")
_LOOKS_SECRET = re.compile(
    r"portal_[A-Za-z0-9_-]{40,}"  # a key of our API
    r"|gAAAAA[A-Za-z0-9_-]{20,}={0,2}"  # something encrypted, which the next key may decrypt
    r"|(?<=<password>)[^<]+|(?<=<sessionid>)[^<]+"
    r"|(?<=Basic )[A-Za-z0-9+/=]{8,}|(?<=Bearer )\S{8,}"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # user and password of an address
)


def set_up(log_format: str, *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send this process's log, from `level` on, to `stream` (standard error), as json or text."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("portal").removeHandler(default_handler)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it lists its plugins in every process


def formatter(log_format: str) -> logging.Formatter:
    """How a line is written."""
    return JsonLines() if log_format == "json" else TextLines()


@contextmanager
def bound(**place: str | int) -> Iterator[None]:
    """Lines written in the block belong to this run, company or request; afterwards to what they did before."""
    token = _place.set({**_place.get(), **place})
    try:
        yield
    finally:
        _place.reset(token)


def bind(**place: str | int) -> None:
    """From now on lines of this thread belong to this, too."""
    _place.set({**_place.get(), **place})


def unbind() -> None:
    """From now on lines of this thread belong to nothing."""
    _place.set({})


def hide(*secrets: str) -> None:
    """Take these texts out of every line from now on, also as they look in an address, in XML, JSON or a repr."""
    for secret in filter(None, secrets):
        forms = {secret, quote(secret, safe=""), escape(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
        _known.hide(*forms)


def hide_settings(settings: Settings) -> None:
    """Hide every secret of the settings."""
    hide(settings.secret_key, *settings.credentials_keys, settings.intacct_sender_password, settings.metrics_token)
    for address in (settings.database_url, settings.redis_url, settings.mail_url):
        hide(unquote(urlsplit(address).password or ""))


def redacted(text: str) -> str:
    """`text` without secrets."""
    return _LOOKS_SECRET.sub(BLANK, hide_tokens(_known(text)))


def hide_tokens(text: str) -> str:
    """`text` with the token of each address of an invitation or a password reset blanked."""
    return _ADDRESSED_TOKEN.sub(r"\1...", text)


class _Lines(logging.Formatter):
    """What both formats say of a record."""

    def facts(self, record: logging.LogRecord) -> dict[str, str | int]:
        """Time (UTC), level, logger, message, what the line belongs to, and the traceback where there is one."""
        at = datetime.fromtimestamp(record.created, UTC)
        told = {
            "time": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **_place.get(),
            **getattr(record, "facts", {}),
        }
        if trace := self._traceback(record):
            told["exception"] = redacted(trace)
        return told

    def _traceback(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info) if record.exc_info else record.exc_text or ""]
        parts.append(self.formatStack(record.stack_info) if record.stack_info else "")
        return "\n".join(part for part in parts if part)


class JsonLines(_Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON text."""
        return json.dumps(self.facts(record), ensure_ascii=False)


class TextLines(_Lines):
    """Time, level, logger, what it belongs to, the message; a traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text. A line break in a message is shown as one, so that no message can fake a line."""
        facts = self.facts(record)
        head = " ".join(str(facts.pop(name)) for name in ("time", "level", "logger"))
        message, trace = str(facts.pop("message")).replace("\n", "\\n"), facts.pop("exception", "")
        place = "".join(f" {name}={value}" for name, value in facts.items())
        return f"{head}{place}: {message}" + (f"\n{trace}" if trace else "")

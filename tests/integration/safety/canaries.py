"""Known secrets, and the places where none of them may be seen."""

from __future__ import annotations

import base64
import dataclasses
import gc
import json
import logging
import traceback
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis import Redis


@dataclass
class Secrets:
    """Each secret by what it is, and the forms in which it would be as good as clear."""

    known: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, name: str, text: str) -> str:
        """A secret from now on."""
        assert len(text) >= 8, name
        self.known[name] = text
        return text

    def without(self, prefix: str) -> Secrets:
        """All but those whose names begin so."""
        return Secrets({name: text for name, text in self.known.items() if not name.startswith(prefix)})

    def seen_in(self, place: str, content: bytes | str) -> list[str]:
        """Which secrets stand in this content, in any form."""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        return [f"{name} in {place}" for name, text in self.known.items() if any(form in raw for form in _forms(text))]


def _forms(text: str) -> set[bytes]:
    raw = text.encode()
    alike = {raw, quote(text, safe="").encode(), json.dumps(text)[1:-1].encode(), raw.hex().encode()}
    # Without the last characters, which depend on what follows.
    return alike | {code(raw)[:-4] for code in (base64.b64encode, base64.urlsafe_b64encode)}


class Listening(logging.Handler):
    """Everything that is logged, at any level, with its tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        error = record.exc_info[1] if record.exc_info else None
        while error is not None:  # and what a handler that shows more would make of it
            self.lines.append(f"{error!r} {error.args!r} {getattr(error, '__notes__', '')}")
            self.lines.append("".join(traceback.format_exception(error)))
            error = error.__cause__ or error.__context__


def in_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file below a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()


def in_mails(folder: Path) -> Iterator[tuple[str, str]]:
    """Each part of each mail, decoded, and its headers."""
    for path in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        yield path.name, "\n".join(f"{name}: {value}" for name, value in mail.items())
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                yield path.name, str(part.get_content())


def in_redis(redis: Redis[Any]) -> Iterator[tuple[str, bytes]]:
    """Each key with its values, unpacked where RQ packs them."""
    for key in redis.scan_iter():
        for value in _values(redis, key):
            yield key.decode(), value
            yield key.decode(), _unpacked(value)
        yield "a key", key


def _values(redis: Redis[Any], key: bytes) -> list[bytes]:
    read = {
        b"string": lambda: [redis.get(key)],
        b"hash": lambda: [part for pair in redis.hgetall(key).items() for part in pair],
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: list(redis.smembers(key)),
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"stream": lambda: [repr(redis.xrange(key)).encode()],
    }
    return [value for value in read[redis.type(key)]() if value]


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def in_representations() -> Iterator[tuple[str, str]]:
    """What every living object of a dataclass of the portal's would print of itself."""
    for thing in gc.get_objects():
        kind = type(thing)
        if str(kind.__module__).startswith("portal.") and dataclasses.is_dataclass(kind):
            yield f"repr of {kind.__name__}", repr(thing)


def in_cookie(value: str) -> bytes:
    """What a session cookie says to who decodes it."""
    packed = value.startswith(".")
    part = value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return zlib.decompress(raw) if packed else raw

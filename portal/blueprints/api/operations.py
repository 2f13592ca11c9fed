"""A call of the API, declared once beside its view: from this the route, its guard and its documentation come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, request

from portal.blueprints.access import public
from portal.blueprints.api.blueprint import area
from portal.blueprints.api.exact_json import dumps
from portal.blueprints.api.gate import current_company
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.access import IdempotentAnswer, KeyScope
from portal.queries.api_lists import Listing
from portal.services import idempotency

LONGEST_IDEMPOTENCY_KEY = 255


@dataclass(frozen=True)
class Operation:
    """What the documentation says of a call. `takes` and `gives` name schemas; `listing` is that of a list."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    takes: str = ""
    gives: str = ""
    status: int = 200
    listing: Listing | None = None
    open_to_all: bool = False
    more: str = ""

    @property
    def scope(self) -> KeyScope:
        """What a key must be allowed."""
        return KeyScope.READ if self.method == "GET" else KeyScope.READ_WRITE


@dataclass(frozen=True)
class Answer:
    """What a view answers. `then` is done once the work is committed."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[], None] | None = None


View = Callable[..., Answer]
OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    takes: str = "",
    gives: str = "",
    status: int = 200,
    listing: Listing | None = None,
    open_to_all: bool = False,
    more: str = "",
) -> Callable[[View], View]:
    """Make a view a call of the API; the first line of its docstring is its summary."""

    def register(view: View) -> View:
        summary = (view.__doc__ or "").strip().splitlines()[0].rstrip(".")
        declared = Operation(
            method, path, view.__name__, tag, summary, takes, gives, status, listing, open_to_all, more
        )  # fmt: skip
        OPERATIONS.append(declared)
        area.add_url_rule(path, view.__name__, _door(declared, view), methods=[method])
        return view

    return register


def _door(declared: Operation, view: View) -> Callable[..., Response]:
    """The view as Flask calls it. To the guard of the pages it is public: the area has a guard of its own."""

    @wraps(view)
    def door(**arguments: Any) -> Response:
        if declared.method != "GET":
            return _write(declared, view, arguments)
        answer = view(**arguments)
        return _respond(answer.status, dumps(answer.body), answer.headers)

    door.scope = declared.scope  # type: ignore[attr-defined]
    door.open_to_all = declared.open_to_all  # type: ignore[attr-defined]
    return public(door)


def _write(declared: Operation, view: View, arguments: Mapping[str, Any]) -> Response:
    """Carry a change out, once for each Idempotency-Key, and commit it. A refusal leaves nothing, not even the key."""
    memory = _memory() if declared.method == "POST" else None
    if memory is not None and memory.status:
        return _respond(memory.status, memory.answer, {"Idempotent-Replayed": "true"})
    answer = view(**arguments)
    text = "" if answer.status == 204 else dumps(answer.body)
    if answer.status >= 400:
        db.session.rollback()
        return _respond(answer.status, text, answer.headers)
    if memory is not None:
        idempotency.keep(memory, answer.status, text)
    db.session.commit()
    if answer.then is not None:
        answer.then()
    return _respond(answer.status, text, answer.headers)


def _memory() -> IdempotentAnswer | None:
    key = request.headers.get(idempotency.FIELD, "").strip()
    if not key:
        return None
    if len(key) > LONGEST_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
        raise InvalidInput(
            f"An Idempotency-Key has at most {LONGEST_IDEMPOTENCY_KEY} printable ASCII characters.",
            field=idempotency.FIELD,
        )
    return idempotency.claim(current_company().id, key, _request_digest())


def _request_digest() -> str:
    asked = f"{request.method} {request.path}\n".encode() + request.get_data()
    return hashlib.sha256(asked).hexdigest()


def _respond(status: int, text: str, headers: Mapping[str, str]) -> Response:
    answer = Response(text, status, mimetype="application/json")
    answer.headers.extend(headers)
    return answer

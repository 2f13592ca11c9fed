"""A POST with an Idempotency-Key is carried out once, however often it is sent.

The row that remembers it belongs to the same transaction as the work: what crashes or is refused leaves neither, so
nothing blocks a later attempt. Two at once meet at the unique index; the second waits for the first to end.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.access import IdempotentAnswer
from portal.models.types import utcnow

KEPT_FOR = timedelta(hours=24)
WAIT_AT_MOST = "'10s'"
"""How long the second of two equal requests waits for the first on PostgreSQL, in its own notation."""

FIELD = "Idempotency-Key"


def claim(company_id: int, key: str, request_digest: str) -> IdempotentAnswer:
    """The memory of this request: with a `status` when it was answered before, else new and to be filled by `keep`.

    Raises NotAllowedNow for another request under the same key, or when the first one takes too long.
    """
    _forget_old(company_id)
    row = _new(company_id, key, request_digest) or _present(company_id, key)
    if row is None:
        raise _at_work()
    if row.request_digest != request_digest:
        raise NotAllowedNow(
            "This Idempotency-Key was used for another request. Nothing was done. Use a new key for a new request.",
            field=FIELD,
            code="idempotency_key_used",
        )
    return row


def keep(row: IdempotentAnswer, status: int, answer: str) -> None:
    """Remember what the request was answered; it is committed with the work."""
    row.status, row.answer = status, answer
    db.session.flush()


def _forget_old(company_id: int) -> None:
    old = (IdempotentAnswer.company_id == company_id, IdempotentAnswer.created_at < utcnow() - KEPT_FOR)
    db.session.execute(delete(IdempotentAnswer).where(*old).execution_options(synchronize_session=False))


def _new(company_id: int, key: str, request_digest: str) -> IdempotentAnswer | None:
    row = IdempotentAnswer(company_id=company_id, key=key, request_digest=request_digest)
    try:
        with db.session.begin_nested():
            _wait_at_most(WAIT_AT_MOST)
            db.session.add(row)
            db.session.flush()
            _wait_at_most("DEFAULT")
    except IntegrityError:
        return None
    except OperationalError as error:
        raise _at_work() from error
    return row


def _wait_at_most(limit: str) -> None:
    """Limit what the transaction waits for locks. SQLite's transactions never overlap: the second has waited already
    when it begins."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text(f"SET LOCAL lock_timeout TO {limit}"))


def _present(company_id: int, key: str) -> IdempotentAnswer | None:
    found = (IdempotentAnswer.company_id == company_id, IdempotentAnswer.key == key)
    return db.session.scalar(select(IdempotentAnswer).where(*found))


def _at_work() -> NotAllowedNow:
    return NotAllowedNow(
        "The first request with this Idempotency-Key is still at work. Nothing was done twice. Send it again soon.",
        field=FIELD,
        code="in_progress",
    )

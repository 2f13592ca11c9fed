"""Keys of the JSON API: made once, kept as a digest, revoked for good."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.access import ApiKey, KeyScope
from portal.models.company import Company
from portal.models.types import utcnow
from portal.services import audit
from portal.services.audit import Actor
from portal.services.checks import Faults

PREFIX = "portal_"
_RANDOM_BYTES = 32
_HINT_CHARACTERS = len(PREFIX) + 6
_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewKey:
    """A key at the only moment when its text is known."""

    row: ApiKey
    text: str

    def __repr__(self) -> str:
        return f"NewKey({self.row.hint}...)"


def create(company: Company, label: str, scope: str = KeyScope.READ_WRITE, *, actor: Actor) -> NewKey:
    """Make a key. Its text is in the answer and nowhere else. Raises InvalidInput for a bad label or scope."""
    faults = Faults()
    label = faults.text("label", "The label", label, limit="name", required=True)
    if scope not in list(KeyScope):
        faults.add("scope", f"A scope is one of {', '.join(KeyScope)}.", "scope")
    faults.end()
    text = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    row = ApiKey(
        company_id=company.id, label=label, hint=text[:_HINT_CHARACTERS], digest=_digest(text), scope=scope,
        created_by=actor.text,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record(
        company.id, actor, "api_key", row.id, "created", text=label, after={"label": label, "scope": row.scope}
    )
    return NewKey(row, text)


def revoke(key: ApiKey, *, actor: Actor) -> ApiKey:
    """End a key; it opens nothing from now on. Raises NotAllowedNow when it was revoked before."""
    if key.revoked_at is not None:
        raise NotAllowedNow(f"The key {key.label} is revoked already. Nothing was changed.", field="id")
    key.revoked_at = utcnow()
    db.session.flush()
    audit.record(key.company_id, actor, "api_key", key.id, "revoked", text=key.label)
    return key


def authenticate(text: str) -> ApiKey | None:
    """The key of this text; None for an unknown or revoked one."""
    query = select(ApiKey).where(ApiKey.digest == _digest(text), ApiKey.revoked_at.is_(None))
    return db.session.scalar(query)


def use_is_to_be_noted(key: ApiKey) -> bool:
    """Whether the key's last use was noted longer than a minute ago, or never."""
    return key.last_used_at is None or key.last_used_at <= utcnow() - _NOTE_USE_EVERY


def note_use(key: ApiKey) -> None:
    """Write that the key is in use. One conditional UPDATE, so that requests at one moment do not queue for the row."""
    now = utcnow()
    before = now - _NOTE_USE_EVERY
    db.session.execute(
        update(ApiKey)
        .where(ApiKey.id == key.id, or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= before))
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

"""Random tokens in links that are sent by mail. Only their digests are kept: a read of the database opens nothing."""

from __future__ import annotations

import hashlib
import secrets

RANDOM_BYTES = 32


def new_token() -> str:
    """A token that nobody can guess, fit for an address."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def digest(token: str) -> str:
    """What is kept of a token. It is long and random, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

"""Encrypting what must never be read back from the database in clear: Intacct passwords and sessions."""

from __future__ import annotations

import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.errors import PortalError
from portal.extensions import settings


def encrypt(text: str) -> bytes:
    """`text` under the first of CREDENTIALS_KEYS."""
    return _box().encrypt(text.encode())


def decrypt(token: bytes) -> str:
    """What was encrypted under any of CREDENTIALS_KEYS. Raises PortalError when none of them fits."""
    try:
        return _box().decrypt(token).decode()
    except InvalidToken:
        raise PortalError(
            "The stored Intacct password cannot be read with today's CREDENTIALS_KEYS. Nothing was sent. "
            "Put the former key back into CREDENTIALS_KEYS, or enter the password again.",
            code="credentials_keys",
        ) from None


def key_of(token: bytes) -> int | None:
    """Which of CREDENTIALS_KEYS `token` is encrypted under, counted from 0; None: none of them."""
    for position, key in enumerate(settings().credentials_keys):
        try:
            Fernet(key).decrypt(token)
        except InvalidToken:
            continue
        return position
    return None


def renew(token: bytes) -> bytes:
    """The same secret under the first of CREDENTIALS_KEYS. Raises InvalidToken when none of them fits."""
    return _box().rotate(token)


def fingerprints() -> list[str]:
    """A short mark of each of CREDENTIALS_KEYS, by which people tell them apart; it tells nothing of the key."""
    return [hashlib.sha256(b"credentials key " + key.encode()).hexdigest()[:8] for key in settings().credentials_keys]


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings().credentials_keys])

"""Encrypting what must never be read back from the database in clear: Intacct passwords and sessions."""

from __future__ import annotations

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


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings().credentials_keys])

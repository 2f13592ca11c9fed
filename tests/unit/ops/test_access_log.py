"""The access log names no token."""

import pytest

from portal.logs import hide_tokens


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

"""`sageintacctsdk`, the client that others wrote, made to call the sandbox."""

from __future__ import annotations

from typing import Any

from sageintacctsdk import SageIntacctSDK
from sageintacctsdk.apis import api_base

from intacct_sandbox import company, sessions


def signed_in(url: str) -> Any:
    """A client with a session at `url`; its own address is fixed and has to be exchanged."""
    plain = api_base.ApiBase.__init__

    def at_the_sandbox(self: Any, *args: Any, **more: Any) -> None:
        plain(self, *args, **more)
        self._ApiBase__api_url = url

    api_base.ApiBase.__init__ = at_the_sandbox
    return SageIntacctSDK(
        sender_id=sessions.SENDER_ID, sender_password=sessions.SENDER_PASSWORD, user_id=sessions.USER_ID,
        company_id=company.COMPANY_ID, user_password=sessions.USER_PASSWORD,
    )  # fmt: skip

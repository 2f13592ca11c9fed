"""The web server's access log, without the tokens that stand in the addresses of invitations and password resets."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

_TOKEN = re.compile(r"(/(?:reset-password|invitations)/)[^/\s?\"]+")


def hide_tokens(text: str) -> str:
    """`text` with the token of each such address blanked."""
    return _TOKEN.sub(r"\1...", text)


class Logger(GunicornLogger):  # type: ignore[misc]
    """gunicorn's own logger; what it writes of a request names no token."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """The values of a line of the access log."""
        found = super().atoms(resp, req, environ, request_time)
        return {key: hide_tokens(value) if isinstance(value, str) else value for key, value in found.items()}

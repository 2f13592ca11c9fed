"""The web server's logs: lines like those of every other process, without the tokens that stand in addresses."""

from __future__ import annotations

import logging
import os
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

from portal import logs


class Logger(GunicornLogger):  # type: ignore[misc]
    """gunicorn's own logger, in the portal's format; what it writes of a request names no token."""

    def setup(self, cfg: Any) -> None:
        """Set up gunicorn's logs and, for what the portal itself writes in this process, the root's."""
        super().setup(cfg)
        log_format = os.environ.get("LOG_FORMAT", "").strip() or "json"
        logs.set_up(log_format)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(logs.formatter(log_format))

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write a line for an answered request; the request's id and company stand in it, and in none after it."""
        if self.access_log_enabled:
            atoms = self.atoms(resp, req, environ, request_time)
            took = int(request_time.total_seconds() * 1000)
            facts = {"status": str(atoms["s"]), "milliseconds": took}
            self.access_log.info(self.cfg.access_log_format, self.atoms_wrapper_class(atoms), extra={"facts": facts})
        logs.unbind()

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """The values of a line of the access log."""
        found = super().atoms(resp, req, environ, request_time)
        return {key: logs.hide_tokens(value) if isinstance(value, str) else value for key, value in found.items()}


logging.getLogger("gunicorn.access").propagate = False

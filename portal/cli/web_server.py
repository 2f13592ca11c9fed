"""gunicorn's settings (`gunicorn --config python:portal.cli.web_server`), for production and embedded mode alike."""

from __future__ import annotations

import os
from typing import Any

from portal.jobs.lifeline import die_with

bind = [f"{os.environ.get('PORTAL_HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"]
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 60
graceful_timeout = 8
control_socket_disable = True  # it would leave a socket in the home folder, shared by all stacks of a user
accesslog = "-"
logger_class = "portal.cli.access_log.Logger"

_tie = die_with(os.getpid())


def post_fork(_server: Any, _worker: Any) -> None:
    """End each worker with the master, also when the master is killed."""
    _tie()

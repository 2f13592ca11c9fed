"""The pages, one folder an area."""

from __future__ import annotations

from flask import Flask


def init_pages(app: Flask) -> None:
    """Register every area with `app`."""

"""JSON in which a Decimal is an exact number: neither Flask's nor the standard library's writer has one."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any


def dumps(thing: Any) -> str:
    """`thing` as JSON. Decimals are written digit by digit, never by way of a float; times are UNIX seconds."""
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {dumps(value)}" for key, value in thing.items()) + "}"
    if isinstance(thing, list | tuple):
        return "[" + ", ".join(map(dumps, thing)) + "]"
    if isinstance(thing, Decimal):
        return format(thing, "f")
    if isinstance(thing, datetime):
        return str(int(thing.timestamp()))
    return json.dumps(thing, allow_nan=False)

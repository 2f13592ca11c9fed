"""The reference by which a record of ours is known in Intacct, as its texts carry it."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"\[ref ([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})\.(\d+)\]")


def stamp(text: str, ref: str, seq: int) -> str:
    """`text` with the reference by which the record is known there at its end."""
    return f"{text} [ref {ref}.{seq}]".strip()


def reference_in(text: str) -> tuple[str, int] | None:
    """The reference and sequence number that a DESCRIPTION carries, if one of ours."""
    found = _REFERENCE.findall(text)
    return (found[-1][0], int(found[-1][1])) if found else None

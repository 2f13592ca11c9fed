"""`portal keys`: the keys that encrypt Intacct passwords and sessions. No key is ever printed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from portal.cli.output import ExitCode, Group, emit, table
from portal.extensions import db
from portal.services import key_rotation, secrets


@click.group("keys", cls=Group)
def group() -> None:
    """The keys that encrypt stored passwords and sessions (CREDENTIALS_KEYS)."""


@group.command("check")
def check() -> int:
    """Show how many secrets each key encrypts. Ends with 1 when some can be read with none of the keys."""
    found = key_rotation.counts(key_rotation.places())
    db.session.rollback()
    emit({"items": _items(found), "count": len(secrets.fingerprints()), "unreadable": found[None]}, _told)
    return _status(found)


@group.command("rotate")
def rotate() -> int:
    """Encrypt every stored secret anew under the first key.

    Each row is a transaction of its own: it may be interrupted and run again. Ends with 1 when some secrets can be read
    with none of the keys; those stay as they are.
    """
    before: Counter[int | None] = Counter()
    places = key_rotation.places()
    db.session.commit()
    for place in places:
        before += key_rotation.rotate(place)
        db.session.commit()
    moved = sum(count for position, count in before.items() if position not in (key_rotation.FIRST, None))
    emit({"rotated": moved, "current_before": before[key_rotation.FIRST], "unreadable": before[None]}, _rotated)
    return _status(before)


def _status(found: Counter[int | None]) -> int:
    return ExitCode.PROBLEMS if found[None] else ExitCode.FINE


def _items(found: Counter[int | None]) -> list[dict[str, Any]]:
    return [
        {"position": position + 1, "fingerprint": mark, "encrypts": position == key_rotation.FIRST,
         "secrets": found[position]}
        for position, mark in enumerate(secrets.fingerprints())
    ]  # fmt: skip


def _told(answer: dict[str, Any]) -> str:
    rows = [(item["position"], item["fingerprint"], item["secrets"]) for item in answer["items"]]
    lines = [table(("key", "fingerprint", "secrets under it"), rows, right=(0, 2)), ""]
    unneeded = [str(item["position"]) for item in answer["items"][1:] if not item["secrets"]]
    if sum(item["secrets"] for item in answer["items"][1:]):
        lines.append("The first key encrypts. portal keys rotate brings all secrets under it.")
    elif unneeded:
        lines.append(f"Nothing is under key {', '.join(unneeded)} any more: take it out of CREDENTIALS_KEYS.")
    return "\n".join([*lines, *_unreadable(answer["unreadable"])]).rstrip()


def _rotated(answer: dict[str, Any]) -> str:
    lines = [f"{answer['rotated']} secrets are under the first key now, beside {answer['current_before']} that were."]
    return "\n".join([*lines, *_unreadable(answer["unreadable"])])


def _unreadable(count: int) -> list[str]:
    if not count:
        return []
    return [f"{count} can be read with none of the keys and stay as they are. Put the former key back, or enter those"
            " passwords again."]  # fmt: skip

"""What a preview shows of a function that would be sent, and whether what is sent later is the same. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from portal.intacct import outline
from portal.models.sync import Act, Kind
from portal.sync.mapping import Built


@dataclass(frozen=True)
class AsShown:
    """What a preview showed, which a later run sends and nothing else: (sync row, act) -> fingerprint."""

    preview_id: int
    fingerprints: dict[tuple[int, str], str]


def details(act: Act, kind: Kind, number: str, built: Built, amount: str, currency: str) -> dict[str, Any]:
    """What a preview's row tells of a function: plain values, amounts as text."""
    return {
        "act": act.value,
        "kind": kind.value,
        "number": number,
        "amount": amount,
        "currency": currency,
        "lines": outline.lines(built.body),
        "deposit": outline.deposit(built.body),
        "fingerprint": fingerprint(act, built),
    }


def fingerprint(act: Act, built: Built) -> str:
    """Equal for functions that post the same: Intacct's keys and the sequence number of our reference do not count."""
    text = f"{act.value}|{outline.content(built.body)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]

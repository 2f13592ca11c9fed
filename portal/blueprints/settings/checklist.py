"""What connecting looks at, step by step in Intacct's own order, and how far the last try came."""

from __future__ import annotations

from dataclasses import dataclass

from portal.extensions import settings

_STEPS = (
    ("sender", "This portal's sender ID",
     "Intacct knows {sender}. Whoever runs the portal sees to it."),
    ("credentials", "Company ID, user and password",
     "In Intacct, open Company, Web Services users, and add a user with a role for this portal."),
    ("sender_not_authorised", "Let the sender in",
     "In Intacct, open Company, Company info, Security, Web Services authorizations, and add {sender}."),
    ("entity_not_allowed", "The entity",
     "Left empty, the portal works at the top level of the company."),
    ("permission_missing", "Rights to read customers, invoices and payments",
     "Give the user's role all of Accounts Receivable, and General Ledger and Cash Management to read."),
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One line of the checklist. `state` is done, failed or todo."""

    label: str
    help: str
    state: str


def checklist(failed: str = "", *, connected: bool = False) -> list[Step]:
    """The steps; those before the one that `failed` (a code of a refused check) went well."""
    sender = settings().intacct_sender_id
    codes = [code for code, _, _ in _STEPS]
    reached = codes.index(failed) if failed in codes else len(codes) if connected else -1
    return [
        Step(label, text.format(sender=sender), _state(place, reached)) for place, (_, label, text) in enumerate(_STEPS)
    ]


def _state(place: int, reached: int) -> str:
    if place == reached:
        return "failed"
    return "done" if place < reached else "todo"

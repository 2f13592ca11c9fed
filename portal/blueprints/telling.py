"""The history of a record, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.blueprints.rendering import amount, day
from portal.models.audit import AuditEntry
from portal.services.audit import SYNC_ACTOR

_ACTS = {
    "created": "Made",
    "issued": "Issued",
    "renumbered": "Renumbered",
    "voided": "Voided",
    "edited": "Changed",
}
_NAMES = {"unit_cost": "unit cost", "due_date": "due date", "purchase_order": "purchase order", "active": "active",
          "payment_terms": "payment terms", "postal_code": "postal code", "address1": "address",
          "address2": "address, second line", "customer_id": "customer", "draft": "draft"}  # fmt: skip
_AMOUNTS = ("total", "balance", "amount", "discount", "tax")


@dataclass(frozen=True)
class Told:
    """One sentence of a history. `from_there` marks what the accounting sync carried over from Intacct."""

    at: datetime
    text: str
    note: str = ""
    from_there: bool = False
    bad: bool = False


def tell(entry: AuditEntry, currency: str = "") -> Told:
    """The entry as a sentence, with what it left the balance at."""
    text = f"{_what(entry, currency)} by {entry.actor}"
    balance = entry.after.get("balance")
    note = f"balance {_value('balance', balance, currency)}" if balance is not None and currency else ""
    return Told(entry.at, text, note, entry.actor.startswith(SYNC_ACTOR))


def _what(entry: AuditEntry, currency: str) -> str:
    if entry.action in ("applied", "unapplied"):
        verb = "put on this invoice" if entry.subject == "invoice" else "applied"
        undone = "taken off this invoice" if entry.subject == "invoice" else "un-applied"
        return f"{entry.text} {verb if entry.action == 'applied' else undone}"
    if entry.action == "edited":
        return f"Changed: {_changes(entry, currency)}"
    act = _ACTS.get(entry.action, entry.action.replace("_", " ").capitalize())
    if entry.action == "created" and entry.after.get("draft"):
        act = "Draft made"
    if entry.action == "renumbered":
        act = f"Renumbered from {entry.before.get('number')} to {entry.after.get('number')}"
    return f"{act} ({entry.text})" if entry.text else act


def _changes(entry: AuditEntry, currency: str) -> str:
    told = []
    for name, after in entry.after.items():
        before = entry.before.get(name)
        label = _NAMES.get(name, name.replace("_", " "))
        if isinstance(after, dict | list | bool) or isinstance(before, dict | list):
            told.append(label)
        else:
            told.append(f"{label} from {_value(name, before, currency)} to {_value(name, after, currency)}")
    return "; ".join(told)


def _value(name: str, value: Any, currency: str) -> str:
    if value in (None, ""):
        return "nothing"
    if name in _AMOUNTS and currency:
        try:
            return amount(Decimal(str(value)), currency)
        except InvalidOperation:
            return str(value)
    if name.endswith("date"):
        try:
            return day(datetime.fromisoformat(str(value)).date())
        except ValueError:
            return str(value)
    return str(value)

"""The history of a record, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """One sentence of a history: `text`, the number of another document that it links to, and its `rest`.

    `from_there` marks what the accounting sync carried over from Intacct.
    """

    at: datetime
    text: str
    number: str = ""
    rest: str = ""
    endpoint: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    from_there: bool = False
    bad: bool = False


def tell(entry: AuditEntry, currency: str = "") -> Told:
    """The entry as a sentence, with what it left the balance at."""
    balance = entry.after.get("balance")
    note = f"balance {_value('balance', balance, currency)}" if balance is not None and currency else ""
    from_there = entry.actor.startswith(SYNC_ACTOR)
    if entry.action in ("applied", "unapplied"):
        text, _, number = entry.text.rpartition(" ")
        endpoint, values = _other_document(entry)
        rest = f" {_moved(entry)} by {entry.actor}"
        return Told(entry.at, text, number, rest, endpoint, values, note=note, from_there=from_there)
    return Told(entry.at, f"{_what(entry, currency)} by {entry.actor}", note=note, from_there=from_there)


def _other_document(entry: AuditEntry) -> tuple[str, dict[str, Any]]:
    """The page of the document at the other end of an application."""
    if entry.subject == "invoice":
        return "payments.show_payment", {"payment_id": entry.after.get("payment_id", 0)}
    return "invoices.show_invoice", {"invoice_id": entry.after.get("invoice_id", 0)}


def _moved(entry: AuditEntry) -> str:
    if entry.subject == "invoice":
        return "put on this invoice" if entry.action == "applied" else "taken off this invoice"
    return "applied" if entry.action == "applied" else "un-applied"


def _what(entry: AuditEntry, currency: str) -> str:
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

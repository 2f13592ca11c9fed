"""The history of a record, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from portal.blueprints.rendering import amount, day
from portal.models.audit import AuditEntry, is_by_run
from portal.models.company import Company
from portal.models.run import RunItem
from portal.models.sync import Kind
from portal.queries.history import history, run_items

_ACTS = {
    "created": "Made",
    "issued": "Issued",
    "renumbered": "Renumbered",
    "voided": "Voided",
    "edited": "Changed",
    "activated": "Made active",
    "deactivated": "Made inactive",
    "duplicated": "Duplicated",
}
_SENT = {
    "created": "Created in Intacct",
    "updated": "Updated in Intacct",
    "applied": "Applied in Intacct",
    "reversed": "Reversed in Intacct",
    "deleted": "Deleted in Intacct",
    "unlinked": "No longer in Intacct",
    "linked": "Linked with Intacct",
    "problem": "Could not be synced",
    "unknown": "Sent, with an outcome not known yet",
}
_NAMES = {"unit_cost": "unit cost", "due_date": "due date", "purchase_order": "purchase order", "active": "active",
          "payment_terms": "payment terms", "postal_code": "postal code", "address1": "address",
          "address2": "address, second line", "customer_id": "customer", "draft": "draft",
          "parent_id": "parent customer", "parent_name": "parent's name"}  # fmt: skip
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


def told(company: Company, kind: Kind, record_id: int, currency: str = "") -> list[Told]:
    """The whole history of a record, newest first: who did what, each application, each sync."""
    entries = [tell(entry, currency) for entry in history(company, kind.value, record_id)]
    return sorted([*entries, *_syncs(run_items(company, kind, record_id))], key=lambda one: one.at, reverse=True)


def tell(entry: AuditEntry, currency: str = "") -> Told:
    """The entry as a sentence, with what it left the balance at."""
    balance = entry.after.get("balance")
    note = f"balance {_value('balance', balance, currency)}" if balance is not None and currency else ""
    from_there = is_by_run(entry.actor)
    if entry.action in ("applied", "unapplied"):
        text, _, number = entry.text.rpartition(" ")
        endpoint, values = _other_document(entry)
        rest = f" {_moved(entry)} by {entry.actor}"
        return Told(entry.at, text, number, rest, endpoint, values, note=note, from_there=from_there)
    return Told(entry.at, f"{_what(entry, currency)} by {entry.actor}", note=note, from_there=from_there)


def _syncs(items: list[RunItem]) -> list[Told]:
    """What runs did; the same problem met again and again is told once, with how often."""
    found = []
    for (outcome, text), group in groupby(items, lambda item: (item.outcome, item.text)):
        same = list(group)
        again = f" ({len(same)} times)" if len(same) > 1 else ""
        said = f"{_SENT[outcome]}{again}{f': {text}' if text and outcome == 'problem' else ''}"
        run_id = same[0].run_id
        values = {"run_id": run_id}
        found.append(
            Told(
                same[0].at, f"{said.rstrip('.')},", f"run {run_id}", "", "accounting_sync.show_run", values,
                from_there=True, bad=outcome == "problem",
            )
        )  # fmt: skip
    return found


def _other_document(entry: AuditEntry) -> tuple[str, dict[str, Any]]:
    """The page of the document at the other end of an application."""
    if entry.subject == "invoice":
        if "credit_note_id" in entry.after:
            return "credit_notes.show_credit_note", {"credit_note_id": entry.after["credit_note_id"]}
        return "payments.show_payment", {"payment_id": entry.after.get("payment_id", 0)}
    return "invoices.show_invoice", {"invoice_id": entry.after.get("invoice_id", 0)}


def _moved(entry: AuditEntry) -> str:
    if entry.subject == "invoice":
        return "put on this invoice" if entry.action == "applied" else "taken off this invoice"
    return "applied" if entry.action == "applied" else "un-applied"


def _what(entry: AuditEntry, currency: str) -> str:
    if entry.action == "edited":
        return f"Changed: {_changes(entry, currency)}"
    if entry.action == "sync":
        return f"{entry.text.rstrip('.')},"
    act = _ACTS.get(entry.action, entry.action.replace("_", " ").capitalize())
    if entry.action == "created" and entry.after.get("draft"):
        act = "Draft made"
    if entry.action == "renumbered":
        act = f"Renumbered from {entry.before.get('number')} to {entry.after.get('number')}"
    return f"{act} ({_aside(entry)})" if entry.text else act


def _aside(entry: AuditEntry) -> str:
    """A reason within brackets: no sentence of its own. What a person wrote keeps its capitals."""
    text = entry.text.rstrip(".")
    return text[:1].lower() + text[1:] if is_by_run(entry.actor) else text


def _changes(entry: AuditEntry, currency: str) -> str:
    told = []
    for name, after in entry.after.items():
        before = entry.before.get(name)
        label = _NAMES.get(name, name.replace("_", " "))
        if isinstance(after, dict) and isinstance(before, dict):
            told += _inside(before, after)
        elif isinstance(after, dict | list | bool) or isinstance(before, dict | list):
            told.append(label)
        else:
            told.append(f"{label} from {_value(name, before, currency)} to {_value(name, after, currency)}")
    return "; ".join(told)


def _inside(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Which free fields changed, and how."""
    names = [name for name in (before | after) if before.get(name) != after.get(name)]
    return [
        f"{_NAMES.get(name, name.replace('_', ' '))} from {_value(name, before.get(name), '')} to"
        f" {_value(name, after.get(name), '')}"
        for name in names
    ]


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

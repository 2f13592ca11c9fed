"""What a preview's page shows above its records: what would be sent, where it would be booked, and running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.blueprints.accounting_sync import words
from portal.models.connection import Book
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Act
from portal.queries.sync_records import Named
from portal.services import intacct_lists
from portal.sync import previews

_ACTS = {
    Act.CREATE: "Would be created in Intacct",
    Act.UPDATE: "Would be updated in Intacct",
    Act.APPLY: "Would be applied in Intacct",
    Act.REVERSE: "Would be reversed in Intacct",
    Act.DELETE: "Would be deleted in Intacct",
}
CSV_HEADER = (
    "record", "kind", "customer", "what would happen", "text", "amount", "currency", "line", "GL account", "location",
    "department", "other dimensions", "line amount", "memo",
)  # fmt: skip
_NAMED = ("glaccountno", "locationid", "departmentid", "amount", "memo", "line_num")


@dataclass(frozen=True)
class Sum:
    """One row: how many records of a kind an act would move, and how much."""

    act: str
    records: str
    count: int
    amount: Decimal | None
    currency: str


@dataclass(frozen=True)
class Booking:
    """One row: what would be booked to an account with these dimensions."""

    account: str
    location: str
    department: str
    amount: Decimal
    currency: str
    account_name: str


@dataclass(frozen=True)
class PreviewBox:
    """The whole of it. `may_run` says that "Run as shown" makes sense: it ended well and there is something to send."""

    sums: tuple[Sum, ...]
    bookings: tuple[Booking, ...]
    may_run: bool


def preview_box(run: Run) -> PreviewBox | None:
    """The box of a preview of the sync; None for every other run and while it works."""
    if run.kind != RunKind.PREVIEW or run.subject.get("of") != previews.SYNC or not RunState(run.state).ended:
        return None
    sums = tuple(_sum(entry) for entry in run.summary.get("sends", []))
    names = _account_names(run.book)
    bookings = tuple(_booking(entry, names) for entry in run.summary.get("booked", []))
    ended_well = run.state in (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)
    return PreviewBox(sums, bookings, may_run=ended_well and bool(sums))


def csv_rows(item: RunItem, record: Named | None) -> list[tuple[object, ...]]:
    """A record of a preview as rows of a table, one a line that would be booked."""
    details = item.details
    named = (record.number, record.kind, record.customer) if record else (f"{item.object} {item.key}".strip(), "", "")
    said = words.outcome(item.outcome, would=True).text
    head = (*named, said, item.text, details.get("amount", ""), details.get("currency", ""))
    lines: list[dict[str, str]] = details.get("lines") or []
    return [(*head, *_line(number, line)) for number, line in enumerate(lines, 1)] or [(*head, *[""] * 7)]


def _line(number: int, line: dict[str, str]) -> tuple[object, ...]:
    others = "; ".join(f"{name} {value}" for name, value in sorted(line.items()) if name not in _NAMED)
    return (
        number, line.get("glaccountno", ""), line.get("locationid", ""), line.get("departmentid", ""), others,
        line.get("amount", ""), line.get("memo", ""),
    )  # fmt: skip


def _sum(entry: dict[str, Any]) -> Sum:
    amount = Decimal(entry["amount"]) if entry["currency"] else None
    kind = words.record_word(entry["kind"]).lower()
    return Sum(_ACTS[Act(entry["act"])], kind, int(entry["count"]), amount, entry["currency"])


def _booking(entry: dict[str, Any], names: Mapping[str, str]) -> Booking:
    return Booking(
        entry["account"], entry["location"], entry["department"], Decimal(entry["amount"]), entry["currency"],
        names.get(entry["account"], ""),
    )  # fmt: skip


def _account_names(book: Book) -> dict[str, str]:
    """GL and bank accounts by their numbers, as Intacct's lists were last read."""
    known = intacct_lists.known(book)
    kinds = [known[kind] for kind in (intacct_lists.GL_ACCOUNTS, intacct_lists.BANK_ACCOUNTS) if kind in known]
    return {item["id"]: item["name"] for kind in kinds for item in kind.items}

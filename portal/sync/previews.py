"""What a preview kept: its sums, and what a run of exactly that may send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Posting, SyncRow
from portal.queries.runs import all_items
from portal.services.integration_settings import Choices
from portal.sync.context import RunContext
from portal.sync.shown import AsShown

SYNC = "sync"
"""What a preview of the accounting sync is `of`."""


def subject(records: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """What a preview is about: the whole sync, or these records ({"kind", "id"}) and what they stand on."""
    return {"of": SYNC} if records is None else {"of": SYNC, "records": records}


def subject_of(preview: Run) -> dict[str, Any]:
    """The subject of a sync that sends what `preview` showed. Raises InvalidInput for what is no preview of a sync,
    NotAllowedNow for one that did not end well."""
    if preview.kind != RunKind.PREVIEW or preview.subject.get("of") != SYNC:
        raise InvalidInput(f"Run {preview.id} is not a preview of a sync.", field="preview")
    if preview.state not in (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS):
        raise NotAllowedNow(f"Preview {preview.id} is {preview.state}: it does not show all. Nothing was sent.")
    return {"as_shown": preview.id}


UNSEEN = (
    "Auto-sync is on, and nobody has seen yet what the first sync would send. It begins within a minute. To look first,"
    " switch auto-sync off and preview the sync."
)
"""The warning for a company that syncs by itself before anything was sent or previewed."""


def warnings(choices: Choices, book_id: int) -> list[str]:
    """What people should know before the next sync runs by itself."""
    unseen = choices.auto_sync and not was_ever_posted(book_id) and not was_ever_previewed(book_id)
    return [UNSEEN] if unseen else []


def was_ever_previewed(book_id: int) -> bool:
    """Whether a preview of the book's sync ended well."""
    query = select(Run.id).where(
        Run.book_id == book_id, Run.kind == RunKind.PREVIEW,
        Run.state.in_((RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS)),
        Run.subject["of"].as_string() == SYNC,
    )  # fmt: skip
    return db.session.scalar(query.limit(1)) is not None


def was_ever_posted(book_id: int) -> bool:
    """Whether anything was ever sent for the book."""
    query = select(Posting.id).join(SyncRow, SyncRow.id == Posting.sync_row_id).where(SyncRow.book_id == book_id)
    return db.session.scalar(query.limit(1)) is not None


def load(run: Run) -> AsShown | None:
    """What the run may send when it is to send what a preview showed; None for every other run."""
    preview_id = run.subject.get("as_shown")
    if not preview_id:
        return None
    shown = {
        (item.sync_row_id, item.details["act"]): item.details["fingerprint"]
        for item in _would_send(int(preview_id))
        if item.sync_row_id is not None
    }
    return AsShown(int(preview_id), shown)


def note_unsent(ctx: RunContext, as_shown: AsShown) -> None:
    """Say which records that the preview showed this run did not come to send: they changed since. Flushes."""
    touched = select(RunItem.sync_row_id).where(RunItem.run_id == ctx.run_id, RunItem.sync_row_id.is_not(None))
    known = set(db.session.scalars(touched))
    unsent = sorted({row_id for row_id, _ in as_shown.fingerprints} - known)
    for row_id in unsent:
        ctx.item(
            "left", f"Preview {as_shown.preview_id} showed it, but it changed since and there is nothing to send now.",
            row_id=row_id,
        )  # fmt: skip
    if unsent:
        ctx.warnings.append(
            f"{len(unsent)} of the records that preview {as_shown.preview_id} showed changed since and were not sent."
        )
    db.session.flush()


def summary(run_id: int) -> dict[str, Any]:
    """What the preview would send, summed up: by act and kind, and by where it would be booked. Amounts are text."""
    counts: Counter[tuple[str, str, str]] = Counter()
    sums: Counter[tuple[str, str, str]] = Counter()
    booked: Counter[tuple[str, ...]] = Counter()
    for item in _would_send(run_id):
        place = (item.details["act"], item.details["kind"], item.details["currency"])
        counts[place] += 1
        sums[place] += Decimal(item.details["amount"])  # type: ignore[assignment]
        for account, amount in _bookings(item.details):
            booked[(*account, item.details["currency"])] += amount  # type: ignore[assignment]
    return {
        "sends": [
            {"act": act, "kind": kind, "currency": currency, "count": counts[act, kind, currency],
             "amount": str(sums[act, kind, currency])}
            for act, kind, currency in sorted(counts)
        ],
        "booked": [
            {"account": account, "location": location, "department": department, "currency": currency,
             "amount": str(booked[account, location, department, currency])}
            for account, location, department, currency in sorted(booked)
        ],
    }  # fmt: skip


def _bookings(details: dict[str, Any]) -> Iterator[tuple[tuple[str, str, str], Decimal]]:
    """((account, location, department), amount) of each line, and of a payment's deposit."""
    for line in details["lines"]:
        place = (line.get("glaccountno", ""), line.get("locationid", ""), line.get("departmentid", ""))
        yield place, Decimal(line.get("amount", "0"))
    deposit = details["deposit"]
    account = deposit.get("FINANCIALENTITY") or deposit.get("UNDEPOSITEDACCOUNTNO")
    if account:
        yield (account, "", ""), Decimal(details["amount"])


def _would_send(run_id: int) -> Iterator[RunItem]:
    run = db.session.get_one(Run, run_id)
    return (item for item in all_items(run) if "fingerprint" in item.details)

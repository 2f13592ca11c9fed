"""Why a run did not sync a document: what the run did with it, how it stands now, and the rule in words."""

from __future__ import annotations

from dataclasses import dataclass

from portal.blueprints import run_words
from portal.blueprints.access import current_company
from portal.blueprints.accounting_sync import words
from portal.models.base import Origin
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import Hold, Kind, SyncRow
from portal.queries import explain, runs
from portal.queries.sync_records import Named, made_at, of_kind, row_of
from portal.queries.sync_states import State, SyncState, states
from portal.services import integration_settings
from portal.services.integration_settings import Choices
from portal.sync import subjects

_SWITCHES = {
    Kind.INVOICE: ("write_invoices", "Invoices"),
    Kind.PAYMENT: ("write_payments", "Payments"),
    Kind.CREDIT_NOTE: ("write_credit_notes", "Credit notes"),
}


@dataclass(frozen=True)
class Why:
    """One document with the asked number: `happened` in this run, and the rule that explains it."""

    record: Named
    state: SyncState
    happened: list[RunItem]
    rule: str


def whys(run: Run, number: str) -> list[Why]:
    """The answer for each document of the company with this number; none where it has none."""
    company = current_company()
    found = []
    for one in explain.find(company, number):
        row = row_of(company, one.kind, one.record_id)
        state = states(company, one.kind, [one.record_id])[one.record_id]
        record = of_kind(one.kind, [one.record_id])[one.record_id]
        happened = runs.items_of_row(run, row.id) if row is not None else []
        found.append(Why(record, state, happened, _rule(run, row, state, happened)))
    return found


def _rule(run: Run, row: SyncRow | None, state: SyncState, happened: list[RunItem]) -> str:
    if happened:
        return f"{words.outcome(happened[-1].outcome).text} in this run. {happened[-1].text}".strip()
    if row is None or row.book_id != run.book_id:
        return "This run worked on another Intacct book; the document has no place in it."
    only = subjects.rows(run)
    if only is not None and row.id not in only:
        return "This run was asked for other records only."
    made = made_at(row)
    if made is not None and run.ended_at is not None and made > run.ended_at:
        return "It was made after this run had ended. The next sync is the first one that takes it."
    chosen = integration_settings.load(current_company().id)
    return next((text for holds, text in _rules(row, state, chosen) if holds), _otherwise(run, state))


def _rules(row: SyncRow, state: SyncState, chosen: Choices) -> list[tuple[bool, str]]:
    """The first that holds explains it: decisions of people first, then what the record is, then how it stands."""
    key, name = _SWITCHES.get(Kind(row.kind), ("", ""))
    why = row.hold_reason.rstrip(".")
    return [
        (row.hold == Hold.SKIPPED, f"Somebody skipped it: {why}. It stays out of every sync until it is taken back."),
        (
            row.hold == Hold.BEFORE_START,
            f"It is {why}. Documents dated before the start of the sync are left alone, and so is money on them.",
        ),
        (row.hold == Hold.FORMER_BOOK, f"{why}. Records of a former Intacct book are sent to no other one."),
        (row.hold == Hold.LEFT, f"It is left alone on purpose: {why}."),
        (
            row.origin == Origin.INTACCT,
            "It came from Intacct. What was imported is read from there and never written back, also when it was"
            " changed here.",
        ),
        (state.state == State.PROBLEM, f"It has an open problem and is tried again later: {state.reason}"),
        (state.state in (State.UNKNOWN, State.WAITING), f"It waits: {state.reason}"),
        (state.state == State.EXCLUDED, state.reason),
        (
            bool(key) and not getattr(chosen, key),
            f"{name} are not sent to Intacct: the settings have that direction switched off.",
        ),
        (
            state.state == State.SYNCED,
            "It is unchanged since it was last synced, and Intacct has it as it is here. Only what changed is written.",
        ),
    ]


def _otherwise(run: Run, state: SyncState) -> str:
    if run.kind in (RunKind.SETTLE, RunKind.SWEEP, RunKind.TIE_OUT):
        return f"Runs of this kind send no new records ({run_words.KINDS[RunKind(run.kind)].lower()})."
    if run.error:
        return f"This run ended early, before it came to it: {run.error}"
    return state.reason or "This run did not come to it."

"""What the tie-out's page says of a cause, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from portal.blueprints.access import may_open
from portal.blueprints.accounting_sync.boxes import record_url
from portal.models.tie_out import Cause, TieOutDocument

CAUSES: dict[str, tuple[str, str, str]] = {
    Cause.NOT_SYNCED: ("Not yet synced", "Goes with the next sync", "wait"),
    Cause.WAITING: ("Waiting", "Goes by itself when what it waits for is there", "wait"),
    Cause.UNKNOWN: ("Unknown outcome", "The portal looks again; nothing is sent twice", "odd"),
    Cause.PROBLEM: ("Problem", "Refused, until its cause is mended", "bad"),
    Cause.SKIPPED: ("Skipped or left alone", "Left out of the sync on purpose", "off"),
    Cause.BEFORE_START: ("Dated before the start", "Left alone on purpose", "off"),
    Cause.CREDIT_WITHHELD: ("Settled by a credit", "Kept on one side on purpose", "off"),
    Cause.CHANGED_HERE: ("Changed here", "Goes with the next sync", "wait"),
    Cause.CHANGED_THERE: ("Changed in Intacct", "Is read by the next sync", "wait"),
    Cause.GONE_THERE: ("Reversed or deleted in Intacct", "Decide what becomes of it here", "warn"),
    Cause.NOT_OURS: ("Typed in Intacct", "Not ours: import it, or leave it", "off"),
    Cause.OVERPAYMENT: ("Overpayment or advance", "Money in Intacct on no invoice of ours yet", "off"),
    Cause.CURRENCY: ("Currency or rounding", "The same document, in other units", "off"),
    Cause.OTHER_DATE: ("Dated differently", "In balance again after the later date", "off"),
    Cause.UNEXPLAINED: ("Unexplained", "Nothing that the portal knows accounts for it", "bad"),
}
"""Each cause: its name, what becomes of it, its colour."""


@dataclass(frozen=True)
class Action:
    """What can be done about a document that differs; `posts` says that it changes something."""

    label: str
    url: str
    posts: bool = False


def cause_name(cause: str) -> str:
    """What a cause is called."""
    return CAUSES[cause][0] if cause in CAUSES else cause


def cause_hint(cause: str) -> str:
    """What becomes of documents with this cause."""
    return CAUSES[cause][1] if cause in CAUSES else ""


def cause_tone(cause: str) -> str:
    """The colour of a cause's state."""
    return CAUSES[cause][2] if cause in CAUSES else ""


def action_of(row: TieOutDocument) -> Action | None:
    """The one thing to do about a document; None where only Intacct or time can do it."""
    if row.problem_id is not None:
        return Action("Work on it", url_for("accounting_sync.show_problem", problem_id=row.problem_id))
    if row.cause in _SYNCED_AWAY and row.record_id is not None:
        url = url_for("accounting_sync.sync_record", kind=row.kind, record_id=row.record_id)
        return Action(_SYNCED_AWAY[row.cause], url, posts=True)
    if row.cause == Cause.SKIPPED and row.record_id is not None:
        url = url_for("accounting_sync.unskip_record", kind=row.kind, record_id=row.record_id)
        return Action("Take back into the sync", url, posts=True)
    if row.cause in _SETTINGS:
        return _link("See the setting", "settings.show_intacct", anchor=_SETTINGS[row.cause])
    if row.cause == Cause.NOT_OURS and row.kind == "invoice":
        return _link("Import invoices", "imports.import_invoices")
    if row.cause == Cause.UNEXPLAINED and row.record_id is not None:
        return Action("Explain it", url_for("accounting_sync.explain_document", kind=row.kind, record_id=row.record_id))
    return None


_SYNCED_AWAY: dict[str, str] = {
    Cause.NOT_SYNCED: "Sync it",
    Cause.WAITING: "Try it now",
    Cause.UNKNOWN: "Look now",
    Cause.CHANGED_HERE: "Sync it",
    Cause.CHANGED_THERE: "Read it now",
    Cause.GONE_THERE: "Read it now",
}
_SETTINGS: dict[str, str] = {Cause.BEFORE_START: "sync_from", Cause.CREDIT_WITHHELD: "sync_full_credits"}


def _link(label: str, endpoint: str, anchor: str = "") -> Action | None:
    return Action(label, url_for(endpoint, _anchor=anchor or None)) if may_open(endpoint) else None


def document_url(row: TieOutDocument) -> str:
    """The page of our document; empty for one that only Intacct has."""
    return record_url(row.kind, row.record_id) if row.record_id is not None else ""

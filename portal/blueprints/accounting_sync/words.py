"""What runs, their steps and what they did are called on pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from portal.blueprints.rendering import plural
from portal.blueprints.run_words import Said, kind_of
from portal.models.run import Run, RunKind
from portal.queries.sync_records import Named, of_kind

TRIGGERS = {"open postings": "by itself"}

RECORD_WORDS = {"customer": "Customer", "invoice": "Invoice", "payment": "Payment", "credit_note": "Credit note"}


OUTCOMES = {
    "created": Said("good", "check2", "Created there"),
    "updated": Said("good", "check2", "Updated there"),
    "applied": Said("good", "check2", "Applied there"),
    "reversed": Said("good", "arrow-counterclockwise", "Reversed there"),
    "deleted": Said("good", "arrow-counterclockwise", "Deleted there"),
    "unlinked": Said("off", "arrow-counterclockwise", "Was taken back there"),
    "linked": Said("good", "link-45deg", "Linked"),
    "received": Said("good", "box-arrow-in-down", "Came from Intacct"),
    "changed": Said("good", "box-arrow-in-down", "Changed as in Intacct"),
    "voided": Said("good", "box-arrow-in-down", "Voided as in Intacct"),
    "problem": Said("bad", "exclamation-triangle-fill", "Problem"),
    "waiting": Said("wait", "hourglass-split", "Waiting"),
    "unknown": Said("odd", "question-circle-fill", "Unknown"),
    "not_sent": Said("wait", "hourglass-split", "Not sent"),
    "left": Said("off", "dash-circle", "Left alone"),
}
TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "All", ()),
    ("created", "Created there", ("created",)),
    ("updated", "Updated there", ("updated", "applied")),
    ("taken_back", "Taken back", ("reversed", "deleted", "unlinked")),
    ("linked", "Linked", ("linked",)),
    ("received", "Came from Intacct", ("received", "changed", "voided")),
    ("problems", "Problems", ("problem",)),
    ("waiting", "Waiting", ("waiting", "not_sent", "unknown", "left")),
)
_WOULD_LABELS = {
    "created": "To create there", "updated": "To update there", "taken_back": "To take back", "linked": "To link",
    "received": "To come from Intacct", "waiting": "To wait",
}  # fmt: skip
WOULD_TABS = tuple((name, _WOULD_LABELS.get(name, label), wanted) for name, label, wanted in TABS)


WOULD = {
    "created": "Would be created there",
    "updated": "Would be updated there",
    "applied": "Would be applied there",
    "reversed": "Would be reversed there",
    "deleted": "Would be deleted there",
    "linked": "Would be linked",
    "received": "Would come from Intacct",
    "changed": "Would change as in Intacct",
    "voided": "Would be voided as in Intacct",
    "waiting": "Would wait",
    "left": "Would be left alone",
}
"""What a preview says where a run says what happened."""


def outcome(name: str, *, would: bool = False) -> Said:
    """What happened to a record; in a preview, what would."""
    if would and name in WOULD:
        return replace(OUTCOMES[name], text=WOULD[name])
    return OUTCOMES.get(name) or Said("", "circle", name.replace("_", " ").capitalize())


def record_word(kind: str) -> str:
    """Invoice, payment ... as the first word of a line."""
    return RECORD_WORDS.get(kind, kind.replace("_", " ").capitalize())


def trigger(run: Run) -> str:
    """Who or what started the run."""
    return TRIGGERS.get(run.trigger, run.trigger)


def kinds_of(found: Collection[Run]) -> dict[int, str]:
    """What each run is, by its id: "Sync", or the record that it was about."""
    names = _subjects(found)
    return {run.id: _kind(run, names) for run in found}


def counted(counts: Mapping[str, int], one: Mapping[str, str]) -> str:
    """Figures above zero in words: {"invoices": "invoice"} makes "2 invoices"; parts are joined by commas."""
    return ", ".join(plural(counts[name], word) for name, word in one.items() if counts.get(name))


def _kind(run: Run, names: Mapping[tuple[str, int], Named]) -> str:
    if run.kind != RunKind.RECORD:
        return kind_of(run)
    records = run.subject.get("records", [])
    if len(records) != 1:
        return plural(len(records), "record")
    kind, record_id = str(records[0]["kind"]), int(records[0]["id"])
    name = names.get((kind, record_id))
    return f"{record_word(kind)} {name.number if name else ''}".strip()


def _subjects(found: Collection[Run]) -> dict[tuple[str, int], Named]:
    wanted: dict[str, set[int]] = {}
    for run in found:
        records = run.subject.get("records", []) if run.kind == RunKind.RECORD else []
        if len(records) == 1:
            wanted.setdefault(str(records[0]["kind"]), set()).add(int(records[0]["id"]))
    return {(kind, id_): name for kind, ids in wanted.items() for id_, name in of_kind(kind, ids).items()}

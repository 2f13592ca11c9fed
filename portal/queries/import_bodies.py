"""What an import did, as commands and the API tell it."""

from __future__ import annotations

from typing import Any

from portal.models.run import Run, RunItem, RunKind
from portal.queries import imports

FAILURES_TOLD = 1000
_ACTS = ("created", "updated", "linked", "unchanged", "failed", "not_in_ar")


def figures_body(run: Run) -> dict[str, Any]:
    """What was imported, by which options, and counts by object; those of a preview say what would happen.

    `unchanged` and `failed_count` are of the records that the import is about.
    """
    found = imports.figures(run)
    acts = {act: imports.by_object(run, act) for act in _ACTS if act != "unchanged"}
    money = {name: int(run.counts.get(f"{name}.payments", 0)) for name in ("received", "opening")}
    return {
        "type": f"{imports.noun(run)}s",
        "preview": run.kind == RunKind.PREVIEW,
        "options": dict(run.subject.get("options", {})),
        **acts,
        "unchanged": found.unchanged,
        "failed_count": found.failed,
        "payments": money,
        "ambiguous": imports.count_ambiguous(run),
    }


def failures_body(run: Run) -> list[dict[str, Any]]:
    """The records that could not be imported: where they stand in Intacct, why, and their values there."""
    return [_failure(item) for item in imports.failures(run.id, FAILURES_TOLD)]


def _failure(item: RunItem) -> dict[str, Any]:
    details = item.details
    return {
        "object": item.object, "key": item.key, "code": details.get("code", ""), "message": item.text,
        "raw": details.get("raw", {}),
    }  # fmt: skip

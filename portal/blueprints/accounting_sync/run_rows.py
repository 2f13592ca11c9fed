"""Runs as rows of a table: what each was, how it ended and why; those with nothing to do fold into one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from portal.blueprints import run_words
from portal.blueprints.accounting_sync import words
from portal.blueprints.rendering import plural
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.sync import Problem
from portal.problems.catalogue import GENERAL, guide_for
from portal.queries import imports, problems, runs
from portal.queries.sync_records import Named, named


@dataclass(frozen=True)
class RunRow:
    """What a table says of a run."""

    run: Run
    kind: str
    state: run_words.Said
    trigger: str
    why: str
    read: int
    written: int
    problems: int
    took: str


@dataclass(frozen=True)
class Fold:
    """Runs with nothing to do, one after the other."""

    count: int
    first: datetime
    last: datetime
    after: int
    """The id behind the newest of them: the list of all runs begins there."""


def folded(found: Sequence[Run]) -> list[Run | Fold]:
    """The runs, newest first, with each stretch of two or more that did nothing made one entry.

    The newest one stays visible even when it did nothing: when it last ran is the first question.
    """
    entries: list[Run | Fold] = [*found[:1]]
    for quiet, group in groupby(found[1:], key=_is_quiet):
        stretch = list(group)
        entries += _fold(stretch) if quiet else stretch
    return entries


def is_fold(entry: Run | Fold) -> bool:
    """Whether the entry stands for several runs."""
    return isinstance(entry, Fold)


def rows_of(found: Sequence[Run]) -> dict[int, RunRow]:
    """The rows of these runs, by id."""
    kinds = words.kinds_of(found)
    first = runs.first_problems([run.id for run in found if run.counts.get("problems")])
    why = _first_reasons(first)
    return {run.id: _row(run, kinds[run.id], why.get(run.id, "")) for run in found}


def _row(run: Run, kind: str, problem: str) -> RunRow:
    figures = runs.figures(run.counts)
    written = sum(figures.written.values())
    would = f"{plural(written, 'record')} would be sent" if run.kind == RunKind.PREVIEW and written else ""
    return RunRow(
        run=run,
        kind=kind,
        state=run_words.run_state(run),
        trigger=words.trigger(run),
        why=run.error or problem or would or (run.warnings[0] if run.warnings else ""),
        read=_read(run, figures),
        written=0 if run.kind == RunKind.PREVIEW else written,
        problems=figures.problems,
        took=run_words.took(run),
    )


def _read(run: Run, figures: runs.Figures) -> int:
    if imports.what(run) is not None:
        return imports.figures(run).read
    return sum(count for name, count in figures.read.items() if name != "not_ours")


def _first_reasons(items: dict[int, RunItem]) -> dict[int, str]:
    """INV-02209: the title of its guide, where the problem is still known; else the item's own words."""
    records = named(runs.rows_of(list(items.values())))
    met = problems.of_items(list(items.values()))
    return {
        run_id: _reason(item, records.get(item.sync_row_id or 0), met.get(item.id)) for run_id, item in items.items()
    }


def _reason(item: RunItem, record: Named | None, problem: Problem | None) -> str:
    guide = guide_for(problem.guide, problem.code) if problem is not None and problem.text == item.text else None
    said = guide.title if guide is not None and guide.slug != GENERAL else item.text
    return f"{record.number}: {said}" if record is not None and record.number not in said else said


def _is_quiet(run: Run) -> bool:
    ended_well = run.state == RunState.FINISHED and run.kind in (RunKind.SYNC, RunKind.SETTLE)
    return ended_well and not run.warnings and runs.figures(run.counts).did_nothing


def _fold(quiet: Sequence[Run]) -> list[Run | Fold]:
    if len(quiet) < 2:
        return list(quiet)
    newest, oldest = quiet[0], quiet[-1]
    return [Fold(len(quiet), oldest.created_at, newest.created_at, newest.id + 1)]

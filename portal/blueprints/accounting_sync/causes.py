"""Open problems grouped by cause, and what people may decide about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for

from portal.blueprints.access import may_open
from portal.models.sync import Kind, Problem
from portal.problems.catalogue import guide_for
from portal.problems.guide import Guide
from portal.queries.sync_records import Named, named
from portal.sync import choices

Sums = list[tuple[str, Decimal]]

_COMPARED = (
    ("number", "Number"),
    ("name", "Name"),
    ("customer_id", "Customer"),
    ("date", "Date"),
    ("due_date", "Due date"),
    ("total", "Total"),
    ("due", "Still due"),
    ("state", "State"),
)


@dataclass(frozen=True)
class Choice:
    """A choice as a form: `targets` are the records there among which `to` is chosen; without any it is typed."""

    name: str
    label: str
    hint: str
    needs: str
    targets: list[tuple[str, str]]


@dataclass(frozen=True)
class ProblemShown:
    """A problem as pages show it, with its record, both versions where they are known, and Intacct's own words."""

    problem: Problem
    guide: Guide
    record: Named | None
    choices: list[Choice]
    versions: list[tuple[str, str, str]]
    own_words: list[str]

    @property
    def number(self) -> str:
        """The record's number; Intacct's key where only Intacct has it."""
        return self.record.number if self.record else f"{self.problem.object} {self.problem.key}"

    @property
    def kind(self) -> str:
        """The kind of record, "record" where it is only in Intacct."""
        return self.record.kind if self.record else "record"


@dataclass(frozen=True)
class Cause:
    """Open problems with one guide: their records, and the money of their documents by currency."""

    guide: Guide
    shown: list[ProblemShown]
    sums: Sums

    @property
    def kinds(self) -> dict[str, int]:
        """How many records of each kind."""
        counts: dict[str, int] = {}
        for entry in self.shown:
            counts[entry.kind] = counts.get(entry.kind, 0) + 1
        return counts

    @property
    def own_words(self) -> list[str]:
        """Intacct's own words, each once."""
        return list(dict.fromkeys(word for entry in self.shown for word in entry.own_words))

    @property
    def can_retry(self) -> bool:
        """Whether any of them is a record of ours."""
        return any(entry.problem.sync_row_id for entry in self.shown)


def causes_of(found: Sequence[Problem]) -> list[Cause]:
    """Problems grouped by their guide, most money first, then most records."""
    groups: dict[str, list[ProblemShown]] = {}
    for entry in shown(found):
        groups.setdefault(entry.guide.slug, []).append(entry)
    causes = [Cause(group[0].guide, group, _sums(group)) for group in groups.values()]
    return sorted(causes, key=lambda cause: (-sum(total for _, total in cause.sums), -len(cause.shown)))


def added_up(causes: Sequence[Cause]) -> Sums:
    """The money of all causes, by currency."""
    return _added([pair for cause in causes for pair in cause.sums])


def shown(found: Sequence[Problem]) -> list[ProblemShown]:
    """Problems as pages show them."""
    records = named([problem.row for problem in found if problem.row is not None])
    return [_shown(problem, records.get(problem.sync_row_id or 0)) for problem in found]


def setting_url(guide: Guide) -> str:
    """Where the setting that the guide names is chosen; "" for none."""
    if not guide.setting or not may_open("settings.show_intacct"):
        return ""
    return url_for("settings.show_intacct", _anchor=None if guide.setting == "connection" else guide.setting)


def _shown(problem: Problem, record: Named | None) -> ProblemShown:
    return ProblemShown(
        problem=problem,
        guide=guide_for(problem.guide, problem.code),
        record=record,
        choices=[made for option in choices.options(problem) if (made := _choice(problem, option)) is not None],
        versions=_versions(problem.details),
        own_words=_own_words(problem.details),
    )


def _choice(problem: Problem, option: choices.Option) -> Choice | None:
    """The choice with its targets; None for a link to a document when none was seen to link to."""
    targets = _targets(problem) if option.needs == "key" else []
    is_customer = problem.row is not None and problem.row.kind == Kind.CUSTOMER
    if option.needs == "key" and not targets and not is_customer:
        return None
    return Choice(option.name, option.label, option.hint, option.needs, targets)


def _targets(problem: Problem) -> list[tuple[str, str]]:
    details = problem.details
    found = [
        (str(entry["customer_id"]), f"{entry['customer_id']} {entry['name']}{'' if entry['active'] else ' (inactive)'}")
        for entry in details.get("candidates") or []
        if not entry.get("taken")
    ]
    for name in ("there", "near"):
        seen = details.get(name) or {}
        if seen.get("key"):
            facts = (seen.get("number"), seen.get("customer_id"), seen.get("date"), seen.get("total"))
            found.append((str(seen["key"]), ", ".join(str(fact) for fact in facts if fact)))
    return found


def _versions(details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(fact, here, there) for every fact that either side of the problem names."""
    here, there = details.get("here") or {}, details.get("there") or details.get("near") or {}
    rows = [(label, str(here.get(name) or ""), str(there.get(name) or "")) for name, label in _COMPARED]
    return [row for row in rows if row[1] or row[2]]


def _own_words(details: Mapping[str, Any]) -> list[str]:
    intacct = details.get("intacct") or {}
    messages = intacct.get("messages") or []
    lines = [f"{message.get('errorno', '')} {message.get('text', '')}".strip() for message in messages]
    return [line for line in lines if line] or [line for line in [str(intacct.get("text") or "")] if line]


def _sums(group: Sequence[ProblemShown]) -> Sums:
    records = [entry.record for entry in group if entry.record is not None]
    return _added([(record.currency, record.amount) for record in records if record.amount is not None])


def _added(pairs: Sequence[tuple[str, Decimal]]) -> Sums:
    sums: dict[str, Decimal] = {}
    for currency, amount in pairs:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sorted(sums.items())

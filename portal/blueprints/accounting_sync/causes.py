"""Open problems grouped by cause, and what people may decide about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import url_for

from portal.blueprints.access import current_company, may_open
from portal.blueprints.rendering import amount, day
from portal.models.sync import Kind, Problem
from portal.problems.catalogue import guide_for
from portal.problems.guide import Guide
from portal.queries import problems as queries
from portal.queries.problem_history import note_counts
from portal.queries.sync_records import Named, named
from portal.sync import links
from portal.sync.choice_options import LINK, Option, options

SHOWN_OF_A_CAUSE = 8

Sums = list[tuple[str, Decimal]]

_COMPARED = (
    ("number", "Number"),
    ("customer", "Customer"),
    ("date", "Date"),
    ("due_date", "Due date"),
    ("total", "Total"),
)


@dataclass(frozen=True)
class Choice:
    """A choice as a form: `targets` are the records there among which `to` is chosen; without any it is typed.
    `despite` names facts that differ there, which whoever chooses has to have seen."""

    name: str
    label: str
    hint: str
    needs: str
    targets: list[tuple[str, str]]
    despite: str = ""


@dataclass(frozen=True)
class ProblemShown:
    """A problem as pages show it, with its record, both versions where they are known, and Intacct's own words."""

    problem: Problem
    guide: Guide
    record: Named | None
    choices: list[Choice]
    versions: list[tuple[str, str, str]]
    own_words: list[str]
    noted: int
    """How many notes people wrote about it."""
    sums: Sums
    """The money of the document; of a customer that of the invoices which wait for it."""

    @property
    def number(self) -> str:
        """The record's number; Intacct's key where only Intacct has it."""
        return self.record.number if self.record else f"{self.problem.object} {self.problem.key}"

    @property
    def there(self) -> tuple[str, str, str]:
        """(object, key, number) of the record in Intacct: the linked one, else the one that the look saw."""
        row = self.problem.row
        if row is None or row.key:
            return (row.object, row.key, row.number_there) if row else (self.problem.object, self.problem.key, "")
        seen = _seen_there(self.problem)
        return links.OBJECTS[Kind(row.kind)], str(seen.get("key", "")), str(seen.get("number", ""))

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
    def first(self) -> list[ProblemShown]:
        """The records that the inbox shows; the rest is on the cause's own page."""
        return self.shown[:SHOWN_OF_A_CAUSE]

    @property
    def same_words(self) -> str:
        """What is said of each record, where it is the same but for its number; "" where it differs."""
        said = {entry.problem.text.replace(entry.number, "...") for entry in self.shown}
        return self.shown[0].problem.text if len(said) == 1 else ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be compared or decided about its records, so that a row says all of each."""
        return not any(entry.versions or [c for c in entry.choices if c.name != "skip"] for entry in self.shown)

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
    company = current_company()
    customers = [record.record_id for record in records.values() if record.kind == Kind.CUSTOMER]
    behind = queries.held_behind(company, customers)
    names = queries.names_there(company, {_seen_there(problem).get("customer_id", "") for problem in found} - {""})
    noted = note_counts([problem.id for problem in found])
    return [
        _shown(problem, records.get(problem.sync_row_id or 0), behind, names, noted.get(problem.id, 0))
        for problem in found
    ]


def setting_url(guide: Guide) -> str:
    """Where the setting that the guide names is chosen; "" for none."""
    if not guide.setting or not may_open("settings.show_intacct"):
        return ""
    return url_for("settings.show_intacct", _anchor=None if guide.setting == "connection" else guide.setting)


def _shown(
    problem: Problem, record: Named | None, behind: Mapping[int, Sums], names: Mapping[str, str], noted: int
) -> ProblemShown:
    offered = options(problem) if problem.closed_at is None else ()
    versions = _versions(problem, record, names)
    return ProblemShown(
        problem=problem,
        guide=guide_for(problem.guide, problem.code),
        record=record,
        choices=[made for option in offered if (made := _choice(problem, option, versions)) is not None],
        versions=versions,
        own_words=_own_words(problem.details),
        noted=noted,
        sums=_money(record, behind),
    )


def _money(record: Named | None, behind: Mapping[int, Sums]) -> Sums:
    if record is None:
        return []
    return [(record.currency, record.amount)] if record.amount is not None else list(behind.get(record.record_id, []))


def _choice(problem: Problem, option: Option, versions: Sequence[tuple[str, str, str]]) -> Choice | None:
    """The choice with its targets; None for a link to a document when none was seen to link to."""
    targets = _targets(problem) if option.needs == "key" else []
    if option.needs == "customer":
        targets = [(one["number"], f"{one['number']} {one['name']}") for one in problem.details["candidates"]]
    is_customer = problem.row is not None and problem.row.kind == Kind.CUSTOMER
    if option.needs == "key" and not targets and not is_customer:
        return None
    despite = _differing(versions) if option is LINK and not is_customer else ""
    return Choice(option.name, option.label, option.hint, option.needs, targets, despite)


def _differing(versions: Sequence[tuple[str, str, str]]) -> str:
    """Which facts are others on the two sides: "date and total"."""
    names = [label.lower() for label, here, there in versions if here != there]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _targets(problem: Problem) -> list[tuple[str, str]]:
    details = problem.details
    found = [
        (str(entry["customer_id"]), f"{entry['customer_id']} {entry['name']}{'' if entry['active'] else ' (inactive)'}")
        for entry in details.get("candidates") or []
        if not entry.get("taken")
    ]
    seen = _seen_there(problem)
    if seen.get("key"):
        found.append((str(seen["key"]), f"record {seen['key']} in Intacct"))
    return found


def _seen_there(problem: Problem) -> Mapping[str, Any]:
    """The record in Intacct, as the look that found the problem saw it; empty where it saw none."""
    return problem.details.get("there") or problem.details.get("near") or {}


def _versions(problem: Problem, record: Named | None, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(fact, here, there) where a look saw the record in Intacct."""
    there = dict(_seen_there(problem))
    if not there or record is None:
        return []
    id_there = str(there.get("customer_id", ""))
    name_there = names.get(id_there, "")
    # The name alone where it is the same: its ID beside it would read as a difference.
    same = name_there.casefold() == record.customer.casefold()
    there["customer"] = record.customer if same else f"{name_there} ({id_there})".strip() if id_there else ""
    here = {
        "number": record.number, "customer": record.customer, "date": record.date, "due_date": record.due_date,
        "total": record.amount,
    } | (problem.details.get("here") or {})  # fmt: skip
    rows = [
        (label, _fact(name, here.get(name), record.currency), _fact(name, there.get(name), record.currency))
        for name, label in _COMPARED
    ]
    return [row for row in rows if row[1] and row[2]]


def _fact(name: str, value: Any, currency: str) -> str:
    if value in (None, ""):
        return ""
    try:
        if name == "total":
            return amount(Decimal(str(value)), currency)
        return day(date.fromisoformat(str(value))) if name.endswith("date") else str(value)
    except (ValueError, InvalidOperation):
        return str(value)


def _own_words(details: Mapping[str, Any]) -> list[str]:
    intacct = details.get("intacct") or {}
    messages = intacct.get("messages") or []
    lines = [f"{message.get('errorno', '')} {message.get('text', '')}".strip() for message in messages]
    return [line for line in lines if line] or [line for line in [str(intacct.get("text") or "")] if line]


def _sums(group: Sequence[ProblemShown]) -> Sums:
    return _added([pair for entry in group for pair in entry.sums])


def _added(pairs: Sequence[tuple[str, Decimal]]) -> Sums:
    sums: dict[str, Decimal] = {}
    for currency, money in pairs:
        sums[currency] = sums.get(currency, Decimal(0)) + money
    return sorted(sums.items())

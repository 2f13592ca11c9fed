"""Asking for an import or its preview: the options checked, the run queued. A double click makes one run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.connection import Book, Connection
from portal.models.run import Run, RunKind, RunState
from portal.models.types import utcnow
from portal.services import intacct_lists
from portal.sync import runs

KINDS = (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)
DOUBLE_CLICK = timedelta(seconds=10)
MOST_TYPES = 50


@dataclass(frozen=True)
class InvoiceOptions:
    """What an import of invoices is asked for: document types by name, and which of their documents."""

    document_types: tuple[str, ...]
    open_only: bool = True
    dated_from: dt.date | None = None
    dated_to: dt.date | None = None
    with_pdf: bool = False

    @classmethod
    def read(cls, book: Book, values: Mapping[str, Any]) -> InvoiceOptions:
        """The options from plain values (dates as ISO text). Raises InvalidInput with every fault at its option."""
        faults: list[InvalidInput] = []
        types = _types(book, values.get("document_types"), faults)
        dated_from = _day("dated_from", values.get("dated_from"), faults)
        dated_to = _day("dated_to", values.get("dated_to"), faults)
        switches = {name: _switch(name, values, default, faults) for name, default in _SWITCHES}
        for name in set(values) - {"document_types", "dated_from", "dated_to", *switches}:
            faults.append(InvalidInput(f"There is no option {name}.", field=name, code="unknown_key"))
        if dated_from and dated_to and dated_to < dated_from:
            faults.append(InvalidInput("The last day lies before the first one.", field="dated_to"))
        if faults:
            first, *more = faults
            raise InvalidInput(first.message, field=first.field, code=first.code, more=tuple(more))
        return cls(types, dated_from=dated_from, dated_to=dated_to, **switches)

    def plain(self) -> dict[str, Any]:
        """As the run's row keeps it."""
        values = asdict(self)
        for name in ("dated_from", "dated_to"):
            values[name] = values[name].isoformat() if values[name] else None
        return {**values, "document_types": list(self.document_types)}

    @classmethod
    def of(cls, run_subject: Mapping[str, Any]) -> InvoiceOptions:
        """The options of a run."""
        values = dict(run_subject.get("options") or {})
        for name in ("dated_from", "dated_to"):
            values[name] = dt.date.fromisoformat(values[name]) if values.get(name) else None
        return cls(**{**values, "document_types": tuple(values.get("document_types", ()))})


_SWITCHES = (("open_only", True), ("with_pdf", False))


def ask(
    book: Book, kind: RunKind, options: Mapping[str, Any], *, trigger: str, user_id: int | None = None
) -> Run:  # fmt: skip
    """A queued run of this import: a new one, or the one that was asked for in the same way a moment ago.

    Raises InvalidInput for options that are none, NotAllowedNow without a connection. Flushes.
    """
    return _ask(book, kind, subject(book, kind, options), trigger, user_id)


def ask_preview(
    book: Book, kind: RunKind, options: Mapping[str, Any], *, trigger: str, user_id: int | None = None
) -> Run:  # fmt: skip
    """A queued preview of this import; as `ask`."""
    return _ask(book, RunKind.PREVIEW, subject(book, kind, options, preview=True), trigger, user_id)


def subject(book: Book, kind: RunKind, options: Mapping[str, Any], *, preview: bool = False) -> dict[str, Any]:
    """What the run of such an import (or of its preview) is about. Raises as `ask` does."""
    of = {"of": kind.value} if preview else {}
    return {**of, "options": _options(book, kind, options)}


def waits_for(run: Run) -> Run | None:
    """The run that a queued import has to wait for: who holds the book, or who was queued before it."""
    if run.state != RunState.QUEUED or not run.exclusive:
        return None
    earlier = select(Run).where(
        Run.book_id == run.book_id, Run.exclusive, Run.id < run.id, Run.state.in_((RunState.QUEUED, RunState.RUNNING))
    )
    return runs.holder(run.book_id) or db.session.scalar(earlier.order_by(Run.id).limit(1))


def _options(book: Book, kind: RunKind, options: Mapping[str, Any]) -> dict[str, Any]:
    if kind not in KINDS:
        raise ValueError(f"{kind} is no import")
    connection = db.session.get(Connection, book.company_id)
    if connection is None or not connection.connected or connection.book_id != book.id:
        raise NotAllowedNow(
            "No Intacct company is connected. Nothing was imported. Connect one in Settings, Integrations.",
            code="not_connected",
        )
    if kind == RunKind.IMPORT_INVOICES:
        return InvoiceOptions.read(book, options).plain()
    if options:
        name = next(iter(options))
        raise InvalidInput(f"An import of customers has no option {name}.", field=name, code="unknown_key")
    return {}


def _ask(book: Book, kind: RunKind, about: dict[str, Any], trigger: str, user_id: int | None) -> Run:
    lately = select(Run).where(
        Run.book_id == book.id, Run.kind == kind, Run.trigger == trigger, Run.created_at > utcnow() - DOUBLE_CLICK,
        Run.state.in_((RunState.QUEUED, RunState.RUNNING)),
    )  # fmt: skip
    for run in db.session.scalars(lately):
        if run.subject == about:
            return run
    return runs.request(book, kind, trigger=trigger, user_id=user_id, subject=about)


def _types(book: Book, value: Any, faults: list[InvalidInput]) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        value = []
    names = tuple(dict.fromkeys(name.strip() for name in value if name.strip()))
    if not names or len(names) > MOST_TYPES:
        faults.append(
            InvalidInput("Choose at least one document type.", field="document_types", code="missing")
            if not names
            else InvalidInput(f"At most {MOST_TYPES} document types go into one import.", field="document_types")
        )
        return ()
    known = intacct_lists.known(book).get(intacct_lists.ORDER_TYPES)
    if known is not None and not known.refused:
        listed = {item["id"] for item in known.items}
        faults += [
            InvalidInput(f"Intacct has no document type {name} of class Invoice.", field="document_types")
            for name in names
            if name not in listed
        ]
    return names


def _day(name: str, value: Any, faults: list[InvalidInput]) -> dt.date | None:
    if value in (None, ""):
        return None
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        faults.append(InvalidInput("A day is written as 2026-01-31.", field=name, code="date"))
        return None


def _switch(name: str, values: Mapping[str, Any], default: bool, faults: list[InvalidInput]) -> bool:
    value = values.get(name, default)
    if not isinstance(value, bool):
        faults.append(InvalidInput("This is on or off: true or false.", field=name))
        return default
    return value

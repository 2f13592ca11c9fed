"""Runs that are asked for over the API: requested here, put on the queue once the request is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from portal.blueprints.api.gate import current_actor, current_company
from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.imports import asking as imports
from portal.jobs.queues import enqueue_run
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.queries.connections import find_book, find_connection
from portal.sync import due, runs
from portal.sync.tie_out import asking


def request_sync() -> Run:
    """A new sync. Raises Busy while one is queued or running, NotAllowedNow without a connection."""
    return _request(_connected_book(), RunKind.SYNC, {})


def request_records(subject: dict[str, Any]) -> Run:
    """A run of these records; one that is queued for exactly them already is not asked for twice."""
    book = _connected_book()
    queued = select(Run).where(Run.book_id == book.id, Run.kind == RunKind.RECORD, Run.state == RunState.QUEUED)
    for run in db.session.scalars(queued):
        if run.subject == subject:
            return run
    return _request(book, RunKind.RECORD, subject)


def request_tie_out(as_of: date | None) -> Run:
    """A tie-out of that day, or of now; one that is queued or running already is not asked for twice."""
    run, is_new = asking.ask(_connected_book(), as_of, trigger=current_actor().text)
    if is_new:
        due.stamp([run.id])
    return run


def request_import(kind: RunKind, options: Mapping[str, Any], *, preview: bool) -> Run:
    """A new import or preview of one; the same request of a moment ago is not asked for twice."""
    ask = imports.ask_preview if preview else imports.ask
    run = ask(_connected_book(), kind, options, trigger=current_actor().text)
    db.session.flush()
    due.stamp([run.id])
    return run


def on_the_queue(run: Run) -> Callable[[], None]:
    """What is to be done after the commit. Where Redis does not take the run, the next tick finds it."""
    run_id = run.id

    def put() -> None:
        enqueue_run(run_id)

    return put


def _request(book: Book, kind: RunKind, subject: dict[str, Any]) -> Run:
    run = runs.request(book, kind, trigger=current_actor().text, subject=subject)
    due.stamp([run.id])
    return run


def _connected_book() -> Book:
    company = current_company()
    book, connection = find_book(company), find_connection(company)
    if book is None or connection is None or not connection.connected:
        raise NotAllowedNow(
            "No Intacct company is connected. Nothing was sent. An admin connects one in Settings, Integrations.",
            code="not_connected",
        )
    return book

"""Starting runs from pages: asked for, committed, then put on the queue. Asking again leads to the same run."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from portal.blueprints.access import current_actor, current_company
from portal.blueprints.offering import offer
from portal.errors import Busy, NotAllowedNow
from portal.extensions import db
from portal.models.connection import Book
from portal.models.run import Run, RunKind, RunState
from portal.queries.connections import find_book, find_connection
from portal.sync import due, previews, runs
from portal.sync.tie_out import asking

NOT_CONNECTED = "No Intacct company is connected. Nothing was sent. Connect one in Settings, Integrations."


def connected_book() -> Book:
    """The current company's book. Raises NotAllowedNow when no Intacct company is connected."""
    company = current_company()
    book, connection = find_book(company), find_connection(company)
    if book is None or connection is None or not connection.connected:
        raise NotAllowedNow(NOT_CONNECTED, code="not_connected")
    return book


def start_sync() -> tuple[int, bool]:
    """(id of the sync, whether it is new): a sync that is queued or running already is the one that was asked for."""
    try:
        return _start(connected_book(), RunKind.SYNC, {}), True
    except Busy as busy:
        db.session.rollback()
        return busy.run_id, False


def sync_needs_a_look() -> bool:
    """Whether nothing was ever sent for the connected book and nobody has seen yet what would be."""
    book = connected_book()
    needs_a_look = not previews.was_ever_posted(book.id) and not previews.was_ever_previewed(book.id)
    db.session.commit()
    return needs_a_look


def start_preview() -> int:
    """The id of a preview of the sync: one that is queued or running already is the one that was asked for."""
    book = connected_book()
    unended = runs.unended(book.id, RunKind.PREVIEW)
    if unended is not None and unended.subject == previews.subject():
        db.session.commit()
        return unended.id
    return _start(book, RunKind.PREVIEW, previews.subject())


def start_as_shown(preview: Run) -> tuple[int, bool]:
    """(id of a sync of exactly what `preview` showed, whether it is new). Raises InvalidInput and NotAllowedNow."""
    book = connected_book()
    if preview.book_id != book.id:
        raise NotAllowedNow("That preview belongs to another Intacct company. Nothing was sent.")
    try:
        return _start(book, RunKind.SYNC, previews.subject_of(preview)), True
    except Busy as busy:
        db.session.rollback()
        return busy.run_id, False


def start_tie_out(as_of: date | None) -> int:
    """The id of a tie-out of that day, or of now: one that is queued or running already is the one asked for."""
    actor = current_actor()
    run, is_new = asking.ask(connected_book(), as_of, trigger=actor.text, user_id=actor.user_id)
    run_id = run.id
    if is_new:
        due.stamp([run_id])
    db.session.commit()
    if is_new:
        offer(run_id)
    return run_id


def start_records(subject: dict[str, Any]) -> int:
    """The id of the run of these records; one that is queued for exactly them is not asked for twice. Commits."""
    book = connected_book()
    queued = select(Run).where(Run.book_id == book.id, Run.kind == RunKind.RECORD, Run.state == RunState.QUEUED)
    for run in db.session.scalars(queued):
        if run.subject == subject:
            db.session.commit()
            return run.id
    return _start(book, RunKind.RECORD, subject)


def _start(book: Book, kind: RunKind, subject: dict[str, Any]) -> int:
    actor = current_actor()
    run = runs.request(book, kind, trigger=actor.text, user_id=actor.user_id, subject=subject)
    run_id = run.id
    due.stamp([run_id])
    db.session.commit()
    offer(run_id)
    return run_id

"""The tick: twice a minute, enqueue what is due. Harmless when it fires twice or late."""

from __future__ import annotations

from flask import current_app
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.imports import mails
from portal.jobs.queues import enqueue_mails, enqueue_run
from portal.problems import digest
from portal.services import ended_sessions, outgoing, throttle
from portal.sync.due import due

TICK_ID = "tick"
EVERY_SECONDS = 30
"""Twice a minute, so that a run whose worker died is taken up within its lease (60 s) and half a minute."""


def tick() -> list[int]:
    """Enqueue every run that is due, forgotten or abandoned, and the mails that wait. Returns the runs' ids."""
    ids = due(current_app.extensions["portal_settings"].intacct_settle_wait_seconds)
    for run_id in ids:
        if not enqueue_run(run_id):
            break  # Redis is away: each further try would wait as long, and the next tick finds the rest
    _tell_of_syncs()
    _look_after_mails()
    return ids


def _tell_of_syncs() -> None:
    """Write the mails about syncs that ended, each sync in a transaction of its own."""
    for run_id in digest.due():
        try:
            digest.write(run_id)
        except IntegrityError:  # another tick wrote them in the same moment
            db.session.rollback()
        else:
            db.session.commit()


def _look_after_mails() -> None:
    """Write the mails about imports that ended, have those sent that are due, and drop what is old."""
    tell_of_imports()
    outgoing.forget_old()
    throttle.forget_old()
    ended_sessions.forget_old()
    waiting = outgoing.due(1)
    db.session.commit()
    if waiting:
        enqueue_mails()


def tell_of_imports() -> int:
    """Write the mails about imports that ended, each in a transaction of its own. How many mails that are."""
    written = 0
    for run_id in mails.due():
        written += mails.tell(run_id)
        db.session.commit()
    db.session.commit()
    return written


def tick_job() -> None:
    """The tick as a worker calls it."""
    db.engine.dispose(close=False)  # inherited over a fork: forget the parent's sockets, do not close them
    with current_app.app_context():
        tick()

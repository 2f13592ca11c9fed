"""The install's figures as Prometheus reads them: what of them the database knows, and what Redis."""

from __future__ import annotations

from sqlalchemy import text

from portal.blueprints.health.exposition import Exposition
from portal.extensions import db
from portal.jobs import watching
from portal.jobs.queues import redis
from portal.models.run import RunState
from portal.queries import figures, revisions

STATEMENT_SECONDS = 5


def of_database() -> str:
    """Runs, postings, problems, mails and what was asked of Intacct. Raises SQLAlchemyError."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
    told = Exposition()
    _runs(told)
    _books(told)
    _gateway(told)
    _mails(told)
    told.gauge("portal_database_revision", "The database's revision.", ({"revision": revisions.present()}, 1))
    return str(told)


def _runs(told: Exposition) -> None:
    found = figures.runs()
    ended = [one for one in found if RunState(one.state).ended]
    told.gauge(
        "portal_runs", "Runs that are queued or at work.",
        *(({"kind": one.kind, "status": one.state}, one.count) for one in found if one not in ended),
    )  # fmt: skip
    told.counter(
        "portal_runs_ended_total", "Runs that ended, by how.",
        [({"kind": one.kind, "status": one.state}, one.count) for one in ended],
    )  # fmt: skip
    kinds = sorted({one.kind for one in ended})
    told.summary(
        "portal_run_seconds", "How long ended runs took.",
        [({"kind": kind}, sum(one.seconds for one in ended if one.kind == kind),
          sum(one.count for one in ended if one.kind == kind)) for kind in kinds],
    )  # fmt: skip
    told.counter(
        "portal_run_takeovers_total", "Times that a run was taken up since its worker's lease had expired.",
        [({}, sum(one.taken_over for one in found))],
    )  # fmt: skip
    told.gauge("portal_run_leases_expired", "Runs whose worker is gone, not taken up yet.",
               ({}, figures.leases_expired()))  # fmt: skip
    told.gauge("portal_runs_handed_back", "Runs that made way for others and wait for their next turn.",
               ({}, figures.handed_back()))  # fmt: skip
    told.gauge("portal_run_oldest_queued_seconds", "How long the oldest queued run waits.",
               ({}, figures.oldest_queued_seconds()))  # fmt: skip
    told.gauge("portal_sync_late_seconds", "How long the most overdue hourly sync is due.",
               ({}, figures.sync_late_seconds()))  # fmt: skip


def _books(told: Exposition) -> None:
    told.gauge("portal_companies_connected", "Companies connected to Intacct.", ({}, figures.connected_companies()))
    told.gauge("portal_postings", "Attempts to write to Intacct, of all time, by state; open: not known yet.",
               *(({"state": state}, count) for state, count in figures.postings().items()))  # fmt: skip
    told.gauge("portal_posting_oldest_open_seconds", "How long the oldest open posting is open.",
               ({}, figures.oldest_open_posting_seconds()))  # fmt: skip
    told.gauge("portal_problems_open", "Records that could not be synced, by code.",
               *(({"code": code}, count) for code, count in sorted(figures.problems().items())))  # fmt: skip


def _gateway(told: Exposition) -> None:
    found = figures.gateway()
    told.counter("portal_gateway_functions_total", "Functions that Intacct was asked for, which it counts.",
                 [({"purpose": one.purpose}, one.functions) for one in found])  # fmt: skip
    told.summary("portal_gateway_request_seconds", "How long requests to Intacct took.",
                 [({"purpose": one.purpose}, one.seconds, one.requests) for one in found])  # fmt: skip
    failures = sorted(figures.gateway_failures().items())
    told.counter("portal_gateway_failures_total", "Requests that failed as a whole, by the kind of error.",
                 [({"error": error}, count) for error, count in failures])  # fmt: skip


def _mails(told: Exposition) -> None:
    waiting, age = figures.mails_waiting()
    told.gauge("portal_mails_waiting", "Mails that are not out.", ({}, waiting))
    told.gauge("portal_mail_oldest_waiting_seconds", "How long the oldest of them waits.", ({}, age))
    told.gauge("portal_mails_given_up", "Mails of the last month that never went out.", ({}, figures.mails_given_up()))


def of_redis() -> str:
    """The queues, the workers and the schedule. Raises RedisError."""
    client, told = redis(), Exposition()
    queues, late = watching.waiting(client), watching.tick_late_seconds(client)
    told.gauge(
        "portal_queue_jobs", "Jobs that no worker has taken.", *(({"queue": one.queue}, one.jobs) for one in queues),
    )  # fmt: skip
    told.gauge(
        "portal_queue_oldest_seconds", "How long the oldest of them waits.",
        *(({"queue": one.queue}, one.oldest_seconds) for one in queues),
    )  # fmt: skip
    told.gauge("portal_workers", "Workers that said lately that they live.", ({}, watching.workers(client)))
    told.gauge("portal_tick_scheduled", "Whether a tick is scheduled.", ({}, late is not None))
    told.gauge("portal_tick_late_seconds", "How long the next tick is due.", ({}, late or 0))
    return str(told)

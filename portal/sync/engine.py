"""Performing a run: claimed, its lease kept by a thread, its steps in order, and an end in words whatever happens."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete

from portal import logs
from portal.database import now_ms, writing
from portal.errors import PortalError
from portal.extensions import db, settings
from portal.intacct.errors import IntacctError, UnknownField
from portal.intacct.stamps import parse_offset
from portal.models.company import Company
from portal.models.connection import Book, Connection
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.models.types import utcnow
from portal.problems import ledger
from portal.problems.outages import described
from portal.services import gateways, integration_settings
from portal.services.gateway_usage import Meter
from portal.sync import (
    lease,
    old_items,
    previews,
    read_changes,
    runs,
    settle,
    subjects,
    unknown_fields,
    write_credits,
    write_customers,
    write_invoices,
    write_payments,
)
from portal.sync.context import Cancelled, RunContext, StepFailed, begin_pretence
from portal.sync.flight import Flight
from portal.sync.mapping import Currencies
from portal.sync.runs import LostLease
from portal.sync.slices import HandedBack, Slice
from portal.sync.sweep import sweep
from portal.sync.tie_out.performing import tie_out

log = logging.getLogger(__name__)

Steps = Mapping[RunKind, Callable[[RunContext], None]]

UNEXPECTED = (
    "The portal itself failed (reference: run {run_id}). What was stored stays; the next sync goes on from there."
)


def perform(run_id: int, steps: Steps | None = None, slice_: Slice | None = None) -> bool:
    """Claim the run and carry it out, or a slice of it; returns at once when it is not to be had. Whether it is to be
    put on the queue again. Never raises for a failed run: the row says what happened.

    `steps` says how each kind is performed; without it the kinds of the sync alone are known.
    """
    own = settings()
    token = runs.claim(run_id, own.run_lease_seconds)
    if token is None:
        return False
    slice_ = slice_ or Slice()
    slice_.token = token
    with writing(), logs.bound(run_id=run_id), lease.kept(db.engine, run_id, token, own.run_lease_seconds):
        try:
            return _perform(run_id, token, steps if steps is not None else STEPS, slice_)
        except LostLease:
            db.session.rollback()
            log.warning("run %s is held by another worker now; stopped", run_id)
            return False


def _perform(run_id: int, token: str, steps: Steps, slice_: Slice) -> bool:
    with _ended_in_words(run_id, token) as opened:
        ctx = _open(run_id, token, slice_)
        opened.append(ctx)
        try:
            steps[ctx.does](ctx)
        except HandedBack:
            _hand_back(ctx)
            return True
        finally:
            ctx.flight.close()
        if ctx.kind == RunKind.PREVIEW:
            _sum_up(ctx)
        _close(ctx)
    return False


def _hand_back(ctx: RunContext) -> None:
    db.session.rollback()
    _keep_session(ctx)
    with ctx.meter.noting():
        runs.hand_back(ctx.run_id, ctx.token, counts=ctx.figures(), warnings=list(ctx.warnings))
        db.session.commit()


@contextmanager
def _ended_in_words(run_id: int, token: str) -> Iterator[list[RunContext]]:
    """Whatever a step raises becomes the end of the run, with text for people."""
    opened: list[RunContext] = []
    try:
        yield opened
        return
    except LostLease:
        _note_cost(opened)
        raise
    except Cancelled:
        state, text, code = RunState.CANCELLED, "Cancelled. What was done stays; the rest goes with the next sync.", ""
    except IntacctError as error:
        code, text = _failure(error, opened)
        state = RunState.FAILED
    except (StepFailed, PortalError) as error:
        state, text, code = RunState.FAILED, str(error), error.code
    except Exception:
        log.exception("run %s failed", run_id)
        state, text, code = RunState.FAILED, UNEXPECTED.format(run_id=run_id), "unexpected"
    _note_cost(opened)
    for ctx in opened:
        _keep_session(ctx)
        runs.write(run_id, token, counts=ctx.figures())
    _plan_next(run_id)
    runs.end(run_id, token, state, error=text, code=code)
    db.session.commit()


def _note_cost(opened: list[RunContext]) -> None:
    """What was asked of Intacct since the last checkpoint was asked, whoever holds the run now."""
    db.session.rollback()
    for ctx in opened:
        with ctx.meter.noting():
            db.session.commit()


def _failure(error: IntacctError, opened: list[RunContext]) -> tuple[str, str]:
    """(code, text) of what ended the run. Which field Intacct does not know is found out first."""
    db.session.rollback()
    if isinstance(error, UnknownField) and opened:
        return "unknown_field", unknown_fields.told(opened[0], error)
    return described(error, settings().intacct_sender_id)


def _open(run_id: int, token: str, slice_: Slice) -> RunContext:
    """Read all that the run needs from the database before it touches the network."""
    run = db.session.get_one(Run, run_id)
    book = db.session.get_one(Book, run.book_id)
    logs.bind(company=db.session.get_one(Company, book.company_id).slug)
    connection = db.session.get(Connection, book.company_id)
    if connection is None or not connection.connected or connection.book_id != book.id:
        raise StepFailed("No Intacct company is connected. Nothing was sent. Connect one in Settings.", "not_connected")
    if run.kind == RunKind.PREVIEW and run.step:
        _begin_anew(run)
    own = settings()
    line = gateways.line(connection, book.intacct_company_id, book.entity)
    turns = gateways.turns_of(book.intacct_company_id, token)
    gateway = gateways.open_gateway(line, turns)
    ctx = RunContext(
        run_id=run_id,
        token=token,
        kind=RunKind(run.kind),
        book_id=book.id,
        company_id=book.company_id,
        by_hand=run.user_id is not None or run.trigger not in ("hourly", "open postings", "daily"),
        does=RunKind(run.subject["of"]) if run.kind == RunKind.PREVIEW else RunKind(run.kind),
        subject=dict(run.subject),
        resumed=dict(run.summary),
        only_rows=subjects.rows(run),
        intacct_company_id=book.intacct_company_id,
        entity=book.entity,
        choices=integration_settings.load(book.company_id),
        currencies=Currencies(
            connection.base_currency or db.session.get_one(Company, book.company_id).base_currency,
            connection.multi_currency,
        ),
        offset=parse_offset(connection.time_offset),
        intacct_user_id=connection.intacct_user_id,
        gateway=gateway,
        flight=Flight(gateway, turns, lambda: gateways.open_writer(line, gateway.tally)),
        meter=Meter(book.company_id, run.kind, gateway.tally),
        lease_seconds=own.run_lease_seconds,
        settle_wait=timedelta(seconds=own.intacct_settle_wait_seconds),
        clock_ahead=_clock_ahead(),
        counts=Counter(run.counts),
        warnings=list(run.warnings),
        pretence=begin_pretence(book.id) if run.kind == RunKind.PREVIEW else None,
        as_shown=previews.load(run),
        slice=slice_,
        taken_up_again_since=run.started_at if run.step else None,
    )
    db.session.commit()
    return ctx


def _clock_ahead() -> timedelta:
    """How far the database's clock is ahead of this machine's."""
    there = datetime.fromtimestamp((db.session.scalar(db.select(now_ms())) or 0) / 1000, UTC)
    return there - utcnow()


def _begin_anew(run: Run) -> None:
    """A preview keeps nothing to go on from: what an earlier worker of it noted is noted again. Flushes."""
    db.session.execute(delete(RunItem).where(RunItem.run_id == run.id).execution_options(synchronize_session=False))
    run.step, run.counts, run.warnings, run.summary = "", {}, [], {}
    db.session.flush()


def _sync(ctx: RunContext) -> None:
    ctx.begin("sign_in")
    settle.settle(ctx)
    read_changes.read(ctx)
    _write(ctx)


def _write(ctx: RunContext) -> None:
    today = _today(ctx)
    ctx.begin("take_back")
    if ctx.choices.write_credit_notes:
        write_credits.take_back(ctx, today)
    if ctx.choices.write_payments:
        write_payments.take_back(ctx, today)
    if ctx.choices.write_invoices:
        write_invoices.take_back(ctx, today)
        write_customers.write(ctx)
        write_invoices.write(ctx)
    if ctx.choices.write_credit_notes:
        write_credits.write(ctx, today)
    if ctx.choices.write_payments:
        write_payments.write(ctx, today)


def _sum_up(ctx: RunContext) -> None:
    """What a preview noted, summed up; it was the run itself in a context that keeps and sends nothing."""
    ctx.save()
    if ctx.does == RunKind.SYNC:
        summary = previews.summary(ctx.run_id)
        ctx.save(summary=summary)


def _settle(ctx: RunContext) -> None:
    ctx.begin("sign_in")
    settle.settle(ctx)


STEPS: Steps = {
    RunKind.SYNC: _sync,
    RunKind.RECORD: _sync,
    RunKind.SETTLE: _settle,
    RunKind.SWEEP: sweep,
    RunKind.TIE_OUT: tie_out,
}


def _close(ctx: RunContext) -> None:
    ctx.step = "close"
    if ctx.save():  # no handing back: all is done, and to end it takes no longer
        raise Cancelled
    if ctx.kind == RunKind.SWEEP:
        old_items.sum_up(ctx)  # once a day
    if ctx.kind.exclusive:
        ledger.close_settled(ctx.book_id, ctx.by)
    if ctx.as_shown is not None:
        previews.note_unsent(ctx, ctx.as_shown)
    _keep_session(ctx)
    state = RunState.FINISHED_WITH_PROBLEMS if ctx.counts["problems"] else RunState.FINISHED
    runs.write(ctx.run_id, ctx.token, counts=ctx.figures(), warnings=list(ctx.warnings))
    _plan_next(ctx.run_id)
    runs.end(ctx.run_id, ctx.token, state)
    db.session.commit()


def _plan_next(run_id: int) -> None:
    """The next hourly sync is an hour after the start of this one."""
    run = db.session.get_one(Run, run_id)
    if run.kind == RunKind.SYNC and run.started_at is not None:
        db.session.get_one(Book, run.book_id).next_sync_at = max(run.started_at + runs.AUTO_SYNC_EVERY, utcnow())
        db.session.flush()


def _keep_session(ctx: RunContext) -> None:
    """Keep Intacct's session for the next run, unless the connection was changed meanwhile."""
    connection = db.session.get(Connection, ctx.company_id)
    if connection is not None and connection.connected and connection.book_id == ctx.book_id:
        gateways.keep_session(connection, ctx.gateway.session)


def _today(ctx: RunContext) -> date:
    today = db.session.get_one(Company, ctx.company_id).today()
    ctx.commit()
    return today

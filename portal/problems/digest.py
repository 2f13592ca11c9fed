"""Mails that tell members of a sync: what is new, grouped by cause, once a sync. What was told before is no news, so an
hourly sync that meets the same problems again is silent for those who want to hear of problems only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from portal.extensions import db
from portal.models.company import Company, Membership, User
from portal.models.connection import Book
from portal.models.inbox import SyncDigest, SyncMail
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Problem
from portal.models.types import utcnow
from portal.problems.catalogue import guide_for
from portal.queries.sync_records import named
from portal.services import outgoing
from portal.services.checks import show

PAGE = "/settings/accounting-sync/problems"
NAMED_OF_A_CAUSE = 5
TOLD_WITHIN = timedelta(days=1)
"""A sync that ended longer ago is told of no more: after an upgrade or a long pause only fresh news goes out."""
_TOLD = (RunState.FINISHED, RunState.FINISHED_WITH_PROBLEMS, RunState.FAILED)


@dataclass
class Cause:
    """New problems with one guide: its title, how many, some of their numbers, and the money by currency."""

    title: str
    fixer: str
    count: int = 0
    numbers: list[str] = field(default_factory=list)
    sums: dict[str, Decimal] = field(default_factory=dict)

    @property
    def money(self) -> str:
        """1,250.50 USD and 20.00 EUR; "" for none."""
        return " and ".join(show(total, currency) for currency, total in sorted(self.sums.items()))


def due() -> list[int]:
    """The syncs that ended and that nobody was told of yet, oldest first."""
    query = (
        select(Run.id)
        .join(Book, Book.id == Run.book_id)
        .where(Book.active, Run.kind == RunKind.SYNC, Run.state.in_(_TOLD), Run.ended_at > utcnow() - TOLD_WITHIN)
        .where(~exists().where(SyncDigest.run_id == Run.id))
        .order_by(Run.id)
    )
    return list(db.session.scalars(query))


def write(run_id: int) -> int:
    """Write the mails of a sync; how many. Flushes; a second call for the same run breaks its unique row."""
    run = db.session.get_one(Run, run_id)
    company = db.session.get_one(Company, run.book.company_id)
    told = SyncDigest(run_id=run.id, book_id=run.book_id, last_problem_id=_newest_problem(run))
    fresh = _fresh(run)
    db.session.add(told)
    db.session.flush()
    is_news = bool(fresh) or _fails_anew(run)
    wanted = (SyncMail.ALWAYS, SyncMail.PROBLEMS) if is_news else (SyncMail.ALWAYS,)
    recipients = _recipients(company, wanted)
    for email in recipients:
        _write_one(run, company, email, fresh)
    told.mails = len(recipients)
    db.session.flush()
    return told.mails


def causes(problems: Sequence[Problem]) -> list[Cause]:
    """The problems by their guide, the most first."""
    records = named([problem.row for problem in problems if problem.row is not None])
    found: dict[str, Cause] = {}
    for problem in problems:
        guide = guide_for(problem.guide, problem.code)
        cause = found.setdefault(guide.slug, Cause(guide.title, guide.fixer))
        record = records.get(problem.sync_row_id or 0)
        cause.count += 1
        if len(cause.numbers) < NAMED_OF_A_CAUSE:
            cause.numbers.append(record.number if record else f"{problem.object} {problem.key}")
        if record is not None and record.amount is not None:
            cause.sums[record.currency] = cause.sums.get(record.currency, Decimal(0)) + record.amount
    return sorted(found.values(), key=lambda cause: -cause.count)


def _write_one(run: Run, company: Company, email: str, fresh: Sequence[Problem]) -> None:
    outgoing.write(
        "sync_digest", email, f"{company.name}: {_subject(run, len(fresh))}", company=company, link=PAGE,
        about={"kind": "sync_digest", "company": company.id, "run": run.id}, headline=_subject(run, len(fresh)),
        run_id=run.id, error=run.error if run.state == RunState.FAILED else "", causes=causes(fresh),
        open_count=_count_open(run.book_id),
    )  # fmt: skip


def _subject(run: Run, fresh: int) -> str:
    if run.state == RunState.FAILED:
        return "the accounting sync failed"
    if fresh:
        return f"{fresh} new problem{'' if fresh == 1 else 's'} in the accounting sync"
    return "the accounting sync ran without new problems"


def _fresh(run: Run) -> list[Problem]:
    """Open problems that no mail told of. Before the first mail of a book only this run's own count."""
    query = select(Problem).where(
        Problem.book_id == run.book_id, Problem.closed_at.is_(None), Problem.first_seen <= run.ended_at
    )
    last = db.session.scalar(select(func.max(SyncDigest.last_problem_id)).where(SyncDigest.book_id == run.book_id))
    query = query.where(Problem.first_seen >= run.created_at if last is None else Problem.id > last)
    return list(db.session.scalars(query.options(joinedload(Problem.row)).order_by(Problem.id)))


def _newest_problem(run: Run) -> int:
    query = select(func.max(Problem.id)).where(Problem.book_id == run.book_id, Problem.first_seen <= run.ended_at)
    return db.session.scalar(query) or 0


def _fails_anew(run: Run) -> bool:
    """Whether the sync failed, and the one before it did not fail for the same reason."""
    if run.state != RunState.FAILED:
        return False
    before = db.session.scalar(
        select(Run)
        .where(Run.book_id == run.book_id, Run.kind == RunKind.SYNC, Run.state.in_(_TOLD), Run.id < run.id)
        .order_by(Run.id.desc())
        .limit(1)
    )
    return before is None or (before.state, before.error_code) != (run.state, run.error_code)


def _count_open(book_id: int) -> int:
    query = select(func.count(Problem.id)).where(Problem.book_id == book_id, Problem.closed_at.is_(None))
    return db.session.scalar(query) or 0


def _recipients(company: Company, wanted: Sequence[SyncMail]) -> list[str]:
    query = (
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company.id, Membership.sync_mail.in_(list(wanted)), User.active)
        .order_by(User.id)
    )
    return list(db.session.scalars(query))

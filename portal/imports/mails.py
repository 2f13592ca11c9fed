"""The mail that tells how an import ended, to a starter who is not looking at its page any more.

The run's row says that somebody is to be told; the tick decides. One conditional UPDATE settles it in the transaction
that writes the mail, so it is written once, however many ticks look. Sending it is the outgoing mails' own affair.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update

from portal.extensions import db
from portal.models.company import Company, User
from portal.models.run import TO_TELL, Run, RunKind, RunState
from portal.models.types import utcnow
from portal.queries import imports, runs
from portal.queries.durations import duration
from portal.services import outgoing

NOT_LOOKING_AFTER = timedelta(seconds=20)
NOTED_EVERY = timedelta(seconds=5)
FAILURES_TOLD = 10
AT_ONCE = 100

_NAMES = {RunKind.IMPORT_CUSTOMERS: "Customer import", RunKind.IMPORT_INVOICES: "Invoice import"}
_ENDS = {
    RunState.FINISHED: "finished",
    RunState.FINISHED_WITH_PROBLEMS: "finished with problems",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was cancelled",
}


def note_watched(run: Run, user_id: int) -> None:
    """Remember that the starter is looking at the run's page. Flushes; seldom, since pages ask often."""
    now = utcnow()
    lately = run.watched_at is not None and now - run.watched_at < NOTED_EVERY
    saw_the_end = run.watched_at is not None and run.ended_at is not None and run.watched_at >= run.ended_at
    if run.user_id != user_id or saw_the_end or (lately and run.ended_at is None):
        return
    db.session.execute(
        update(Run).where(Run.id == run.id).values(watched_at=now).execution_options(synchronize_session=False)
    )


def due() -> list[int]:
    """The imports that ended and whose starter is still to learn of it."""
    query = select(Run.id).where(text(TO_TELL), Run.ended_at.is_not(None)).order_by(Run.id).limit(AT_ONCE)
    return list(db.session.scalars(query))


def tell(run_id: int) -> bool:
    """Settle, if it can be settled by now, how the starter learns of the end; whether a mail was written. Flushes."""
    run = db.session.get_one(Run, run_id)
    if _saw_the_end(run):
        _settle(run)
        return False
    if utcnow() - (run.watched_at or run.created_at) < NOT_LOOKING_AFTER:
        return False
    return _settle(run) and _write(run)


def _saw_the_end(run: Run) -> bool:
    return run.watched_at is not None and run.ended_at is not None and run.watched_at >= run.ended_at


def _settle(run: Run) -> bool:
    """Whether it was this call that settled it."""
    done = db.session.execute(
        update(Run)
        .where(Run.id == run.id, Run.told_at.is_(None))
        .values(told_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    return done.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _write(run: Run) -> bool:
    user, kind = db.session.get_one(User, run.user_id), RunKind(run.kind)
    company = db.session.get_one(Company, run.book.company_id)
    if not user.active or all(member.company_id != company.id for member in user.memberships):
        return False
    name, end = _NAMES[kind], _ENDS[RunState(run.state)]
    failed = imports.figures(run).failed
    outgoing.write(
        "import_ended", user.email, f"{name} {run.id} {end}", company=company, link=f"/imports/{run.id}",
        about={"kind": "import", "id": run.id}, name=name, end=end, facts=_facts(run, company), error=run.error,
        failures=[item.text for item in imports.failures(run.id, FAILURES_TOLD)], failed=failed,
        more=max(failed - FAILURES_TOLD, 0), email=user.email,
    )  # fmt: skip
    return True


def _facts(run: Run, company: Company) -> list[tuple[str, str]]:
    """What, when, how long and how many, each with its label."""
    found = imports.figures(run)
    began = (run.started_at or run.created_at).astimezone(ZoneInfo(company.timezone))
    facts = [
        ("Began", f"{began.day} {began:%b %Y %H:%M}"),
        ("Took", duration(runs.took(run)) or "It did not begin"),
        ("Created", f"{found.created:,}"),
        ("Updated", f"{found.updated:,}"),
        ("Linked to what was here", f"{found.linked:,}"),
        ("Unchanged", f"{found.unchanged:,}"),
        ("Failed", f"{found.failed:,}"),
    ]
    if imports.what(run) == RunKind.IMPORT_INVOICES:
        facts += [("Not in Accounts Receivable", f"{found.not_in_ar:,}"), ("New customers", f"{found.new_customers:,}")]
        facts += [("Payments received before", f"{found.payments:,}")]
    types = run.subject.get("options", {}).get("document_types", [])
    return [("Document types", ", ".join(types)), *facts] if types else facts

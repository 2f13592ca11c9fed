"""Reads of problems: records that could not be synced, and records that people took out of the sync."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.invoice import Invoice
from portal.models.run import Run, RunItem
from portal.models.sync import Hold, IntacctCustomer, Kind, Posting, PostingState, Problem, SyncRow
from portal.queries import directions
from portal.queries.paging import Order, Page, by_id, list_page
from portal.queries.sync_filter import is_waiting

TAKEN_OUT = (Hold.SKIPPED, Hold.LEFT)
"""What people decided to leave out, and can take back."""

_HELD_BACK = {
    PostingState.OPEN: "Intacct's answer is missing. The portal looks whether it is there, and sends nothing twice.",
    PostingState.NOT_EXECUTED: "Intacct took no more calls just then. It goes with the next sync.",
}
_BY_ID = {"id": Order((by_id(Problem.id),))}


def get_problem(company: Company, problem_id: int) -> Problem:
    """The company's problem, open or closed. Raises NotFound."""
    problem = db.session.scalar(_of(company).where(Problem.id == problem_id))
    if problem is None:
        raise NotFound(f"There is no problem {problem_id}.", field="id")
    return problem


def open_problems(company: Company, ids: Collection[int] = ()) -> list[Problem]:
    """The company's open problems with their rows, oldest first; only these `ids` where some are given.

    Raises NotFound for an id that is none of the company's; a closed problem among them is left out.
    """
    for problem_id in ids:
        get_problem(company, problem_id)
    query = _of(company).where(Problem.closed_at.is_(None)).order_by(Problem.id)
    if ids:
        query = query.where(Problem.id.in_(list(ids)))
    return list(db.session.scalars(query))


def open_where(company: Company, condition: ColumnElement[bool]) -> list[Problem]:
    """The company's open problems of which `condition` holds, oldest first."""
    query = _of(company).where(Problem.closed_at.is_(None), condition)
    return list(db.session.scalars(query.order_by(Problem.id)))


def open_page(company: Company, condition: ColumnElement[bool], *, after: str = "") -> Page[Problem]:
    """A page of the open problems of which `condition` holds, oldest first. Raises InvalidInput for a bad token."""
    query = _of(company).where(Problem.closed_at.is_(None), condition)
    return list_page(query, _BY_ID, "id", after=after)


def closed_page(company: Company, *, after: str = "") -> Page[Problem]:
    """A page of the closed problems, the newest first. Raises InvalidInput for a malformed token."""
    return list_page(_of(company).where(Problem.closed_at.is_not(None)), _BY_ID, "-id", after=after)


def count_open(company: Company) -> int:
    """How many open problems the company's present book has."""
    query = select(func.count(Problem.id)).join(Book, Book.id == Problem.book_id)
    found = db.session.scalar(query.where(Book.company_id == company.id, Book.active, Problem.closed_at.is_(None)))
    return found or 0


def held_back(company: Company) -> list[tuple[SyncRow, str]]:
    """(row, why) of records that nothing is wrong with and that go later by themselves: Intacct took no more calls
    when they were to be sent, or it is not known yet whether it has them."""
    newest = select(func.max(Posting.id)).group_by(Posting.sync_row_id)
    has_problem = exists().where(Problem.sync_row_id == SyncRow.id, Problem.closed_at.is_(None))
    query = (
        select(SyncRow, Posting.state)
        .join(Book, Book.id == SyncRow.book_id)
        .join(Posting, Posting.sync_row_id == SyncRow.id)
        .where(Book.company_id == company.id, Book.active, SyncRow.hold == Hold.NONE, SyncRow.waiting_for == "")
        .where(Posting.id.in_(newest), Posting.state.in_(_HELD_BACK), ~has_problem)
        .where((Posting.state == PostingState.OPEN) | (SyncRow.want_hash != SyncRow.have_hash))
        .where((Posting.state == PostingState.OPEN) | SyncRow.kind.in_(directions.sent(company.id)))
        .order_by(SyncRow.id)
    )
    return [(row, _HELD_BACK[PostingState(state)]) for row, state in db.session.execute(query)]


def lately_closed(company: Company, *, limit: int = 8) -> list[Problem]:
    """The problems that were closed last, newest first."""
    query = _of(company).where(Problem.closed_at.is_not(None)).order_by(Problem.closed_at.desc(), Problem.id.desc())
    return list(db.session.scalars(query.limit(limit)))


def taken_out(company: Company) -> list[SyncRow]:
    """The rows that people skipped or decided to leave, oldest first."""
    return list(db.session.scalars(_rows(company).where(SyncRow.hold.in_(TAKEN_OUT)).order_by(SyncRow.id)))


def closed_of_taken_out(company: Company) -> list[Problem]:
    """The last problem of each record that was taken out, oldest first: what its skipping is named by."""
    query = _of(company).join(SyncRow, SyncRow.id == Problem.sync_row_id)
    newest = select(func.max(Problem.id)).where(Problem.closed_at.is_not(None)).group_by(Problem.sync_row_id)
    query = query.where(SyncRow.hold.in_(TAKEN_OUT), Problem.id.in_(newest)).order_by(Problem.id)
    return list(db.session.scalars(query))


def waiting(company: Company) -> list[SyncRow]:
    """The rows that wait for a forerunner and go by themselves, oldest first."""
    book = db.session.scalar(select(Book).where(Book.company_id == company.id, Book.active))
    if book is None:
        return []
    query = select(SyncRow).where(SyncRow.book_id == book.id, is_waiting(book))
    return list(db.session.scalars(query.order_by(SyncRow.id)))


def held_behind(company: Company, customer_ids: Collection[int]) -> dict[int, list[tuple[str, Decimal]]]:
    """The money of invoices that wait while their customer has a problem: by customer, sums by currency."""
    query = (
        select(Invoice.customer_id, Invoice.currency, func.sum(Invoice.total))
        .join(SyncRow, (SyncRow.record_id == Invoice.id) & (SyncRow.kind == Kind.INVOICE))
        .join(Book, Book.id == SyncRow.book_id)
        .where(Book.company_id == company.id, Book.active, SyncRow.hold == Hold.NONE, SyncRow.waiting_for != "")
        .where(Invoice.customer_id.in_(list(customer_ids)))
        .group_by(Invoice.customer_id, Invoice.currency)
    )
    found: dict[int, list[tuple[str, Decimal]]] = {}
    for customer_id, currency, total in db.session.execute(query) if customer_ids else ():
        found.setdefault(customer_id, []).append((currency, total))
    return found


def names_there(company: Company, customer_ids: Collection[str]) -> dict[str, str]:
    """The names that the directory of Intacct's customers knows, by CUSTOMERID."""
    query = (
        select(IntacctCustomer.customer_id, IntacctCustomer.name)
        .join(Book, Book.id == IntacctCustomer.book_id)
        .where(Book.company_id == company.id, Book.active, IntacctCustomer.customer_id.in_(list(customer_ids)))
    )
    return {customer_id: name for customer_id, name in db.session.execute(query)} if customer_ids else {}


def of_run(run: Run) -> list[Problem]:
    """The problems that the run met, as they are now: of each record the newest one."""
    query = select(RunItem).where(RunItem.run_id == run.id, RunItem.outcome == "problem").order_by(RunItem.id)
    return list(dict.fromkeys(of_items(db.session.scalars(query).all()).values()))


def of_items(items: Sequence[RunItem]) -> dict[int, Problem]:
    """The newest problem of each item's record, by the item's id."""
    newest = _newest_of({item.sync_row_id for item in items if item.sync_row_id})
    there = _newest_there({item.key for item in items if not item.sync_row_id})
    found = {}
    for item in items:
        problem = newest.get(item.sync_row_id) if item.sync_row_id else there.get((item.object, item.key))
        if problem is not None:
            found[item.id] = problem
    return found


def _newest_of(row_ids: Collection[int]) -> dict[int | None, Problem]:
    if not row_ids:
        return {}
    query = select(Problem).where(Problem.sync_row_id.in_(list(row_ids))).options(joinedload(Problem.row))
    return {problem.sync_row_id: problem for problem in db.session.scalars(query.order_by(Problem.id))}


def _newest_there(keys: Collection[str]) -> dict[tuple[str, str], Problem]:
    if not keys:
        return {}
    query = select(Problem).where(Problem.key.in_(list(keys)), Problem.sync_row_id.is_(None)).order_by(Problem.id)
    return {(problem.object, problem.key): problem for problem in db.session.scalars(query)}


def _of(company: Company) -> Select[Problem]:
    query = select(Problem).join(Book, Book.id == Problem.book_id).where(Book.company_id == company.id, Book.active)
    return query.options(joinedload(Problem.row))


def _rows(company: Company) -> Select[SyncRow]:
    return select(SyncRow).join(Book, Book.id == SyncRow.book_id).where(Book.company_id == company.id, Book.active)

"""Reads of imports and their previews: the list, one of them, and what it did in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.run import Run, RunItem, RunKind, RunState
from portal.queries.paging import Page, no_such_page, page_size

KINDS = (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)
PREVIEWS = "previews"
PAGE_SIZE = 50
AMBIGUOUS = "customer_ambiguous_here"
OBJECTS = ("customers", "invoices", "payments")


@dataclass(frozen=True)
class ImportFilter:
    """Which imports a list shows: of a kind (or previews alone), and in a state; "" for any."""

    kind: str = ""
    state: str = ""


@dataclass(frozen=True)
class Figures:
    """What an import did (a preview: would do) with the records that it is about."""

    created: int
    updated: int
    unchanged: int
    linked: int
    failed: int
    not_in_ar: int
    payments: int
    new_customers: int

    @property
    def read(self) -> int:
        """How many records were looked at."""
        return self.created + self.updated + self.unchanged + self.linked + self.failed + self.not_in_ar


def what(run: Run) -> RunKind | None:
    """What the run imports, or previews the import of; None for every other run."""
    name = run.subject.get("of", "") if run.kind == RunKind.PREVIEW else run.kind
    return next((kind for kind in KINDS if kind == name), None)


def noun(run: Run) -> str:
    """ "customer" or "invoice": what the run is about."""
    return "customer" if what(run) == RunKind.IMPORT_CUSTOMERS else "invoice"


def figures(run: Run) -> Figures:
    """The run's counts of what it is about."""
    counts, objects = run.counts, f"{noun(run)}s"
    own = {name: int(counts.get(f"{name}.{objects}", 0)) for name in ("created", "updated", "unchanged", "linked",
                                                                        "failed", "not_in_ar")}  # fmt: skip
    others = int(counts.get("created.customers", 0)) if objects == "invoices" else 0
    payments = int(counts.get("received.payments", 0)) + int(counts.get("opening.payments", 0))
    return Figures(**own, payments=payments, new_customers=others)


def by_object(run: Run, name: str) -> dict[str, int]:
    """One of the run's counts by object, such as all of "created"; objects without any are left out."""
    return {one: int(run.counts[f"{name}.{one}"]) for one in OBJECTS if run.counts.get(f"{name}.{one}")}


def is_import() -> ColumnElement[bool]:
    """The condition for imports and previews of imports."""
    return or_(Run.kind.in_(KINDS), is_preview())


def is_preview() -> ColumnElement[bool]:
    """The condition for previews of imports."""
    return and_(Run.kind == RunKind.PREVIEW, Run.subject["of"].as_string().in_([kind.value for kind in KINDS]))


def of_company(company: Company) -> Select[Run]:
    """The company's imports and previews of imports."""
    return select(Run).join(Book, Book.id == Run.book_id).where(Book.company_id == company.id, is_import())


def get_import(company: Company, run_id: int) -> Run:
    """The company's import or preview of one. Raises NotFound."""
    run = db.session.scalar(of_company(company).where(Run.id == run_id))
    if run is None:
        raise NotFound(f"There is no import {run_id}.", field="import")
    return run


def list_imports(
    company: Company, wanted: ImportFilter | None = None, *, after: str = "", limit: int = PAGE_SIZE
) -> Page[Run]:  # fmt: skip
    """A page of the company's imports, newest first. Raises InvalidInput for a malformed token or an unknown state."""
    query = _filtered(of_company(company), wanted or ImportFilter())
    if after:
        if not after.isdecimal() or len(after) > 10:
            raise no_such_page()
        query = query.where(Run.id < int(after))
    limit = page_size(limit)
    rows = list(db.session.scalars(query.order_by(Run.id.desc()).limit(limit + 1)))
    return Page(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else "")


def count_imports(company: Company, wanted: ImportFilter | None = None) -> int:
    """How many the list has."""
    query = _filtered(of_company(company), wanted or ImportFilter()).with_only_columns(func.count(Run.id))
    return db.session.scalar(query) or 0


def count_ambiguous(run: Run) -> int:
    """How many names the run could not tell apart."""
    query = select(func.count(RunItem.id)).where(
        RunItem.run_id == run.id, RunItem.outcome == "problem", RunItem.details["code"].as_string() == AMBIGUOUS
    )
    return db.session.scalar(query) or 0


def failures(run_id: int, limit: int) -> Sequence[RunItem]:
    """The first records that could not be imported, in the order in which they were met."""
    query = select(RunItem).where(RunItem.run_id == run_id, RunItem.outcome == "problem")
    return db.session.scalars(query.order_by(RunItem.id).limit(limit)).all()


def _filtered(query: Select[Run], wanted: ImportFilter) -> Select[Run]:
    if wanted.kind == PREVIEWS:
        query = query.where(is_preview())
    elif wanted.kind:
        query = query.where(Run.kind == wanted.kind)
    if wanted.state:
        if wanted.state not in set(RunState):
            raise InvalidInput(f"No import has the state {wanted.state[:40]!r}.", field="state")
        query = query.where(Run.state == wanted.state)
    return query

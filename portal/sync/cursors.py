"""Reading what changed: windows on Intacct's clock, pages by RECORDNO, a place that survives the worker.

`since` is fixed for a pass; each stored page moves only the RECORDNO, in the page's own transaction. After the last
page `since` becomes the pass's start on Intacct's clock. Each window begins an hour earlier than that, because
Intacct stamps records before they become visible; reading a row twice changes nothing.

A session in one entity does not see what changes in the others, so each entity that a book was ever connected to (and
the top level) has cursors of its own, which go on where they stood when it is connected again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from portal.extensions import db
from portal.intacct.gateway import Result
from portal.intacct.queries import Filter, Query, all_of, any_of, at_least, is_null
from portal.intacct.stamps import format_stamp
from portal.models.run import Cursor
from portal.models.types import utcnow
from portal.sync import zone
from portal.sync.context import RunContext

OVERLAP = timedelta(hours=1)
UNMODIFIED_OVERLAP = timedelta(hours=25)
"""For rows never modified: their creation stamp need not share a zone with WHENMODIFIED [observed: 7 hours apart]."""

SHRUNK_FROM = 100

_WITHOUT_FIELDS = "rows:"
"""Begins a fingerprint that has no fields in it."""


@dataclass(frozen=True)
class Spec:
    """What a cursor reads. `created_field` is the audit stamp of the object (WHENCREATED is the invoice's own date).

    `document_type` names an Order Entry definition, of which there is a cursor each. `whole_first_pass` takes what is
    there already, of it only what `first` asks for; `where` holds for every pass.
    """

    object: str
    fields: tuple[str, ...]
    created_field: str = "AUWHENCREATED"
    whole_first_pass: bool = False
    wants: str = ""
    """What the rows are read for, where settings say so."""
    document_type: str = ""
    where: Filter | None = None
    first: Filter | None = None

    @property
    def place(self) -> tuple[str, str]:
        """What tells the cursors of a book apart."""
        return self.object, self.document_type

    @property
    def fingerprint(self) -> str:
        """What a cursor was read by. Older versions compare it, and begin anew at another one; see `fits`."""
        is_of_rows = self._is_narrowed and not self.whole_first_pass
        return f"{_WITHOUT_FIELDS}{self._hashed(())}" if is_of_rows else self._hashed(self.fields)

    def fits(self, fingerprint: str) -> bool:
        """Whether a cursor that was kept with this fingerprint goes on, since the same rows fit as then. More columns
        are a reason to begin anew only where the first pass takes everything again; elsewhere what changed until now
        would be forgotten. Older versions had the fields in each fingerprint."""
        if not self.whole_first_pass and not self._is_narrowed:
            return True
        older = "" if self.whole_first_pass else self._hashed(self.fields)
        return fingerprint in {self.fingerprint, older}

    @property
    def _is_narrowed(self) -> bool:
        return bool(self.wants) or self.where is not None

    def _hashed(self, fields: tuple[str, ...]) -> str:
        parts = [self.object, *fields, self.created_field]
        parts += [repr(part) for part in (self.where, self.first) if part is not None]
        parts += [self.wants] if self.wants else []
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Place:
    """Where a pass stands."""

    since: datetime | None
    pass_start: datetime | None
    last_recordno: int
    rows: int


@dataclass
class CursorPage:
    """Rows that were read but are not stored yet, and the place that storing them moves to."""

    spec: Spec
    rows: list[dict[str, str]]
    last_recordno: int
    pass_start: datetime
    is_last: bool
    rows_in_pass: int = field(default=0)


def rounds(ctx: RunContext, specs: Sequence[Spec]) -> Iterator[list[CursorPage]]:
    """The next page of every pass that is not at its end, one request a round. The caller stores the pages of a round,
    calls `store` for each and commits all together.

    The first request also asks in which zone Intacct shows the user its stamps. Where that moved since last time, the
    windows were asked for in the wrong zone, and the round is asked for again.
    """
    asked = False
    going = {spec.place: (spec, _place(ctx, spec)) for spec in specs}
    ctx.commit()
    rows_in_pass = dict.fromkeys(going, 0)
    while going:
        calls = [_query(ctx, spec, place).call(" ".join(spec.place).strip()) for spec, place in going.values()]
        results = ctx.read(calls if asked else [*calls, zone.call(ctx)])
        if not asked:
            asked = True
            if zone.has_moved(ctx, results.pop()):
                continue
        found = []
        for result, (spec, place) in zip(results, list(going.values()), strict=True):
            page = _page(ctx, spec, place, result)
            rows_in_pass[spec.place] += len(page.rows)
            page.rows_in_pass = rows_in_pass[spec.place]
            going[spec.place] = (spec, Place(place.since, page.pass_start, page.last_recordno, place.rows))
            found.append(page)
        yield found
        for page in found:
            if page.is_last:
                del going[page.spec.place]


def _page(ctx: RunContext, spec: Spec, place: Place, result: Result) -> CursorPage:
    if result.error is not None:
        raise result.error
    rows = list(result.rows())
    last = int(rows[-1]["RECORDNO"]) if rows else place.last_recordno
    start = place.pass_start or ctx.gateway.clock or utcnow()
    left = result.numremaining
    is_last = len(rows) < _query(ctx, spec, place).page_size if left is None else left == 0
    return CursorPage(spec, rows, last, start, is_last=is_last)


def store(ctx: RunContext, page: CursorPage) -> None:
    """Move the cursor past a page that was stored; the caller commits both together."""
    cursor = kept(ctx, page.spec.object, page.spec.document_type)
    if not page.is_last:
        cursor.pass_start, cursor.last_recordno = page.pass_start, page.last_recordno
        db.session.flush()
        return
    _warn_if_shrunk(ctx, cursor, page)
    # What changed since another entity's cursor stopped need not be among what a first pass takes.
    since = page.pass_start if cursor.since else _furthest_behind(ctx, page.spec) or page.pass_start
    cursor.since, cursor.pass_start, cursor.last_recordno = since, None, 0
    cursor.rows_last_pass = page.rows_in_pass
    db.session.flush()


def begun(ctx: RunContext, spec: Spec) -> bool:
    """Whether this was ever read as it is to be read now."""
    cursor = kept(ctx, spec.object, spec.document_type)
    if not cursor.fingerprint:
        return _furthest_behind(ctx, spec) is not None
    return cursor.since is not None and spec.fits(cursor.fingerprint)


def forget(book_id: int, specs: Sequence[Spec]) -> None:
    """Start anew when these are read the next time, in whatever entity."""
    objects = or_(*(_is_of(spec.object) for spec in specs))
    db.session.execute(delete(Cursor).where(Cursor.book_id == book_id, objects))


def kept(ctx: RunContext, object_: str, document_type: str = "") -> Cursor:
    """The cursor of an object for the session's entity; a new one where there is none."""
    name = _name(object_, ctx.entity)
    query = select(Cursor).where(
        Cursor.book_id == ctx.book_id, Cursor.object == name, Cursor.document_type == document_type
    )
    cursor = db.session.scalar(query)
    if cursor is None:
        cursor = Cursor(
            book_id=ctx.book_id, object=name, document_type=document_type, fingerprint="", last_recordno=0
        )  # fmt: skip
        cursor.rows_last_pass = 0
        db.session.add(cursor)
        db.session.flush()
    return cursor


def elsewhere(ctx: RunContext, object_: str, document_type: str = "") -> list[Cursor]:
    """The cursors of an object in other entities (or at the top level), the one that is furthest behind first. An
    entity's first cursor goes on from there: what the others' sessions were not shown since, this one may be."""
    query = select(Cursor).where(
        Cursor.book_id == ctx.book_id, _is_of(object_), Cursor.object != _name(object_, ctx.entity),
        Cursor.document_type == document_type, Cursor.since.is_not(None),
    )  # fmt: skip
    return list(db.session.scalars(query.order_by(Cursor.since)))


def _name(object_: str, entity: str) -> str:
    """What tells the cursors of an object apart: those of older versions, and of the top level, have no entity."""
    return f"{object_}@{entity}" if entity else object_


def _is_of(object_: str) -> ColumnElement[bool]:
    return or_(Cursor.object == object_, Cursor.object.startswith(f"{object_}@", autoescape=True))


def _furthest_behind(ctx: RunContext, spec: Spec) -> datetime | None:
    found = elsewhere(ctx, spec.object, spec.document_type)
    return next((one.since for one in found if spec.whole_first_pass or spec.fits(one.fingerprint)), None)


def _warn_if_shrunk(ctx: RunContext, cursor: Cursor, page: CursorPage) -> None:
    """An answer much smaller than the last one of the same kind may be a right that was lost."""
    if cursor.since is None and cursor.rows_last_pass > SHRUNK_FROM and page.rows_in_pass * 2 < cursor.rows_last_pass:
        ctx.warnings.append(
            f"Intacct answered {page.rows_in_pass} records of {page.spec.object}; last time it was"
            f" {cursor.rows_last_pass}. Check that the user may still read all of them."
        )


def _place(ctx: RunContext, spec: Spec) -> Place:
    cursor = kept(ctx, spec.object, spec.document_type)
    is_new = not cursor.fingerprint
    if not is_new and not spec.fits(cursor.fingerprint):
        cursor.since, cursor.pass_start, cursor.last_recordno = None, None, 0
    cursor.fingerprint = spec.fingerprint
    if cursor.since is None and not spec.whole_first_pass:
        # Money is read from the connection on; what was applied before a link comes by reading that link's history.
        cursor.since = (_furthest_behind(ctx, spec) if is_new else None) or ctx.gateway.clock or utcnow()
    db.session.flush()
    return Place(cursor.since, cursor.pass_start, cursor.last_recordno, cursor.rows_last_pass)


def _query(ctx: RunContext, spec: Spec, place: Place) -> Query:
    return Query(
        spec.object,
        spec.fields,
        _asked(ctx, spec, place),
        show_private=not ctx.entity,
        doc_par_id=spec.document_type,
        after_recordno=place.last_recordno,
    )


def _asked(ctx: RunContext, spec: Spec, place: Place) -> Filter | None:
    window = _window(ctx, spec, place.since) if place.since else spec.first
    filters = [part for part in (spec.where, window) if part is not None]
    return all_of(*filters) if len(filters) > 1 else filters[0] if filters else None


def _window(ctx: RunContext, spec: Spec, since: datetime) -> Filter:
    changed = at_least("WHENMODIFIED", format_stamp(since - OVERLAP, ctx.offset))
    born = at_least(spec.created_field, format_stamp(since - UNMODIFIED_OVERLAP, ctx.offset))
    return any_of(changed, all_of(is_null("WHENMODIFIED"), born))

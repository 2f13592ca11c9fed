"""Intacct's customers by name: a directory kept by cursor, and rule 1, which decides who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select

from portal.extensions import db
from portal.intacct.queries import Query, one_of
from portal.models.sync import IntacctCustomer, Kind, SyncRow
from portal.sync import cursors, links
from portal.sync.context import RunContext

FIELDS = ("RECORDNO", "CUSTOMERID", "NAME", "STATUS", "MEGAENTITYID")


@dataclass(frozen=True)
class Entry:
    """A customer there, as matching sees it. `taken` says that it is linked to a customer of ours."""

    recordno: int
    customer_id: str
    name: str
    active: bool
    entity: str
    taken: bool


class Verdict(StrEnum):
    """What rule 1 says of a customer of ours without a link."""

    LINK = "link"
    CREATE = "create"
    AMBIGUOUS = "ambiguous"
    NAME_LINKED = "name_linked"
    ID_TAKEN = "id_taken"


@dataclass(frozen=True)
class Match:
    """The verdict, the entry to link, or the candidates among which a person chooses."""

    verdict: Verdict
    entry: Entry | None = None
    candidates: tuple[Entry, ...] = ()


def match(number: str, named: Iterable[Entry], same_id: Entry | None) -> Match:
    """Rule 1: `named` are the entries of the customer's name, `same_id` the one that has our number as CUSTOMERID.

    A link wins (the caller has none); among unlinked ones a single match links, of several the one whose CUSTOMERID is
    our number; none creates; only linked ones of that name, or our number in use under another name, is for a person.
    """
    entries = tuple(named)
    free = tuple(entry for entry in entries if not entry.taken)
    if len(free) == 1:
        return Match(Verdict.LINK, free[0])
    if len(free) > 1:
        ours = [entry for entry in free if entry.customer_id.casefold() == number.casefold()]
        return Match(Verdict.LINK, ours[0]) if ours else Match(Verdict.AMBIGUOUS, candidates=free)
    if entries:
        return Match(Verdict.NAME_LINKED, candidates=entries)
    if same_id is not None:
        return Match(Verdict.ID_TAKEN, candidates=(same_id,))
    return Match(Verdict.CREATE)


def refresh(ctx: RunContext) -> None:
    """Bring the directory up to date: everything on the first pass, what changed on later ones."""
    spec = cursors.Spec("CUSTOMER", FIELDS, created_field="WHENCREATED", whole_first_pass=True)
    for (page,) in cursors.rounds(ctx, [spec]):
        links.remember_customers(ctx.book_id, [_known(row) for row in page.rows])
        cursors.store(ctx, page)
        ctx.keep_copy()
        ctx.stop_if_asked()


def _known(row: dict[str, str]) -> links.Known:
    active = row["STATUS"].casefold() in ("active", "t")
    return links.Known(int(row["RECORDNO"]), row["CUSTOMERID"], row["NAME"], active, row["MEGAENTITYID"])


def forget_deleted(ctx: RunContext, name_keys: Sequence[str]) -> None:
    """Take out of the directory what Intacct no longer has of these names: a cursor sees no deletions. What the session
    cannot see stays: it would not be read again when the session can."""
    query = select(IntacctCustomer.recordno).where(
        IntacctCustomer.book_id == ctx.book_id, IntacctCustomer.name_key.in_(name_keys), *_seen(ctx)
    )
    known = [str(number) for number in db.session.scalars(query)]
    ctx.commit()
    if not known:
        return
    rows = ctx.rows(Query("CUSTOMER", ("RECORDNO",), one_of("RECORDNO", known), show_private=not ctx.entity))
    gone = set(known) - {row["RECORDNO"] for row in rows}
    db.session.execute(
        delete(IntacctCustomer)
        .where(IntacctCustomer.book_id == ctx.book_id, IntacctCustomer.recordno.in_([int(key) for key in gone]))
        .execution_options(synchronize_session=False)
    )
    ctx.keep_copy()


def find(ctx: RunContext, name_key: str, number: str) -> tuple[list[Entry], Entry | None]:
    """The entries of a folded name that the session can see, and the one that has `number` as its CUSTOMERID (whatever
    its name and wherever)."""
    query = select(IntacctCustomer).where(IntacctCustomer.book_id == ctx.book_id)
    of_name = query.where(IntacctCustomer.name_key == name_key, *_seen(ctx))
    named = [_entry(row) for row in db.session.scalars(of_name)]
    same = db.session.scalar(query.where(IntacctCustomer.customer_id == number))
    return named, _entry(same) if same else None


def _seen(ctx: RunContext) -> list[ColumnElement[bool]]:
    return [IntacctCustomer.entity.in_(("", ctx.entity))] if ctx.entity else []


def _entry(row: IntacctCustomer) -> Entry:
    taken = db.session.scalar(
        select(SyncRow.id).where(
            SyncRow.book_id == row.book_id, SyncRow.kind == Kind.CUSTOMER, SyncRow.object == "CUSTOMER",
            SyncRow.key == str(row.recordno),
        )
    )  # fmt: skip
    return Entry(row.recordno, row.customer_id, row.name, row.active, row.entity, taken is not None)

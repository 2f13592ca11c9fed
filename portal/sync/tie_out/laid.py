"""What lies on the documents that differ: of each payment and credit on each invoice, here and in Intacct."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.queries import Query, one_of
from portal.intacct.records import PaymentDetailRow
from portal.models.credit_note import CreditNote
from portal.models.payment import Application, Payment
from portal.models.sync import FULL_CREDIT, Kind, Pair, Problem, SyncRow
from portal.money import ZERO
from portal.sync import looking
from portal.sync.money import OPENING, Source, sums
from portal.sync.tie_out import there as theirs
from portal.sync.tie_out.causes import Put, Standing
from portal.sync.tie_out.here import applied_on
from portal.sync.tie_out.work import Listed, Work

HELD = {
    "by_hand": "is to be booked in Intacct by hand",
    "booked_there": "was booked in Intacct by hand",
    "paid_both_sides": "the invoice was paid on both sides",
}
DISCOUNT = "DISCOUNT"


@dataclass
class OnHere:
    """One application of ours: its two ends, the amount now and on the day, and what we know of it there."""

    kind: Kind
    source_id: int
    invoice_id: int
    name: str
    now: Decimal = ZERO
    then: Decimal = ZERO
    known: Decimal = ZERO
    hold: str = ""
    source: Source | None = None
    """The record in Intacct that the payment or credit is linked to."""


@dataclass
class OnThere:
    """What lies there, by (source, invoice key), now and on the day; whose sources are, and which are gone."""

    now: dict[tuple[Source, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    then: dict[tuple[Source, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    gone: set[Source] = field(default_factory=set)
    owners: dict[Source, list[tuple[Kind, int, str]]] = field(default_factory=dict)
    """The payments and credit notes of ours that a source is linked to: kind, id, number."""
    invoices: dict[str, int] = field(default_factory=dict)
    """Our invoices by their keys."""
    problems: dict[Source, int] = field(default_factory=dict)


def here_of(book_id: int, batch: Sequence[Listed], as_of: dt.date | None) -> list[OnHere]:
    """Our applications on, and of, the documents of the batch, with their pairs."""
    ids = {kind: [item.record_id for item in batch if item.kind == kind and item.record_id] for kind in Kind}
    touching = (
        Application.invoice_id.in_(ids[Kind.INVOICE])
        | Application.payment_id.in_(ids[Kind.PAYMENT])
        | Application.credit_note_id.in_(ids[Kind.CREDIT_NOTE])
    )
    query = (
        select(Application, Payment, CreditNote)
        .outerjoin(Payment, Payment.id == Application.payment_id)
        .outerjoin(CreditNote, CreditNote.id == Application.credit_note_id)
        .where(touching)
    )
    found: dict[tuple[Kind, int, int], OnHere] = {}
    for application, payment, note in db.session.execute(query):
        source = payment or note
        kind = Kind.PAYMENT if payment else Kind.CREDIT_NOTE
        then = application.amount if as_of is None or applied_on(application, source) <= as_of else ZERO
        place = (kind, source.id, application.invoice_id)
        found[place] = OnHere(kind, source.id, application.invoice_id, source.number, application.amount, then)
    _add_pairs(book_id, batch, found)
    return list(found.values())


def _add_pairs(book_id: int, batch: Sequence[Listed], found: dict[tuple[Kind, int, int], OnHere]) -> None:
    row_ids = [item.sync_row_id for item in batch if item.sync_row_id]
    source, invoice = SyncRow.__table__.alias("source"), SyncRow.__table__.alias("invoice")
    query = (
        select(source.c.kind, source.c.record_id, invoice.c.record_id, Pair.applied_there, Pair.hold)
        .select_from(Pair)
        .join(source, source.c.id == Pair.source_row_id)
        .join(invoice, invoice.c.id == Pair.invoice_row_id)
        .where(Pair.source_row_id.in_(row_ids) | Pair.invoice_row_id.in_(row_ids))
    )
    for kind, source_id, invoice_id, known, hold in db.session.execute(query):
        place = (Kind(kind), source_id, invoice_id)
        if place not in found:
            if not known:
                continue
            found[place] = OnHere(Kind(kind), source_id, invoice_id, _number(Kind(kind), source_id))
        found[place].known, found[place].hold = known, hold
    for kind in (Kind.PAYMENT, Kind.CREDIT_NOTE):
        ids = {one.source_id for one in found.values() if one.kind == kind}
        rows = select(SyncRow.record_id, SyncRow.object, SyncRow.key).where(
            SyncRow.book_id == book_id, SyncRow.kind == kind, SyncRow.record_id.in_(ids), SyncRow.key != ""
        )
        keys = {id_: Source(object_, key) for id_, object_, key in db.session.execute(rows)}
        for one in found.values():
            if one.kind == kind:
                one.source = keys.get(one.source_id)


def _number(kind: Kind, record_id: int) -> str:
    model = Payment if kind == Kind.PAYMENT else CreditNote
    return db.session.scalar(select(model.number).where(model.id == record_id)) or ""


def there_of(work: Work, batch: Sequence[Listed], on_here: Sequence[OnHere]) -> OnThere:
    """Intacct's rows of money on, and of, the documents of the batch. Asks Intacct, then our links."""
    found = OnThere()
    wanted = {
        "RECORDKEY": [item.key for item in batch if item.object == "ARINVOICE"],
        "PARENTPAYMENTKEY": [item.key for item in batch if item.object == "ARPYMT"],
        "OVERPAYMENTKEY": [item.key for item in batch if item.object == "ARPYMT"],
        "ADVANCEKEY": [item.key for item in batch if item.object == "ARADVANCE"],
        "ADJUSTMENTKEY": [item.key for item in batch if item.object == "ARADJUSTMENT"],
    }
    details: dict[int, PaymentDetailRow] = {}
    for name, keys in wanted.items():
        details |= {detail.record_no: detail for detail in _details(work, name, keys)}
    for detail in looking.without_reversed(work.ctx, details.values()):
        for place, amount in _sums(detail).items():
            found.now[place] += amount
            if work.as_of is None or detail.paid_on is None or detail.paid_on <= work.as_of:
                found.then[place] += amount
    found.gone = _gone(work, {one.source for one in on_here if one.source}, {place[0] for place in found.now})
    _recognise(work.ctx.book_id, found)
    return found


def _details(work: Work, name: str, keys: Sequence[str]) -> Iterable[PaymentDetailRow]:
    ctx, unread = work.ctx, work.unread
    if not keys or "ARPYMTDETAIL" in unread.refused:
        return
    where = one_of(name, sorted(set(keys)))
    try:
        rows = ctx.rows(Query("ARPYMTDETAIL", looking.DETAIL_FIELDS, where, show_private=not ctx.entity))
    except IntacctError as error:
        if error.executed != "refused":
            raise
        unread.refused["ARPYMTDETAIL"] = str(error)
        return
    for row in rows:
        detail = looking.read_detail(row, ctx.offset)
        if detail is not None:
            yield detail
        else:
            unread.row("ARPYMTDETAIL", row["RECORDNO"], "a value cannot be read")


def _sums(detail: PaymentDetailRow) -> dict[tuple[Source, str], Decimal]:
    """What the row puts on its invoice by source, a discount included."""
    found = sums([detail])
    if detail.invoice_key is None:
        return found
    own_inline = detail.inline if detail.inline_key == detail.invoice_key else ZERO
    rest = detail.settled - own_inline - sum(found.values(), ZERO)
    if rest:
        place = (Source(DISCOUNT, str(detail.parent_key or detail.record_no)), str(detail.invoice_key))
        found[place] = found.get(place, ZERO) + rest
    return found


def _gone(work: Work, known: set[Source], alive: set[Source]) -> set[Source]:
    """The linked sources that were reversed or deleted there."""
    found: set[Source] = set()
    unsure = known - alive
    for object_ in {source.object for source in unsure if source.object in theirs.BY_NAME}:
        keys = [source.key for source in unsure if source.object == object_]
        docs = theirs.by_key(work.ctx, object_, keys, work.unread)
        if object_ not in work.unread.refused:
            found |= {Source(object_, key) for key in keys if key not in docs or not docs[key].alive}
    return found


def _recognise(book_id: int, found: OnThere) -> None:
    sources = {source for source, _ in found.now}
    keys = {source.key for source in sources} | {invoice_key for _, invoice_key in found.now}
    query = select(SyncRow.object, SyncRow.key, SyncRow.kind, SyncRow.record_id).where(
        SyncRow.book_id == book_id, SyncRow.key.in_(keys)
    )
    for object_, key, kind, record_id in db.session.execute(query).all():
        if kind == Kind.INVOICE:
            found.invoices[key] = record_id
        elif kind != Kind.CUSTOMER:
            name = _number(Kind(kind), record_id)
            found.owners.setdefault(Source(object_, key), []).append((Kind(kind), record_id, name))
    open_ = select(Problem.object, Problem.key, Problem.id).where(
        Problem.book_id == book_id, Problem.closed_at.is_(None), Problem.key.in_({source.key for source in sources})
    )
    found.problems = {Source(object_, key): id_ for object_, key, id_ in db.session.execute(open_)}


def records_of(batch: Sequence[Listed], on_here: Sequence[OnHere], on_there: OnThere) -> dict[Kind, set[int]]:
    """Every record whose standing matters to the batch."""
    wanted: dict[Kind, set[int]] = {Kind.INVOICE: set(), Kind.PAYMENT: set(), Kind.CREDIT_NOTE: set()}
    for item in batch:
        if item.record_id is not None:
            wanted[item.kind].add(item.record_id)
    for one in on_here:
        wanted[one.kind].add(one.source_id)
    for owners in on_there.owners.values():
        for kind, id_, _ in owners:
            wanted[kind].add(id_)
    return wanted


@dataclass(frozen=True)
class Laid:
    """The money of a batch, both sides, and how each record stands."""

    here: Sequence[OnHere]
    there: OnThere
    standings: Mapping[tuple[Kind, int], Standing]

    def standing(self, kind: Kind, record_id: int | None) -> Standing | None:
        """How a record of ours stands with Intacct."""
        return self.standings.get((kind, record_id)) if record_id is not None else None

    def puts(self, item: Listed) -> tuple[Put, ...]:
        """What lies on an invoice, or where a payment or credit note lies."""
        return tuple(self._on_invoice(item) if item.kind == Kind.INVOICE else self._of_source(item))

    def _on_invoice(self, item: Listed) -> Iterable[Put]:
        left = {source: amount for (source, key), amount in self.there.now.items() if key == item.key}
        credits = sum((amount for source, amount in left.items() if not source.is_money), ZERO)
        in_full = credits == item.there_total and credits == sum(left.values(), ZERO)
        on_it = [one for one in self.here if one.invoice_id == item.record_id]
        for one in sorted(on_it, key=_is_opening):
            if _is_opening(one):
                amount = then = self._take_unread(left, one.known)
            else:
                amount = left.pop(one.source, ZERO) if one.source else ZERO
                then = self.there.then.get((one.source, item.key), ZERO) if one.source else ZERO
            yield self._both(one, amount, then)
        for source, amount in left.items():
            yield self._theirs(item, source, amount, in_full and not source.is_money)

    def _take_unread(self, left: dict[Source, Decimal], known: Decimal) -> Decimal:
        """What of an opening payment still stands for rows of Intacct's that are nobody's here: taken from these."""
        taken = ZERO
        for source in [source for source in left if source not in self.there.owners]:
            part = min(left[source], known - taken)
            left[source] -= part
            taken += part
        return taken

    def _both(self, one: OnHere, amount: Decimal, then: Decimal) -> Put:
        return Put(
            name=one.name,
            here=one.now,
            there=amount,
            known=one.known,
            shift=(then - one.then) - (amount - one.now),
            standing=self.standing(one.kind, one.source_id),
            is_gone=one.source in self.there.gone and not amount,
            held=HELD.get(one.hold, one.hold),
            withheld=one.hold == FULL_CREDIT,
        )

    def _theirs(self, item: Listed, source: Source, amount: Decimal, withheld: bool) -> Put:
        """Money of a source that has nothing on the invoice here: a rest of ours put on it there, or Intacct's own."""
        owner = next(iter(self.there.owners.get(source, ())), None)
        place = (source, item.key)
        shift = self.there.then.get(place, ZERO) - self.there.now.get(place, ZERO)
        return Put(
            name=owner[2] if owner else _called(source),
            here=ZERO,
            there=amount,
            shift=shift,
            standing=self.standing(owner[0], owner[1]) if owner else None,
            withheld=withheld,
            problem_id=self.there.problems.get(source),
        )

    def _of_source(self, item: Listed) -> Iterable[Put]:
        own = Source(item.object, item.key)
        left = {key: amount for (source, key), amount in self.there.now.items() if source == own}
        keys = {record_id: key for key, record_id in self.there.invoices.items()}
        for one in self.here:
            if one.kind == item.kind and one.source_id == item.record_id:
                key = keys.get(one.invoice_id, "")
                amount = left.pop(key, ZERO)
                yield self._both(one, amount, self.there.then.get((own, key), ZERO))
        for key, amount in left.items():
            then = self.there.then.get((own, key), ZERO)
            owners = self.there.owners.get(own, ())
            elsewhere = key not in self.there.invoices or len(owners) > 1
            yield Put(
                name=item.name, here=ZERO, there=amount, shift=then - amount, is_elsewhere=elsewhere,
                standing=self.standing(item.kind, item.record_id),
            )  # fmt: skip


def _is_opening(one: OnHere) -> bool:
    """Whether it stands for all that was paid on an imported invoice before its money was read."""
    return one.source is not None and one.source.object == OPENING


def _called(source: Source) -> str:
    words = {
        "ARPYMT": "payment", "ARADVANCE": "advance", "ARADJUSTMENT": "credit", "NEGATIVEINVOICE": "negative invoice",
        "INLINECREDIT": "credit of invoice", DISCOUNT: "a discount of payment",
    }  # fmt: skip
    return f"{words.get(source.object, 'record')} {source.key} of Intacct"

"""Carrying Intacct's money into our book: what lies there of each source on each linked invoice, whole.

Rows are not stored one by one. For each pair (source, invoice) we keep the sum that lies there; reading sets it and
carries only its change into our book, whoever owns the source. So nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from portal.errors import PortalError
from portal.extensions import db
from portal.intacct.records import PaymentRow
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import FormerKey, Kind, Pair, SyncRow
from portal.problems import ledger
from portal.services import payments, wanted
from portal.services.checks import show
from portal.services.payments import PaymentData
from portal.sync import judging, links, looking, scope, write_invoices
from portal.sync.context import RunContext
from portal.sync.mapping import method_in, reference_in
from portal.sync.money import OPENING, Source
from portal.sync.picture import VOIDED, Picture, Successor
from portal.sync.rows import has_open_posting, linked

BOTH_SIDES = ledger.PAID_BOTH_SIDES
ZERO = Decimal(0)


def store(ctx: RunContext, picture: Picture) -> None:
    """Carry what changed into our book. Flushes; what cannot be stored becomes a problem and is read again."""
    failed_before = ledger.open_there(ctx.book_id)
    for source, successor in picture.successors.items():
        _follow(ctx, source, successor, picture)
    for recordno, invoice_key in picture.unreadable.items():
        _could_not_store(ctx, Source("ARPYMTDETAIL", recordno), invoice_key, PortalError("a value cannot be read."))
    readable = picture.invoice_keys - set(picture.unreadable.values())
    for invoice_key, row in sorted(linked(ctx.book_id, "ARINVOICE", readable).items()):
        if not scope.sees(ctx, row.entity):
            links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_key, "its entity is out of sight")
            continue
        for source, amount in _money_on(ctx, row, invoice_key, picture).items():
            try:
                with db.session.begin_nested():
                    _carry(ctx, row, source, amount, picture)
            except PortalError as error:
                _could_not_store(ctx, source, invoice_key, error)
            else:
                if (source.object, source.key) in failed_before:
                    ledger.close_there(ctx.book_id, source.object, source.key, ctx.by)


def _money_on(ctx: RunContext, invoice_row: SyncRow, invoice_key: str, picture: Picture) -> dict[Source, Decimal]:
    """Each source with what lies of it on this invoice now; 0 for one that was there and is gone or voided."""
    known = (
        select(SyncRow.object, SyncRow.key)
        .join(Pair, Pair.source_row_id == SyncRow.id)
        .where(Pair.invoice_row_id == invoice_row.id, Pair.applied_there != 0, *scope.seen(ctx))
        .where(SyncRow.key != "", SyncRow.object != OPENING)
    )
    found = {Source(object_, key): ZERO for object_, key in db.session.execute(known)}
    found |= {source: amount for (source, key), amount in picture.sums.items() if key == invoice_key}
    for source in found:
        header = picture.headers.get(source)
        if header is not None and header.state in VOIDED:
            found[source] = ZERO
    return found


def _carry(ctx: RunContext, invoice_row: SyncRow, source: Source, amount: Decimal, picture: Picture) -> None:
    invoice = db.session.get_one(Invoice, invoice_row.record_id)
    row = _row_of(ctx, source, invoice, picture)
    if row is not None and has_open_posting(row.id, answered_since=picture.taken_at):
        links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_row.key, "met while it had an open posting")
        return
    if row is None:
        if amount and not _was_ours(ctx.book_id, source):
            _receive(ctx, invoice, invoice_row, source, amount, picture.headers.get(source))
        return
    pair = links.pair_of(row.id, invoice_row.id)
    change = amount - pair.applied_there
    pair.applied_there = amount
    if change:
        _change(ctx, row, invoice, pair, change)
    header = picture.headers.get(source)
    if header is not None and header.state in VOIDED:
        _voided_there(ctx, row)


def _row_of(ctx: RunContext, source: Source, invoice: Invoice, picture: Picture) -> SyncRow | None:
    """The row of the portal payment that this source is for the invoice's customer; a record there that carries the
    reference of one of ours is linked to it and never becomes a second document."""
    query = (
        select(SyncRow)
        .join(Payment, Payment.id == SyncRow.record_id)
        .where(SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.PAYMENT, SyncRow.object == source.object)
        .where(SyncRow.key == source.key, Payment.customer_id == invoice.customer_id)
    )
    row = db.session.scalar(query)
    header = picture.headers.get(source)
    if row is not None or header is None or source.object != "ARPYMT":
        return row
    return _by_reference(ctx, header, picture)


def _by_reference(ctx: RunContext, header: PaymentRow, picture: Picture) -> SyncRow | None:
    carried = reference_in(header.description)
    if carried is None:
        return None
    query = select(SyncRow).where(
        SyncRow.book_id == ctx.book_id, SyncRow.ref == carried[0], SyncRow.kind == Kind.PAYMENT
    )
    row = db.session.scalar(query)
    if row is None or header.state in VOIDED or _was_ours(ctx.book_id, Source("ARPYMT", str(header.record_no))):
        return None
    if row.key == str(header.record_no):
        return None  # it is this very payment, applied to another customer's invoice: that customer's part of it
    if row.key:
        raise PortalError(
            f"it carries the reference of a payment that is in Intacct as record {row.key} already. Reverse one of them"
            " in Intacct."
        )
    if has_open_posting(row.id):
        return row
    there = looking.payment_there(header)
    links.link_without_posting(row, there.key, there.number, there.seen(), there.entity)
    source = Source("ARPYMT", there.key)
    there_on = {key: amount for (from_, key), amount in picture.sums.items() if from_ == source}
    links.take_over_applied(row, there_on)
    ledger.close(row, ctx.by)
    ctx.count("linked.payments")
    ctx.item("linked", f"It was in Intacct already, as record {there.key}.", row_id=row.id)
    return row


def _was_ours(book_id: int, source: Source) -> bool:
    """A key that was ours and was taken back: what it still says there is not new money."""
    query = select(FormerKey.id).where(
        FormerKey.book_id == book_id, FormerKey.object == source.object, FormerKey.key == source.key
    )
    return db.session.scalar(query) is not None


def _receive(
    ctx: RunContext, invoice: Invoice, invoice_row: SyncRow, source: Source, amount: Decimal, header: PaymentRow | None
) -> None:
    """A payment of Intacct's that is new here: its own portal payment for this customer."""
    if header is None:
        raise PortalError("the payment behind it could not be read.")
    if header.state in VOIDED:
        return
    fits = min(amount, invoice.balance)
    data = PaymentData(
        customer_id=invoice.customer_id,
        date=header.receipt_date or header.paid_on or invoice.date,
        amount=amount,
        currency=invoice.currency,
        method=method_in(header.method),
        reference=header.document_number,
        applications=((invoice.id, fits),) if fits > 0 else (),
    )
    company = db.session.get_one(Company, ctx.company_id)
    payment = payments.record(company, data, actor=ctx.actor, origin=Origin.INTACCT)
    row = _link_received(ctx, payment, source, header)
    links.pair_of(row.id, invoice_row.id).applied_there = amount
    ctx.count("read.payments_received")
    ctx.item("received", f"{show(amount, invoice.currency)} on {invoice.number}.", row_id=row.id)
    if fits < amount:
        _both_sides(ctx, row, payment, invoice, amount - fits)
    db.session.flush()


def _link_received(ctx: RunContext, payment: Payment, source: Source, header: PaymentRow) -> SyncRow:
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    row = wanted.sync_row(book, Kind.PAYMENT, payment)
    row.part = "" if links.linked_row(ctx.book_id, source.object, source.key) is None else str(payment.customer_id)
    there = looking.payment_there(header)
    links.link(row, source.key, header.document_number, there.seen(), there.entity)
    row.object = source.object
    row.have_hash = row.want_hash
    return row


def _change(ctx: RunContext, row: SyncRow, invoice: Invoice, pair: Pair, change: Decimal) -> None:
    """Carry a pair's change: a payment of Intacct's grows and shrinks with what lies there, ours only moves."""
    payment = db.session.get_one(Payment, row.record_id)
    theirs = payment.origin == Origin.INTACCT
    if change > 0:
        if theirs:
            _resize(ctx, payment, row)
        _apply(ctx, row, payment, invoice, change)
    else:
        lies = next((item.amount for item in payment.applications if item.invoice_id == invoice.id), ZERO)
        payments.set_applied(payment, invoice, lies - min(lies, -change), actor=ctx.actor)
        if theirs:
            _resize(ctx, payment, row)
    ctx.count("read.payments_changed")
    ctx.item("changed", f"{show(change, invoice.currency)} on {invoice.number}, as in Intacct.", row_id=row.id)


def _apply(ctx: RunContext, row: SyncRow, payment: Payment, invoice: Invoice, change: Decimal) -> None:
    fits = max(min(change, invoice.balance, payment.balance), ZERO)
    if fits:
        payments.apply(payment, [(invoice, fits)], actor=ctx.actor)
    if fits < change:
        _both_sides(ctx, row, payment, invoice, change - fits)


def _resize(ctx: RunContext, payment: Payment, row: SyncRow) -> None:
    """Intacct's payment is worth here what lies of it on invoices that are linked; nothing left means it is void."""
    amount = db.session.scalar(select(db.func.sum(Pair.applied_there)).where(Pair.source_row_id == row.id)) or ZERO
    if amount <= 0:
        payments.void(payment, reason="Nothing of it lies on an invoice in Intacct any more.", actor=ctx.actor)
        ledger.close(row, ctx.by)
        links.unlink(row)
        _forget_former(row)
        return
    data = PaymentData(
        customer_id=payment.customer_id, date=payment.date, amount=max(amount, payment.applied),
        currency=payment.currency, number=payment.number, method=payment.method, reference=payment.reference,
        metadata=payment.extra,
    )  # fmt: skip
    payments.edit(payment, data, actor=ctx.actor)


def _forget_former(row: SyncRow) -> None:
    """A payment of Intacct's that was un-applied there may be applied again: its key is not a thing of the past."""
    db.session.execute(db.delete(FormerKey).where(FormerKey.sync_row_id == row.id))


def _follow(ctx: RunContext, source: Source, successor: Successor, picture: Picture) -> None:
    """Our payment was taken back there and made anew, which this database does not remember: it is the one that is
    alive. What of it differs from what we last sent is a problem; nothing there is overwritten."""
    row = links.linked_row(ctx.book_id, source.object, source.key, part="")
    there = successor.there
    if row is None or has_open_posting(row.id, answered_since=picture.taken_at):
        return  # read again as soon as its outcome is known
    if links.linked_row(ctx.book_id, "ARPYMT", there.key) is not None:
        return
    sent, had, same = {**row.seen_there, "seq": there.seq}, row.have_hash, row.want_hash == row.have_hash
    links.unlink(row)
    links.link_without_posting(row, there.key, there.number, there.seen(), there.entity)
    links.take_over_applied(row, successor.applied)
    ctx.remember(row)
    ctx.count("linked.payments")
    ctx.item("linked", f"It is in Intacct as record {there.key} now: record {source.key} was made anew.", row_id=row.id)
    if not same:
        row.have_hash = had  # edited or voided here since: that is still to be sent
    elif changes := write_invoices.differences(sent, there):
        row.seen_there = sent
        number = db.session.get_one(Payment, row.record_id).number
        judging.changed_there(ctx, row, f"Payment {number}", changes, there)


def _voided_there(ctx: RunContext, row: SyncRow) -> None:
    """Rule 12: a linked payment that reads as voided in Intacct is voided here."""
    payment = db.session.get_one(Payment, row.record_id)
    if payment.voided:
        return
    payments.void(payment, reason="Voided in Intacct.", actor=ctx.actor)
    links.unlink(row)
    ledger.close(row, ctx.by)
    ctx.count("read.payments_voided")
    ctx.item("voided", "Voided in Intacct, therefore voided here.", row_id=row.id)


def _both_sides(ctx: RunContext, row: SyncRow, payment: Payment, invoice: Invoice, excess: Decimal) -> None:
    pair = links.find_pair(row.id, wanted_row(ctx.book_id, invoice.id).id)
    if pair is not None:
        pair.hold = BOTH_SIDES
    judging.problem(
        ctx, row, "paid_both_sides",
        f"Invoice {invoice.number} was paid on both sides: {show(excess, payment.currency)} of {payment.number} finds"
        " nothing left to pay and stays unapplied. Void your own payment, reverse the other one in Intacct, or"
        " leave both.",
        invoice=invoice.number, amount=str(excess),
    )  # fmt: skip


def wanted_row(book_id: int, invoice_id: int) -> SyncRow:
    """The sync row of an invoice that is known to have one."""
    row = wanted.find_row(book_id, Kind.INVOICE, invoice_id)
    assert row is not None
    return row


def try_held_again(ctx: RunContext) -> None:
    """Money that found nothing left to pay is applied as soon as there is room: ours was voided, theirs reversed."""
    query = (
        select(Pair)
        .join(SyncRow, SyncRow.id == Pair.source_row_id)
        .where(SyncRow.book_id == ctx.book_id, Pair.hold == BOTH_SIDES)
    )
    for pair in db.session.scalars(query).all():
        payment = db.session.get_one(Payment, pair.source.record_id)
        invoice = db.session.get_one(Invoice, pair.invoice.record_id)
        fits = min(pair.applied_there - pair.applied_here, invoice.balance, payment.balance)
        if fits > 0 and not invoice.voided:
            payments.apply(payment, [(invoice, fits)], actor=ctx.actor)
            ctx.item(
                "changed", f"{show(fits, invoice.currency)} on {invoice.number}, as in Intacct.", row_id=pair.source.id
            )
        if pair.applied_here == pair.applied_there:
            pair.hold = ""
            ledger.close_if(pair.source, ("paid_both_sides",), ctx.by)
        elif not pair.source.hold and ledger.open_problem(pair.source.id) is None:
            _both_sides(ctx, pair.source, payment, invoice, pair.applied_there - pair.applied_here)
    db.session.flush()


def _could_not_store(ctx: RunContext, source: Source, invoice_key: str, error: PortalError) -> None:
    text = f"Payment {source.key} of Intacct could not be stored here: {error.message} It is read again."
    ledger.report_there(ctx.book_id, source.object, source.key, "cannot_store", text, invoice_key=invoice_key)
    links.read_again(ctx.book_id, "ARPYMTDETAIL", "RECORDKEY", invoice_key, "could not be stored")
    ctx.count("problems")
    ctx.item("problem", text, object_=source.object, key=source.key)


def invoices_of(rows: Iterable[SyncRow]) -> set[str]:
    """The keys of the linked invoices on which these payments lie."""
    ids = [row.id for row in rows]
    query = (
        select(SyncRow.key)
        .join(Pair, Pair.invoice_row_id == SyncRow.id)
        .where(Pair.source_row_id.in_(ids), SyncRow.key != "")
    )
    return set(db.session.scalars(query))

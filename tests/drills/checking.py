"""What must hold of both books: nothing of ours is there twice, and at rest all is there, once, to the cent."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunState
from portal.models.sync import BY_HAND, Kind, Pair, Posting, PostingState, SyncRow
from portal.sync.mapping import reference_in
from tests.drills.checking_books import Books
from tests.drills.simulation import Simulation

NOTHING = Decimal(0)


def doubles(sim: Simulation) -> list[str]:
    """Records of ours that are in Intacct twice at this moment."""
    found = Counter(
        (object_, carried[0])
        for object_ in ("ARINVOICE", "ARPYMT", "ARADJUSTMENT")
        for row in sim.there(object_)
        if (carried := reference_in(row.get("DESCRIPTION") or ""))
    )
    return [f"{object_} {ref} is in Intacct {count} times" for (object_, ref), count in found.items() if count > 1]


def disagreements(sim: Simulation) -> list[str]:
    """What is not as promised when everything has come to rest.

    A restored database knows nothing of what was changed since: then only that nothing is there twice is promised, and
    that everything has ended."""
    books = Books(sim)
    if sim.restored:
        return unfinished(books)
    found = []
    for row in books.rows.values():
        if row.kind != Kind.CUSTOMER and row.origin == Origin.PORTAL and not books.explained(row):
            found += of_ours(books, row)
    for pair in books.pairs:
        if not books.pair_explained(pair):
            found += of_pair(books, pair)
    for row in books.rows.values():
        if row.kind == Kind.INVOICE and row.key and not books.explained(row):
            found += of_linked_invoice(books, row)
    return found + unfinished(books)


def unended(sim: Simulation) -> list[str]:
    """What the first sync after the troubles left open. A restored database may send under a control id that its former
    life burnt: Intacct could still be at work on that, so only the sync after the wait tells."""
    return unfinished(Books(sim), burnt_ids_wait=sim.restored)


def compared(sim: Simulation) -> tuple[int, int]:
    """How many documents of ours were held against Intacct to the cent, and how many a page explains instead."""
    books = Books(sim)
    ours = [row for row in books.rows.values() if row.kind != Kind.CUSTOMER and row.origin == Origin.PORTAL]
    explained = sum(books.explained(row) for row in ours)
    return (0, len(ours)) if sim.restored else (len(ours) - explained, explained)


def of_ours(books: Books, row: SyncRow) -> list[str]:
    """A document of ours is in Intacct once when it should be, and not at all when it should not."""
    record = books.record(row)
    where = books.kept_there(row)
    ours = [
        there
        for key, there in where.items()
        if (reference_in(there.get("DESCRIPTION") or "") or ("",))[0] == row.ref or key == row.key
    ]
    if record.voided or isinstance(record, Invoice | CreditNote) and record.draft:
        return [f"{record.number} is not to be in Intacct but is"] if ours else []
    if not ours:
        return [f"{record.number} is nowhere in Intacct"]
    there = ours[0]
    if len(ours) > 1 or str(there["RECORDNO"]) != row.key:
        return [f"{record.number} is linked to {row.key}, in Intacct as {[each['RECORDNO'] for each in ours]}"]
    if row.id in books.by_hand:
        return []
    number = there["DOCNUMBER"] if row.kind == Kind.PAYMENT else there["RECORDID"]
    held = sum(
        (pair.applied_here for pair in books.pairs if pair.source_row_id == row.id and pair.hold == BY_HAND), NOTHING
    )
    total = record.amount - held if isinstance(record, Payment) else record.total
    if (number, abs(there["TRX_TOTALENTERED"])) != (record.number, total):
        return [f"{record.number} {total} is {number} {there['TRX_TOTALENTERED']} in Intacct"]
    return []


def of_pair(books: Books, pair: Pair) -> list[str]:
    """What of a source lies on an invoice is equal: here, there, and in what we think of there."""
    source, invoice = books.rows[pair.source_row_id], books.rows[pair.invoice_row_id]
    real = books.lies_there.get((source.key, invoice.key), NOTHING) if source.key and invoice.key else NOTHING
    if pair.applied_here == pair.applied_there == real:
        return []
    return [
        f"{books.record(source).number} on {books.record(invoice).number}: {pair.applied_here} here,"
        f" {pair.applied_there} as we think there, {real} there"
    ]


def of_linked_invoice(books: Books, row: SyncRow) -> list[str]:
    """A linked invoice owes the same on both sides, and all money on it there is here once."""
    invoice = books.record(row)
    assert isinstance(invoice, Invoice)
    there = books.invoices_there.get(row.key)
    if there is None:
        return [f"{invoice.number} is linked to {row.key}, which does not count in Intacct"]
    on_it = [pair for pair in books.pairs if pair.invoice_row_id == row.id]
    sources = Counter(books.rows[pair.source_row_id].key for pair in on_it)
    found = [f"payment {key} of Intacct is {count} times on {invoice.number}" for key, count in sources.items()
             if key and count > 1]  # fmt: skip
    for (source, key), amount in books.lies_there.items():
        unknown = not {("ARPYMT", source), ("ARADJUSTMENT", source)} & books.problems_there
        if key == row.key and amount and not sources[source] and unknown and not books.settled_there(row):
            found.append(f"{amount} of payment {source} of Intacct on {invoice.number} is not here")
    explained = any(books.pair_explained(pair) for pair in on_it) or books.problems_there or row.id in books.by_hand
    explained = explained or books.settled_there(row)
    if there["TRX_TOTALDUE"] != invoice.balance and not explained and not found:
        found.append(f"{invoice.number} owes {invoice.balance} here, {there['TRX_TOTALDUE']} in Intacct")
    return found


def unfinished(books: Books, *, burnt_ids_wait: bool = False) -> list[str]:
    """Runs that did not end, and postings of which nobody can say what became of them."""
    runs = db.session.scalars(db.select(Run).where(Run.state.in_((RunState.RUNNING, RunState.QUEUED)))).all()
    postings = db.session.scalars(db.select(Posting).where(Posting.state == PostingState.OPEN)).all()
    newest = db.session.scalars(db.select(Run).order_by(Run.id.desc())).first()
    found = [f"run {run.id} is {run.state}" for run in runs]
    if newest is not None and newest.state == RunState.FAILED:
        found.append(f"the last run failed: {newest.error}")
    return found + [
        f"a posting of {books.rows[posting.sync_row_id].kind} {posting.facts.get('number')} is open"
        for posting in postings
        if not books.explained(books.rows[posting.sync_row_id])
        and not (burnt_ids_wait and posting.answer.get("error") == "ControlIdUsed")
    ]

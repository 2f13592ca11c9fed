"""Records as a run takes them to the network: plain copies, read in one transaction, free of the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from portal.database import VALUES_AT_ONCE, in_parts
from portal.extensions import db
from portal.intacct.functions import Address
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import SOURCES, Kind, Pair, SyncRow
from portal.queries import left_out
from portal.sync import scope
from portal.sync.context import RunContext
from portal.sync.decide import Case, Decision, Next, PairCase, decide
from portal.sync.mapping import CreditNoteRecord, CustomerRecord, InvoiceRecord, LineRecord, Part, PaymentRecord
from portal.sync.standing import opened

R = TypeVar("R", Customer, Invoice, Payment, CreditNote)


_WITH: dict[type[Any], Sequence[ORMOption]] = {
    Invoice: (selectinload(Invoice.lines), joinedload(Invoice.customer)),
    CreditNote: (selectinload(CreditNote.lines), joinedload(CreditNote.customer)),
    Payment: (joinedload(Payment.customer),),
}
"""What a snapshot looks at beside the record itself."""


@dataclass(frozen=True)
class Snapshot:
    """One record and its sync row at one moment. `seen` is what a read last showed there."""

    row_id: int
    record_id: int
    kind: Kind
    ref: str
    number: str
    want: str
    have: str
    key: str
    entity: str
    seen: dict[str, str]
    decision: Decision
    record: CustomerRecord | InvoiceRecord | PaymentRecord | CreditNoteRecord | None = None
    waits_for: str = ""
    held_parts: tuple[int, ...] = ()
    applied_there: dict[int, Decimal] | None = None
    applied_here: dict[int, Decimal] | None = None
    name_key: str = ""


def take(ctx: RunContext, kind: Kind, row_ids: Sequence[int]) -> list[Snapshot]:
    """Copies of these rows and their records, in the order of `row_ids`; rows that are gone are left out."""
    if not row_ids:
        return []
    if len(row_ids) > VALUES_AT_ONCE:
        return [snapshot for part in in_parts(row_ids) for snapshot in take(ctx, kind, part)]
    make = {
        Kind.CUSTOMER: _customers, Kind.INVOICE: _invoices, Kind.PAYMENT: _payments, Kind.CREDIT_NOTE: _credit_notes,
    }[kind]  # fmt: skip
    rows = {row.id: row for row in db.session.scalars(select(SyncRow).where(SyncRow.id.in_(row_ids)))}
    ctx.stand(rows.values())
    found = make(ctx, list(rows.values()))
    return [found[row_id] for row_id in row_ids if row_id in found]


def is_as_taken(row: SyncRow, snapshot: Snapshot, applied_here: Mapping[int, Decimal]) -> bool:
    """Whether the record is still what was looked at: not edited, applied elsewhere, linked or held since."""
    if row.hold or (row.want_hash, row.have_hash, row.key) != (snapshot.want, snapshot.have, snapshot.key):
        return False
    return snapshot.kind not in SOURCES or applied_here == snapshot.applied_here


def _decision(row: SyncRow, pairs: Sequence[PairCase] = (), *, sent_otherwise: bool = False) -> Decision:
    case = Case(
        Kind(row.kind), Origin(row.origin), row.hold, row.want_hash, row.have_hash, tuple(pairs), sent_otherwise
    )
    return decide(case)


def _customers(ctx: RunContext, rows: Sequence[SyncRow]) -> dict[int, Snapshot]:
    records = _by_id(Customer, rows)
    return {
        row.id: Snapshot(
            **_common(row, records[row.record_id]), decision=_decision(row),
            record=_customer_record(records[row.record_id]), name_key=records[row.record_id].name_key,
        )
        for row in rows
    }  # fmt: skip


def _customer_record(customer: Customer) -> CustomerRecord:
    return CustomerRecord(
        number=customer.number,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        address=Address(
            line1=customer.address1, line2=customer.address2, city=customer.city, state=customer.state,
            postal_code=customer.postal_code, country=customer.country,
        ),
        currency=customer.currency,
        active=customer.active,
    )  # fmt: skip


def _invoices(ctx: RunContext, rows: Sequence[SyncRow]) -> dict[int, Snapshot]:
    records = _by_id(Invoice, rows)
    customers = _customer_rows(ctx, [invoice.customer_id for invoice in records.values()])
    found = {}
    for row in rows:
        invoice = records[row.record_id]
        customer = customers.get(invoice.customer_id)
        found[row.id] = Snapshot(
            **_common(row, invoice), decision=_decision(row),
            record=_invoice_record(invoice, customer), waits_for=_missing_customer(ctx, customer, invoice.customer),
        )  # fmt: skip
    return found


def _invoice_record(invoice: Invoice, customer: SyncRow | None) -> InvoiceRecord:
    return InvoiceRecord(
        number=invoice.number,
        customer_id=customer.number_there if customer else "",
        date=invoice.date,
        due_date=invoice.due_date,
        currency=invoice.currency,
        purchase_order=invoice.purchase_order,
        total=invoice.total,
        discount=invoice.discount,
        tax=invoice.tax,
        lines=_lines(invoice),
    )


def _lines(record: Invoice | CreditNote) -> tuple[LineRecord, ...]:
    return tuple(
        LineRecord(line.description, line.amount, line.account, line.location, line.department, dict(line.extra))
        for line in record.lines
    )


def _payments(ctx: RunContext, rows: Sequence[SyncRow]) -> dict[int, Snapshot]:
    records = _by_id(Payment, rows)
    customers = _customer_rows(ctx, [payment.customer_id for payment in records.values()])
    pairs = _pairs(ctx, [row.id for row in rows])
    missing = _missing(ctx, pairs)
    otherwise = left_out.posted_otherwise(ctx.book_id, [row.id for row in rows])
    found = {}
    for row in rows:
        own = pairs.get(row.id, [])
        cases = [PairCase(pair.applied_here, pair.applied_there, pair.hold) for pair, _ in own]
        decision = _decision(row, cases, sent_otherwise=row.id in otherwise)
        found[row.id] = _payment(ctx, row, records[row.record_id], customers, own, missing, decision)
    return found


def _payment(
    ctx: RunContext,
    row: SyncRow,
    payment: Payment,
    customers: dict[int, SyncRow],
    pairs: list[tuple[Pair, SyncRow]],
    missing: Mapping[int, str],
    decision: Decision,
) -> Snapshot:
    customer = customers.get(payment.customer_id)
    sending = [(pair, invoice) for pair, invoice in pairs if pair.applied_here and not pair.hold]
    held = [pair for pair, invoice in sending if invoice.hold and not invoice.key]
    parts = tuple(_part(pair, invoice) for pair, invoice in sending if pair not in held)
    applied = sum((pair.applied_here for pair, _ in pairs), Decimal(0))
    record = PaymentRecord(
        number=payment.number, customer_id=customer.number_there if customer else "", date=payment.date,
        currency=payment.currency, method=payment.method, reference=payment.reference, parts=parts,
        rest=payment.amount - applied,
    )  # fmt: skip
    waits_for = _missing_customer(ctx, customer, payment.customer) or _missing_invoice(ctx, sending, held, missing)
    return Snapshot(
        **_common(row, payment), decision=decision, record=record, waits_for=waits_for,
        held_parts=tuple(pair.id for pair in held),
        applied_there={pair.invoice_row_id: pair.applied_there for pair, _ in pairs},
        applied_here={pair.invoice_row_id: pair.applied_here for pair, _ in pairs},
    )  # fmt: skip


def _credit_notes(ctx: RunContext, rows: Sequence[SyncRow]) -> dict[int, Snapshot]:
    records = _by_id(CreditNote, rows)
    customers = _customer_rows(ctx, [note.customer_id for note in records.values()])
    pairs = _pairs(ctx, [row.id for row in rows])
    missing = _missing(ctx, pairs)
    return {
        row.id: _credit_note(ctx, row, records[row.record_id], customers, pairs.get(row.id, []), missing)
        for row in rows
    }


def _credit_note(
    ctx: RunContext,
    row: SyncRow,
    note: CreditNote,
    customers: dict[int, SyncRow],
    pairs: list[tuple[Pair, SyncRow]],
    missing: Mapping[int, str],
) -> Snapshot:
    """It is posted whole, whatever it lies on; only its application waits for the invoices."""
    decision = _decision(row, [PairCase(pair.applied_here, pair.applied_there, pair.hold) for pair, _ in pairs])
    customer = customers.get(note.customer_id)
    sending = [(pair, invoice) for pair, invoice in pairs if pair.applied_here and not pair.hold]
    held = [pair for pair, invoice in sending if invoice.hold and not invoice.key]
    made_from = db.session.get(Invoice, note.invoice_id) if note.invoice_id else None
    record = CreditNoteRecord(
        number=note.number, customer_id=customer.number_there if customer else "", date=note.date,
        currency=note.currency, invoice_number=made_from.number if made_from else "", total=note.total,
        discount=note.discount, tax=note.tax, lines=_lines(note),
        parts=tuple(_part(pair, invoice) for pair, invoice in sending if pair not in held), rest=note.balance,
    )  # fmt: skip
    waits_for = _missing_customer(ctx, customer, note.customer)
    if decision.next == Next.APPLY:
        waits_for = waits_for or _missing_invoice(ctx, sending, held, missing)
    return Snapshot(
        **_common(row, note), decision=decision, record=record, waits_for=waits_for,
        held_parts=tuple(pair.id for pair in held),
        applied_there={pair.invoice_row_id: pair.applied_there for pair, _ in pairs},
        applied_here={pair.invoice_row_id: pair.applied_here for pair, _ in pairs},
    )  # fmt: skip


def _part(pair: Pair, invoice: SyncRow) -> Part:
    return Part(pair.invoice_row_id, invoice.number_there or str(invoice.record_id), invoice.key, pair.applied_here)


def _missing_customer(ctx: RunContext, customer: SyncRow | None, record: Customer) -> str:
    if customer is not None and customer.key:
        return scope.out_of_sight(ctx, f"customer {record.name}", customer)
    return f"Waits for customer {record.name}, which is not in Intacct yet."


def _missing_invoice(
    ctx: RunContext, sending: list[tuple[Pair, SyncRow]], held: list[Pair], missing: Mapping[int, str]
) -> str:
    """Why a source waits for an invoice; `missing` as `_missing` gives it."""
    for pair, invoice in sending:
        if pair in held or invoice.id not in missing:
            continue
        number = missing[invoice.id]
        if elsewhere := scope.out_of_sight(ctx, f"invoice {number}", invoice):
            return elsewhere
        return f"Waits for invoice {number}, which is not in Intacct yet."
    return ""


def _missing(ctx: RunContext, pairs: Mapping[int, list[tuple[Pair, SyncRow]]]) -> dict[int, str]:
    """By row: the numbers of the invoices that are not there, are out of sight, or have a posting without an answer."""
    invoices = {invoice.id: invoice for own in pairs.values() for _, invoice in own}
    unknown = frozenset(row_id for part in in_parts(list(invoices)) for row_id in opened(part))
    missing = {
        row_id: invoice.record_id
        for row_id, invoice in invoices.items()
        if not invoice.key or row_id in unknown or not scope.sees(ctx, invoice.entity)
    }
    numbers: dict[int, str] = {}
    for part in in_parts(sorted(set(missing.values()))):
        query = select(Invoice.id, Invoice.number).where(Invoice.id.in_(part))
        numbers |= {record_id: number for record_id, number in db.session.execute(query)}
    return {row_id: numbers[record_id] for row_id, record_id in missing.items()}


def _pairs(ctx: RunContext, row_ids: Sequence[int]) -> dict[int, list[tuple[Pair, SyncRow]]]:
    found: dict[int, list[tuple[Pair, SyncRow]]] = {}
    query = select(Pair, SyncRow).join(SyncRow, SyncRow.id == Pair.invoice_row_id)
    for pair, invoice in db.session.execute(query.where(Pair.source_row_id.in_(row_ids)).order_by(Pair.id)):
        ctx.stand([invoice])
        found.setdefault(pair.source_row_id, []).append((pair, invoice))
    return found


def _customer_rows(ctx: RunContext, customer_ids: Sequence[int]) -> dict[int, SyncRow]:
    query = select(SyncRow).where(
        SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.CUSTOMER, SyncRow.record_id.in_(set(customer_ids))
    )
    rows = list(db.session.scalars(query))
    ctx.stand(rows)
    return {row.record_id: row for row in rows}


def _by_id(model: type[R], rows: Sequence[SyncRow]) -> dict[int, R]:
    query = select(model).where(model.id.in_([row.record_id for row in rows]))
    return {record.id: record for record in db.session.scalars(query.options(*_WITH.get(model, ())))}


def _common(row: SyncRow, record: Customer | Invoice | Payment | CreditNote) -> dict[str, Any]:
    return {
        "row_id": row.id, "record_id": row.record_id, "kind": Kind(row.kind), "ref": row.ref, "number": record.number,
        "want": row.want_hash, "have": row.have_hash, "key": row.key, "entity": row.entity,
        "seen": dict(row.seen_there),
    }  # fmt: skip


def reversal_date(today: dt.date, document: dt.date) -> dt.date:
    """A reversal is dated today, but never before the document that it takes back."""
    return max(today, document)

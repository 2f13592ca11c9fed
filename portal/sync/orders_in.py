"""Order Entry documents coming into our book: read in portions with all that belongs to them, stored one by one.

The link is the A/R record (PRRECORDKEY). An edited document gets a new one there; the document's own name (DOCID) tells
that it is the same (rule 5). What Intacct shows as paid comes over, so that the balance here is what is due there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import select

from portal.errors import PortalError
from portal.extensions import db
from portal.intacct.customer_cards import Contact, CustomerCard, contact
from portal.intacct.errors import BadReply, IntacctError
from portal.intacct.order_records import BILL_TO, OrderLineRow, OrderRow, OrderSubtotalRow
from portal.intacct.queries import Query, one_of
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.customer import fold
from portal.models.invoice import Invoice
from portal.models.run import RunKind
from portal.models.sync import Kind, SyncRow
from portal.problems import ledger
from portal.services import invoices, wanted
from portal.services.invoice_checks import InvoiceData
from portal.services.records import hold_customers
from portal.sync import book_money, customers_in, links, looking, opening, owners, picture, write_invoices
from portal.sync.context import RunContext
from portal.sync.customers_in import Outcome, Taken, custom_values
from portal.sync.looking import There
from portal.sync.mapping.orders import CannotImport, OrderDocument, invoice_data
from portal.sync.picture import Picture
from portal.sync.rows import linked

OBJECT = "SODOCUMENT"
NOT_IN_AR = "not_in_ar"
_NO_DEFINITION = re.compile(r"transaction definition|docparid", re.IGNORECASE)


@dataclass(frozen=True)
class Read:
    """A document, its bill-to contact, and the raw header for people to look at."""

    document: OrderDocument
    bill_to: Contact | None
    raw: Mapping[str, str]


@dataclass
class Portion:
    """Documents with everything that storing them needs; nothing is asked for any more."""

    documents: list[Read] = field(default_factory=list)
    unreadable: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    invoices: dict[str, There] = field(default_factory=dict)
    cards: dict[str, CustomerCard] = field(default_factory=dict)
    money: Picture = field(default_factory=Picture)


@dataclass(frozen=True)
class Told:
    """What became of a document: its outcome, text for people, its row where it has one."""

    outcome: str
    text: str = ""
    row: SyncRow | None = None
    customer: tuple[str, str] | None = None
    """(what became of its customer, which one), where that is more than nothing."""


def type_is_gone(error: IntacctError) -> bool:
    """Whether Intacct has no transaction definition of the name that was asked for."""
    return error.executed == "refused" and _NO_DEFINITION.search(error.text) is not None


def fields(ctx: RunContext) -> tuple[str, ...]:
    """What is asked for of a header."""
    return OrderRow.fields(tuple(ctx.choices.fields_of(OBJECT)))


def read(ctx: RunContext, rows: Sequence[Mapping[str, str]], document_type: str) -> Portion:
    """Everything about these headers. Network only."""
    portion = Portion()
    headers: list[tuple[OrderRow, Mapping[str, str]]] = []
    for row in rows:
        try:
            headers.append((OrderRow.from_row(row, ctx.offset), row))
        except ValueError as error:
            portion.unreadable.append((row, str(error)))
    posted = [header for header, _ in headers if header.ar_key is not None]
    numbers = [str(header.record_no) for header in posted]
    broken: dict[str, str] = {}
    lines, line_custom = _lines(ctx, numbers, document_type, broken)
    subtotals = _subtotals(ctx, numbers, document_type, broken)
    for header, row in headers:
        if str(header.record_no) in broken:
            portion.unreadable.append((row, broken[str(header.record_no)]))
            continue
        document = OrderDocument(
            header,
            tuple(sorted(lines.get(header.record_no, []), key=lambda line: (line.place, line.record_no))),
            tuple(subtotals.get(header.record_no, [])),
            custom_values(ctx.choices.fields_of(OBJECT), row),
            line_custom,
        )
        portion.documents.append(Read(document, contact(row, BILL_TO), row))
    keys = [str(header.ar_key) for header in posted]
    portion.invoices = looking.invoices_by_key(ctx, keys)
    portion.cards = _cards(ctx, {header.customer_id for header in posted})
    portion.money = picture.look(ctx, keys)
    return portion


def store(
    ctx: RunContext, portion: Portion, *, only_changed: bool = False
) -> list[tuple[Mapping[str, str], Told]]:  # fmt: skip
    """Carry the documents over, then their money, then what was paid before. Flushes; one answer a document.

    With `only_changed` a document that Intacct did not modify since it was read last overwrites nothing here (windows
    overlap, and what was changed here meanwhile is to stay until Intacct's own change).
    """
    hold_customers(owners_of(ctx, portion))
    told: list[tuple[Mapping[str, str], Told]] = []
    for raw, error in portion.unreadable:
        told.append((raw, _failed(ctx, raw.get("DOCID", ""), f"a value cannot be read ({error})")))
    stored: list[tuple[SyncRow, There, bool]] = []
    for item in portion.documents:
        answer = _take(ctx, portion, item, only_changed)
        told.append((item.raw, answer))
        if answer.row is not None and answer.outcome != Outcome.PROBLEM:
            stored.append((answer.row, portion.invoices[answer.row.key], answer.outcome == Outcome.CREATED))
    book_money.store(ctx, portion.money)
    for row, there, is_new in stored:
        opening.settle(ctx, row, there, may_grow=is_new or ctx.does == RunKind.IMPORT_INVOICES)
    return told


def owners_of(ctx: RunContext, portion: Portion) -> set[int]:
    """The customers here whom storing the portion may touch."""
    doc_ids = [item.document.header.doc_id for item in portion.documents]
    cards = [str(card.record_no) for card in portion.cards.values()]
    names = [
        fold(customers_in.as_ours(ctx, card, item.bill_to)[1].name)
        for item in portion.documents
        if (card := portion.cards.get(item.document.header.customer_id.casefold())) is not None
    ]
    known = owners.of_invoices(ctx.book_id, {*portion.invoices, *portion.money.invoice_keys}, doc_ids)
    return known | owners.linked_or_named(ctx.company_id, ctx.book_id, cards, names)


def _take(ctx: RunContext, portion: Portion, item: Read, only_changed: bool) -> Told:
    header = item.document.header
    if header.ar_key is None:
        return Told(NOT_IN_AR, f"{header.doc_id} is not in Accounts Receivable: Intacct has no A/R record of it.")
    there = portion.invoices.get(str(header.ar_key))
    if there is None or there.unreadable:
        why = there.unreadable if there else f"its A/R record {header.ar_key} does not exist"
        return _failed(ctx, header.doc_id, why)
    row = _row_of(ctx, header, there.key)
    if only_changed and row is not None and row.key == there.key and row.seen_there.get("modified") == _stamp(header):
        return Told(Outcome.UNCHANGED, row=row)
    if there.gone_back:
        if row is not None:
            write_invoices.reversed_there(ctx, row, header.number)
        return Told(Outcome.UNCHANGED, row=None)
    try:
        with db.session.begin_nested():
            answer = _carry(ctx, portion, item, there, row)
    except (CannotImport, PortalError) as error:
        return _failed(ctx, header.doc_id, error.message if isinstance(error, PortalError) else str(error))
    if answer.customer:
        outcome, record = answer.customer
        ctx.count_once(f"{outcome}.customers", record)
    if answer.outcome != Outcome.PROBLEM:
        ledger.close_there(ctx.book_id, OBJECT, header.doc_id, ctx.by)
    return answer


def _carry(ctx: RunContext, portion: Portion, item: Read, there: There, row: SyncRow | None) -> Told:
    header = item.document.header
    taken = _customer(ctx, portion, item)
    if taken.customer is None:
        text = f"{header.doc_id} waits for customer {header.customer_name} ({header.customer_id}), which has a problem."
        return _failed(ctx, header.doc_id, text, whole=True)
    data = invoice_data(item.document, taken.customer.id, looking.amount(there.total), ctx.currencies.base)
    told = _create(ctx, header, data, there) if row is None else _update(ctx, row, header, data, there)
    if taken.outcome == Outcome.UNCHANGED or taken.row is None:
        return told
    return replace(told, customer=(taken.outcome.value, f"{taken.row.key} {taken.row.part}"))


def _create(ctx: RunContext, header: OrderRow, data: InvoiceData, there: There) -> Told:
    company = db.session.get_one(Company, ctx.company_id)
    invoice = invoices.create(company, data, actor=ctx.actor, origin=Origin.INTACCT)
    book = wanted.active_book(ctx.company_id)
    assert book is not None
    row = wanted.sync_row(book, Kind.INVOICE, invoice)
    _link(ctx, row, header, there)
    return Told(Outcome.CREATED, header.doc_id, row)


def _update(ctx: RunContext, row: SyncRow, header: OrderRow, data: InvoiceData, there: There) -> Told:
    """Rule 3: what Intacct says overwrites dates, lines and totals; what only the portal knows is kept."""
    invoice = db.session.get_one(Invoice, row.record_id)
    moved = row.key != there.key
    _link(ctx, row, header, there)
    if row.origin == Origin.PORTAL or invoice.voided:
        return Told(Outcome.UNCHANGED, row=row)
    kept = _keeping(ctx, invoice, data)
    if invoices.is_same(invoice, kept):
        return Told(Outcome.UPDATED if moved else Outcome.UNCHANGED, _moved(moved, there), row)
    opening.make_room(ctx, invoice, kept)
    invoices.edit(invoice, kept, actor=ctx.actor)
    return Told(Outcome.UPDATED, header.doc_id + _moved(moved, there), row)


def _moved(moved: bool, there: There) -> str:
    return f" Its A/R record is {there.key} now." if moved else ""


def _link(ctx: RunContext, row: SyncRow, header: OrderRow, there: There) -> None:
    seen = {**there.seen(), "modified": _stamp(header)}
    if row.docid == header.doc_id and row.key == there.key and row.seen_there == seen:
        return
    row.docid = header.doc_id
    links.link(row, there.key, there.number, seen, there.entity)
    if row.origin == Origin.INTACCT:
        row.want_hash = row.have_hash = wanted.hash_of(Kind.INVOICE, db.session.get_one(Invoice, row.record_id))
    ctx.remember(row)
    ledger.close_if(row, ("gone_there", "imported_gone", "reversed_there", "changed_there", "cannot_store"), ctx.by)


def _stamp(header: OrderRow) -> str:
    return header.modified_at.isoformat() if header.modified_at is not None else ""


def _keeping(ctx: RunContext, invoice: Invoice, data: InvoiceData) -> InvoiceData:
    """`data` with the number that the invoice has here and with metadata that only the portal knows."""
    values = {name: getattr(data, name) for name in InvoiceData.__dataclass_fields__}
    theirs = {"message", "entity", *ctx.choices.fields_of(OBJECT).values()}
    ours = {key: value for key, value in invoice.extra.items() if key not in theirs}
    return InvoiceData(**{**values, "number": invoice.number, "metadata": {**ours, **data.metadata}})


def _row_of(ctx: RunContext, header: OrderRow, ar_key: str) -> SyncRow | None:
    """The row linked to the A/R record; else the one of the document, whose A/R record was another (rule 5)."""
    row = linked(ctx.book_id, "ARINVOICE", [ar_key]).get(ar_key)
    if row is not None:
        return row
    query = select(SyncRow).where(
        SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.INVOICE, SyncRow.docid == header.doc_id
    )
    return db.session.scalar(query)


def _customer(ctx: RunContext, portion: Portion, item: Read) -> Taken:
    """Our customer of the document, brought over where it is not here yet; without one where that is a problem."""
    card = portion.cards.get(item.document.header.customer_id.casefold())
    if card is None:
        customer_id = item.document.header.customer_id
        raise CannotImport(f"Intacct does not show its customer {customer_id} in a readable form")
    return customers_in.take(ctx, card, item.bill_to)


def _failed(ctx: RunContext, doc_id: str, why: str, *, whole: bool = False) -> Told:
    text = why if whole else f"{doc_id} could not be imported: {why}. Nothing of it was kept."
    ledger.report_there(ctx.book_id, OBJECT, doc_id, "cannot_store", text)
    links.read_again(ctx.book_id, OBJECT, "DOCID", doc_id, "could not be stored")
    return Told(Outcome.PROBLEM, text)


def _lines(
    ctx: RunContext, numbers: Sequence[str], document_type: str, broken: dict[str, str]
) -> tuple[dict[int, list[OrderLineRow]], dict[int, dict[str, str]]]:
    """(lines by document, values of the company's own fields by line)."""
    own = ctx.choices.fields_of(OrderLineRow.OBJECT)
    found: dict[int, list[OrderLineRow]] = {}
    custom: dict[int, dict[str, str]] = {}
    for row in _parts(ctx, OrderLineRow.OBJECT, (*OrderLineRow.FIELDS, *own), numbers, document_type):
        line = _readable(OrderLineRow, row, ctx, numbers, broken)
        if line is not None:
            found.setdefault(line.order_no, []).append(line)
            custom[line.record_no] = custom_values(own, row)
    return found, custom


def _subtotals(
    ctx: RunContext, numbers: Sequence[str], document_type: str, broken: dict[str, str]
) -> dict[int, list[OrderSubtotalRow]]:
    found: dict[int, list[OrderSubtotalRow]] = {}
    for row in _parts(ctx, OrderSubtotalRow.OBJECT, OrderSubtotalRow.FIELDS, numbers, document_type):
        subtotal = _readable(OrderSubtotalRow, row, ctx, numbers, broken)
        if subtotal is not None:
            found.setdefault(subtotal.order_no, []).append(subtotal)
    return found


Part = TypeVar("Part", OrderLineRow, OrderSubtotalRow)


def _readable(
    part: type[Part], row: Mapping[str, str], ctx: RunContext, numbers: Sequence[str], broken: dict[str, str]
) -> Part | None:
    """The row read; None for one that nobody can read, whose document (its RECORDNO) is then noted as broken."""
    try:
        return part.from_row(row, ctx.offset)
    except ValueError as error:
        if row["DOCHDRNO"] not in numbers:
            raise BadReply(f"Intacct sent a part of an unknown document: {error}.", code="reply") from error
        broken[row["DOCHDRNO"]] = str(error)
        return None


def _parts(
    ctx: RunContext, object_: str, wanted_fields: tuple[str, ...], numbers: Sequence[str], document_type: str
) -> Iterable[dict[str, str]]:
    for start in range(0, len(numbers), 1000):
        yield from ctx.rows(
            Query(
                object_, wanted_fields, one_of("DOCHDRNO", numbers[start : start + 1000]),
                show_private=not ctx.entity, doc_par_id=document_type,
            )
        )  # fmt: skip


def _cards(ctx: RunContext, customer_ids: set[str]) -> dict[str, CustomerCard]:
    """Intacct's customers by CUSTOMERID, folded; those that cannot be read are left out."""
    ids = sorted(filter(None, customer_ids))
    found: dict[str, CustomerCard] = {}
    wanted_fields = CustomerCard.fields(tuple(ctx.choices.fields_of("CUSTOMER")))
    for start in range(0, len(ids), 1000):
        query = Query(
            "CUSTOMER", wanted_fields, one_of("CUSTOMERID", ids[start : start + 1000]), show_private=not ctx.entity
        )
        for row in ctx.rows(query):
            with suppress(ValueError):
                found[row["CUSTOMERID"].casefold()] = CustomerCard.from_row(row)
    return found


def raw_shown(raw: Mapping[str, str]) -> dict[str, Any]:
    """The raw values that say something, for people who look into a failure."""
    return {name: value for name, value in raw.items() if value}

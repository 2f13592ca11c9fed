"""The accounting sync reading invoices: Order Entry documents of the chosen types that changed, and their customers.

The first pass takes open documents dated from the start of the sync; later ones those that changed and are open or
linked. A vanished A/R record is looked for by its document (rule 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.filters import Filter
from portal.intacct.queries import Query, all_of, at_least, equal, greater, one_of
from portal.models.invoice import Invoice
from portal.models.sync import Kind, SyncRow
from portal.problems import ledger
from portal.sync import cursors, judging, links, orders_in, scope
from portal.sync.context import RunContext
from portal.sync.cursors import Spec
from portal.sync.customers_in import Outcome
from portal.sync.orders_in import NOT_IN_AR, OBJECT, Portion, Told
from portal.sync.rows import linked

AT_ONCE = 200


def read(ctx: RunContext) -> None:
    """Read what changed of every chosen document type; nothing where the reading of invoices is off."""
    if not ctx.choices.read_invoices:
        return
    for document_type in ctx.choices.invoice_document_types:
        try:
            _read_type(ctx, document_type)
        except IntacctError as error:
            if not orders_in.type_is_gone(error):
                raise
            ctx.warnings.append(
                f"Intacct has no document type {document_type} any more, so nothing of it was read. Choose the types"
                " again in the integration settings."
            )
            ctx.checkpoint()


def _read_type(ctx: RunContext, document_type: str) -> None:
    for (page,) in cursors.rounds(ctx, [_spec(ctx, document_type)]):
        for start in range(0, len(page.rows), AT_ONCE):
            take(ctx, page.rows[start : start + AT_ONCE], document_type)
        cursors.store(ctx, page)
        ctx.checkpoint()
        if not page.is_last:
            ctx.give_way()


def take(ctx: RunContext, rows: Sequence[Mapping[str, str]], document_type: str) -> None:
    """Carry these headers over: those that are open, and those that are linked already."""
    known = _known(ctx, rows)
    ctx.commit()
    taken = [row for row in rows if row["DOCID"] in known or _is_open(row)]
    if not taken:
        return
    portion = orders_in.read(ctx, taken, document_type)
    for raw, told in ctx.again_after_deadlock(lambda: orders_in.store(ctx, portion, only_changed=True)):
        _note(ctx, raw, told)
    ctx.checkpoint()


def look(ctx: RunContext, doc_ids: Sequence[str]) -> list[Portion]:
    """These documents as they are now, whatever the cursors say. Network only."""
    portions = []
    for document_type, names in _by_type(ctx, doc_ids).items():
        query = Query(
            OBJECT, orders_in.fields(ctx), one_of("DOCID", names), show_private=not ctx.entity,
            doc_par_id=document_type,
        )  # fmt: skip
        if rows := ctx.rows(query):
            portions.append(orders_in.read(ctx, rows, document_type))
    return portions


def store(ctx: RunContext, portions: Iterable[Portion], asked: Sequence[str]) -> None:
    """Carry over what `look` found of the documents that were `asked` for; what is gone becomes a problem. Flushes."""
    found: set[str] = set()
    for portion in portions:
        for raw, told in orders_in.store(ctx, portion):
            found.add(raw["DOCID"])
            _note(ctx, raw, told)
            if told.outcome == NOT_IN_AR:
                _gone(ctx, raw["DOCID"])
    for doc_id in asked:
        if doc_id not in found:
            _gone(ctx, doc_id)


def _gone(ctx: RunContext, doc_id: str) -> None:
    """Rule 5: neither the A/R record nor its document is there any more."""
    row = _row_of(ctx, doc_id)
    if row is None or row.hold or not row.key:
        ledger.close_there(ctx.book_id, OBJECT, doc_id, ctx.by)
        return
    if not scope.sees(ctx, row.entity):
        links.read_again(ctx.book_id, OBJECT, "DOCID", doc_id, "its entity is out of sight")
        return
    number = db.session.get_one(Invoice, row.record_id).number
    judging.problem(
        ctx, row, "imported_gone",
        f"Intacct invoice with recordno = {row.key}, does not exist even though it was imported ({number}, {doc_id})."
        " Nothing was changed here. Void it here too, or skip it.",
    )  # fmt: skip


def _row_of(ctx: RunContext, doc_id: str) -> SyncRow | None:
    query = select(SyncRow).where(SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.INVOICE, SyncRow.docid == doc_id)
    return db.session.scalar(query)


def _spec(ctx: RunContext, document_type: str) -> Spec:
    first: Filter = greater("TRX_TOTALDUE", 0)
    if ctx.choices.sync_from:
        first = all_of(first, at_least("WHENCREATED", f"{ctx.choices.sync_from:%m/%d/%Y}"))
    return Spec(
        OBJECT, orders_in.fields(ctx), whole_first_pass=True, document_type=document_type,
        where=equal("DOCPARID", document_type), first=first,
    )  # fmt: skip


def _known(ctx: RunContext, rows: Sequence[Mapping[str, str]]) -> set[str]:
    """The documents among these that are linked, by their name or by their A/R record."""
    by_key = linked(ctx.book_id, "ARINVOICE", [row["PRRECORDKEY"] for row in rows if row["PRRECORDKEY"]])
    query = select(SyncRow.docid).where(
        SyncRow.book_id == ctx.book_id, SyncRow.kind == Kind.INVOICE, SyncRow.docid.in_([row["DOCID"] for row in rows])
    )
    return set(db.session.scalars(query)) | {row["DOCID"] for row in rows if row["PRRECORDKEY"] in by_key}


def _is_open(row: Mapping[str, str]) -> bool:
    return bool(row["PRRECORDKEY"]) and row["TRX_TOTALDUE"].strip("0.") != ""


def _by_type(ctx: RunContext, doc_ids: Sequence[str]) -> dict[str, list[str]]:
    """The documents by their type, which leads their name and is kept with what was imported."""
    types = {*ctx.choices.invoice_document_types, *_kept_types(ctx, doc_ids)}
    found: dict[str, list[str]] = {}
    for doc_id in doc_ids:
        fitting = [name for name in types if doc_id.startswith(f"{name}-")]
        found.setdefault(max(fitting, key=len, default=""), []).append(doc_id)
    ctx.commit()
    return found


def _kept_types(ctx: RunContext, doc_ids: Sequence[str]) -> set[str]:
    rows = (_row_of(ctx, doc_id) for doc_id in doc_ids)
    invoices = (db.session.get_one(Invoice, row.record_id) for row in rows if row is not None)
    return {str(invoice.extra.get("document_type") or "") for invoice in invoices} - {""}


def _note(ctx: RunContext, raw: Mapping[str, str], told: Told) -> None:
    if told.outcome == NOT_IN_AR or told.outcome == Outcome.UNCHANGED:
        return
    row_id = told.row.id if told.row is not None else None
    if told.outcome == Outcome.PROBLEM:
        ctx.count("problems")
        ctx.item("problem", told.text, object_=OBJECT, key=raw.get("DOCID", ""))
        return
    created = told.outcome == Outcome.CREATED
    ctx.count("read.invoices_received" if created else "read.invoices_changed")
    ctx.item("received" if created else "changed", told.text, row_id=row_id)

"""The import of outstanding Order Entry invoices, one document type after the other."""

from __future__ import annotations

from collections.abc import Mapping

from portal.imports import pages
from portal.imports.asking import InvoiceOptions
from portal.intacct.errors import IntacctError
from portal.intacct.queries import Filter, Query, all_of, any_of, at_least, at_most, equal, greater, is_null
from portal.sync import orders_in, pdfs
from portal.sync.context import RunContext
from portal.sync.customers_in import Outcome
from portal.sync.orders_in import NOT_IN_AR, OBJECT, Portion, Told

AT_ONCE = 100
"""Documents that are read with their lines, money and customers in one go."""


def perform(ctx: RunContext) -> None:
    """Read every document of the chosen types, page by page, and carry each over with its customer and its money."""
    ctx.begin("sign_in")
    options = InvoiceOptions.of(ctx.subject)
    with_pdf = (options.with_pdf or ctx.choices.import_pdfs) and ctx.pretence is None
    for document_type in options.document_types:
        try:
            _import(ctx, options, document_type, with_pdf=with_pdf)
        except IntacctError as error:
            if not orders_in.type_is_gone(error):
                raise
            _gone(ctx, document_type, error)
    pdfs.warn(ctx)


def _import(ctx: RunContext, options: InvoiceOptions, document_type: str, *, with_pdf: bool) -> None:
    query = Query(
        OBJECT, orders_in.fields(ctx), _wanted(options, document_type), page_size=AT_ONCE,
        show_private=not ctx.entity, doc_par_id=document_type,
    )  # fmt: skip
    for rows in pages.read(ctx, document_type, query):
        pdfs.fetch_due(ctx)  # of the page before: its place is stored, so nothing of it is told twice
        portion = orders_in.read(ctx, rows, document_type)
        stored = _store(ctx, portion)
        for raw, told in stored:
            _note(ctx, raw, told)
        if with_pdf:
            pdfs.want(ctx, {told.row.id: raw["DOCID"] for raw, told in stored if told.row is not None})
    pdfs.fetch_due(ctx)


def _store(ctx: RunContext, portion: Portion) -> list[tuple[Mapping[str, str], Told]]:
    return ctx.again_after_deadlock(lambda: orders_in.store(ctx, portion))


def _gone(ctx: RunContext, document_type: str, error: IntacctError) -> None:
    """A type that was deleted or renamed in Intacct since it was chosen: told, and the other types go on."""
    text = (
        f"Intacct has no document type {document_type} any more ({error.text.rstrip('.')}). Nothing of it was imported."
        " Choose another type, then import again."
    )
    ctx.count("problems")
    ctx.item("problem", text, object_="SODOCUMENTPARAMS", key=document_type)
    ctx.checkpoint()


def _wanted(options: InvoiceOptions, document_type: str) -> Filter:
    """Outstanding documents of the type; those without an A/R record are asked for too, to be told of."""
    filters = [equal("DOCPARID", document_type)]
    if options.open_only:
        filters.append(any_of(greater("TRX_TOTALDUE", 0), is_null("PRRECORDKEY")))
    if options.dated_from:
        filters.append(at_least("WHENCREATED", f"{options.dated_from:%m/%d/%Y}"))
    if options.dated_to:
        filters.append(at_most("WHENCREATED", f"{options.dated_to:%m/%d/%Y}"))
    return all_of(*filters) if len(filters) > 1 else filters[0]


def _note(ctx: RunContext, raw: Mapping[str, str], told: Told) -> None:
    doc_id = raw.get("DOCID", "")
    if told.outcome == NOT_IN_AR:
        ctx.count("not_in_ar.invoices")
        ctx.item("left", told.text, object_=OBJECT, key=doc_id)
    elif told.outcome == Outcome.PROBLEM:
        ctx.count("failed.invoices")
        ctx.count("problems")
        ctx.item("problem", told.text, object_=OBJECT, key=doc_id, details={"raw": orders_in.raw_shown(raw)})
    else:
        ctx.count(f"{told.outcome}.invoices")
        if told.outcome != Outcome.UNCHANGED:
            row_id = told.row.id if told.row is not None else None
            ctx.item(told.outcome, told.text, row_id=row_id, object_=OBJECT, key=doc_id)

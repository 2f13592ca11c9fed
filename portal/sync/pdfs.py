"""Intacct's prints of imported invoices. One that cannot be had never fails an import: it is counted and told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from sqlalchemy import select

from portal.extensions import db
from portal.intacct import functions
from portal.intacct.errors import IntacctError
from portal.intacct.gateway import Call
from portal.models.invoice_pdf import InvoicePdf
from portal.models.sync import SyncRow
from portal.models.types import utcnow
from portal.sync.context import RunContext

LARGEST_BYTES = 10 * 1024 * 1024
MISSING = "missing.pdfs"
DUE = "prints"
"""In what a run resumes from: the documents whose prints it still has to get, by sync row id."""


def want(ctx: RunContext, documents: Mapping[int, str]) -> None:
    """Have the prints of these documents (sync row id -> DOCID) fetched once the place of their page is stored: the
    next checkpoint keeps both."""
    ctx.resumed[DUE] = {str(row_id): doc_id for row_id, doc_id in documents.items()}


def fetch_due(ctx: RunContext) -> None:
    """Get the prints that are due and not here yet as their documents are now. A worker that dies leaves the rest of
    them to the next one."""
    documents = {int(row_id): doc_id for row_id, doc_id in ctx.resumed.pop(DUE, {}).items()}
    left = dict(documents)
    for row_id, stamp in (_wanted(ctx, documents) if documents else {}).items():
        content, why = _print(ctx, documents[row_id])
        if content is None:
            ctx.count(MISSING)
            ctx.item("left", f"Intacct's PDF could not be had: {why}. The invoice came over all the same.",
                     row_id=row_id)  # fmt: skip
        else:
            _store(ctx, row_id, content, stamp)
            ctx.count("fetched.pdfs")
        del left[row_id]
        ctx.save(summary={**ctx.resumed, DUE: {str(due): doc_id for due, doc_id in left.items()}})


def warn(ctx: RunContext) -> None:
    """Say at the end how many prints could not be had."""
    if missing := ctx.counts[MISSING]:
        prints = "1 PDF" if missing == 1 else f"{missing} PDFs"
        ctx.warnings.append(f"{prints} could not be had from Intacct. The invoices themselves came over.")


def _wanted(ctx: RunContext, documents: Mapping[int, str]) -> dict[int, str]:
    query = (
        select(SyncRow, InvoicePdf.modified)
        .outerjoin(InvoicePdf, (InvoicePdf.invoice_id == SyncRow.record_id) & (InvoicePdf.company_id == ctx.company_id))
        .where(SyncRow.id.in_(documents))
    )
    found = {}
    for row, printed in db.session.execute(query):
        stamp = str(row.seen_there.get("modified", ""))
        if printed is None or printed != stamp:
            found[row.id] = stamp
    ctx.save()
    return found


def _print(ctx: RunContext, doc_id: str) -> tuple[bytes | None, str]:
    """(the file, "") or (None, why not)."""
    try:
        (result,) = ctx.read([Call("pdf", functions.retrieve_pdf(doc_id))])
    except IntacctError as error:
        if error.executed != "refused":
            raise
        return None, error.text.rstrip(".")
    if result.error is not None:
        return None, result.error.text.rstrip(".")
    row = next(result.rows(), {})
    try:
        content = base64.b64decode(row.get("pdfdata", ""), validate=False)
    except binascii.Error:
        return None, "it cannot be read"
    if not content.startswith(b"%PDF"):
        return None, "Intacct sent no PDF"
    if len(content) > LARGEST_BYTES:
        return None, f"it is larger than {LARGEST_BYTES // 2**20} MB"
    return content, ""


def _store(ctx: RunContext, row_id: int, content: bytes, stamp: str) -> None:
    row = db.session.get_one(SyncRow, row_id)
    kept = db.session.get(InvoicePdf, (ctx.company_id, row.record_id))
    if kept is None:
        kept = InvoicePdf(company_id=ctx.company_id, invoice_id=row.record_id)
        db.session.add(kept)
    kept.content, kept.modified, kept.fetched_at = content, stamp, utcnow()
    db.session.flush()

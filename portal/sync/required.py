"""Dimensions that GL accounts require, found before a document is sent: Intacct would refuse it whole.

The lists as last read only raise the suspicion; before a document is held back for it, its accounts are asked anew, so
that a requirement that was lifted in Intacct holds up nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.functions import InvoiceLine
from portal.intacct.queries import Query, one_of
from portal.models.connection import IntacctList
from portal.models.sync import Kind
from portal.services.intacct_lists import GL_ACCOUNTS, REQUIRE_FLAGS, requirements
from portal.sync.context import RunContext
from portal.sync.mapping import CannotSend, CreditNoteRecord, InvoiceRecord, adjustment_lines, document_lines
from portal.sync.snapshots import Snapshot

CODE = "dimension"
"""The guide of a dimension that is missing or unknown."""

Requirements = Mapping[str, Sequence[str]]
"""What each GL account requires: words such as "location"."""

_NOUNS = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "Credit note"}
_KEYS = {"project": "projectid", "vendor": "vendorid", "employee": "employeeid", "item": "itemid", "class": "classid"}


def lacking(ctx: RunContext, snapshots: Sequence[Snapshot]) -> dict[int, str]:
    """Row id -> a sentence that names what the lines of a document lack. Asks Intacct only on suspicion."""
    documents = {snapshot.row_id: _lines(ctx, snapshot) for snapshot in snapshots}
    known = _known(ctx)
    suspects = {row_id: lines for row_id, lines in documents.items() if _unmet(lines, known)}
    if not suspects:
        return {}
    asked = _ask(ctx, {line.account for lines in suspects.values() for line in lines})
    names = {snapshot.row_id: f"{_NOUNS[snapshot.kind]} {snapshot.number}" for snapshot in snapshots}
    return {
        row_id: _sentence(names[row_id], unmet) for row_id, lines in suspects.items() if (unmet := _unmet(lines, asked))
    }


def _lines(ctx: RunContext, snapshot: Snapshot) -> Sequence[InvoiceLine]:
    record = snapshot.record
    assert isinstance(record, InvoiceRecord | CreditNoteRecord)
    try:
        if isinstance(record, CreditNoteRecord):
            return adjustment_lines(record, ctx.choices)
        return document_lines(snapshot.number, record.lines, record.discount, record.tax, ctx.choices)
    except CannotSend:
        return ()  # said when it is built


def _known(ctx: RunContext) -> Requirements:
    row = db.session.get(IntacctList, (ctx.book_id, GL_ACCOUNTS))
    items = row.items if row else []
    ctx.commit()
    return {item["id"]: item.get("requires", "").split() for item in items}


def _ask(ctx: RunContext, accounts: Iterable[str]) -> Requirements:
    query = Query(
        "GLACCOUNT", ("RECORDNO", "ACCOUNTNO", *REQUIRE_FLAGS.values()), one_of("ACCOUNTNO", sorted(accounts))
    )
    try:
        return {row["ACCOUNTNO"]: requirements(row).split() for row in ctx.rows(query)}
    except IntacctError as error:
        if error.executed != "refused":
            raise
        return {}  # not to be had: Intacct itself will say


def _unmet(lines: Sequence[InvoiceLine], required: Requirements) -> list[tuple[int, str, str]]:
    """(number of the line, its account, what it lacks)"""
    return [
        (number, line.account, word)
        for number, line in enumerate(lines, 1)
        for word in required.get(line.account, ())
        if not _has(line, word)
    ]


def _has(line: InvoiceLine, word: str) -> bool:
    if word in ("location", "department"):
        return bool(getattr(line, word))
    return word == "customer" or bool(line.dimensions.get(_KEYS[word]))


def _sentence(document: str, unmet: Sequence[tuple[int, str, str]]) -> str:
    told = "; ".join(f"line {line} needs a {word} for account {account}" for line, account, word in unmet)
    return (
        f"{document} lacks what its GL accounts require in Intacct: {told}. Nothing of it was sent. Choose the"
        " location or department of new lines in the integration settings, or write it on the lines."
    )

"""Order Entry documents as records: lines, subtotals, totals, and the A/R record that a posting one makes.

An edit deletes the document's A/R record and posts a new one, as Intacct does, so PRRECORDKEY and the invoice's
RECORDNO change while its number stays. Money on the old record is moved to the new one: its detail rows are deleted
and written again under the same payments, with new RECORDNOs. A document that is paid in full, closed or converted
is not edited, nor is one whose new total would be less than what is paid on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from . import documents, moving
from .company import BASE_CURRENCY, TOP_LEVEL, Books, length
from .dimensions import check_project, check_required
from .documents import ONE, Header, Line
from .errors import business
from .mirror import ORDER_ENTRY, mirror
from .order_lines import OrderLine, Subtotal, add_line, add_subtotal, lines_of, subtotals_of
from .store import Record, total
from .values import ZERO

POSTS = "Accounts Receivable"
DRAFT, PENDING, CLOSED, CONVERTED = "I", "O", "D", "C"
_WAITING = {DRAFT, "S", "X", "R"}
_PAID = "BL03000215"


@dataclass
class Order:
    """What a new document says of itself; `definition` is its SODOCUMENTPARAMS."""

    definition: Record
    customer: Record
    created: date
    posted: date | None = None
    due: date | None = None
    original: date | None = None
    number: str = ""
    reference: str = ""
    customer_po: str = ""
    message: str = ""
    shipping: str = ""
    term: Record | None = None
    currency: str = BASE_CURRENCY
    rate: Decimal = ONE
    bill_to: Record | None = None
    ship_to: Record | None = None
    state: str = PENDING
    source: Record | None = None
    extra: Record = field(default_factory=dict)


def create(books: Books, order: Order, lines: list[OrderLine], subtotals: list[Subtotal]) -> Record:
    """Write a document and post it if its definition and state say so; raises for a number that is taken."""
    books.open_period(order.posted or order.created, ORDER_ENTRY)
    if order.customer.get("ONHOLD"):
        raise business(f"The customer '{order.customer['CUSTOMERID']}' is on hold.", "Release the hold, and try again.")
    document = books.create("SODOCUMENT", **_header(books, order))
    for line in lines:
        add_line(books, document, line)
    for subtotal in subtotals:
        add_subtotal(books, document, subtotal)
    if order.source is not None:
        books.modify("SODOCUMENT", order.source["RECORDNO"], STATE=CONVERTED)
    return _post(books, document["RECORDNO"])


def _header(books: Books, order: Order) -> Record:
    definition, customer, term = order.definition, order.customer, order.term
    number = length(order.number, 45, "document number") or _next_number(books, definition)
    doc_id = f"{definition['DOCID']}-{number}"
    if books.store.one("SODOCUMENT", "DOCID", doc_id) is not None:
        raise business(f"A transaction with the number '{number}' already exists.", "Use a different number.")
    return {
        "DOCNO": number,
        "DOCID": doc_id,
        "DOCPARID": definition["DOCID"],
        "DOCPARKEY": definition["RECORDNO"],
        "DOCPARCLASS": definition["DOCCLASS"],
        "CREATEDFROM": order.source and order.source["DOCID"],
        "STATE": order.state,
        "CLOSED": order.state == CLOSED,
        "STATUS": "T",
        "CUSTVENDID": customer["CUSTOMERID"],
        "CUSTVENDNAME": customer["NAME"],
        "CUSTREC": customer["RECORDNO"],
        "WHENCREATED": order.created,
        "WHENPOSTED": order.posted or order.created,
        "WHENDUE": order.due or documents.term_due(order.created, term),
        "ORIGDOCDATE": order.original,
        "PONUMBER": order.reference or None,
        "VENDORDOCNO": order.customer_po or None,
        "MESSAGE": order.message or None,
        "SHIPVIA": order.shipping or None,
        "TERM.NAME": term and term["NAME"],
        "TERMKEY": term and term["RECORDNO"],
        "BASECURR": BASE_CURRENCY,
        "CURRENCY": order.currency,
        "EXCHRATEDATE": order.created if order.currency != BASE_CURRENCY else None,
        "EXCHRATE": order.rate,
        "PRINTED": False,
        "USERID": books.user_id,
        "CREATEDUSERID": books.user_id,
        "BILLTOKEY": order.bill_to and order.bill_to["RECORDNO"],
        "SHIPTOKEY": order.ship_to and order.ship_to["RECORDNO"],
        "CONTACTKEY": customer.get("CONTACTKEY") or customer.get("DISPLAYCONTACTKEY"),
        **order.extra,
    }


def _next_number(books: Books, definition: Record) -> str:
    while True:
        number = f"{definition['_prefix']}{books.store.next_number('SO ' + definition['DOCID']):05}"
        if books.store.one("SODOCUMENT", "DOCID", f"{definition['DOCID']}-{number}") is None:
            return number


def _post(books: Books, key: int) -> Record:
    """Totals from the lines, and the A/R record if there is to be one."""
    lines, subtotals = lines_of(books, key), subtotals_of(books, key)
    sums = {
        "SUBTOTAL": total(lines, "TOTAL"),
        "TRX_SUBTOTAL": total(lines, "TRX_VALUE"),
        "TOTAL": total(lines, "TOTAL") + total(subtotals, "TOTAL"),
        "TRX_TOTAL": total(lines, "TRX_VALUE") + total(subtotals, "TRX_TOTAL"),
    }
    own = {f"{prefix}TOTAL{kind}": sums[f"{prefix}TOTAL"] for prefix in ("", "TRX_") for kind in ("ENTERED", "DUE")}
    document = books.store.change(
        "SODOCUMENT", key, **sums, **own, TOTALPAID=ZERO, TRX_TOTALPAID=ZERO, PRRECORDKEY=None
    )
    definition = books.store.table("SODOCUMENTPARAMS").rows[document["DOCPARKEY"]]
    if definition["UPDATES_GL"] != POSTS or document["STATE"] in _WAITING:
        return document
    invoice = documents.create(books, "ARINVOICE", _invoice_header(books, document), _invoice_lines(books, key))
    books.store.change("SODOCUMENT", key, PRRECORDKEY=invoice["RECORDNO"])
    mirror(books, invoice)
    return books.store.table("SODOCUMENT").rows[key]


def _invoice_header(books: Books, document: Record) -> Header:
    find = books.store.get
    entity = {name: document.get(name) for name in TOP_LEVEL}
    return Header(
        customer=books.store.table("CUSTOMER").rows[document["CUSTREC"]],
        created=document["WHENCREATED"],
        posted=document["WHENPOSTED"],
        due=document["WHENDUE"],
        term=find("ARTERM", document["TERMKEY"]) if document["TERMKEY"] else None,
        number=document["DOCNO"],
        reference=document["PONUMBER"] or "",
        description=document["MESSAGE"] or "",
        currency=document["CURRENCY"],
        rate=document["EXCHRATE"],
        bill_to=find("CONTACT", document["BILLTOKEY"]) if document["BILLTOKEY"] else None,
        ship_to=find("CONTACT", document["SHIPTOKEY"]) if document["SHIPTOKEY"] else None,
        extra={"MODULEKEY": ORDER_ENTRY, "SYSTEMGENERATED": True, **entity},
    )


def _invoice_lines(books: Books, key: int) -> list[Line]:
    document = books.store.table("SODOCUMENT").rows[key]
    definition = books.store.table("SODOCUMENTPARAMS").rows[document["DOCPARKEY"]]
    made = []
    for row in lines_of(books, key):
        item = books.store.table("ITEM").rows[row["ITEMDIMKEY"]]
        line = _posted(books, row, item.get("_account") or definition["_account"], row["TRX_VALUE"])
        line.memo = row["MEMO"] or row["ITEMDESC"]
        made.append(line)
    for row in subtotals_of(books, key):
        line = _posted(books, row, definition["_subtotals"][row["DESCRIPTION"]], row["TRX_TOTAL"])
        line.memo = row["DESCRIPTION"]
        line.extra |= {"LINEITEM": False, "SUBTOTAL": row["DESCRIPTION"]}
        made.append(line)
    for place, line in enumerate(made, 1):
        check_required(line.account, line, place)
        check_project(books, line, document["CUSTVENDID"])
    return made


_CARRIED = tuple(f"{name}{part}" for name in ("ITEM", "PROJECT", "CLASS") for part in ("ID", "NAME", "DIMKEY"))


def _posted(books: Books, row: Record, account_no: str, amount: Decimal) -> Line:
    account = books.dimension("GLACCOUNT", "GL account", account_no)
    assert account is not None  # items and definitions name one
    find = books.store.get
    return Line(
        amount,
        account,
        location=find("LOCATION", row["LOCATIONKEY"]) if row["LOCATIONKEY"] else None,
        department=find("DEPARTMENT", row["DEPARTMENTKEY"]) if row["DEPARTMENTKEY"] else None,
        extra={name: row[name] for name in (*_CARRIED, "VENDORID", "EMPLOYEEID", "CONTRACTID") if row.get(name)},
    )


def edit(books: Books, document: Record, change: Callable[[Record], None]) -> Record:
    """Change a document by `change`, then post it anew: a new A/R record takes the old one's money."""
    key = document["RECORDNO"]
    invoice = _editable(books, document)
    books.open_period(document["WHENPOSTED"], ORDER_ENTRY)
    money = moving.lift(books, invoice) if invoice is not None else []
    if invoice is not None:
        documents.remove(books, "ARINVOICE", books.store.table("ARINVOICE").rows[invoice["RECORDNO"]])
    change(document)
    books.modify("SODOCUMENT", key)
    books.open_period(books.store.table("SODOCUMENT").rows[key]["WHENPOSTED"], ORDER_ENTRY)
    after = _post(books, key)
    if money:
        moving.put(books, money, after)
    return books.store.table("SODOCUMENT").rows[key]


def _editable(books: Books, document: Record) -> Record | None:
    """The document's A/R record, if it has one; refuses what can no longer be edited."""
    if document["STATE"] in (CLOSED, CONVERTED):
        word = "closed" if document["STATE"] == CLOSED else "converted"
        raise business(f"The Document State is not valid. Cannot update a document that's {word}.", code=_PAID)
    invoice = books.store.get("ARINVOICE", document["PRRECORDKEY"]) if document["PRRECORDKEY"] else None
    if invoice is None:
        return None
    touched = bool(invoice["TRX_TOTALPAID"] or invoice["TRX_TOTALSELECTED"])
    if invoice["STATE"] == "Paid" or (touched and not books.switches.order_edits_move_money):
        raise business("The Document State is not valid. Cannot update a document that's paid.", code=_PAID)
    return invoice


def remove(books: Books, document: Record) -> None:
    """Delete a document with its lines and its A/R record; refused when money lies on it."""
    key = document["RECORDNO"]
    books.open_period(document["WHENPOSTED"], ORDER_ENTRY)
    invoice = books.store.get("ARINVOICE", document["PRRECORDKEY"]) if document["PRRECORDKEY"] else None
    if document["STATE"] == CONVERTED:
        raise business(f"Transaction '{document['DOCID']}' is converted and can't be deleted.")
    if invoice is not None:
        if moving.touched(books, invoice):
            text = f"Transaction '{document['DOCID']}' is already paid and can't be deleted."
            raise business(text, "Reverse its payments first.")
        documents.remove(books, "ARINVOICE", invoice)
    for name, rows in (("SODOCUMENTENTRY", lines_of(books, key)), ("SODOCUMENTSUBTOTALS", subtotals_of(books, key))):
        for row in rows:
            books.store.remove(name, row["RECORDNO"])
    books.delete("SODOCUMENT", key)

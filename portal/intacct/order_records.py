"""Order Entry documents as rows of `query`: headers, lines, subtotals [Intacct, order entry]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .customer_cards import contact_fields
from .records import Record

BILL_TO = "BILLTO"


@dataclass(frozen=True)
class OrderRow(Record):
    """A document's header. `doc_id` names it ("Sales Invoice-SI-00417"); `ar_key` is the RECORDNO of its A/R record,
    None where it has none. Its totals mirror that record."""

    OBJECT = "SODOCUMENT"
    FIELDS = (
        *("RECORDNO", "DOCID", "DOCNO", "DOCPARID", "STATE", "CUSTVENDID", "CUSTVENDNAME", "WHENCREATED", "WHENDUE"),
        *("PONUMBER", "VENDORDOCNO", "MESSAGE", "TERM.NAME", "CURRENCY", "BASECURR", "TRX_TOTAL", "TRX_TOTALDUE"),
        *("PRRECORDKEY", "MEGAENTITYID", "WHENMODIFIED"),
    )
    record_no: int
    doc_id: str
    number: str
    document_type: str
    state: str
    customer_id: str
    customer_name: str
    document_date: date | None
    due_date: date | None
    po_number: str
    customer_po: str
    message: str
    terms: str
    currency: str
    base_currency: str
    trx_total: Decimal
    trx_due: Decimal
    ar_key: int | None
    entity: str
    modified_at: datetime | None

    @classmethod
    def fields(cls, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """What to ask for: the header, its bill-to contact, and `more` fields of the company's own."""
        return (*cls.FIELDS, *contact_fields(BILL_TO), *more)


@dataclass(frozen=True)
class OrderLineRow(Record):
    """A line. `amount` is its extended amount in the document's currency."""

    OBJECT = "SODOCUMENTENTRY"
    FIELDS = (
        *("RECORDNO", "DOCHDRNO", "LINE_NO", "ITEMID", "ITEMDESC", "MEMO", "UNIT", "QUANTITY", "TRX_PRICE"),
        *("TRX_VALUE", "LOCATIONID", "DEPARTMENTID"),
    )
    record_no: int
    order_no: int
    place: Decimal
    item: str
    description: str
    memo: str
    unit: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    location: str
    department: str


@dataclass(frozen=True)
class OrderSubtotalRow(Record):
    """A subtotal of a document: tax, discount, freight and the like, by the name that its definition gives it."""

    OBJECT = "SODOCUMENTSUBTOTALS"
    FIELDS = ("RECORDNO", "DOCHDRNO", "DESCRIPTION", "TRX_TOTAL")
    record_no: int
    order_no: int
    description: str
    amount: Decimal

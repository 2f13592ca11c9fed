"""The lines and subtotals of Order Entry documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from .company import Books
from .dimensions import dimension_fields
from .documents import ONE
from .errors import business
from .store import Record
from .values import ZERO, cents


@dataclass
class OrderLine:
    """A line to be: `extended` is its amount where that is not quantity x price less discount."""

    item: Record
    quantity: Decimal
    price: Decimal
    extended: Decimal | None = None
    discount: Decimal | None = None
    description: str = ""
    unit: str = ""
    memo: str = ""
    warehouse: str = ""
    location: Record | None = None
    department: Record | None = None
    extra: Record = field(default_factory=dict)


@dataclass
class Subtotal:
    """A tax, discount or freight line below the others; `percent` is shown, `amount` counts."""

    description: str
    amount: Decimal
    percent: Decimal | None = None
    location: Record | None = None
    department: Record | None = None
    extra: Record = field(default_factory=dict)


def lines_of(books: Books, key: int) -> list[Record]:
    """A document's lines in order."""
    return sorted(books.store.where("SODOCUMENTENTRY", "DOCHDRNO", key), key=lambda row: int(row["LINE_NO"]))


def subtotals_of(books: Books, key: int) -> list[Record]:
    """A document's subtotals in order."""
    return sorted(books.store.where("SODOCUMENTSUBTOTALS", "DOCHDRNO", key), key=lambda row: int(row["LINE_NO"]))


def add_line(books: Books, document: Record, line: OrderLine) -> Record:
    """One more line at the end of a document (LINE_NO counts from 0)."""
    place = len(lines_of(books, document["RECORDNO"]))
    return books.create("SODOCUMENTENTRY", **_belongs(document, place), **line_fields(document, line))


def _belongs(document: Record, place: int) -> Record:
    return {
        "DOCHDRNO": document["RECORDNO"],
        "DOCHDRID": document["DOCID"],
        "LINE_NO": place,
        "CURRENCY": document["CURRENCY"],
        "BASECURR": document["BASECURR"],
    }


def line_fields(document: Record, line: OrderLine) -> Record:
    """The fields of a line: TRX_VALUE is its amount in the document's currency, TOTAL in the base currency."""
    part = ONE - (line.discount or ZERO) / 100
    amount = cents(line.quantity * line.price * part) if line.extended is None else line.extended
    base, rate, item = cents(amount * document["EXCHRATE"]), document["EXCHRATE"], line.item
    return {
        "ITEMDESC": line.description or item["NAME"],
        "UNIT": line.unit or item.get("STANDARD_UNIT"),
        "QUANTITY": line.quantity,
        "QTY_CONVERTED": ZERO,
        "TRX_PRICE": line.price,
        "PRICE": line.price if rate == ONE else cents(line.price * rate),
        "RETAILPRICE": item.get("BASEPRICE"),
        "TRX_VALUE": amount,
        "TOTAL": base,
        "LINETOTAL": base,
        "DISCOUNTPERCENT": line.discount,
        "TAXABLE": item.get("TAXABLE"),
        "MEMO": line.memo or None,
        "WAREHOUSE.LOCATION_NO": line.warehouse or None,
        "CUSTOMERID": document["CUSTVENDID"],
        "CUSTOMERNAME": document["CUSTVENDNAME"],
        "CUSTOMERDIMKEY": document["CUSTREC"],
        **place_fields(line.location, line.department),
        **line.extra,
        **dimension_fields("ITEM", item),
    }


def place_fields(location: Record | None, department: Record | None) -> Record:
    """Location and department as fields of a line."""
    return {
        "LOCATIONID": location and location["LOCATIONID"],
        "LOCATIONNAME": location and location["NAME"],
        "LOCATIONKEY": location and location["RECORDNO"],
        "DEPARTMENTID": department and department["DEPARTMENTID"],
        "DEPARTMENTNAME": department and department["TITLE"],
        "DEPARTMENTKEY": department and department["RECORDNO"],
    }


def add_subtotal(books: Books, document: Record, subtotal: Subtotal) -> Record:
    """A subtotal, which must be among those of the document's definition."""
    definition = books.store.table("SODOCUMENTPARAMS").rows[document["DOCPARKEY"]]
    if subtotal.description not in definition["_subtotals"]:
        text = f"The subtotal '{subtotal.description}' is not defined for {definition['DOCID']}."
        raise business(text, f"Use one of: {', '.join(definition['_subtotals'])}.")
    place = len(subtotals_of(books, document["RECORDNO"]))
    return books.create("SODOCUMENTSUBTOTALS", **_belongs(document, place), **subtotal_fields(document, subtotal))


def subtotal_fields(document: Record, subtotal: Subtotal) -> Record:
    """The fields of a subtotal."""
    base = cents(subtotal.amount * document["EXCHRATE"])
    places = place_fields(subtotal.location, subtotal.department)
    return {
        "DESCRIPTION": subtotal.description,
        "PERCENTVAL": subtotal.percent,
        "ABSVAL": base if subtotal.percent is None else None,
        "TRX_ABSVAL": subtotal.amount if subtotal.percent is None else None,
        "TOTAL": base,
        "TRX_TOTAL": subtotal.amount,
        "LOCATION": places["LOCATIONID"],
        "DEPARTMENT": places["DEPARTMENTID"],
        **places,
        **subtotal.extra,
    }

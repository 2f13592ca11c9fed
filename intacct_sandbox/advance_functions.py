"""create ARADVANCE."""

from __future__ import annotations

from . import advances
from .company import Books, length
from .documents import Line
from .envelope import Element, text_of
from .errors import FunctionRefusal, business, wrapped
from .invoice_functions import read_line, read_rate
from .payment_functions import customer_of, day_of, place_of, upper
from .store import Record
from .work import Work


def create_advance(work: Work, node: Element) -> Record:
    """Post the ARADVANCE that an object `create` describes; gives the new record."""
    books = work.books
    try:
        upper(node)
        method = text_of(node, "PAYMENTMETHOD")
        if method not in advances.METHODS:
            raise business(f"The payment method '{method}' is invalid.", f"Use one of: {', '.join(advances.METHODS)}.")
        batch = text_of(node, "PRBATCH") or text_of(node, "PRBATCHKEY")
        bank, undeposited = place_of(
            books, text_of(node, "FINANCIALENTITY"), text_of(node, "UNDEPOSITEDACCOUNTNO"), batch
        )
        currency = books.currency(text_of(node, "CURRENCY"))
        advance = advances.Advance(
            customer=customer_of(books, text_of(node, "CUSTOMERID")),
            method=method,
            paid=day_of(text_of(node, "PAYMENTDATE"), "payment date"),
            received=day_of(text_of(node, "RECEIPTDATE"), "receipt date"),
            currency=currency,
            rate=read_rate(text_of(node, "EXCHANGE_RATE"), currency),
            bank=bank,
            undeposited=undeposited,
            number=length(text_of(node, "DOCNUMBER"), 45, "document number"),
            description=length(text_of(node, "DESCRIPTION"), 1000, "description"),
            draft=text_of(node, "ACTION").lower() == "draft",
        )
        items = node.findall("ARADVANCEITEMS/ARADVANCEITEM")
        if not items:
            raise business("Provide at least one line for the advance.", "Name the amounts in ARADVANCEITEMS.")
        return advances.post(books, advance, [_advance_line(books, item, place) for place, item in enumerate(items, 1)])
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Advance") from None


def _advance_line(books: Books, item: Element, place: int) -> Line:
    names = {"TRX_AMOUNT": "amount", "ACCOUNTNO": "glaccountno", "ENTRYDESCRIPTION": "memo"}
    for child in item:
        child.tag = names.get(str(child.tag), str(child.tag).lower())
    line = read_line(books, item, place)
    if line.amount <= 0:
        raise business("Amounts of an advance are positive.")
    return line

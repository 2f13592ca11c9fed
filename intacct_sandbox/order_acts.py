"""What a user does in Order Entry itself, for tests and the demo (by `acts.act`).

create_order   customerid, type ("Sales Invoice"), documentno, date, due, lines [{item, quantity, price, amount}],
               or amount (one line), subtotals [{description, amount, percent}], state ("Pending"), po, message,
               bill_to, currency, rate
edit_order     docid, amount (first line), lines (added), subtotals (by description), date, due, po, message, state
delete_order   docid
close_order    docid
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from . import order_lines, orders
from .company import BASE_CURRENCY, Books
from .model import stored_code
from .order_lines import OrderLine, Subtotal
from .orders import Order
from .store import Record
from .values import parse_amount, parse_date

Act = Callable[[Books, dict[str, Any]], dict[str, Any]]


def _one(books: Books, name: str, field: str, value: object) -> Record:
    found = books.store.one(name, field, str(value))
    if found is None:
        raise ValueError(f"no such {name}: {value}")
    return found


def _optional(order: dict[str, Any], name: str) -> Decimal | None:
    return None if order.get(name) is None else parse_amount(str(order[name]))


def _line(books: Books, sent: dict[str, Any]) -> OrderLine:
    item = _one(books, "ITEM", "ITEMID", sent.get("item", "VISIT"))
    amount = _optional(sent, "amount")
    price = _optional(sent, "price")
    if price is None:
        price = amount if amount is not None else item["BASEPRICE"]
    quantity = parse_amount(str(sent.get("quantity", 1)))
    return OrderLine(
        item,
        quantity,
        price,
        amount,
        description=str(sent.get("description", "")),
        location=_one(books, "LOCATION", "LOCATIONID", sent["location"]) if sent.get("location") else None,
        department=_one(books, "DEPARTMENT", "DEPARTMENTID", sent["department"]) if sent.get("department") else None,
    )


def _lines(books: Books, order: dict[str, Any]) -> list[OrderLine]:
    return [_line(books, sent) for sent in order.get("lines") or [{"amount": order.get("amount", "100")}]]


def _subtotals(order: dict[str, Any]) -> list[Subtotal]:
    return [
        Subtotal(str(sent["description"]), parse_amount(str(sent["amount"])), _optional(sent, "percent"))
        for sent in order.get("subtotals", ())
    ]


def _day(order: dict[str, Any], name: str) -> date | None:
    return parse_date(str(order[name])) if order.get(name) else None


def _keys(document: Record) -> dict[str, Any]:
    return {"key": document["RECORDNO"], "docid": document["DOCID"], "invoice_key": document["PRRECORDKEY"]}


def _create(books: Books, order: dict[str, Any]) -> dict[str, Any]:
    made = Order(
        definition=_one(books, "SODOCUMENTPARAMS", "DOCID", order.get("type", "Sales Invoice")),
        customer=_one(books, "CUSTOMER", "CUSTOMERID", order["customerid"]),
        created=_day(order, "date") or books.today(),
        currency=str(order.get("currency") or BASE_CURRENCY),
        rate=parse_amount(str(order.get("rate", 1))),
        due=_day(order, "due"),
        number=str(order.get("documentno", "")),
        reference=str(order.get("po", "")),
        message=str(order.get("message", "")),
        term=_one(books, "ARTERM", "NAME", order["term"]) if order.get("term") else None,
        bill_to=_one(books, "CONTACT", "CONTACTNAME", order["bill_to"]) if order.get("bill_to") else None,
        state=stored_code("orderstate", str(order.get("state", "Pending"))),
    )
    return _keys(orders.create(books, made, _lines(books, order), _subtotals(order)))


def _edit(books: Books, order: dict[str, Any]) -> dict[str, Any]:
    def change(document: Record) -> None:
        key = document["RECORDNO"]
        books.modify("SODOCUMENT", key, **_changes(order))
        if order.get("amount") is not None:
            first = order_lines.lines_of(books, key)[0]
            amount = parse_amount(str(order["amount"]))
            item = books.store.table("ITEM").rows[first["ITEMDIMKEY"]]
            sent = OrderLine(item, first["QUANTITY"], first["TRX_PRICE"], amount, description=first["ITEMDESC"])
            changed = order_lines.line_fields(document, sent)
            kept = {name: first.get(name) for name in order_lines.place_fields(None, None)}
            books.modify("SODOCUMENTENTRY", first["RECORDNO"], **{**changed, **kept})
        for line in order.get("lines", ()):
            order_lines.add_line(books, document, _line(books, line))
        for subtotal in _subtotals(order):
            _put_subtotal(books, document, subtotal)

    document = _one(books, "SODOCUMENT", "DOCID", order["docid"])
    return _keys(orders.edit(books, document, change))


def _changes(order: dict[str, Any]) -> Record:
    days = {"date": "WHENCREATED", "due": "WHENDUE"}
    changes: Record = {field: day for name, field in days.items() if (day := _day(order, name)) is not None}
    if "WHENCREATED" in changes:
        changes["WHENPOSTED"] = changes["WHENCREATED"]
    texts = {"po": "PONUMBER", "message": "MESSAGE"}
    changes |= {field: str(order[name]) or None for name, field in texts.items() if name in order}
    if order.get("state"):
        state = stored_code("orderstate", str(order["state"]))
        changes |= {"STATE": state, "CLOSED": state == orders.CLOSED}
    return changes


def _put_subtotal(books: Books, document: Record, subtotal: Subtotal) -> None:
    for row in order_lines.subtotals_of(books, document["RECORDNO"]):
        if row["DESCRIPTION"] == subtotal.description:
            books.modify("SODOCUMENTSUBTOTALS", row["RECORDNO"], **order_lines.subtotal_fields(document, subtotal))
            return
    order_lines.add_subtotal(books, document, subtotal)


def _delete(books: Books, order: dict[str, Any]) -> dict[str, Any]:
    document = _one(books, "SODOCUMENT", "DOCID", order["docid"])
    orders.remove(books, document)
    return _keys(document)


def _close(books: Books, order: dict[str, Any]) -> dict[str, Any]:
    document = _one(books, "SODOCUMENT", "DOCID", order["docid"])
    return _keys(books.modify("SODOCUMENT", document["RECORDNO"], STATE=orders.CLOSED, CLOSED=True))


ACTS: dict[str, Act] = {
    "create_order": _create,
    "edit_order": _edit,
    "delete_order": _delete,
    "close_order": _close,
}

"""create_sotransaction, update_sotransaction and delete_sotransaction. Their key is the DOCID."""

from __future__ import annotations

from decimal import Decimal

from . import documents, order_lines, orders
from .company import Books, length
from .dimensions import read_dimensions
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError, business, wrapped
from .invoice_functions import (
    active_customer,
    custom_fields,
    needed_day,
    read_amount,
    read_contact,
    read_day,
    read_rate,
)
from .model import stored_code
from .order_lines import OrderLine, Subtotal
from .orders import Order
from .store import Record
from .values import ZERO, cents, parse_amount
from .work import Outcome, Work

_NOUN = "Order Entry Transaction"
_STATES = {"", "Pending", "Draft", "Submitted", "Approved", "Closed"}


def create_sotransaction(work: Work, node: Element) -> Outcome:
    """A new document; its definition decides whether it posts to A/R."""
    books = work.books
    books.allow("CREATE", "SODOCUMENT")
    try:
        definition = _definition(books, text_of(node, "transactiontype"))
        lines = [_line(books, item, definition) for item in node.iterfind("sotransitems/sotransitem")]
        order = _order(books, node, definition)
        subtotals = [
            _subtotal(books, item, sum((_amount(line) for line in lines), ZERO))
            for item in node.iterfind("subtotals/subtotal")
        ]
        record = orders.create(books, order, lines, subtotals)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, _NOUN) from None
    return Outcome(key=str(record["DOCID"]))


def _definition(books: Books, name: str) -> Record:
    found = books.dimension("SODOCUMENTPARAMS", "Transaction definition", name)
    if found is None:
        raise business("Provide a transaction type.", "transactiontype names a transaction definition.")
    return found


def _order(books: Books, node: Element, definition: Record) -> Order:
    currency = books.currency(text_of(node, "currency"))
    source_id = text_of(node, "createdfrom")
    return Order(
        definition=definition,
        customer=active_customer(books, text_of(node, "customerid")),
        created=needed_day(node, "datecreated"),
        posted=read_day(node, "dateposted"),
        due=read_day(node, "datedue"),
        original=read_day(node, "origdocdate"),
        number=text_of(node, "documentno"),
        reference=length(text_of(node, "referenceno"), 45, "reference number"),
        customer_po=length(text_of(node, "customerponumber"), 45, "customer PO number"),
        message=length(text_of(node, "message"), 1000, "message"),
        shipping=text_of(node, "shippingmethod"),
        term=books.dimension("ARTERM", "Term", text_of(node, "termname")),
        currency=currency,
        rate=read_rate(text_of(node, "exchrate"), currency),
        bill_to=read_contact(books, node, "billto"),
        ship_to=read_contact(books, node, "shipto"),
        state=_state(node) or orders.PENDING,
        source=_found(books, source_id) if source_id else None,
        extra=_extra(books, node, definition),
    )


def _state(node: Element) -> str:
    text = text_of(node, "state")
    if text.title() not in _STATES:
        raise business(f"The state '{text}' is invalid.", "Use Pending, Draft, Submitted, Approved or Closed.")
    return stored_code("orderstate", text) if text else ""


def _extra(books: Books, node: Element, definition: Record) -> Record:
    project = books.dimension("PROJECT", "Project", text_of(node, "projectid"))
    extra = {
        "SUPDOCID": text_of(node, "supdocid") or None,
        "EXTERNALID": text_of(node, "externalid") or None,
        "PROJECT": project and project["NAME"],
        "PROJECTKEY": project and project["RECORDNO"],
    }
    return extra | custom_fields(books, node, "SODOCUMENT", str(definition["DOCID"]))


def _number(node: Element, name: str, noun: str) -> Decimal | None:
    text = text_of(node, name)
    if not text:
        return None
    try:
        return parse_amount(text)
    except ValueError:
        raise business(f"The {noun} '{text}' is invalid.", "Provide a number.") from None


def _line(books: Books, node: Element, definition: Record) -> OrderLine:
    item = books.dimension("ITEM", "Item", text_of(node, "itemid"))
    if item is None:
        raise business("Provide an item for every line.", "itemid is required.")
    price = _number(node, "price", "price")
    return OrderLine(
        item=item,
        quantity=_number(node, "quantity", "quantity") or ZERO,
        price=(item.get("BASEPRICE") or ZERO) if price is None else price,
        discount=_number(node, "discountpercent", "discount"),
        description=length(text_of(node, "itemdesc"), 1000, "item description"),
        unit=text_of(node, "unit"),
        memo=length(text_of(node, "memo"), 1000, "memo"),
        warehouse=text_of(node, "warehouseid"),
        location=books.dimension("LOCATION", "Location", text_of(node, "locationid")),
        department=books.dimension("DEPARTMENT", "Department", text_of(node, "departmentid")),
        extra=read_dimensions(books, node) | custom_fields(books, node, "SODOCUMENTENTRY", str(definition["DOCID"])),
    )


def _amount(line: OrderLine) -> Decimal:
    return cents(line.quantity * line.price * (1 - (line.discount or ZERO) / 100))


def _subtotal(books: Books, node: Element, base: Decimal) -> Subtotal:
    """A subtotal; an empty total with a percentage is that part of the lines' sum."""
    percent = _number(node, "percentval", "percentage")
    if text_of(node, "total") or percent is None:
        amount = read_amount(node, "total", "subtotal")
    else:
        amount = cents(base * percent / 100)
    return Subtotal(
        description=text_of(node, "description"),
        amount=amount,
        percent=percent,
        location=books.dimension("LOCATION", "Location", text_of(node, "locationid")),
        department=books.dimension("DEPARTMENT", "Department", text_of(node, "departmentid")),
        extra=read_dimensions(books, node),
    )


def _found(books: Books, doc_id: str) -> Record:
    found = books.store.one("SODOCUMENT", "DOCID", doc_id)
    if found is None:
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {doc_id}"))
    return found


def _addressed(work: Work, node: Element) -> Record:
    key = node.get("key", "")
    if (node.get("external") or node.get("externalkey") or "").lower() == "true":
        found = next(iter(work.store.where("SODOCUMENT", "EXTERNALID", key)), None)
        found = found or _found(work.books, "")
    else:
        found = _found(work.books, key)
    if not work.visible("SODOCUMENT", found, private=True):
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {key}"))
    return found


def delete_sotransaction(work: Work, node: Element) -> Outcome:
    """Delete an unpaid document and its A/R record."""
    work.books.allow("DELETE", "SODOCUMENT")
    record = _addressed(work, node)
    orders.remove(work.books, record)
    return Outcome(key=str(record["DOCID"]))


def update_sotransaction(work: Work, node: Element) -> Outcome:
    """Change sent header fields, lines by number, subtotals by name; add lines; then post anew."""
    books = work.books
    books.allow("UPDATE", "SODOCUMENT")
    record = _addressed(work, node)
    try:
        orders.edit(books, record, lambda document: _change(books, node, document))
    except FunctionRefusal as refusal:
        raise wrapped(refusal, _NOUN, "update") from None
    return Outcome(key=str(record["DOCID"]))


def _change(books: Books, node: Element, document: Record) -> None:
    definition = books.store.table("SODOCUMENTPARAMS").rows[document["DOCPARKEY"]]
    after = books.modify("SODOCUMENT", document["RECORDNO"], **_header_changes(books, node, document))
    for item in node.iterfind("updatesotransitems/*"):
        if item.tag == "sotransitem":
            order_lines.add_line(books, after, _line(books, item, definition))
        else:
            _change_line(books, item, after, definition)
    for item in node.iterfind("updatesubtotals/updatesubtotal"):
        _change_subtotal(books, item, after)


def _header_changes(books: Books, node: Element, document: Record) -> Record:
    days = {
        "datecreated": "WHENCREATED",
        "dateposted": "WHENPOSTED",
        "datedue": "WHENDUE",
        "origdocdate": "ORIGDOCDATE",
    }
    changes: Record = {field: day for tag, field in days.items() if (day := read_day(node, tag)) is not None}
    if "WHENCREATED" in changes and "WHENPOSTED" not in changes and document["WHENPOSTED"] == document["WHENCREATED"]:
        changes["WHENPOSTED"] = changes["WHENCREATED"]
    for tag, field, limit in (
        ("referenceno", "PONUMBER", 45),
        ("customerponumber", "VENDORDOCNO", 45),
        ("message", "MESSAGE", 1000),
        ("shippingmethod", "SHIPVIA", 100),
    ):
        if node.find(tag) is not None:
            changes[field] = length(text_of(node, tag), limit, tag) or None
    return changes | _found_changes(books, node, document)


def _found_changes(books: Books, node: Element, document: Record) -> Record:
    """Changes that name other records: term, contacts, state, custom fields."""
    changes = custom_fields(books, node, "SODOCUMENT", str(document["DOCPARID"]))
    term = books.dimension("ARTERM", "Term", text_of(node, "termname"))
    if term:
        changes |= {"TERM.NAME": term["NAME"], "TERMKEY": term["RECORDNO"]}
        if read_day(node, "datedue") is None:
            created = read_day(node, "datecreated") or document["WHENCREATED"]
            changes["WHENDUE"] = documents.term_due(created, term)
    for tag, field in (("billto", "BILLTOKEY"), ("shipto", "SHIPTOKEY")):
        contact = read_contact(books, node, tag)
        if contact:
            changes[field] = contact["RECORDNO"]
    if state := _state(node):
        changes |= {"STATE": state, "CLOSED": state == orders.CLOSED}
    return changes


def _change_line(books: Books, item: Element, document: Record, definition: Record) -> None:
    number = item.get("line_num", "")
    place = int(number) - 1 if number.isdecimal() else -1
    lines = order_lines.lines_of(books, document["RECORDNO"])
    if not 0 <= place < len(lines):
        raise business(f"The line number '{number}' does not exist in the transaction.")
    row = lines[place]
    kept = {
        "itemid": row["ITEMID"],
        "itemdesc": row["ITEMDESC"],
        "quantity": row["QUANTITY"],
        "unit": row["UNIT"],
        "discountpercent": row["DISCOUNTPERCENT"],
        "price": row["TRX_PRICE"],
        "memo": row["MEMO"],
        "warehouseid": row["WAREHOUSE.LOCATION_NO"],
        "locationid": row["LOCATIONID"],
        "departmentid": row["DEPARTMENTID"],
        "projectid": row.get("PROJECTID"),
        "classid": row.get("CLASSID"),
    }
    amount_stays = all(item.find(tag) is None for tag in ("itemid", "quantity", "price", "discountpercent"))
    _fill(item, {tag: "" if value is None else str(value) for tag, value in kept.items()})
    line = _line(books, item, definition)
    line.extended = row["TRX_VALUE"] if amount_stays else None
    books.modify("SODOCUMENTENTRY", row["RECORDNO"], **order_lines.line_fields(document, line))


def _fill(item: Element, kept: dict[str, str]) -> None:
    """Put what was not sent in its place, as if it had been."""
    for tag, value in kept.items():
        if item.find(tag) is None:
            added = item.makeelement(tag, {})
            added.text = value
            item.append(added)


def _change_subtotal(books: Books, item: Element, document: Record) -> None:
    key, name = document["RECORDNO"], text_of(item, "description")
    base = sum((row["TRX_VALUE"] for row in order_lines.lines_of(books, key)), ZERO)
    subtotal = _subtotal(books, item, base)
    for row in order_lines.subtotals_of(books, key):
        if row["DESCRIPTION"] == name:
            books.modify("SODOCUMENTSUBTOTALS", row["RECORDNO"], **order_lines.subtotal_fields(document, subtotal))
            return
    order_lines.add_subtotal(books, document, subtotal)

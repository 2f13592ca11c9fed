"""create_invoice, update_invoice, reverse_invoice, delete_invoice, and the same of adjustments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from . import documents, money
from .company import DAILY_RATES, Books, length
from .dimensions import check_project, check_required, read_dimensions
from .documents import ITEMS, Header, Line
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError, business, wrapped
from .mirror import ORDER_ENTRY
from .store import Record
from .values import ZERO, parse_amount
from .work import Handler, Outcome, Work

_NOUN = {"ARINVOICE": "Invoice", "ARADJUSTMENT": "Adjustment"}


def read_day(parent: Element, name: str) -> date | None:
    """A legacy date of year, month and day, padded or not; None when absent or empty."""
    node = parent.find(name)
    if node is None or not len(node):
        return None
    parts = [text_of(node, part) for part in ("year", "month", "day")]
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except (ValueError, OverflowError):
        shown = "/".join((parts[1], parts[2], parts[0]))
        raise business(f"The transaction date '{shown}' is invalid.", code="PL03000006") from None


def needed_day(parent: Element, name: str) -> date:
    """A legacy date that must be there."""
    found = read_day(parent, name)
    if found is None:
        raise business("The transaction date '' is invalid.", code="PL03000006")
    return found


def read_amount(parent: Element, name: str, noun: str = "amount") -> Decimal:
    """An amount with at most two places."""
    text = text_of(parent, name)
    try:
        amount = parse_amount(text)
    except ValueError:
        raise business(f"The {noun} '{text}' is invalid.", "Provide a number.") from None
    if amount != amount.quantize(Decimal("0.01")):
        raise business(f"The {noun} '{text}' has more than two decimal places.")
    return amount


def active_customer(books: Books, customer_id: str) -> Record:
    """The customer with that ID, who must be active."""
    customer = books.store.one("CUSTOMER", "CUSTOMERID", customer_id)
    if customer is None or not books.sees("CUSTOMER", customer):
        raise business(f"Invalid Customer '{customer_id}' specified.", "Provide a valid Customer.")
    if customer["STATUS"] != "T":
        raise business(f"The customer '{customer_id}' is inactive.", "Activate the customer, and try again.")
    return customer


def read_line(books: Books, node: Element, place: int) -> Line:
    """One line item with its account and dimensions found."""
    label = books.dimension("ARACCOUNTLABEL", "Account label", text_of(node, "accountlabel"))
    number = label["GLACCOUNTNO"] if label else text_of(node, "glaccountno")
    if not number:
        text = f"Enter an account number on line item {place}, and try again."
        raise business(text, "Provide glaccountno or accountlabel.")
    account = books.dimension("GLACCOUNT", "GL account", number)
    assert account is not None  # a number was given, so it was found or refused
    line = Line(
        amount=read_amount(node, "amount", "line amount"),
        account=account,
        label=label,
        memo=length(text_of(node, "memo"), 1000, "memo"),
        location=books.dimension("LOCATION", "Location", text_of(node, "locationid")),
        department=books.dimension("DEPARTMENT", "Department", text_of(node, "departmentid")),
        extra=read_dimensions(books, node),
    )
    check_required(account, line, place)
    line.extra |= custom_fields(books, node, "ARINVOICEITEM")
    return line


def custom_fields(books: Books, node: Element, name: str, docparid: str = "") -> dict[str, Any]:
    """Custom field values by name; one that the object (of this document type) does not have is refused."""
    found, known = {}, books.custom_fields(name, docparid)
    for item in node.iterfind("customfields/customfield"):
        field = text_of(item, "customfieldname").upper()
        if field not in known:
            raise business(f"The custom field '{field}' does not exist on {name}.", "Remove the field.")
        found[field] = text_of(item, "customfieldvalue")
    return found


def read_contact(books: Books, node: Element, name: str) -> Record | None:
    """The contact that an element such as `billto` names."""
    contact = text_of(node, f"{name}/contactname")
    return books.dimension("CONTACT", "Contact", contact)


def read_rate(text: str, currency: str) -> Decimal:
    """An exchange rate, a positive number of any precision; the daily rate where none is given."""
    if not text:
        return DAILY_RATES[currency]
    try:
        rate = parse_amount(text)
    except ValueError:
        rate = Decimal(0)
    if rate <= 0:
        raise business(f"The exchange rate '{text}' is invalid.")
    return rate


def _header(work: Work, node: Element, name: str) -> Header:
    books = work.books
    created = needed_day(node, "datecreated")
    number = text_of(node, "invoiceno" if name == "ARINVOICE" else "adjustmentno")
    if not number and books.switches.auto_invoice_numbers:
        number = f"{name[2:5]}-{books.store.next_number(name + '-NUMBER'):06}"
    currency = books.currency(text_of(node, "currency"))
    extra = {"EXTERNALID": text_of(node, "externalid") or None, "SUPDOCID": text_of(node, "supdocid") or None}
    return Header(
        customer=active_customer(books, text_of(node, "customerid")),
        created=created,
        posted=read_day(node, "dateposted"),
        due=read_day(node, "datedue"),
        term=books.dimension("ARTERM", "Term", text_of(node, "termname")),
        number=number,
        reference=length(text_of(node, "ponumber" if name == "ARINVOICE" else "invoiceno"), 45, "reference number"),
        description=length(text_of(node, "description"), 1000, "description"),
        currency=currency,
        rate=read_rate(text_of(node, "exchrate"), currency),
        draft=text_of(node, "action").lower() == "draft",
        bill_to=read_contact(books, node, "billto"),
        ship_to=read_contact(books, node, "shipto"),
        extra=extra | custom_fields(books, node, name),
    )


def _create(work: Work, node: Element, name: str) -> Outcome:
    work.books.allow("CREATE", name)
    area = "invoices" if name == "ARINVOICE" else "adjustments"
    group = "invoiceitems" if name == "ARINVOICE" else "aradjustmentitems"
    try:
        work.books.summary(area, text_of(node, "batchkey"))
        items = node.findall(f"{group}/lineitem")
        lines = [read_line(work.books, item, place) for place, item in enumerate(items, 1)]
        if name == "ARADJUSTMENT" and len({line.amount > 0 for line in lines}) > 1:
            raise business("All lines of an adjustment must have the same sign.")
        header = _header(work, node, name)
        for line in lines:
            check_project(work.books, line, header.customer["CUSTOMERID"])
        record = documents.create(work.books, name, header, lines)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, _NOUN[name]) from None
    return Outcome(key=str(record["RECORDNO"]))


def create_invoice(work: Work, node: Element) -> Outcome:
    """Post an invoice."""
    return _create(work, node, "ARINVOICE")


def create_adjustment(work: Work, node: Element) -> Outcome:
    """Post an adjustment: negative lines are a credit memo, positive ones a debit memo."""
    return _create(work, node, "ARADJUSTMENT")


def found_by_key(work: Work, node: Element, name: str) -> Record:
    """The record that the `key` attribute names; `externalkey` true looks at EXTERNALID instead."""
    key = node.get("key", "")
    if node.get("externalkey", "").lower() == "true":
        record = next(iter(work.store.where(name, "EXTERNALID", key)), None)
    else:
        record = work.store.get(name, int(key)) if key.isdecimal() else None
    if record is None or not work.visible(name, record, private=True):
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {key}"))
    return record


def _untouched(work: Work, name: str, record: Record, act: str) -> None:
    """Only A/R's own documents on which no money lies can be changed or taken back."""
    shown = record.get("RECORDID") or record["RECORDNO"]
    if record.get("MODULEKEY") == ORDER_ENTRY:
        text = f"Transaction '{shown}' was created in Order Entry and can't be {act.removesuffix('e')}ed here."
        raise business(text, "Change the document in Order Entry.")
    rows = work.store.where("ARPYMTDETAIL", "RECORDKEY", record["RECORDNO"]) if name == "ARINVOICE" else []
    touched = any(money.lies(work.books, row) for row in rows) or record["TRX_TOTALPAID"] != 0
    if touched:
        if act == "update":
            raise business("The Document State is not valid. Cannot update a document that's paid.", code="BL03000215")
        raise business(f"Transaction '{shown}' is already paid and can't be {act}d.", "Reverse its payments first.")


def reverse_invoice(work: Work, node: Element) -> Outcome:
    """Void an unpaid, posted invoice by a counter-record."""
    work.books.allow("UPDATE", "ARINVOICE")
    record = found_by_key(work, node, "ARINVOICE")
    if record["RAWSTATE"] != "A":
        shown = record.get("RECORDID") or record["RECORDNO"]
        raise business(f"Transaction '{shown}' is {record['STATE']} and can't be reversed.")
    _untouched(work, "ARINVOICE", record, "reverse")
    day = needed_day(node, "datereversed")
    work.books.open_period(day)
    documents.reverse(work.books, "ARINVOICE", record, day, text_of(node, "description"))
    return Outcome(key=str(record["RECORDNO"]))


def _delete(name: str) -> Handler:
    def delete(work: Work, node: Element) -> Outcome:
        work.books.allow("DELETE", name)
        record = found_by_key(work, node, name)
        if record["RAWSTATE"] == "V":
            raise business(f"Transaction '{record.get('RECORDID')}' is Reversed and can't be deleted.")
        _untouched(work, name, record, "delete")
        work.books.open_period(record["WHENPOSTED"])
        documents.remove(work.books, name, record)
        return Outcome(key=str(record["RECORDNO"]))

    return delete


delete_invoice = _delete("ARINVOICE")
delete_adjustment = _delete("ARADJUSTMENT")


def update_invoice(work: Work, node: Element) -> Outcome:
    """Change an unpaid invoice: sent header fields, lines by number, and added lines."""
    books = work.books
    books.allow("UPDATE", "ARINVOICE")
    record = found_by_key(work, node, "ARINVOICE")
    try:
        if record["RAWSTATE"] == "V":
            raise business("The Document State is not valid. Cannot update a document that's reversed.")
        _untouched(work, "ARINVOICE", record, "update")
        key = record["RECORDNO"]
        changes = _changes(work, node, record)
        for day in (record["WHENPOSTED"], changes.get("WHENPOSTED") or record["WHENPOSTED"]):
            books.open_period(day)
        books.modify("ARINVOICE", key, **changes)
        _update_lines(work, node, key)
        _settle(books, record, key)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Invoice", "update") from None
    return Outcome(key=str(key))


def _changes(work: Work, node: Element, record: Record) -> Record:
    books, changes = work.books, custom_fields(work.books, node, "ARINVOICE")
    customer_id = text_of(node, "customerid")
    if customer_id and customer_id != record["CUSTOMERID"]:
        raise business("The customer of a posted invoice cannot be changed.", "Reverse the invoice and post it again.")
    days = {"datecreated": "WHENCREATED", "dateposted": "WHENPOSTED", "datedue": "WHENDUE"}
    changes |= {field: day for tag, field in days.items() if (day := read_day(node, tag)) is not None}
    for tag, field, limit in (("ponumber", "DOCNUMBER", 45), ("description", "DESCRIPTION", 1000)):
        if node.find(tag) is not None:
            changes[field] = length(text_of(node, tag), limit, tag) or None
    number = text_of(node, "invoiceno")
    if number and number != record["RECORDID"]:
        documents.check_number(books, "ARINVOICE", number, but=record["RECORDNO"])
        changes["RECORDID"] = number
    term = books.dimension("ARTERM", "Term", text_of(node, "termname"))
    if term:
        changes |= {"TERMNAME": term["NAME"], "TERMKEY": term["RECORDNO"]}
    for tag, field in (("payto", "BILLTOPAYTO"), ("returnto", "SHIPTORETURNTO")):
        contact = read_contact(books, node, tag)
        if contact:
            changes |= {f"{field}KEY": contact["RECORDNO"], f"{field}CONTACTNAME": contact["CONTACTNAME"]}
    action = text_of(node, "action").lower()
    if action == "submit" and record["RAWSTATE"] == "D":
        changes |= {"RAWSTATE": "A"}
    return changes


def _update_lines(work: Work, node: Element, key: int) -> None:
    books = work.books
    header = books.store.table("ARINVOICE").rows[key]
    lines = {line["LINE_NO"]: line for line in documents.lines_of(books, "ARINVOICE", key)}
    for item in node.iterfind("updateinvoiceitems/*"):
        if item.tag == "lineitem":
            place = max(lines, default=0) + 1
            lines[place] = documents.add_line(books, "ARINVOICE", header, place, read_line(books, item, place))
            continue
        number = item.get("line_num", "")
        line = lines.get(int(number)) if number.isdecimal() else None
        if line is None:
            raise business(f"The line number '{number}' does not exist in the transaction.")
        merged = documents.line_fields(header, line["LINE_NO"], _merged(books, item, line))
        books.modify(ITEMS["ARINVOICE"], line["RECORDNO"], **merged)


def _merged(books: Books, item: Element, line: Record) -> Line:
    """The line as it is, with what was sent in its stead."""
    kept = {
        "glaccountno": line["ACCOUNTNO"],
        "amount": str(line["TRX_AMOUNT"]),
        "memo": line["ENTRYDESCRIPTION"] or "",
        "locationid": line["LOCATIONID"] or "",
        "departmentid": line["DEPARTMENTID"] or "",
    }
    for tag, value in kept.items():
        if item.find(tag) is None and not (tag == "glaccountno" and item.find("accountlabel") is not None):
            added = item.makeelement(tag, {})
            added.text = value
            item.append(added)
    return read_line(books, item, line["LINE_NO"])


def _settle(books: Books, before: Record, key: int) -> None:
    """Bring totals in line; a draft that was submitted now counts in the customer's balance."""
    was_draft = before["RAWSTATE"] == "D"
    if was_draft and books.store.table("ARINVOICE").rows[key]["RAWSTATE"] == "A":
        books.store.change("ARINVOICE", key, TOTALDUE=ZERO)
    documents.refresh(books, "ARINVOICE", key)

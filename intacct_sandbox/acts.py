"""What a user does inside Intacct itself, for tests and the demo: `act(books, {"do": name, ...})`.

    receive_payment   invoice_recordid | invoice_key, amount (what is due if left out), method ("Printed Check"),
                      document, date (MM/DD/YYYY, today), bank ("CHK-01"), rest (overpayment)
    reverse_payment   payment_key | document
    delete_payment    payment_key | document: the record and its rows are gone, the invoices owe again
    create_invoice    customerid, invoiceno, amount, account ("4000"), date, term
    reverse_invoice   invoice_recordid | invoice_key
    delete_invoice    invoice_recordid | invoice_key
    edit_invoice      invoice_recordid | invoice_key, fields {FIELD: text} (header texts and dates), amount (first line)
    create_customer   customerid, name, and further fields as object `create` takes them
    edit_customer     customerid, fields {FIELD: text}
    edit              object, id (its ID field) | key, fields {FIELD: text}: any other record (an account, a user ...)
    issue_credit      customerid, amount, number, account
    apply_credit      credit_key, invoice_recordid | invoice_key, amount
    delete_credit     credit_key | number: the record and its rows are gone, the invoices owe again
    create_order, edit_order, delete_order, close_order    documents of Order Entry (order_acts.py)
Each answers the keys of what it made or changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from . import documents, model, order_acts, receipts
from .company import Books
from .customer_functions import new_customer
from .documents import Header, Line
from .errors import business
from .money import SOURCES, Application, Use
from .objects import OBJECTS
from .receipts import Receipt
from .store import Record
from .values import parse_amount, parse_date

Order = dict[str, Any]


def act(books: Books, order: Order) -> dict[str, Any]:
    """Do one thing; ValueError for an unknown one, FunctionRefusal when Intacct would not let it be done."""
    doer = _ACTS.get(str(order.get("do")))
    if doer is None:
        raise ValueError(f"unknown act {order.get('do')!r}; known: {', '.join(sorted(_ACTS))}")
    books.entity, books.user_id, books.user_key = None, "admin", 1
    books.store.begin()
    done = False
    try:
        answer = doer(books, order)
        done = True
    finally:
        if not done:
            books.store.rollback()
        books.store.commit()
    return answer


def _amount(value: object) -> Decimal:
    return parse_amount(str(value))


def _day(books: Books, order: Order) -> date:
    return parse_date(str(order["date"])) if order.get("date") else books.today()


def _invoice(books: Books, order: Order) -> Record:
    if order.get("invoice_key"):
        found = books.store.get("ARINVOICE", int(order["invoice_key"]))
    else:
        found = books.store.one("ARINVOICE", "RECORDID", str(order["invoice_recordid"]))
    if found is None:
        raise ValueError(f"no such invoice: {order.get('invoice_key') or order.get('invoice_recordid')}")
    return found


def _customer(books: Books, order: Order) -> Record:
    found = books.store.one("CUSTOMER", "CUSTOMERID", str(order["customerid"]))
    if found is None:
        raise ValueError(f"no such customer: {order['customerid']}")
    return found


def _own_credit(invoice: Record, order: Order) -> list[Use]:
    """The invoice's own negative lines, used for an amount, if the order says so."""
    return [Use(SOURCES["INLINE"], invoice["RECORDNO"], _amount(order["inline"]))] if order.get("inline") else []


def _receive_payment(books: Books, order: Order) -> dict[str, Any]:
    invoice = _invoice(books, order)
    amount = _amount(order["amount"]) if order.get("amount") else invoice["TRX_TOTALDUE"]
    receipt = Receipt(
        customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]],
        method=str(order.get("method", "Printed Check")),
        received=_day(books, order),
        currency=invoice["CURRENCY"],
        rate=invoice["EXCHANGE_RATE"],
        bank=books.dimension("CHECKINGACCOUNT", "Bank account", str(order.get("bank", "CHK-01"))),
        number=str(order.get("document", "")),
        description=str(order.get("description", "")),
        rest=_amount(order.get("rest", 0)),
        applications=[Application("ARINVOICE", invoice["RECORDNO"], amount, uses=_own_credit(invoice, order))],
    )
    return {"payment_key": receipts.post(books, receipt)["RECORDNO"], "invoice_key": invoice["RECORDNO"]}


def _payment(books: Books, order: Order) -> Record:
    if order.get("payment_key"):
        payment = books.store.get("ARPYMT", int(order["payment_key"]))
    else:
        rows = books.store.where("ARPYMT", "DOCNUMBER", str(order["document"]))
        payment = next((row for row in rows if row["STATE"] == "C"), None)
    if payment is None:
        raise ValueError("no such payment")
    return payment


def _delete_payment(books: Books, order: Order) -> dict[str, Any]:
    payment = _payment(books, order)
    receipts.remove(books, payment)
    return {"payment_key": payment["RECORDNO"]}


def _reverse_payment(books: Books, order: Order) -> dict[str, Any]:
    payment = _payment(books, order)
    counter = receipts.reverse(books, payment, _day(books, order), str(order.get("description", "")))
    return {"payment_key": payment["RECORDNO"], "counter_key": counter["RECORDNO"]}


def _line(books: Books, order: Order, amount: Decimal) -> Line:
    account = books.dimension("GLACCOUNT", "GL account", str(order.get("account", "4000")))
    assert account is not None  # the default is never empty
    return Line(amount, account, memo=str(order.get("memo", "")))


def _create_invoice(books: Books, order: Order) -> dict[str, Any]:
    term = books.dimension("ARTERM", "Term", str(order.get("term", "")))
    number = str(order.get("invoiceno", ""))
    header = Header(_customer(books, order), _day(books, order), term=term, number=number)
    record = documents.create(books, "ARINVOICE", header, [_line(books, order, _amount(order["amount"]))])
    return {"invoice_key": record["RECORDNO"]}


def _reverse_invoice(books: Books, order: Order) -> dict[str, Any]:
    invoice = _invoice(books, order)
    if invoice["RAWSTATE"] != "A" or invoice["TRX_TOTALPAID"]:
        raise business(f"Transaction '{invoice['RECORDID']}' is {invoice['STATE']} and can't be reversed.")
    counter = documents.reverse(books, "ARINVOICE", invoice, _day(books, order), str(order.get("description", "")))
    return {"invoice_key": invoice["RECORDNO"], "counter_key": counter["RECORDNO"]}


def _delete_invoice(books: Books, order: Order) -> dict[str, Any]:
    invoice = _invoice(books, order)
    if invoice["TRX_TOTALPAID"]:
        raise business(f"Transaction '{invoice['RECORDID']}' is already paid and can't be deleted.")
    documents.remove(books, "ARINVOICE", invoice)
    return {"invoice_key": invoice["RECORDNO"]}


def _values(books: Books, name: str, sent: dict[str, Any]) -> Record:
    kind = OBJECTS[name]
    values: Record = {}
    for field, text in sent.items():
        found = kind.fields.get(field.upper())
        if found is None:
            raise ValueError(f"{name} has no field {field}")
        if found.kind in model.ENUMS:
            values[found.name] = model.stored_code(found.kind, str(text))
        else:
            values[found.name] = model.parse(found.kind, str(text), books.offset) if text else None
    return values


def _edit_invoice(books: Books, order: Order) -> dict[str, Any]:
    invoice = _invoice(books, order)
    key = invoice["RECORDNO"]
    values = _values(books, "ARINVOICE", order.get("fields", {}))
    if "RECORDID" in values:
        documents.check_number(books, "ARINVOICE", str(values["RECORDID"]), but=key)
    books.modify("ARINVOICE", key, **values)
    if order.get("amount"):
        line = documents.lines_of(books, "ARINVOICE", key)[0]
        amount = _amount(order["amount"])
        books.modify("ARINVOICEITEM", line["RECORDNO"], TRX_AMOUNT=amount, AMOUNT=amount * line["EXCHANGE_RATE"])
    documents.refresh(books, "ARINVOICE", key)
    return {"invoice_key": key}


def _create_customer(books: Books, order: Order) -> dict[str, Any]:
    sent = {name.upper(): str(value) for name, value in order.items() if name != "do"}
    return {"customer_key": new_customer(books, sent)["RECORDNO"]}


def _edit_customer(books: Books, order: Order) -> dict[str, Any]:
    customer = _customer(books, order)
    books.modify("CUSTOMER", customer["RECORDNO"], **_values(books, "CUSTOMER", order.get("fields", {})))
    return {"customer_key": customer["RECORDNO"]}


def _edit(books: Books, order: Order) -> dict[str, Any]:
    name = str(order["object"]).upper()
    if order.get("key"):
        record = books.store.get(name, int(order["key"]))
    else:
        record = books.store.one(name, OBJECTS[name].id_field, str(order["id"]))
    if record is None:
        raise ValueError(f"no such {name}")
    books.modify(name, record["RECORDNO"], **_values(books, name, order.get("fields", {})))
    return {"key": record["RECORDNO"]}


def _issue_credit(books: Books, order: Order) -> dict[str, Any]:
    header = Header(_customer(books, order), _day(books, order), number=str(order.get("number", "")))
    line = _line(books, {"account": "4099", **order}, -_amount(order["amount"]))
    return {"credit_key": documents.create(books, "ARADJUSTMENT", header, [line])["RECORDNO"]}


def _apply_credit(books: Books, order: Order) -> dict[str, Any]:
    invoice, key = _invoice(books, order), int(order["credit_key"])
    use = Use(SOURCES["ADJUSTMENT"], key, _amount(order["amount"]))
    receipt = Receipt(
        customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]],
        method="Printed Check",
        received=_day(books, order),
        currency=invoice["CURRENCY"],
        applications=[Application("ARINVOICE", invoice["RECORDNO"], uses=[use])],
    )
    return {"application_key": receipts.apply_credit(books, receipt)["RECORDNO"]}


def _delete_credit(books: Books, order: Order) -> dict[str, Any]:
    if order.get("credit_key"):
        credit = books.store.get("ARADJUSTMENT", int(order["credit_key"]))
    else:
        credit = books.store.one("ARADJUSTMENT", "RECORDID", str(order["number"]))
    if credit is None:
        raise ValueError("no such credit")
    receipts.remove_rows(books, "ADJUSTMENTKEY", credit["RECORDNO"])
    documents.remove(books, "ARADJUSTMENT", books.store.table("ARADJUSTMENT").rows[credit["RECORDNO"]])
    return {"credit_key": credit["RECORDNO"]}


_ACTS: dict[str, Callable[[Books, Order], dict[str, Any]]] = {
    "receive_payment": _receive_payment,
    "reverse_payment": _reverse_payment,
    "delete_payment": _delete_payment,
    "create_invoice": _create_invoice,
    "reverse_invoice": _reverse_invoice,
    "delete_invoice": _delete_invoice,
    "edit_invoice": _edit_invoice,
    "create_customer": _create_customer,
    "edit_customer": _edit_customer,
    "edit": _edit,
    "issue_credit": _issue_credit,
    "apply_credit": _apply_credit,
    "delete_credit": _delete_credit,
    **order_acts.ACTS,
}

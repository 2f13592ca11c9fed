"""Planting Order Entry: definitions, items, projects, and documents of every kind that an importer may meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from . import orders, receipts
from .company import Books
from .customer_functions import new_contact
from .money import Application
from .order_lines import OrderLine, Subtotal
from .orders import CLOSED, DRAFT, PENDING, POSTS, Order
from .receipts import Receipt
from .store import Record
from .values import cents

SUBTOTALS = {"Sales Tax": "2200", "Discount": "4090", "Freight": "4010"}
# name, class, posts to A/R, prefix of its numbers, status
DEFINITIONS = (
    ("Sales Quote", "Quote", False, "SQ-", "T"),
    ("Sales Order", "Order", False, "SO-", "T"),
    ("Sales Invoice", "Invoice", True, "SI-", "T"),
    ("Service Invoice", "Invoice", True, "SVC-", "T"),
    ("Proforma Invoice", "Invoice", False, "PF-", "T"),
    ("Counter Invoice", "Invoice", True, "CI-", "F"),
)
# id, name, account, price, unit
ITEMS = (
    ("PLAN-Q", "Support plan, quarter", "4000", "1250.00", "Each"),
    ("VISIT", "On-site visit", "4000", "155.00", "Hour"),
    ("PANEL", "Control panel", "4010", "312.00", "Each"),
    ("FILTER", "Filter set", "4010", "57.10", "Box"),
    ("REVIEW", "Process review", "4020", "160.00", "Hour"),
)
PROJECTS = (("PRJ-10", "Plant refit", 6), ("PRJ-11", "Warehouse move", 7), ("PRJ-20", "Internal tools", None))
CLASSES = (("RETAIL", "Retail"), ("TRADE", "Trade"))
SHARED_CONTACT = "Regional Payables Office"
# Customers by place: those whose bills go to the shared contact; who has several addresses in one field.
SHARED_BY = (30, 31)
SEVERAL_MAILS = {32: "ap@evergreentreecare.example, owner@evergreentreecare.example", 33: "a@fox.example,b@fox.example"}

Lines = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Planned:
    """One document: customer place, days ago, (item, quantity, price) lines, (name, amount, percent) subtotals."""

    customer: int
    ago: int
    lines: Lines
    subtotals: tuple[tuple[str, str, str], ...] = ()
    type: str = "Sales Invoice"
    paid: str = "0"
    state: str = PENDING
    extended: str = ""
    po: str = ""
    shared_bill_to: bool = False
    message: str = ""


DOCUMENTS = (
    Planned(14, 83, (("PANEL", "4", "312.00"),), (("Sales Tax", "74.88", "6"),), paid="1", po="PO 5510"),
    Planned(15, 71, (("FILTER", "10", "57.10"), ("VISIT", "3", "155.00")), paid="0.5", po="PO 77-A"),
    Planned(16, 64, (("PLAN-Q", "1", "1250.00"),), (("Discount", "-125.00", "-10"),), type="Service Invoice"),
    Planned(17, 58, (("PANEL", "2", "312.00"),), (("Freight", "48.00", ""), ("Sales Tax", "37.44", "6"))),
    # Price x quantity is 1,000.00; the document says 985.00.
    Planned(18, 51, (("REVIEW", "6.25", "160.00"),), type="Service Invoice", extended="985.00"),
    Planned(19, 44, (("FILTER", "3", "33.333"),), message='Rush order, call "Ann & Zo\u00eb" first'),
    Planned(30, 37, (("VISIT", "8", "155.00"),), type="Service Invoice", shared_bill_to=True),
    Planned(31, 36, (("PANEL", "1", "312.00"),), shared_bill_to=True, paid="0.25"),
    Planned(32, 29, (("PLAN-Q", "1", "1250.00"), ("FILTER", "4", "0")), type="Service Invoice"),
    Planned(33, 22, (("PANEL", "3", "312.00"),), (("Sales Tax", "56.16", "6"), ("Discount", "-36.00", ""))),
    Planned(20, 17, (("FILTER", "12", "57.10"),), (("Freight", "22.50", ""),), po="4500017221"),
    Planned(21, 11, (("REVIEW", "10", "160.00"), ("VISIT", "2", "155.00")), type="Service Invoice"),
    Planned(22, 8, (("PANEL", "5", "312.00"),), (("Sales Tax", "93.60", "6"),), state=CLOSED),
    Planned(23, 6, (("FILTER", "20", "57.10"),), type="Sales Order"),
    Planned(24, 5, (("PANEL", "6", "312.00"),), type="Proforma Invoice"),
    Planned(25, 3, (("VISIT", "4", "155.00"),), state=DRAFT),
)


def plant_setup(books: Books) -> None:
    """Definitions, items and classes, which every seed has."""
    for name, kind, posts, prefix, status in DEFINITIONS:
        books.create(
            "SODOCUMENTPARAMS",
            DOCID=name,
            DESCRIPTION=name,
            DOCCLASS=kind,
            CATEGORY=kind,
            SALE_PUR_TRANS="Sale",
            UPDATES_INV="No",
            UPDATES_GL=POSTS if posts else "No",
            ENABLE_SEQNUM=True,
            STATUS=status,
            _prefix=prefix,
            _account="4010",
            _subtotals=dict(SUBTOTALS),
        )
    for ident, name, account, price, unit in ITEMS:
        values = {"ITEMTYPE": "Non-Inventory", "STATUS": "T", "TAXABLE": True, "_account": account}
        books.create("ITEM", ITEMID=ident, NAME=name, BASEPRICE=Decimal(price), STANDARD_UNIT=unit, **values)
    for ident, name in CLASSES:
        books.create("CLASS", CLASSID=ident, NAME=name, STATUS="T")


def plant_projects(books: Books) -> None:
    """Projects, some of them a customer's own."""
    for ident, name, place in PROJECTS:
        customer = None if place is None else _customer(books, place)
        books.create(
            "PROJECT",
            PROJECTID=ident,
            NAME=name,
            STATUS="T",
            CUSTOMERKEY=customer and customer["RECORDNO"],
            CUSTOMERID=customer and customer["CUSTOMERID"],
            CUSTOMERNAME=customer and customer["NAME"],
        )


def plant_contacts(books: Books) -> None:
    """A bill-to contact that two customers share, and fields that hold several e-mail addresses."""
    shared = new_contact(
        books,
        SHARED_CONTACT,
        {
            "PRINTAS": SHARED_CONTACT,
            "COMPANYNAME": SHARED_CONTACT,
            "EMAIL1": "payables@regional.example",
            "MAILADDRESS.ADDRESS1": "9 Foundry Lane",
            "MAILADDRESS.CITY": "Springfield",
            "MAILADDRESS.STATE": "IL",
        },
    )
    for place in SHARED_BY:
        books.modify("CUSTOMER", _customer(books, place)["RECORDNO"], BILLTOKEY=shared["RECORDNO"])
    for place, mails in SEVERAL_MAILS.items():
        books.modify("CONTACT", _customer(books, place)["DISPLAYCONTACTKEY"], EMAIL1=mails)


def plant_documents(books: Books) -> None:
    """The documents, each as of its day, and the payments on them."""
    for name, *_ in DEFINITIONS:
        books.store.counters[f"SO {name}"] = 400
    today = books.clock.now()
    for place, planned in enumerate(DOCUMENTS):
        with books.clock.at(today - timedelta(days=planned.ago)):
            document = _plant(books, planned)
        if Decimal(planned.paid):
            with books.clock.at(today - timedelta(days=planned.ago - 4)):
                _pay(books, document, Decimal(planned.paid), f"{7100 + place}")


def _customer(books: Books, place: int) -> Record:
    found = books.store.one("CUSTOMER", "CUSTOMERID", f"CLT-{1001 + place}")
    assert found is not None
    return found


def _plant(books: Books, planned: Planned) -> Record:
    find: Callable[..., Record | None] = books.store.one
    customer = _customer(books, planned.customer)
    definition = find("SODOCUMENTPARAMS", "DOCID", planned.type)
    assert definition is not None
    location, department = find("LOCATION", "LOCATIONID", "100"), find("DEPARTMENT", "DEPARTMENTID", "300")
    lines = []
    for item_id, quantity, price in planned.lines:
        item = find("ITEM", "ITEMID", item_id)
        assert item is not None
        lines.append(OrderLine(item, Decimal(quantity), Decimal(price), location=location, department=department))
    if planned.extended:
        lines[0].extended = Decimal(planned.extended)
    subtotals = [
        Subtotal(name, Decimal(amount), Decimal(percent) if percent else None, location, department)
        for name, amount, percent in planned.subtotals
    ]
    order = Order(
        definition,
        customer,
        books.today(),
        term=find("ARTERM", "NAME", customer["TERMNAME"]),
        reference=planned.po,
        message=planned.message,
        state=planned.state,
        bill_to=find("CONTACT", "CONTACTNAME", SHARED_CONTACT) if planned.shared_bill_to else None,
    )
    return orders.create(books, order, lines, subtotals)


def _pay(books: Books, document: Record, part: Decimal, number: str) -> None:
    application = Application("ARINVOICE", document["PRRECORDKEY"], cents(document["TRX_TOTALDUE"] * part))
    customer = books.store.table("CUSTOMER").rows[document["CUSTREC"]]
    bank = books.store.one("CHECKINGACCOUNT", "BANKACCOUNTID", "CHK-01")
    receipts.post(books, Receipt(customer, "EFT", books.today(), bank=bank, number=number, applications=[application]))

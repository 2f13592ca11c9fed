"""Planting the company: the same records each time, dated back from the clock's start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from . import documents, receipts, seed_data, seed_orders
from .company import Books
from .customer_functions import new_contact, new_customer
from .documents import Header, Line
from .money import Application
from .receipts import Receipt
from .store import Record
from .values import cents


def plant(books: Books, seed: str) -> None:
    """`empty`: users, entities, accounts, banks and terms; `demo`: customers, invoices and payments too."""
    if seed not in ("demo", "empty"):
        raise ValueError(f"unknown seed {seed!r}; known: demo, empty")
    books.entity, books.user_id, books.user_key = None, "admin", 1
    # What Intacct stamps lies in the past by as much as the documents' own dates.
    with books.clock.at(books.clock.now() - timedelta(days=200)):
        _setup(books)
        if seed == "demo":
            _customers(books)
            seed_orders.plant_projects(books)
            seed_orders.plant_contacts(books)
    if seed == "demo":
        # The first A/R key looks like a company's that has been at work for a while.
        books.store.counters["PRRECORD"] = 5000
        _documents(books)
        seed_orders.plant_documents(books)


def _setup(books: Books) -> None:
    _users(books)
    for location_id, name in seed_data.ENTITIES:
        books.create(
            "LOCATIONENTITY",
            LOCATIONID=location_id,
            NAME=name,
            STATUS="T",
            CURRENCY="USD",
            FIRSTMONTH=1,
            OPCOUNTRY="United States",
        )
    _locations(books)
    for ident, title in seed_data.DEPARTMENTS:
        books.create("DEPARTMENT", DEPARTMENTID=ident, TITLE=title, STATUS="T")
    for number, title, kind, balance, category in seed_data.ACCOUNTS:
        books.create(
            "GLACCOUNT",
            ACCOUNTNO=number,
            TITLE=title,
            ACCOUNTTYPE=kind,
            NORMALBALANCE=balance,
            CLOSINGTYPE="closed to account" if kind == "I" else "non-closing account",
            STATUS="T",
            CATEGORY=category,
            ALTERNATIVEACCOUNT="None",
        )
    for label, text, number in seed_data.LABELS:
        books.create("ARACCOUNTLABEL", ACCOUNTLABEL=label, DESCRIPTION=text, GLACCOUNTNO=number, STATUS="T")
    for name, text, days, start in seed_data.TERMS:
        books.create("ARTERM", NAME=name, DESCRIPTION=text, DUEDATE=days, DUEFROM=start, STATUS="T")
    _banks(books)
    seed_orders.plant_setup(books)


def _users(books: Books) -> None:
    for login, text, admin in (
        ("admin", "Administrator", "Full"),
        ("xml_portal", "Portal web services user", "Off"),
        ("xml_west", "Web services user of the western entity", "Off"),
    ):
        contact = new_contact(books, text, {"PRINTAS": text, "EMAIL1": f"{login}@lantern.example"})
        books.create(
            "USERINFO",
            LOGINID=login,
            DESCRIPTION=text,
            USERTYPE="B",
            STATUS="T",
            ADMIN=admin,
            UNRESTRICTED=login != "xml_west",
            CONTACTKEY=contact["RECORDNO"],
        )


def _locations(books: Books) -> None:
    keys: dict[str, Record] = {}
    for ident, name, entity in seed_data.LOCATIONS:
        root = ident == entity
        parent = None if root else keys[entity]
        record = books.create(
            "LOCATION",
            LOCATIONID=ident,
            NAME=name,
            ENTITY=entity,
            ISROOT=root,
            STATUS="T",
            CURRENCY="USD",
            PARENTID=parent and parent["LOCATIONID"],
            PARENTKEY=parent and parent["RECORDNO"],
        )
        keys[ident] = record


def _banks(books: Books) -> None:
    for ident, number, account, name, text in seed_data.BANKS:
        books.create(
            "CHECKINGACCOUNT",
            BANKACCOUNTID=ident,
            BANKACCOUNTNO=number,
            GLACCOUNTNO=account,
            BANKNAME=name,
            BANKACCOUNTTYPE="checking",
            DESCRIPTION=text,
            CURRENCY="USD",
            STATUS="T",
        )


def _customers(books: Books) -> None:
    terms = [term[0] for term in seed_data.TERMS]
    for place, (name, city, state, code) in enumerate(seed_data.CUSTOMERS):
        first = seed_data.FIRST_NAMES[place % len(seed_data.FIRST_NAMES)]
        last = seed_data.LAST_NAMES[place % len(seed_data.LAST_NAMES)]
        domain = "".join(char for char in name.lower() if char.isalnum())
        sent = {
            "CUSTOMERID": f"CLT-{1001 + place}",
            "NAME": name,
            "TERMNAME": terms[place % len(terms)],
            "DISPLAYCONTACT.PRINTAS": name,
            "DISPLAYCONTACT.COMPANYNAME": name,
            "DISPLAYCONTACT.FIRSTNAME": first,
            "DISPLAYCONTACT.LASTNAME": last,
            "DISPLAYCONTACT.EMAIL1": f"accounts@{domain}.example",
            "DISPLAYCONTACT.PHONE1": f"555-01{place:02}",
            "DISPLAYCONTACT.MAILADDRESS.ADDRESS1": f"{100 + 7 * place} {seed_data.STREETS[place % 7]}",
            "DISPLAYCONTACT.MAILADDRESS.CITY": city,
            "DISPLAYCONTACT.MAILADDRESS.STATE": state,
            "DISPLAYCONTACT.MAILADDRESS.ZIP": code,
            "DISPLAYCONTACT.MAILADDRESS.COUNTRY": "United States",
            "DISPLAYCONTACT.MAILADDRESS.COUNTRYCODE": "US",
            "STATUS": "inactive" if place == 39 else "active",
        }
        new_customer(books, sent)


def _documents(books: Books) -> None:
    today = books.clock.now()
    for place, (customer, ago, lines, part, method) in enumerate(seed_data.INVOICES):
        with books.clock.at(today - timedelta(days=ago)):
            invoice = _invoice(books, customer, lines, f"INV-{1031 + place}")
        if Decimal(part):
            with books.clock.at(today - timedelta(days=ago - 5)):
                _payment(books, invoice, Decimal(part), method, f"{7000 + place}")


def _invoice(books: Books, place: int, lines: tuple[tuple[str, str, str], ...], number: str) -> Record:
    find: Callable[..., Record | None] = books.store.one
    customer = find("CUSTOMER", "CUSTOMERID", f"CLT-{1001 + place}")
    assert customer is not None
    location, department = find("LOCATION", "LOCATIONID", "100"), find("DEPARTMENT", "DEPARTMENTID", "200")
    posted = []
    for account_no, amount, memo in lines:
        account = find("GLACCOUNT", "ACCOUNTNO", account_no)
        assert account is not None
        posted.append(Line(Decimal(amount), account, memo=memo, location=location, department=department))
    term = find("ARTERM", "NAME", customer["TERMNAME"])
    header = Header(customer, books.today(), term=term, number=number, description=lines[0][2])
    return documents.create(books, "ARINVOICE", header, posted)


def _payment(books: Books, invoice: Record, part: Decimal, method: str, document: str) -> None:
    customer = books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]]
    bank = books.store.one("CHECKINGACCOUNT", "BANKACCOUNTID", "CHK-01")
    amount = cents(invoice["TRX_TOTALDUE"] * part)
    application = Application("ARINVOICE", invoice["RECORDNO"], amount)
    receipts.post(
        books, Receipt(customer, method, books.today(), bank=bank, number=document, applications=[application])
    )

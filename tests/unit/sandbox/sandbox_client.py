"""A bare client for tests of the sandbox: composes requests, checks them against Sage's schema, reads replies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from lxml import etree

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from tests.sage_schema import problems

LOGIN = (
    f"<login><userid>{sessions.USER_ID}</userid><companyid>{COMPANY_ID}</companyid>"
    f"<password>{sessions.USER_PASSWORD}</password></login>"
)
IDS = count(1)


def login(
    user: str = sessions.USER_ID, password: str = sessions.USER_PASSWORD, company: str = COMPANY_ID, entity: str = ""
) -> str:
    """A login block."""
    place = f"<locationid>{entity}</locationid>" if entity else ""
    return (
        f"<login><userid>{user}</userid><companyid>{company}</companyid><password>{password}</password>{place}</login>"
    )


def day(text: str) -> str:
    """`2026-01-14` as a legacy date."""
    year, month, number = text.split("-")
    return f"<year>{year}</year><month>{month}</month><day>{number}</day>"


def envelope(
    *functions: str,
    ids: tuple[str, ...] = (),
    auth: str = LOGIN,
    sender: tuple[str, str] = (sessions.SENDER_ID, sessions.SENDER_PASSWORD),
    uniqueid: str = "false",
    transaction: str = "false",
    whitespace: str = "false",
    policy: str = "",
) -> bytes:
    """A whole request around function bodies."""
    named = ids or tuple(f"t-{next(IDS)}" for _ in functions)
    content = "".join(
        f'<function controlid="{ident}">{body}</function>' for ident, body in zip(named, functions, strict=True)
    )
    extra = f"<policyid>{policy}</policyid>" if policy else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><request><control><senderid>{sender[0]}</senderid>'
        f"<password>{sender[1]}</password><controlid>c-1</controlid><uniqueid>{uniqueid}</uniqueid>"
        f"<dtdversion>3.0</dtdversion>{extra}<includewhitespace>{whitespace}</includewhitespace></control>"
        f'<operation transaction="{transaction}"><authentication>{auth}</authentication>'
        f"<content>{content}</content></operation></request>"
    ).encode()


class Wire:
    """Sends to `handle` (a core's, or a function that posts) and reads what comes back."""

    def __init__(self, handle: Callable[[bytes], Any]) -> None:
        self.handle = handle

    def send(self, *functions: str, **options: Any) -> Any:
        """The reply's root element. Every request must fit Sage's schema."""
        body = envelope(*functions, **options)
        assert problems(body) == []
        return etree.fromstring(self.handle(body).body)

    def results(self, *functions: str, **options: Any) -> list[Any]:
        """The `result` elements."""
        return self.send(*functions, **options).findall("operation/result")

    def do(self, function: str, **options: Any) -> Any:
        """The one result, which must be a success."""
        (result,) = self.results(function, **options)
        assert result.findtext("status") == "success", texts(result)
        return result

    def refused(self, function: str, **options: Any) -> list[str]:
        """The error texts of the one result, which must be a failure."""
        (result,) = self.results(function, **options)
        assert result.findtext("status") == "failure", etree.tostring(result)
        return texts(result)

    def key(self, function: str, **options: Any) -> int:
        """The key that a legacy function answered."""
        return int(self.do(function, **options).findtext("key"))

    def rows(self, name: str, fields: str, where: str = "", **more: str) -> list[dict[str, str]]:
        """The rows of a `query`, each as texts by field."""
        result = self.do(query(name, fields, where, **more))
        return [{cell.tag: cell.text or "" for cell in row} for row in result.find("data")]


def texts(result: Any) -> list[str]:
    """The long texts of an errormessage."""
    return [error.findtext("description2") or error.findtext("errorno") for error in result.iter("error")]


def query(
    name: str, fields: str, where: str = "", order: str = "", size: int = 100, offset: int = 0, private: bool = False
) -> str:
    """A `query` function."""
    select = "".join(f"<field>{field}</field>" for field in fields.split())
    parts = f"<select>{select}</select><object>{name}</object>"
    parts += f"<filter>{where}</filter>" if where else ""
    parts += f"<orderby><order><field>{order}</field><ascending/></order></orderby>" if order else ""
    parts += "<options><showprivate>true</showprivate></options>" if private else ""
    return f"<query>{parts}<pagesize>{size}</pagesize><offset>{offset}</offset></query>"


def equal(field: str, value: object) -> str:
    """An `equalto` filter."""
    return f"<equalto><field>{field}</field><value>{value}</value></equalto>"


def read_by_query(name: str, where: str, fields: str = "*", size: int = 100) -> str:
    """A `readByQuery` function; `where` is escaped here."""
    shown = where.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        f"<readByQuery><object>{name}</object><query>{shown}</query><fields>{fields}</fields>"
        f"<pagesize>{size}</pagesize></readByQuery>"
    )


def invoice(number: str, *amounts: str, customer: str = "CLT-1001", more: str = "", **changes: str) -> str:
    """A `create_invoice` with one line an amount."""
    lines = "".join(
        f"<lineitem><glaccountno>{changes.get('account', '4000')}</glaccountno><amount>{amount}</amount>"
        f"<memo>line</memo>{more}</lineitem>"
        for amount in amounts
    )
    term = f"<termname>{changes['term']}</termname>" if "term" in changes else ""
    batch = f"<batchkey>{changes['batch']}</batchkey>" if "batch" in changes else ""
    action = f"<action>{changes['action']}</action>" if "action" in changes else ""
    currency = f"<currency>{changes['currency']}</currency><exchratetype/>" if "currency" in changes else ""
    return (
        f"<create_invoice><customerid>{customer}</customerid><datecreated>{day(changes.get('date', '2026-01-14'))}"
        f"</datecreated>{term}{batch}{action}<invoiceno>{number}</invoiceno>"
        f"<description>{changes.get('description', 'x')}</description>{currency}"
        f"<invoiceitems>{lines}</invoiceitems></create_invoice>"
    )


def detail(key: int, amount: str, more: str = "") -> str:
    """An ARPYMTDETAIL that pays an invoice in cash."""
    cash = f"<TRX_PAYMENTAMOUNT>{amount}</TRX_PAYMENTAMOUNT>" if amount else ""
    return f"<ARPYMTDETAIL><RECORDKEY>{key}</RECORDKEY>{cash}{more}</ARPYMTDETAIL>"


def payment(*details: str, customer: str = "CLT-1001", more: str = "", **changes: str) -> str:
    """A `create` ARPYMT."""
    place = changes.get("place", "<FINANCIALENTITY>CHK-01</FINANCIALENTITY>")
    return (
        f"<create><ARPYMT>{place}<PAYMENTMETHOD>{changes.get('method', 'EFT')}</PAYMENTMETHOD>"
        f"<CUSTOMERID>{customer}</CUSTOMERID><DOCNUMBER>{changes.get('document', 'PMT-1')}</DOCNUMBER>"
        f"<RECEIPTDATE>01/15/2026</RECEIPTDATE><CURRENCY>{changes.get('currency', 'USD')}</CURRENCY>{more}"
        f"<ARPYMTDETAILS>{''.join(details)}</ARPYMTDETAILS></ARPYMT></create>"
    )


def apply(key: int, *items: tuple[int, str]) -> str:
    """An `apply_arpayment`."""
    shown = "".join(
        f"<arpaymentitem><invoicekey>{invoice_key}</invoicekey><amount>{amount}</amount></arpaymentitem>"
        for invoice_key, amount in items
    )
    return (
        f"<apply_arpayment><arpaymentkey>{key}</arpaymentkey><paymentdate>{day('2026-01-15')}</paymentdate>"
        f"<arpaymentitems>{shown}</arpaymentitems></apply_arpayment>"
    )


def reverse_payment(key: int) -> str:
    """A `reverse_arpayment`."""
    return f'<reverse_arpayment key="{key}"><datereversed>{day("2026-01-16")}</datereversed></reverse_arpayment>'


def reverse_invoice(key: int) -> str:
    """A `reverse_invoice`."""
    return f'<reverse_invoice key="{key}"><datereversed>{day("2026-01-16")}</datereversed></reverse_invoice>'


def order(
    *lines: tuple[str, str, str],
    type: str = "Sales Invoice",
    customer: str = "CLT-1001",
    number: str = "",
    subtotals: tuple[tuple[str, str], ...] = (),
    more: str = "",
    line_more: str = "",
) -> str:
    """A `create_sotransaction`: (item, quantity, price) lines and (name, amount) subtotals; `more` goes before them."""
    items = "".join(
        f"<sotransitem><itemid>{item}</itemid><quantity>{quantity}</quantity><price>{price}</price>{line_more}"
        "</sotransitem>"
        for item, quantity, price in lines
    )
    extra = "".join(
        f"<subtotal><description>{name}</description><total>{amount}</total></subtotal>" for name, amount in subtotals
    )
    return (
        f"<create_sotransaction><transactiontype>{type}</transactiontype><datecreated>{day('2026-01-14')}</datecreated>"
        f"<customerid>{customer}</customerid><documentno>{number}</documentno>{more}"
        f"<sotransitems>{items}</sotransitems>{f'<subtotals>{extra}</subtotals>' if extra else ''}"
        "</create_sotransaction>"
    )


def edit_order(doc_id: str, inside: str) -> str:
    """An `update_sotransaction`."""
    return f'<update_sotransaction key="{doc_id}">{inside}</update_sotransaction>'


def order_line(place: int, inside: str) -> str:
    """An update of one line, by its number from 1."""
    changed = f'<updatesotransitem line_num="{place}">{inside}</updatesotransitem>'
    return f"<updatesotransitems>{changed}</updatesotransitems>"

"""Every function that this gateway has, by the name of its element."""

from __future__ import annotations

from collections.abc import Callable

from . import advances, inspection, printing, query_reads, reads, setup_functions
from . import customer_functions as customers
from . import invoice_functions as invoices
from . import order_functions as orders
from . import payment_functions as payments
from .advance_functions import create_advance
from .company import Books
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError, business
from .receipts import remove_draft
from .render import data, element
from .sessions import open_session
from .store import Record
from .work import Handler, Outcome, Work

Writer = Callable[[Work, Element], Record]
_CREATE: dict[str, Writer] = {
    "CUSTOMER": customers.create_customer,
    "CONTACT": customers.create_contact,
    "ARPYMT": payments.create_payment,
    "ARADVANCE": create_advance,
}
_UPDATE: dict[str, Writer] = {"CUSTOMER": customers.update_customer, "CONTACT": customers.update_contact}
_DELETE: dict[str, Callable[[Books, Record], None]] = {
    "CUSTOMER": customers.delete_customer,
    "CONTACT": customers.delete_contact,
    "ARPYMT": remove_draft,
    "ARADVANCE": advances.remove_draft,
}
_ANSWERED = {"CUSTOMER": ("RECORDNO", "CUSTOMERID"), "CONTACT": ("RECORDNO", "CONTACTNAME")}


def _write(verb: str, writers: dict[str, Writer]) -> Handler:
    def write(work: Work, function: Element) -> Outcome:
        made: list[str] = []
        for node in function:
            name, mark = str(node.tag).upper(), work.store.mark()
            try:
                work.books.allow(verb.upper(), name)
                writer = writers.get(name)
                if writer is None:
                    text = f"The operation {verb} is not available for objects of type {name}"
                    raise FunctionRefusal(GatewayError("DL02000001", text, "Use the object's own functions."))
                record = writer(work, node)
            except FunctionRefusal as refusal:
                # What was made before the bad object stays made.
                work.store.rollback(mark)
                raise FunctionRefusal(*refusal.errors, made=made) from None
            shown = "".join(element(field, record[field]) for field in _ANSWERED.get(name, ("RECORDNO",)))
            made.append(f"<{name.lower()}>{shown}</{name.lower()}>")
        return Outcome(data=data("".join(made), listtype="objects", count=len(made)))

    return write


def delete(work: Work, function: Element) -> Outcome:
    """`delete`: records by RECORDNO; no data on success."""
    name = text_of(function, "object").upper()
    remover = _DELETE.get(name)
    if remover is None:
        raise FunctionRefusal(GatewayError("WS", f"Object definition {name} not found"))
    work.books.allow("DELETE", name)
    for key in [part.strip() for part in text_of(function, "keys").split(",") if part.strip()]:
        record = work.store.get(name, int(key)) if key.isdecimal() else None
        if record is None or not work.visible(name, record, private=True):
            raise business(f"Cannot find {name.lower()} with key '{key}' to delete.")
        remover(work.books, record)
    return Outcome()


def get_api_session(work: Work, function: Element) -> Outcome:
    """`getAPISession`: a session at the entity asked for, and the address to post to from now on."""
    node = function.find("locationid")
    location = None if node is None else (node.text or "").strip()
    place = work.signed.location_id if location is None else location
    session = open_session(work.books, work.signed, location)
    inside = element("sessionid", session) + element("endpoint", work.endpoint) + element("locationid", place)
    return Outcome(data=data(f"<api>{inside}</api>"))


FUNCTIONS: dict[str, Handler] = {
    "getAPISession": get_api_session,
    "query": query_reads.query,
    "readByQuery": reads.read_by_query,
    "readMore": reads.read_more,
    "read": reads.read,
    "readByName": reads.read_by_name,
    "create": _write("create", _CREATE),
    "update": _write("update", _UPDATE),
    "delete": delete,
    "create_customer": customers.legacy_create_customer,
    "create_invoice": invoices.create_invoice,
    "update_invoice": invoices.update_invoice,
    "reverse_invoice": invoices.reverse_invoice,
    "delete_invoice": invoices.delete_invoice,
    "create_aradjustment": invoices.create_adjustment,
    "delete_aradjustment": invoices.delete_adjustment,
    "create_sotransaction": orders.create_sotransaction,
    "update_sotransaction": orders.update_sotransaction,
    "delete_sotransaction": orders.delete_sotransaction,
    "create_arpayment": payments.create_arpayment,
    "apply_arpayment": payments.apply_arpayment,
    "reverse_arpayment": payments.reverse_arpayment,
    "delete_arpayment": payments.delete_arpayment,
    "inspect": inspection.inspect,
    "lookup": inspection.lookup,
    "retrievepdf": printing.retrieve_pdf,
    "getFinancialSetup": setup_functions.financial_setup,
    "readEntityDetails": setup_functions.entity_details,
    "readUserFormatting": setup_functions.user_formatting,
    "getUserPermissions": setup_functions.user_permissions,
}

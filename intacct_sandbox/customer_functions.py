"""Customers and contacts: create, update, delete as objects, and the legacy create_customer."""

from __future__ import annotations

import re
from typing import Any

from .company import Books, length
from .envelope import Element, text_of
from .errors import BUSINESS, FunctionRefusal, GatewayError, business, wrapped
from .model import stored_code
from .objects import CONTACT_FIELDS
from .store import Record
from .values import ZERO, parse_amount, truth
from .work import Outcome, Work

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+$")
_PLAIN = (
    "COMMENTS",
    "TAXID",
    "RESALENO",
    "CUSTREPID",
    "TERRITORYID",
    "SHIPPINGMETHOD",
    "ACCOUNTLABEL",
    "ARACCOUNT",
    "OFFSETGLACCOUNTNO",
    "CUSTTYPE",
    "ADVBILLBY",
    "SUPDOCID",
    "CUSTMESSAGEID",
    "OBJECTRESTRICTION",
    "EXTERNALID",
)
_POINTERS = {"CONTACTINFO": "CONTACTKEY", "BILLTO": "BILLTOKEY", "SHIPTO": "SHIPTOKEY"}
_LIMITS = {"PRINTAS": 200, "CONTACTNAME": 200, "EMAIL1": 200, "EMAIL2": 200, "COMPANYNAME": 100}


def leaves(node: Element, prefix: str = "") -> dict[str, str]:
    """All texts below an element by dotted upper-case path."""
    found: dict[str, str] = {}
    for child in node:
        name = prefix + str(child.tag).upper()
        if len(child):
            found |= leaves(child, name + ".")
        else:
            found[name] = (child.text or "").strip()
    return found


def duplicate(noun: str, value: str) -> FunctionRefusal:
    """The refusal of a value that another record already has."""
    text = f"Another {noun} with the given value(s) {value} already exists. Use a unique value instead."
    return FunctionRefusal(GatewayError("BL34000061", text, "Use a unique value instead."))


def _contact_values(sent: dict[str, str]) -> Record:
    values: Record = {}
    for name in CONTACT_FIELDS:
        if name not in sent:
            continue
        text = length(sent[name], _LIMITS.get(name, 200), name)
        if name in ("TAXABLE", "VISIBLE"):
            values[name] = truth(text)
        elif name == "STATUS":
            values[name] = stored_code("status", text)
        else:
            values[name] = text or None
    for name in ("EMAIL1", "EMAIL2"):
        if values.get(name) and not all(_EMAIL.match(part.strip()) for part in str(values[name]).split(",")):
            noun = "Primary" if name == "EMAIL1" else "Secondary"
            text = f"Illegal format for Contactversion : {noun} Email Address '{values[name]}'."
            raise business(text, "Provide a valid e-mail address.", "BL03000018")
    return values


def new_contact(books: Books, name: str, sent: dict[str, str]) -> Record:
    """A contact with a name of its own."""
    if not name:
        raise business("Provide a contact name.", "CONTACTNAME is required.")
    if not sent.get("PRINTAS"):
        raise business("Provide a print-as name for the contact.", "PRINTAS is required.")
    if books.store.one("CONTACT", "CONTACTNAME", name) is not None:
        raise duplicate("Contact", f"'{name}'")
    values = {"TAXABLE": True, "VISIBLE": True, "STATUS": "T", **_contact_values(sent)}
    return books.create("CONTACT", **{**values, "CONTACTNAME": name})


def _customer_values(books: Books, sent: dict[str, str]) -> Record:
    """The fields of a customer that were sent; an empty element clears its field."""
    values: Record = {name: sent[name] or None for name in _PLAIN if name in sent}
    if "NAME" in sent:
        values["NAME"] = length(sent["NAME"], 100, "customer name")
        if not sent["NAME"]:
            raise business("Provide a name for the customer.", "NAME is required.")
    if "STATUS" in sent:
        values["STATUS"] = stored_code("status", sent["STATUS"] or "active")
    for name in ("ONHOLD", "ONETIME", "ENABLEONLINECARDPAYMENT", "ENABLEONLINEACHPAYMENT"):
        if name in sent:
            values[name] = truth(sent[name])
    custom = books.switches.custom_fields.get("CUSTOMER", ())
    values |= {name: sent[name] or None for name in custom if name in sent}
    return values | _found_values(books, sent)


def _found_values(books: Books, sent: dict[str, str]) -> Record:
    """The fields that name other records, or a currency, which must exist."""
    values: Record = {}
    if "CURRENCY" in sent:
        values["CURRENCY"] = books.currency(sent["CURRENCY"]) if sent["CURRENCY"] else None
    for name, key in _POINTERS.items():
        if f"{name}.CONTACTNAME" in sent:
            contact = books.dimension("CONTACT", "Contact", sent[f"{name}.CONTACTNAME"])
            values[key] = contact and contact["RECORDNO"]
    if "TERMNAME" in sent:
        term = books.dimension("ARTERM", "Term", sent["TERMNAME"])
        values |= {"TERMNAME": term and term["NAME"], "TERMSKEY": term and term["RECORDNO"]}
    if "PARENTID" in sent:
        parent = books.dimension("CUSTOMER", "Customer", sent["PARENTID"])
        values |= {"PARENTID": parent and parent["CUSTOMERID"], "PARENTKEY": parent and parent["RECORDNO"]}
        values |= {"PARENTNAME": parent and parent["NAME"]}
    if sent.get("CREDITLIMIT"):
        try:
            values["CREDITLIMIT"] = parse_amount(sent["CREDITLIMIT"])
        except ValueError:
            raise business(f"The credit limit '{sent['CREDITLIMIT']}' is invalid.") from None
    delivery = sent.get("DELIVERY_OPTIONS", sent.get("DELIVERYOPTIONS"))
    if delivery is not None:
        values["DELIVERY_OPTIONS"] = delivery or None
    return values


def new_customer(books: Books, sent: dict[str, str]) -> Record:
    """A customer with the display contact that Intacct makes for it, `NAME(CCUSTOMERID)`."""
    customer_id = sent.get("CUSTOMERID", "")
    if not customer_id and books.switches.auto_customer_ids:
        customer_id = f"CUST-{books.store.next_number('CUSTOMERID'):05}"
    if not customer_id:
        raise business("Provide a customer ID.", "CUSTOMERID is required unless customers are numbered automatically.")
    length(customer_id, 20, "customer ID")
    values = _customer_values(books, {"NAME": "", **sent})
    if books.store.one("CUSTOMER", "CUSTOMERID", customer_id) is not None:
        raise duplicate("Customer", f"'{customer_id}'")
    contact = _display_contact(books, sent, f"{values['NAME']}(C{customer_id})", str(values["NAME"]))
    defaults: dict[str, Any] = {"STATUS": "T", "ONHOLD": False, "ONETIME": False, "OBJECTRESTRICTION": "Unrestricted"}
    keys = {"CUSTOMERID": customer_id, "ENTITY": f"C{customer_id}", "DISPLAYCONTACTKEY": contact["RECORDNO"]}
    return books.create("CUSTOMER", **{**defaults, **values, **keys, "TOTALDUE": ZERO})


def _display_contact(books: Books, sent: dict[str, str], name: str, print_as: str) -> Record:
    group = _group(sent, "DISPLAYCONTACT")
    try:
        return new_contact(books, name, {"PRINTAS": print_as, "COMPANYNAME": print_as, **group})
    except FunctionRefusal as refusal:
        saving = GatewayError(BUSINESS, "Error While Saving the Display Contact")
        raise FunctionRefusal(*refusal.errors, saving) from None


def _group(sent: dict[str, str], name: str) -> dict[str, str]:
    start = f"{name}."
    return {field.removeprefix(start): text for field, text in sent.items() if field.startswith(start)}


def create_customer(work: Work, node: Element) -> Record:
    """`create` CUSTOMER; gives the record."""
    try:
        return new_customer(work.books, leaves(node))
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Customer") from None


def create_contact(work: Work, node: Element) -> Record:
    """`create` CONTACT; gives the record."""
    sent = leaves(node)
    try:
        return new_contact(work.books, sent.get("CONTACTNAME", ""), sent)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Contact") from None


def _addressed(books: Books, name: str, id_field: str, sent: dict[str, str]) -> Record:
    """The record that an update names, by RECORDNO or by its ID."""
    number, ident = sent.get("RECORDNO", ""), sent.get(id_field, "")
    record = books.store.get(name, int(number)) if number.isdecimal() else None
    if record is None and not number and ident:
        record = books.store.one(name, id_field, ident)
    if record is None or not books.sees(name, record):
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {number or ident}"))
    if ident and record[id_field] != ident:
        raise business(f"{id_field} cannot be changed.", "Leave it out.")
    return record


def update_customer(work: Work, node: Element) -> Record:
    """`update` CUSTOMER: only what was sent changes."""
    books, sent = work.books, leaves(node)
    try:
        record = _addressed(books, "CUSTOMER", "CUSTOMERID", sent)
        if work.signed.location_id and not record.get("MEGAENTITYID"):
            raise business("You cannot update a root level customer from an entity-restricted user.")
        values = _customer_values(books, sent)
        group = _group(sent, "DISPLAYCONTACT")
        if group:
            values["DISPLAYCONTACTKEY"] = _update_contact(books, int(record["DISPLAYCONTACTKEY"]), group)
        return books.modify("CUSTOMER", record["RECORDNO"], **values)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Customer", "update") from None


def _update_contact(books: Books, key: int, sent: dict[str, str]) -> int:
    if "PRINTAS" in sent and not sent["PRINTAS"]:
        raise business("Provide a print-as name for the contact.", "PRINTAS is required.")
    values = _contact_values(sent)
    values.pop("CONTACTNAME", None)
    books.modify("CONTACT", key, **values)
    return key


def update_contact(work: Work, node: Element) -> Record:
    """`update` CONTACT."""
    books, sent = work.books, leaves(node)
    record = _addressed(books, "CONTACT", "CONTACTNAME", sent)
    _update_contact(books, record["RECORDNO"], sent)
    return books.store.table("CONTACT").rows[record["RECORDNO"]]


def delete_customer(books: Books, record: Record) -> None:
    """Delete a customer that nothing refers to."""
    customer_id = record["CUSTOMERID"]
    for name in ("ARINVOICE", "ARPYMT", "ARADJUSTMENT", "ARADVANCE"):
        if books.store.one(name, "CUSTOMERID", customer_id) is not None:
            raise business(f"The customer '{customer_id}' has transactions and cannot be deleted.")
    if books.store.one("SODOCUMENT", "CUSTVENDID", customer_id) is not None:
        raise business(f"The customer '{customer_id}' has Order Entry transactions and cannot be deleted.")
    books.delete("CUSTOMER", record["RECORDNO"])
    books.delete("CONTACT", record["DISPLAYCONTACTKEY"])


def delete_contact(books: Books, record: Record) -> None:
    """Delete a contact that no customer uses."""
    keys = ("DISPLAYCONTACTKEY", "CONTACTKEY", "BILLTOKEY", "SHIPTOKEY")
    if any(record["RECORDNO"] == row.get(key) for row in books.store.rows("CUSTOMER") for key in keys):
        raise business(f"The contact '{record['CONTACTNAME']}' is in use and cannot be deleted.")
    books.delete("CONTACT", record["RECORDNO"])


_LEGACY = {
    "deliveryoptions": "DELIVERY_OPTIONS",
    "externalid": "EXTERNALID",
}
_LEGACY_CONTACTS = {"primary": "CONTACTINFO", "billto": "BILLTO", "shipto": "SHIPTO"}


def legacy_create_customer(work: Work, node: Element) -> Outcome:
    """`create_customer`: the same by its 2.1 form; contacts in it are made when they are not there yet."""
    books = work.books
    books.allow("CREATE", "CUSTOMER")
    sent = {_LEGACY.get(str(child.tag), str(child.tag).upper()): (child.text or "").strip() for child in node}
    display = node.find("contactinfo/contact")
    if display is not None:
        sent |= {f"DISPLAYCONTACT.{name}": text for name, text in _legacy_contact(display).items()}
    try:
        for tag, name in _LEGACY_CONTACTS.items():
            contact = node.find(f"{tag}/contact")
            given = text_of(node, f"{tag}/contactname")
            if contact is not None:
                values = _legacy_contact(contact)
                given = values["CONTACTNAME"]
                if books.store.one("CONTACT", "CONTACTNAME", given) is None:
                    new_contact(books, given, values)
            if given:
                sent[f"{name}.CONTACTNAME"] = given
        record = new_customer(books, sent)
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Customer") from None
    return Outcome(key=str(record["RECORDNO"]))


def _legacy_contact(node: Element) -> dict[str, str]:
    values = leaves(node)
    country = values.pop("MAILADDRESS.ISOCOUNTRYCODE", None)
    if country is not None:
        values["MAILADDRESS.COUNTRYCODE"] = country
    return values

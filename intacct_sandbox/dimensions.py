"""The dimensions of a line: found by their ids, and demanded by the accounts that require them."""

from __future__ import annotations

from .company import Books
from .documents import Line
from .envelope import Element, text_of
from .errors import business
from .store import Record

# Kept here, so that an id must be known: element, object, what people call it.
KNOWN = (("projectid", "PROJECT", "Project"), ("classid", "CLASS", "Class"), ("itemid", "ITEM", "Item"))
# Not kept here: any text is taken.
TAKEN = ("vendorid", "employeeid", "contractid", "warehouseid", "taskid")
_REQUIRED = (
    ("REQUIREPROJECT", "PROJECTID", "project"),
    ("REQUIREVENDOR", "VENDORID", "vendor"),
    ("REQUIREEMPLOYEE", "EMPLOYEEID", "employee"),
    ("REQUIREITEM", "ITEMID", "item"),
    ("REQUIRECLASS", "CLASSID", "class"),
)


def read_dimensions(books: Books, node: Element) -> Record:
    """The further dimensions that a line's elements name, as its fields; refuses ids that are not known."""
    found: Record = {name.upper(): text_of(node, name) for name in TAKEN if text_of(node, name)}
    for tag, name, noun in KNOWN:
        record = books.dimension(name, noun, text_of(node, tag))
        if record is not None:
            found |= dimension_fields(name, record)
    return found


def dimension_fields(name: str, record: Record) -> Record:
    """A dimension's three fields on a line: id, name and key."""
    ident = f"{name}ID"
    return {ident: record[ident], f"{name}NAME": record["NAME"], f"{name}DIMKEY": record["RECORDNO"]}


def check_required(account: Record, line: Line, place: int) -> None:
    """Refuse a line that lacks a dimension its GL account requires (the customer is always there)."""
    values = [
        ("REQUIRELOC", line.location, "location"),
        ("REQUIREDEPT", line.department, "department"),
        *((flag, line.extra.get(field), noun) for flag, field, noun in _REQUIRED),
    ]
    for flag, value, noun in values:
        if account.get(flag) and not value:
            article = "An" if noun[0] in "aeiou" else "A"
            text = f"{article} {noun} is required for account {account['ACCOUNTNO']} on line item {place}."
            raise business(text, f"Provide {article.lower()} {noun}.")


def check_project(books: Books, line: Line, customer_id: str) -> None:
    """Refuse a project that is another customer's."""
    project = books.store.one("PROJECT", "PROJECTID", line.extra.get("PROJECTID"))
    owner = project and project.get("CUSTOMERID")
    if owner and owner != customer_id:
        raise business(
            f"The project '{line.extra['PROJECTID']}' belongs to customer '{owner}', "
            f"not to the transaction's customer '{customer_id}'.",
            "Choose a project of this customer.",
        )

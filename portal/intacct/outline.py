"""Reading one of our own functions back: its lines and accounts for people, and its content for comparing."""

from __future__ import annotations

import re

from lxml import etree

_OURS = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)

_LINES = ("lineitem", "updatelineitem")
_KEYS = ("RECORDKEY", "INLINEKEY", "key", "arpaymentkey", "invoicekey")
"""Elements that name records of Intacct's: what they are follows from the record here, not from the content."""

_ACCOUNTS = ("FINANCIALENTITY", "UNDEPOSITEDACCOUNTNO", "OVERPAYMENTLOCATIONID", "OVERPAYMENTDEPARTMENTID")
_SEQUENCE = re.compile(r"(\[ref [A-Z2-7-]{14})\.\d+\]")


def lines(body: str) -> list[dict[str, str]]:
    """The line items of a function as they would be sent: element name -> text, empty ones left out."""
    root = etree.fromstring(body.encode(), _OURS)
    return [{str(child.tag): child.text for child in line if child.text} for line in root.iter(*_LINES)]


def deposit(body: str) -> dict[str, str]:
    """Where a payment's money goes: the bank or undeposited account, and the dimensions of its rest."""
    root = etree.fromstring(body.encode(), _OURS)
    return {str(element.tag): element.text for element in root.iter(*_ACCOUNTS) if element.text}


def content(body: str) -> str:
    """The function without Intacct's keys and our reference's sequence number: equal texts post the same."""
    root = etree.fromstring(body.encode(), _OURS)
    for element in root.iter(*_KEYS):
        element.text = None
    return _SEQUENCE.sub(r"\1]", etree.tostring(root, encoding="unicode"))

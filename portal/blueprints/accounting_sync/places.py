"""Where people look a record up in Intacct itself. Intacct has no address of a record that could be made from its key
(RECORD_URL is opaque), so the link opens Intacct and the text says what to look for; a sandbox shows the record."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from portal.intacct.endpoints import Address
from portal.intacct.errors import EndpointRefused

_INTACCT = ".intacct.com"
_SIGN_IN = "https://www.intacct.com/ia/acct/login.phtml"
_LISTS = {
    "CUSTOMER": "Accounts Receivable, Customers",
    "ARINVOICE": "Accounts Receivable, Invoices",
    "ARPYMT": "Accounts Receivable, Posted payments",
    "ARADJUSTMENT": "Accounts Receivable, Adjustments",
    "ARADVANCE": "Accounts Receivable, Advances",
}


@dataclass(frozen=True)
class Place:
    """A link, its words, and where to look there."""

    url: str
    text: str
    hint: str


def place_there(object_: str, key: str, number: str = "") -> Place | None:
    """The way to a record in Intacct; None without a key, or where the gateway's host has no pages for people."""
    if not key or object_ not in _LISTS:
        return None
    try:
        gateway = Address.of(current_app.extensions["portal_settings"].intacct_url)
    except EndpointRefused:
        return None
    if gateway.host.endswith(_INTACCT):
        return Place(_SIGN_IN, "Open Intacct", f"{_LISTS[object_]}: {number or f'record {key}'}")
    if gateway.host in ("127.0.0.1", "localhost", "[::1]"):
        url = f"{gateway.scheme}://{gateway.host}:{gateway.port}/#{object_}-{key}"
        return Place(url, "Open in the sandbox", f"{number or f'record {key}'}")
    return None

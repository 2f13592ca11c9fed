"""Which kinds of records are sent to Intacct at all: of a kind that is switched off nothing is pending or waiting."""

from __future__ import annotations

from portal.extensions import db
from portal.models.connection import IntegrationSettings
from portal.models.sync import Kind

_SWITCHES = {
    Kind.CUSTOMER: ("write_invoices", "invoices and their customers"),
    Kind.INVOICE: ("write_invoices", "invoices"),
    Kind.PAYMENT: ("write_payments", "payments"),
    Kind.CREDIT_NOTE: ("write_credit_notes", "credit notes"),
}


def switched_off(company_id: int) -> dict[Kind, str]:
    """Why nothing of a kind is sent, by kind; a kind that is sent has no entry."""
    chosen = db.session.get(IntegrationSettings, company_id)
    return {
        kind: f"Sending {what} to Intacct is switched off in the integration settings."
        for kind, (switch, what) in _SWITCHES.items()
        if chosen is not None and chosen.values.get(switch) is False
    }


def sent(company_id: int) -> list[Kind]:
    """The kinds that are sent."""
    off = switched_off(company_id)
    return [kind for kind in Kind if kind not in off]

"""What an admin may change of the company: name, zone, currency, how it presents itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services import accents, audit, companies, users
from portal.services.audit import Actor
from portal.services.checks import Faults


@dataclass(frozen=True)
class CompanyData:
    """The details as somebody wants them; an empty brand name, accent or support address means the portal's own."""

    name: str
    timezone: str
    base_currency: str
    brand_name: str = ""
    accent: str = ""
    support_email: str = ""


def edit(company: Company, data: CompanyData, *, actor: Actor) -> Company:
    """Save the details. Raises InvalidInput with every fault; nothing is half-saved."""
    faults = Faults()
    wanted = _checked(faults, company, data)
    faults.end()
    before = {field: getattr(company, field) for field in wanted}
    for field, value in wanted.items():
        setattr(company, field, value)
    db.session.flush()
    audit.record_change(company.id, actor, "company", company.id, "edited", before, wanted)
    return company


def is_booked(company: Company) -> bool:
    """Whether any document exists, so that the base currency is settled."""
    return any(
        db.session.scalar(select(model.id).where(model.company_id == company.id).limit(1)) is not None
        for model in (Invoice, Payment, CreditNote)
    )


def _checked(faults: Faults, company: Company, data: CompanyData) -> dict[str, Any]:
    return {
        "name": faults.text("name", "The name", data.name, required=True),
        "timezone": _timezone(faults, data.timezone),
        "base_currency": _currency(faults, company, data.base_currency),
        "brand_name": faults.text("brand_name", "The brand name", data.brand_name, limit="name"),
        "accent": _accent(faults, data.accent),
        "support_email": _support_email(faults, data.support_email),
    }


def _timezone(faults: Faults, zone: str) -> str:
    if zone not in companies.timezones():
        faults.add("timezone", "That is no time zone. Choose one such as Europe/Berlin.", "timezone")
    return zone


def _currency(faults: Faults, company: Company, currency: str) -> str:
    code = faults.currency("base_currency", currency)
    if code and code != company.base_currency and is_booked(company):
        faults.add(
            "base_currency",
            f"The base currency stays {company.base_currency}: there are invoices, payments or credit notes already.",
            "booked",
        )
    return code


def _accent(faults: Faults, typed: str) -> str:
    if not typed.strip():
        return ""
    colour = accents.read(typed)
    if not colour:
        faults.add("accent", "That is no colour. Write it as six digits, such as #2450a8.", "colour")
    elif wrong := accents.fault(colour):
        faults.add("accent", wrong, "contrast")
    return colour


def _support_email(faults: Faults, typed: str) -> str:
    address = faults.text("support_email", "The support address", typed, limit="email")
    if address and not users.is_address(address):
        faults.add("support_email", "That is not an e-mail address. Write it as name@company.example.", "email")
    return address

"""Companies: the tenants of the portal."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from zoneinfo import available_timezones

from sqlalchemy import select

from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import fold
from portal.services import audit
from portal.services.audit import Actor
from portal.services.checks import Faults

LONGEST_SLUG = 60


def add(name: str, *, currency: str = "USD", timezone: str = "UTC", actor: Actor) -> Company:
    """Add a company. One of the same name or slug is answered as it is. Raises InvalidInput with every fault."""
    faults = Faults()
    name = faults.text("name", "The name", name, required=True)
    base_currency = faults.currency("currency", currency)
    if timezone not in timezones():
        faults.add("timezone", "That is no time zone. Write it as Europe/Berlin or UTC.", "timezone")
    faults.end()
    present = _find(name)
    if present is not None:
        return present
    company = Company(slug=slugify(name) or _numbered_slug(), name=name, base_currency=base_currency, timezone=timezone)
    db.session.add(company)
    db.session.flush()
    audit.record(
        company.id, actor, "company", company.id, "created",
        after={"name": name, "slug": company.slug, "base_currency": base_currency, "timezone": timezone},
    )  # fmt: skip
    return company


def slugify(name: str) -> str:
    """The name as an address holds it: "Harbor Lane & Co." is harbor-lane-co. Empty when no Latin letter is in it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """The names of all time zones that the system knows."""
    return frozenset(available_timezones())  # walks the zone files of the system


def _find(name: str) -> Company | None:
    slug = slugify(name)
    if slug:
        by_slug = db.session.scalar(select(Company).where(Company.slug == slug))
        if by_slug is not None:
            return by_slug
    return next((company for company in db.session.scalars(select(Company)) if fold(company.name) == fold(name)), None)


def _numbered_slug() -> str:
    number = 1
    while db.session.scalar(select(Company.id).where(Company.slug == f"company-{number}")) is not None:
        number += 1
    return f"company-{number}"

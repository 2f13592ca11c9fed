"""How values are written on pages: money, dates, times, counts; and what every template may use."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, has_request_context, url_for
from flask_login import current_user

from portal.blueprints import access
from portal.blueprints.navigation import navigation
from portal.models.company import Company
from portal.models.payment import PaymentMethod
from portal.money import places

MINUS = "\N{MINUS SIGN}"
METHODS = {
    PaymentMethod.CHECK: "Check",
    PaymentMethod.ACH: "ACH",
    PaymentMethod.WIRE: "Wire",
    PaymentMethod.CREDIT_CARD: "Credit card",
    PaymentMethod.CASH: "Cash",
    PaymentMethod.OTHER: "Other",
}


def amount(value: Decimal | int, currency: str) -> str:
    """`value` with the currency's places (more only where it has more), grouped by thousands: −1,234.50."""
    value = Decimal(value)
    exponent = value.normalize().as_tuple().exponent
    shown = max(places(currency), -exponent if isinstance(exponent, int) else 0)
    text = f"{abs(value):,.{shown}f}"
    return f"{MINUS}{text}" if value < 0 else text


def number(value: Decimal | int) -> str:
    """A count or quantity without needless zeros: 24, 1.5, 2,231."""
    text = f"{abs(value):,f}" if isinstance(value, Decimal) else f"{abs(value):,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0 else text


def typed(value: Decimal | None) -> str:
    """A decimal as a person would type it into a field: plain digits, no grouping, no needless zeros."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed_amount(value: Decimal | None, currency: str) -> str:
    """An amount for a field: plain digits with at least the currency's places."""
    return "" if value is None else amount(value, currency).replace(",", "").replace(MINUS, "-")


def day(value: date) -> str:
    """3 Nov 2026"""
    return f"{value.day} {value:%b %Y}"


def long_day(value: date) -> str:
    """Monday 23 November 2026"""
    return f"{value:%A} {value.day} {value:%B %Y}"


def in_zone(value: datetime, company: Company | None = None) -> datetime:
    """A UTC time on the clocks of the company (the current one where none is given)."""
    zone = company.timezone if company else _company_zone()
    return value.astimezone(ZoneInfo(zone))


def clock(value: datetime) -> str:
    """09:31, on the company's clock."""
    return f"{in_zone(value):%H:%M}"


def moment(value: datetime) -> str:
    """3 Nov 2026 09:31, on the company's clock."""
    local = in_zone(value)
    return f"{day(local.date())} {local:%H:%M}"


def when(value: datetime, today: str = "Today") -> str:
    """Today 09:31, or 3 Nov 09:31 this year, or 3 Nov 2025 09:31. Amid a sentence, `today` is "today"."""
    local, now = in_zone(value), in_zone(datetime.now(UTC)).date()
    if local.date() == now:
        return f"{today} {local:%H:%M}".lstrip()
    return f"{local.day} {local:%b}{'' if local.year == now.year else f' {local.year}'} {local:%H:%M}"


def shortly(value: datetime) -> str:
    """09:31, or 3 Nov 09:31 on another day: where "at", "as of" or the like stands before it."""
    return when(value, today="")


def due_in_words(due: date, today: date) -> str:
    """in 10 days, today, 7 days ago"""
    days = (due - today).days
    if days == 0:
        return "today"
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


def plural(count: int, one: str, many: str = "") -> str:
    """1 invoice, 2 invoices, 2,231 invoices"""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def static_url(filename: str) -> str:
    """The address of one of our static files, with its content's mark, so that browsers may keep it."""
    return url_for("static", filename=filename, v=_content_mark(current_app.static_folder or "", filename))


def init_rendering(app: Flask) -> None:
    """Give the templates of `app` the filters and values above."""
    of_values = (amount, number, typed, typed_amount, due_in_words, plural)
    for filter_ in (*of_values, day, long_day, clock, moment, when, shortly):
        app.add_template_filter(filter_)
    app.add_template_global(static_url)
    app.add_template_global(places)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_page_values)


def _page_values() -> dict[str, Any]:
    """What layouts need. Members' values are callables: an error page that fails to reach them may do without."""
    settings = current_app.extensions["portal_settings"]
    return {
        "brand": settings.brand,
        "support_email": settings.support_email,
        "navigation": navigation,
        "can": access.can,
        "may_open": access.may_open,
        "current_company": access.current_company,
        "current_member": access.current_member,
        "my_companies": access.my_companies,
    }


def _company_zone() -> str:
    if has_request_context() and current_user.is_authenticated:
        return access.current_company().timezone
    return "UTC"


@lru_cache(maxsize=64)
def _content_mark(folder: str, filename: str) -> str:
    return hashlib.sha256(Path(folder, filename).read_bytes()).hexdigest()[:10]

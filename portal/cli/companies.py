"""`portal companies`: the tenants of this portal."""

from __future__ import annotations

from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, table
from portal.extensions import db
from portal.models.company import Company
from portal.queries.companies import list_companies
from portal.services import companies
from portal.services.audit import Actor


@click.group("companies", cls=Group)
def group() -> None:
    """The companies that this portal serves."""


@group.command("add")
@click.argument("name")
@click.option("--currency", default="USD", show_default=True, help="Its base currency.")
@click.option("--timezone", default="UTC", show_default=True, help="Where its days begin, such as Europe/Berlin.")
def add(name: str, currency: str, timezone: str) -> None:
    """Add a company and print its slug. One that is there already is printed as it is."""
    company = companies.add(name, currency=currency, timezone=timezone, actor=Actor("command line"))
    db.session.commit()
    emit(_row(company), lambda row: str(row["slug"]))


@group.command("list")
def list_command() -> None:
    """List all companies."""
    emit_list(map(_row, list_companies()), _table)


def _row(company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "object": "company",
        "slug": company.slug,
        "name": company.name,
        "currency": company.base_currency,
        "timezone": company.timezone,
    }


def _table(listing: dict[str, Any]) -> str:
    columns = ("slug", "name", "currency", "timezone")
    return table(columns, [[row[column] for column in columns] for row in listing["items"]])

"""`portal api-keys`: keys of the JSON API."""

from __future__ import annotations

from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, table
from portal.extensions import db
from portal.models.access import ApiKey, KeyScope
from portal.models.company import Company
from portal.queries.api_keys import get_api_key, list_api_keys
from portal.queries.companies import get_company_by_slug
from portal.services import api_keys
from portal.services.audit import Actor

COMMAND_LINE = Actor("command line")
company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")


@click.group("api-keys", cls=Group)
def group() -> None:
    """Keys of the JSON API."""


@group.command("add")
@company_option
@click.option("--label", required=True, metavar="TEXT", help="What the key is for.")
@click.option("--scope", type=click.Choice([scope.value for scope in KeyScope]), default=KeyScope.READ_WRITE.value,
              show_default=True, help="What it may do.")  # fmt: skip
def add(slug: str, label: str, scope: str) -> None:
    """Make a key and print it, this once. Each call makes another one."""
    company = get_company_by_slug(slug)
    made = api_keys.create(company, label, scope, actor=COMMAND_LINE)
    answer = _row(company, made.row) | {"key": made.text}
    db.session.commit()
    emit(answer, lambda row: f"{row['key']}\nThis is shown once; only a digest is kept.")


@group.command("list")
@company_option
def list_command(slug: str) -> None:
    """List keys, those in use first."""
    company = get_company_by_slug(slug)
    emit_list([_row(company, key) for key in list_api_keys(company)], _table)


@group.command("revoke")
@click.argument("key_id", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@company_option
def revoke(key_id: int, slug: str) -> None:
    """End a key for good."""
    company = get_company_by_slug(slug)
    key = api_keys.revoke(get_api_key(company, key_id), actor=COMMAND_LINE)
    answer = _row(company, key)
    db.session.commit()
    emit(answer, lambda row: f"The key {row['label']} is revoked.")


def _row(company: Company, key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "object": "api_key",
        "company": company.slug,
        "label": key.label,
        "hint": key.hint,
        "scope": key.scope,
        "created_by": key.created_by,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


def _table(listing: dict[str, Any]) -> str:
    rows = [[row["id"], row["label"], row["hint"], row["scope"], _day(row["last_used_at"]), _day(row["revoked_at"])]
            for row in listing["items"]]  # fmt: skip
    return table(("id", "label", "begins with", "scope", "last used (UTC)", "revoked (UTC)"), rows, right=(0,))


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""

"""`portal users`: who signs in, and what they may do in a company."""

from __future__ import annotations

import sys
from typing import Any

import click

from portal.cli.output import Group, emit, emit_list, table
from portal.extensions import db
from portal.models.company import Membership, Role
from portal.queries.companies import get_company_by_slug, members
from portal.services import users
from portal.services.audit import Actor


@click.group("users", cls=Group)
def group() -> None:
    """Who signs in, and what they may do in a company."""


@group.command("add")
@click.argument("email")
@click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What they may do.")
def add(email: str, slug: str, role: str) -> None:
    """Make somebody a member of a company; a new user's password is the first line of standard input.

    A member who is there already is printed as they are: neither role nor password changes.
    """
    company = get_company_by_slug(slug)
    password = "" if users.find_by_email(email.strip()) else _password()
    membership = users.add(email, company, role, password=password, actor=Actor("command line"))
    db.session.commit()
    emit(_row(membership), lambda row: f"{row['email']} is {row['role']} of {row['company']}.")


@group.command("list")
@click.option("--company", "slug", default="", metavar="SLUG", help="Only the members of this company.")
def list_command(slug: str) -> None:
    """List users with their companies and roles."""
    emit_list(map(_row, members(get_company_by_slug(slug) if slug else None)), _table)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _row(membership: Membership) -> dict[str, Any]:
    return {
        "id": membership.user_id,
        "object": "user",
        "email": membership.user.email,
        "name": membership.user.name,
        "active": membership.user.active,
        "company": membership.company.slug,
        "role": membership.role,
    }


def _table(listing: dict[str, Any]) -> str:
    columns = ("email", "company", "role")
    return table(columns, [[row[column] for column in columns] for row in listing["items"]])

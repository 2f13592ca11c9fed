"""`portal intacct`: a company's connection to Intacct."""

from __future__ import annotations

import sys
from typing import Any

import click

from portal.cli.output import Group, emit, table
from portal.errors import InvalidInput, PortalError
from portal.extensions import db
from portal.jobs.metering import metered
from portal.models.company import Company
from portal.models.usage import CHECK, LISTS
from portal.queries.companies import get_company_by_slug
from portal.queries.connections import find_book, find_connection
from portal.services import connection, gateways, intacct_lists, integration_settings
from portal.services.audit import Actor
from portal.services.connection import LoginData
from portal.services.connection_rights import shown

COMMAND_LINE = Actor("command line")
company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")


@click.group("intacct", cls=Group)
def group() -> None:
    """A company's connection to Intacct."""


@group.command("connect")
@company_option
@click.option("--intacct-company", "company_id", required=True, metavar="ID", help="Intacct's company ID.")
@click.option("--user-id", required=True, metavar="ID", help="The Web Services user.")
@click.option("--entity", "entity_id", default="", metavar="ID", help="A location entity; the top level if left out.")
@click.option("--new-book", is_flag=True, help="Start anew with another Intacct company; what is linked stays there.")
def connect(slug: str, company_id: str, user_id: str, entity_id: str, new_book: bool) -> None:
    """Sign in to Intacct, see what the user may do, then save. The password is the first line of standard input."""
    company = get_company_by_slug(slug)
    db.session.commit()
    login = LoginData(company_id.strip(), user_id.strip(), _password(), entity_id.strip())
    with metered(company.id, CHECK):
        checked = connection.check(login)
    connection.save(company, login, checked, actor=COMMAND_LINE, new_book=new_book)
    db.session.commit()
    _try_to_refresh_lists(company)
    emit(_answer(company), _told)


@group.command("check")
@company_option
def check(slug: str) -> None:
    """Sign in with what is stored, and see again what the user may do."""
    company = get_company_by_slug(slug)
    login = connection.stored_login(company)
    db.session.commit()
    try:
        with metered(company.id, CHECK):
            checked = connection.check(login)
    except InvalidInput as error:  # what was typed on this command line is not at fault
        raise PortalError(error.message, field=error.field, code=error.code) from None
    connection.save_rights(company, checked)
    db.session.commit()
    emit(_answer(company), _told)


@group.command("disconnect")
@company_option
def disconnect(slug: str) -> None:
    """Forget the password and the session. The book, its links and its history stay."""
    company = get_company_by_slug(slug)
    connection.disconnect(company, actor=COMMAND_LINE)
    db.session.commit()
    emit(_answer(company), _told)


def refresh_lists(company: Company) -> None:
    """Read the lists that settings are chosen from anew. Commits. Raises PortalError when Intacct cannot be asked."""
    found, book = connection.get(company)
    line = gateways.line(found, book.intacct_company_id, book.entity)
    db.session.commit()
    with metered(company.id, LISTS):
        fetched = intacct_lists.fetch(line)
    found, _ = connection.get(company)
    intacct_lists.store(found, fetched)
    db.session.commit()


def _try_to_refresh_lists(company: Company) -> None:
    try:
        refresh_lists(company)
    except PortalError as error:
        db.session.rollback()
        click.echo(f"The lists of accounts could not be read: {error.message}", err=True)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Intacct password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _answer(company: Company) -> dict[str, Any]:
    found, book = find_connection(company), find_book(company)
    connected = found is not None and found.connected
    return {
        "object": "connection",
        "company": company.slug,
        "connected": connected,
        "intacct_company_id": book.intacct_company_id if book else "",
        "entity_id": book.entity if book else "",
        "user_id": found.intacct_user_id if found else "",
        "base_currency": found.base_currency.lower() if found else "",
        "multi_currency": found.multi_currency if found else False,
        "time_offset": found.time_offset if found else "",
        "checked_at": found.checked_at if found else None,
        "rights": [
            {"key": right.key, "label": right.label, "state": right.state, "costs": right.costs, "grant": right.grant}
            for right in (shown(found.rights) if found else ())
        ],
        "missing": [
            {"key": key, "message": message}
            for key, message in integration_settings.missing(integration_settings.load(company.id))
        ],
    }


def _told(answer: dict[str, Any]) -> str:
    if not answer["connected"]:
        return f"{answer['company']} is not connected to Intacct. Its book and its links stay."
    place = f", entity {answer['entity_id']}" if answer["entity_id"] else ""
    lines = [
        f"Connected to the Intacct company {answer['intacct_company_id']}{place} as {answer['user_id']}.",
        "",
        table(("may the user", "", "if not"), [_right(right) for right in answer["rights"]]),
    ]
    lines += ["", *(f"{item['message']} (portal settings set: {item['key']})" for item in answer["missing"])]
    return "\n".join(lines).rstrip()


def _right(right: dict[str, Any]) -> tuple[str, str, str]:
    state = {"granted": "granted", "refused": "refused", "unknown": "could not be checked"}[right["state"]]
    return right["label"], state, right["costs"] if right["state"] == "refused" else ""

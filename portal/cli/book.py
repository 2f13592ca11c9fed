"""`portal book`: customers, invoices, payments and credit notes from the command line, as the API's bodies."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from portal.cli.documents import DOCUMENTS, Asked, Document, present
from portal.cli.output import Group, emit, emit_list, table
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.money import ZERO
from portal.queries.bodies import body, credit_applied
from portal.queries.companies import get_company_by_slug
from portal.queries.sync_states import State
from portal.services import applying
from portal.services.audit import Actor
from portal.services.bodies import apply_data, credit_data, is_credit, parse

COMMAND_LINE = Actor("command line")

BATCH = 500  # rows read at once, with their lines and sync states
KIND = click.Choice(list(DOCUMENTS))
PLURALS = {f"{word}s": document for word, document in DOCUMENTS.items()}
company_option = click.option("--company", "slug", required=True, metavar="SLUG", help="The company's slug.")


@click.group("book", cls=Group)
def group() -> None:
    """Customers, invoices, payments and credit notes. Documents are read from standard input as one JSON object."""


@group.command("add")
@click.argument("kind", type=KIND)
@company_option
def add(kind: str, slug: str) -> None:
    """Add a customer, invoice, payment or credit note. One that is there already, exactly so, is printed as it is.

    A payment of amount 0 that is applied to invoices out of credit notes applies these and adds nothing.
    """
    company, document, given = get_company_by_slug(slug), DOCUMENTS[kind], parse(read_stdin())
    if kind == "payment" and is_credit(given):
        _apply_credit(company, given)
        return
    record = present(document, company, given) or document.create(company, given, COMMAND_LINE)
    _commit_and_print(company, record)


@group.command("edit")
@click.argument("kind", type=KIND)
@click.argument("number")
@company_option
def edit(kind: str, number: str, slug: str) -> None:
    """Change what the JSON document names; the rest stays."""
    company, document = get_company_by_slug(slug), DOCUMENTS[kind]
    record = document.find(company, number)
    document.edit(company, record, parse(read_stdin()), COMMAND_LINE)
    _commit_and_print(company, record)


@group.command("void")
@click.argument("kind", type=KIND)
@click.argument("number")
@company_option
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history.")
def void(kind: str, number: str, slug: str, reason: str) -> None:
    """Take a document back (what is applied is un-applied first); a customer becomes inactive."""
    company, document = get_company_by_slug(slug), DOCUMENTS[kind]
    record = document.find(company, number)
    document.void(record, reason, COMMAND_LINE)
    _commit_and_print(company, record)


@group.command("apply")
@company_option
def apply(slug: str) -> None:
    """Put money on an invoice: {"payment": "PMT-00001", "invoice": "INV-1", "amount": 20}; or a "credit_note"."""
    company = get_company_by_slug(slug)
    asked = apply_data(company, parse(read_stdin()))
    if asked.amount is None:
        raise InvalidInput("The amount is missing.", field="amount", code="missing")
    applying.apply_one(asked.source, asked.invoice, asked.amount, actor=COMMAND_LINE)
    _commit_and_print(company, asked.source)


@group.command("unapply")
@company_option
def unapply(slug: str) -> None:
    """Take money off an invoice: {"payment": "PMT-00001", "invoice": "INV-1"}; or a "credit_note". All, or "amount"."""
    company = get_company_by_slug(slug)
    asked = apply_data(company, parse(read_stdin()))
    applying.unapply(asked.source, asked.invoice, amount=asked.amount, actor=COMMAND_LINE)
    _commit_and_print(company, asked.source)


@group.command("list")
@click.argument("kinds", type=click.Choice(list(PLURALS)))
@company_option
@click.option("--number", default="", metavar="N", help="Only the one of this number, in any case.")
@click.option("--sync-state", type=click.Choice([state.value for state in State]), help="Only those in this state.")
def list_command(kinds: str, slug: str, number: str, sync_state: str | None) -> None:
    """List customers, invoices, payments or credit notes."""
    company, document = get_company_by_slug(slug), PLURALS[kinds]
    emit_list(
        list(_bodies(company, document, Asked(number, sync_state or ""))),
        lambda listing: _table(document, listing["items"]),
    )


def _apply_credit(company: Company, given: dict[str, Any]) -> None:
    moves = [(move.source, move.invoice, move.amount or ZERO) for move in credit_data(company, given)]
    applying.apply_all(moves, actor=COMMAND_LINE)
    db.session.commit()
    emit(credit_applied(company, moves), lambda answer: f"{len(answer['applied_to'])} applied.")


def read_stdin() -> str:
    """All of standard input. Raises InvalidInput when it is no UTF-8 text."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("Standard input is not UTF-8 text.", code="encoding") from error


def _commit_and_print(company: Company, record: Customer | Invoice | Payment | CreditNote) -> None:
    db.session.commit()
    emit(body(company, record), _sentence)


def _sentence(document: dict[str, Any]) -> str:
    money = ""
    if document["object"] != "customer":
        amount = document.get("total", document.get("amount"))
        money = f", {amount:,} {document['currency'].upper()}, {document['balance']:,} open"
    return f"{document['number']}: {document['status']}{money}"


def _bodies(company: Company, document: Document[Any], asked: Asked) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        page = document.page(company, asked, after, BATCH)
        yield from document.bodies(company, page.items)
        if not page.next_after:
            return
        after = page.next_after


def _table(document: Document[Any], items: Sequence[dict[str, Any]]) -> str:
    rows = [[_cell(item, column) for column in document.columns] for item in items]
    right = [i for i, column in enumerate(document.columns) if column in ("total", "amount", "balance")]
    return table([column.replace("_", " ") for column in document.columns], rows, right)


def _cell(item: dict[str, Any], column: str) -> str:
    if column == "sync":
        return str(item["sync"]["state"])
    if column in ("date", "due_date"):
        return dt.datetime.fromtimestamp(item[column], dt.UTC).date().isoformat()
    if column == "currency":
        return str(item["currency"]).upper()
    return f"{item[column]:,}" if column in ("total", "amount", "balance") else str(item[column])

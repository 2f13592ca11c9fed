"""Asking for an import: its options, a preview of it, and its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.imports.forms import ImportForm, InvoiceImportForm
from portal.blueprints.imports.views import area
from portal.blueprints.offering import offer
from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.imports import asking
from portal.jobs.metering import metered
from portal.models.company import Role
from portal.models.connection import Book
from portal.models.run import RunKind, RunState
from portal.models.types import utcnow
from portal.models.usage import LISTS
from portal.queries import imports as queries
from portal.queries.connections import find_book, find_connection
from portal.services import connection, gateways, intacct_lists, integration_settings
from portal.services.intacct_lists import ORDER_TYPES, KnownList
from portal.sync import due

READ_AGAIN_AFTER = timedelta(minutes=1)
NOT_CONNECTED = "No Intacct company is connected. Nothing was imported. Connect one in Settings, Integrations."

Ask = Callable[..., Any]


@area.get("/customers/import/intacct")
@needs(Role.ACCOUNTANT)
def import_customers() -> str:
    """What an import of the customer list brings, and its two buttons."""
    return _customers_page(ImportForm())


@area.post("/customers/import/intacct")
@needs(Role.ACCOUNTANT)
def start_customers() -> str | Response | tuple[str, int]:
    """Start an import of the whole customer list, or its preview."""
    form = ImportForm()
    if form.validate():
        return _asked(_connected(), RunKind.IMPORT_CUSTOMERS, form.options())
    return _customers_page(form), 400


@area.get("/invoices/import/intacct")
@needs(Role.ACCOUNTANT)
def import_invoices() -> str:
    """Choose document types and which of their documents."""
    form, known, trouble = _invoice_form()
    chosen = integration_settings.load(current_company().id).invoice_document_types
    form.document_types.data = [name for name in chosen if known and known.find(name)]
    return _invoices_page(form, known, trouble)


@area.post("/invoices/import/intacct")
@needs(Role.ACCOUNTANT)
def start_invoices() -> str | Response | tuple[str, int]:
    """Start an import of these documents, or its preview."""
    form, known, trouble = _invoice_form()
    if form.validate():
        try:
            return _asked(_connected(), RunKind.IMPORT_INVOICES, form.options())
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error, lambda name: _field(form, name))
    return _invoices_page(form, known, trouble), 400


@area.post("/imports/<id:run_id>/start")
@needs(Role.ACCOUNTANT)
def start_previewed(run_id: int) -> Response:
    """Import what a preview looked at, with the same options."""
    preview = queries.get_import(current_company(), run_id)
    kind = queries.what(preview)
    if preview.kind != RunKind.PREVIEW or kind is None or not RunState(preview.state).ended:
        raise NotAllowedNow("Only a preview that has ended can be started. Nothing was imported.")
    return _start(asking.ask, _connected(), kind, preview.subject.get("options", {}))


def _customers_page(form: ImportForm) -> str:
    return render_template("imports/customers.html", form=form, book=_book(), by_contact=_by_contact())


def _invoice_form() -> tuple[InvoiceImportForm, KnownList | None, str]:
    """(the form, the list that it offers, why that could not be read now)."""
    known, trouble = _order_types() if _book() is not None else (None, "")
    form = InvoiceImportForm()
    form.offer([(item["id"], _label(item)) for item in known.items] if known else [])
    return form, known, trouble


def _invoices_page(form: InvoiceImportForm, known: KnownList | None, trouble: str) -> str:
    return render_template(
        "imports/invoices.html", form=form, book=_book(), known=known, trouble=trouble, by_contact=_by_contact()
    )


def _asked(book: Book, kind: RunKind, options: Mapping[str, Any]) -> Response:
    return _start(asking.ask_preview if request.form.get("act") == "preview" else asking.ask, book, kind, options)


def _start(ask: Ask, book: Book, kind: RunKind, options: Mapping[str, Any]) -> Response:
    actor = current_actor()
    run = ask(book, kind, options, trigger=actor.text, user_id=actor.user_id)
    db.session.flush()
    run_id = run.id
    due.stamp([run_id])
    db.session.commit()
    offer(run_id)
    return redirect(url_for(".show_import", run_id=run_id), 303)


def _book() -> Book | None:
    """The connected book; None when no Intacct company is connected."""
    company = current_company()
    book, found = find_book(company), find_connection(company)
    return book if book is not None and found is not None and found.connected else None


def _connected() -> Book:
    book = _book()
    if book is None:
        raise NotAllowedNow(NOT_CONNECTED, code="not_connected")
    return book


def _by_contact() -> bool:
    return integration_settings.load(current_company().id).customer_source == "bill_to_contact"


def _order_types() -> tuple[KnownList | None, str]:
    """(the Order Entry definitions of class Invoice, read from Intacct now; why they could not be read). Commits."""
    company = current_company()
    known = intacct_lists.known(_connected()).get(ORDER_TYPES)
    if known is not None and not known.refused and utcnow() - known.fetched_at < READ_AGAIN_AFTER:
        return known, ""
    found, book = connection.get(company)
    try:
        line = gateways.line(found, book.intacct_company_id, book.entity)
        db.session.commit()
        with metered(company.id, LISTS):
            fetched = intacct_lists.fetch(line, (ORDER_TYPES,))
        intacct_lists.store(connection.get(company)[0], fetched)
        db.session.commit()
    except PortalError as error:
        db.session.rollback()
        return intacct_lists.known(_connected()).get(ORDER_TYPES), error.message
    known = intacct_lists.known(_connected()).get(ORDER_TYPES)
    return known, known.refused if known else ""


def _label(item: Mapping[str, str]) -> str:
    name = item["name"].strip()
    return f"{item['id']}: {name}" if name and name != item["id"] else item["id"]


def _field(form: InvoiceImportForm, name: str) -> str:
    return "typed_types" if name == "document_types" and not form.document_types.choices else name

"""The integrations, and what the accounting sync with Intacct is to do."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import can, current_actor, current_company, needs
from portal.blueprints.settings.checklist import checklist
from portal.blueprints.settings.fetching import refresh_lists
from portal.blueprints.settings.forms import ConnectForm, SettingsForm
from portal.blueprints.stale import Meanwhile, meanwhile
from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.company import Company, Role
from portal.models.connection import Book, Connection
from portal.problems.causes import held_up_by
from portal.queries.connections import count_links, find_book, find_connection
from portal.services import intacct_lists, integration_settings
from portal.services.connection_rights import RightState, shown
from portal.services.integration_rows import METHODS
from portal.services.integration_values import ACCOUNTS, ADVANCED, DIMENSIONS, DIRECTIONS, IMPORTS, SETTINGS, Lists
from portal.sync import previews

area = Blueprint("settings", __name__, url_prefix="/settings/integrations")

_FIRST_REFUSED = (RightState.REFUSED, RightState.UNKNOWN, RightState.GRANTED)
GROUPS = (DIRECTIONS, ACCOUNTS, DIMENSIONS, IMPORTS, ADVANCED)


@area.get("")
@needs(Role.VIEWER)
def list_integrations() -> str:
    """What can be connected, and what is."""
    company = current_company()
    return render_template(
        "settings/integrations.html",
        connection=find_connection(company),
        book=find_book(company),
        missing=integration_settings.missing(integration_settings.load(company.id)),
    )


@area.get("/intacct")
@needs(Role.VIEWER)
def show_intacct() -> str:
    """The settings of a connected company; the form to connect otherwise."""
    company = current_company()
    connection, book = find_connection(company), find_book(company)
    if connection is None or book is None or not connection.connected:
        return connect_page(ConnectForm(formdata=None, data=last_login(connection, book)), book=book)
    return settings_page(company, connection, book, _form(company, book, sent=False))


@area.post("/intacct")
@needs(Role.ADMIN)
def save_settings() -> tuple[str, int] | Response:
    """Save the settings, all of them or none."""
    company, connection, book = _connected()
    form = _form(company, book, sent=True)
    before = integration_settings.values(integration_settings.load(company.id))
    try:
        chosen = integration_settings.change(
            company, form.chosen(), actor=current_actor(), expected_version=form.expected_version
        )
    except InvalidInput as error:
        form.add_errors(error, form.form_field)
        return settings_page(company, connection, book, form), 422
    except NotAllowedNow as error:
        if error.code != "stale":
            raise
        form._fields["version"].data = str(integration_settings.version(company.id))
        changed = meanwhile(company, "integration_settings", company.id)
        return settings_page(company, connection, book, form, stale=True, changed=changed), 409
    warnings = previews.warnings(chosen, book.id)
    changed_keys = [key for key, value in integration_settings.values(chosen).items() if value != before[key]]
    mended = _mended(company, changed_keys)
    db.session.commit()
    flash("The settings are saved.", "success")
    for warning in warnings:
        flash(warning, "warning")
    return redirect(url_for(".show_intacct", mended=mended), 303)


@area.post("/intacct/lists")
@needs(Role.ADMIN)
def read_lists() -> str | tuple[str, int]:
    """Read the lists anew and show the form again with what was chosen in it; nothing is saved."""
    company, _, _ = _connected()
    status = 200
    try:
        refresh_lists(company)
        flash("The lists are read anew. What you chose below is not saved yet.", "info")
    except PortalError as error:
        db.session.rollback()
        flash(f"The lists could not be read; the former ones stay. {error.message}", "error")
        status = 502
    company, connection, book = _connected()
    return settings_page(company, connection, book, _form(company, book, sent=True)), status


def connect_page(form: ConnectForm, *, failed: str = "", book: Book | None = None, offer_new_book: bool = False) -> str:
    """The form beside the checklist that it will tick; `failed` is the code of the step that went wrong."""
    return render_template(
        "settings/connect.html",
        form=form if can(Role.ADMIN) else None,
        steps=checklist(failed),
        book=book,
        offer_new_book=offer_new_book,
        links=count_links(book) if book else 0,
        connection=find_connection(current_company()),
    )


def settings_page(
    company: Company,
    connection: Connection,
    book: Book,
    form: SettingsForm,
    *,
    stale: bool = False,
    changed: Meanwhile | None = None,
) -> str:
    """Settings in groups, the rights of the user, and the connection."""
    choices = integration_settings.load(company.id)
    mended = [key for key in request.args.get("mended", "").split(",") if key in SETTINGS]
    return render_template(
        "settings/intacct.html",
        form=form,
        settings=SETTINGS,
        setting_groups=[(name, [item for item in SETTINGS.values() if item.group == name]) for name in GROUPS],
        choices=choices,
        methods=METHODS,
        missing=integration_settings.missing(choices),
        refused_lists=_refused(intacct_lists.known(book)),
        lists_read_at=_read_at(intacct_lists.known(book)),
        rights=sorted(shown(connection.rights), key=lambda right: _FIRST_REFUSED.index(right.state)),
        connection=connection,
        book=book,
        company=company,
        stale=stale,
        meanwhile=changed,
        mended=mended,
        held_up=held_up_by(company, mended),
    )


def _mended(company: Company, keys: list[str]) -> str | None:
    """The changed settings that hold up records, for the page that comes next; None where they hold up none."""
    return ",".join(keys) if keys and held_up_by(company, keys) else None


def _connected() -> tuple[Company, Connection, Book]:
    """The connected company. Answers 404 when it is not connected: the page that sent this form is gone."""
    company = current_company()
    connection, book = find_connection(company), find_book(company)
    if connection is None or book is None or not connection.connected:
        abort(404)
    return company, connection, book


def _form(company: Company, book: Book, *, sent: bool) -> SettingsForm:
    return SettingsForm(
        integration_settings.load(company.id),
        integration_settings.version(company.id),
        intacct_lists.known(book),
        sent=sent,
        currencies=_currencies(company),
    )


def _currencies(company: Company) -> tuple[str, ...]:
    """Those that the company keeps its books in, here and there."""
    found = find_connection(company)
    return (company.base_currency, found.base_currency if found else "")


def last_login(connection: Connection | None, book: Book | None) -> dict[str, str]:
    """What was typed last time, without the password."""
    if connection is None or book is None:
        return {}
    return {
        "company_id": book.intacct_company_id,
        "user_id": connection.intacct_user_id,
        "entity_id": book.entity,
    }


def _refused(lists: Lists) -> dict[str, str]:
    return {kind: known.refused for kind, known in lists.items() if known.refused}


def _read_at(lists: Lists) -> datetime | None:
    return min((known.fetched_at for known in lists.values()), default=None)

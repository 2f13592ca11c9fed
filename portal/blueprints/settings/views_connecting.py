"""Connect, look again at the rights, disconnect. Nothing is saved before Intacct has let the user in."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import PortalForm
from portal.blueprints.settings.fetching import checked, refresh_lists
from portal.blueprints.settings.forms import ConnectForm
from portal.blueprints.settings.views import area, connect_page, last_login
from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.company import Role
from portal.queries.connections import count_links, find_book, find_connection
from portal.services import connection

_SEE_OTHER = 303


@area.get("/intacct/connect")
@needs(Role.ADMIN)
def change_login() -> str:
    """The form, with the sign-in in use but its password."""
    company = current_company()
    book = find_book(company)
    given = last_login(find_connection(company), book)
    return connect_page(ConnectForm(formdata=None, data=given), book=book)


@area.post("/intacct/connect")
@needs(Role.ADMIN)
def connect() -> tuple[str, int] | Response:
    """Check what was typed, save it, and read the lists that the settings are chosen from."""
    form = ConnectForm()
    if not form.validate():
        return connect_page(form), 422
    company, actor = current_company(), current_actor()
    try:
        found = checked(company, form.login_data())
        connection.save(company, form.login_data(), found, actor=actor, new_book=form.new_book.data)
    except InvalidInput as error:
        form.add_errors(error)
        return connect_page(form, failed=error.code), 422
    except NotAllowedNow as error:
        if error.code != "another_intacct_company":
            raise
        return _another_company(form, error)
    except PortalError as error:
        form.refuse(error.message)
        return connect_page(form, failed=error.code), 502
    db.session.commit()
    flash("Intacct is connected. Now choose what the sync does.", "success")
    _try_to_refresh_lists()
    return redirect(url_for(".show_intacct"), _SEE_OTHER)


@area.post("/intacct/check")
@needs(Role.ADMIN)
def check_again() -> Response:
    """Sign in with what is stored, and see again what the user may do."""
    company = current_company()
    try:
        login = connection.stored_login(company)
        found = checked(company, login)
        connection.save_rights(company, found)
        db.session.commit()
        flash("Intacct lets this user in. The rights below are as of now.", "success")
    except PortalError as error:
        db.session.rollback()
        flash(error.message, "error")
    return redirect(url_for(".show_intacct"), _SEE_OTHER)


@area.get("/intacct/disconnect")
@needs(Role.ADMIN)
def confirm_disconnect() -> str:
    """What disconnecting does, here and there."""
    _, book = connection.get(current_company())
    return render_template("settings/disconnect.html", form=PortalForm(), book=book, links=count_links(book))


@area.post("/intacct/disconnect")
@needs(Role.ADMIN)
def disconnect() -> Response:
    """Forget the password and the session; all else stays."""
    connection.disconnect(current_company(), actor=current_actor())
    db.session.commit()
    flash("Intacct is disconnected. The book, its links and its history stay.", "success")
    return redirect(url_for(".list_integrations"), _SEE_OTHER)


def _another_company(form: ConnectForm, error: NotAllowedNow) -> tuple[str, int]:
    db.session.rollback()
    form.add_errors(InvalidInput(error.message, field=error.field))
    return connect_page(form, book=find_book(current_company()), offer_new_book=True), 409


def _try_to_refresh_lists() -> None:
    try:
        refresh_lists(current_company())
    except PortalError as error:
        db.session.rollback()
        flash(f"The lists of accounts could not be read yet. {error.message}", "warning")

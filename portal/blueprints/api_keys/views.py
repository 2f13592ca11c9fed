"""List, make and revoke the keys of the JSON API."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import PortalForm, TextField
from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.access import KeyScope
from portal.models.company import Role
from portal.queries import api_keys as queries
from portal.services import api_keys
from portal.services.api_keys import NewKey

area = Blueprint("api_keys", __name__, url_prefix="/settings/api-keys")

SCOPES = {KeyScope.READ_WRITE.value: "Read and write", KeyScope.READ.value: "Read only"}


class KeyForm(PortalForm):
    """What a key is for, and what it may do."""

    label = TextField("What it is for", required="Say what the key is for; it is how you tell keys apart.")
    scope = SelectField("What it may do", choices=[SelectChoice(*choice) for choice in SCOPES.items()])


@area.get("")
@needs(Role.ADMIN)
def list_api_keys() -> str:
    """The keys in use and the revoked ones, and the form for a new one."""
    return _page(KeyForm(formdata=None))


@area.post("")
@needs(Role.ADMIN)
def create_api_key() -> tuple[str, int]:
    """Make a key and show it, this once: no redirect may carry it, and no cookie."""
    form = KeyForm()
    if form.validate():
        try:
            made = api_keys.create(current_company(), form.label.data or "", form.scope.data, actor=current_actor())
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            db.session.commit()
            return _page(KeyForm(formdata=None), made), 201
    return _page(form), 422


@area.get("/<id:key_id>/revoke")
@needs(Role.ADMIN)
def confirm_revoke(key_id: int) -> str:
    """What revoking a key means, before it is done."""
    return render_template("api_keys/revoke.html", key=queries.get_api_key(current_company(), key_id))


@area.post("/<id:key_id>/revoke")
@needs(Role.ADMIN)
def revoke_api_key(key_id: int) -> Response:
    """Revoke a key."""
    key = api_keys.revoke(queries.get_api_key(current_company(), key_id), actor=current_actor())
    db.session.commit()
    flash(f"The key {key.label} is revoked. Nothing opens with it any more.", "success")
    return redirect(url_for(".list_api_keys"), 303)


def _page(form: KeyForm, made: NewKey | None = None) -> str:
    keys = queries.list_api_keys(current_company())
    return render_template("api_keys/list.html", form=form, made=made, keys=keys, scopes=SCOPES)

"""List members, change a role, remove somebody."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.forms import PortalForm
from portal.blueprints.members.forms import RoleForm
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db, settings
from portal.models.company import Membership, Role
from portal.queries import companies
from portal.queries import members as queries
from portal.services import members

area = Blueprint("members", __name__, url_prefix="/settings/members")

_SEE_OTHER = 303


@area.get("")
@needs(Role.VIEWER)
def list_members() -> str:
    """Everybody may see who the members are, and so whom to ask; invitations are for admins."""
    company = current_company()
    return render_template(
        "members/list.html",
        members=companies.members(company),
        invited=queries.invited(company),
        can_mail=bool(settings().mail_url),
        form=None,
    )


@area.get("/<id:member_id>")
@needs(Role.ADMIN)
def show_member(member_id: int) -> str:
    """A member's role, to be changed."""
    member = queries.get_member(current_company(), member_id)
    return _page(member, RoleForm(formdata=None, data={"role": member.role}))


@area.post("/<id:member_id>")
@needs(Role.ADMIN)
def change_role(member_id: int) -> tuple[str, int] | Response:
    """Give the member another role."""
    form = RoleForm()
    member = queries.get_member(current_company(), member_id)
    email = member.user.email
    if form.validate():
        try:
            members.change_role(current_company(), member_id, form.role.data, actor=current_actor())
        except NotAllowedNow as error:
            db.session.rollback()
            form.add_errors(InvalidInput(error.message, field="role"))
        else:
            db.session.commit()
            flash(f"{email} is {form.role.data} now.", "success")
            return redirect(url_for(".list_members"), _SEE_OTHER)
    return _page(queries.get_member(current_company(), member_id), form), 422


@area.get("/<id:member_id>/remove")
@needs(Role.ADMIN)
def confirm_removal(member_id: int) -> str:
    """What removing somebody does."""
    return _removal_page(queries.get_member(current_company(), member_id), PortalForm(formdata=None))


@area.post("/<id:member_id>/remove")
@needs(Role.ADMIN)
def remove(member_id: int) -> tuple[str, int] | Response:
    """Remove the member; who removes themselves goes on in another company, if there is one."""
    form = PortalForm()
    company_name = current_company().name
    own = queries.get_member(current_company(), member_id).user_id == current_user.id
    try:
        email = members.remove(current_company(), member_id, actor=current_actor())
    except NotAllowedNow as error:
        db.session.rollback()
        form.refuse(error.message)
        return _removal_page(queries.get_member(current_company(), member_id), form), 409
    db.session.commit()
    if own:
        return redirect(url_for("dashboard.show_dashboard"), _SEE_OTHER)
    flash(f"{email} is no longer a member of {company_name}.", "success")
    return redirect(url_for(".list_members"), _SEE_OTHER)


def _page(member: Membership, form: RoleForm) -> str:
    last_admin = members.is_last_admin(member)
    return render_template("members/member.html", member=member, form=form, last_admin=last_admin)


def _removal_page(member: Membership, form: PortalForm) -> str:
    last_admin = members.is_last_admin(member)
    return render_template("members/remove.html", member=member, form=form, last_admin=last_admin)

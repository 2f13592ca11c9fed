"""Accepting an invitation: with a new account, or with the one that the address has already."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import choose_company, public, sign_in, signed_in_user
from portal.blueprints.auth.forms import JoinForm
from portal.blueprints.auth.views import area
from portal.blueprints.forms import PortalForm
from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.models.company import Company, Membership
from portal.services import invitations, users


@area.get("/invitations/<token>")
@public
def show_invitation(token: str) -> str | tuple[str, int]:
    """What one is invited to, and the way in that fits: join, sign in first, or make an account."""
    try:
        return _page(token, JoinForm(formdata=None))
    except NotFound as error:
        return _gone(error)


@area.post("/invitations/<token>")
@public
def accept_invitation(token: str) -> Response | str | tuple[str, int]:
    """Become a member; for a new user the account is made first, and its owner is signed in."""
    user = signed_in_user()
    try:
        if user is not None:
            return _joined(invitations.join(token, user))
        form = JoinForm()
        if not form.validate():
            return _page(token, form), 422
        return _joined(invitations.join_as_new(token, form.name.data or "", form.password.data or ""), new=True)
    except NotFound as error:
        db.session.rollback()
        return _gone(error)
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _page(token, form), 422


def _joined(membership: Membership, *, new: bool = False) -> Response:
    if new:
        sign_in(membership.user)
    db.session.commit()
    choose_company(membership)
    flash(f"You are a member of {membership.company.name} now, as {membership.role}.", "success")
    return redirect(url_for("dashboard.show_dashboard"), 303)


def _page(token: str, form: PortalForm) -> str:
    invitation = invitations.find_open(token)
    return render_template(
        "auth/invitation.html",
        form=form,
        invitation=invitation,
        company=db.session.get_one(Company, invitation.company_id),
        user=signed_in_user(),
        has_account=users.find_by_email(invitation.email) is not None,
        here=request.path,
    )


def _gone(error: NotFound) -> tuple[str, int]:
    return render_template("auth/gone.html", title="This invitation works no more", text=error.message), 404

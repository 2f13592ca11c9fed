"""Invite by mail, send again, take back."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.members.forms import InviteForm
from portal.blueprints.members.views import area
from portal.errors import InvalidInput
from portal.extensions import db
from portal.jobs.queues import enqueue_mails
from portal.models.company import Role
from portal.services import invitations

_SEE_OTHER = 303


@area.get("/invite")
@needs(Role.ADMIN)
def new_invitation() -> str:
    """The form."""
    return render_template("members/invite.html", form=InviteForm(formdata=None))


@area.post("/invite")
@needs(Role.ADMIN)
def invite() -> tuple[str, int] | Response:
    """Write the invitation and have its mail sent."""
    form = InviteForm()
    if form.validate():
        try:
            made = invitations.invite(current_company(), form.email.data, form.role.data, actor=current_actor())
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            email = made.email
            db.session.commit()
            enqueue_mails()
            flash(f"{email} is invited. The link in the mail works for {invitations.GOOD_FOR.days} days.", "success")
            return redirect(url_for(".list_members"), _SEE_OTHER)
    return render_template("members/invite.html", form=form), 422


@area.post("/invitations/<id:invitation_id>/resend")
@needs(Role.ADMIN)
def resend(invitation_id: int) -> Response:
    """Send a new link; the old one works no more."""
    email = invitations.resend(current_company(), invitation_id, actor=current_actor()).email
    db.session.commit()
    enqueue_mails()
    flash(f"{email} gets a new link. The one before works no more.", "success")
    return redirect(url_for(".list_members"), _SEE_OTHER)


@area.post("/invitations/<id:invitation_id>/withdraw")
@needs(Role.ADMIN)
def withdraw(invitation_id: int) -> Response:
    """Take the invitation back."""
    email = invitations.withdraw(current_company(), invitation_id, actor=current_actor()).email
    db.session.commit()
    flash(f"The invitation of {email} is taken back; its link works no more.", "success")
    return redirect(url_for(".list_members"), _SEE_OTHER)

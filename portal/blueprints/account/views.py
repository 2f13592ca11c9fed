"""Show the account, save name and look, change the password, go to another company."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.access import choose_company, current_member, keep_session, my_companies, needs
from portal.blueprints.account.forms import PasswordForm, ProfileForm, SyncMailForm
from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.jobs.queues import enqueue_mails
from portal.models.company import Role, User
from portal.services import passwords, profile, throttle, users
from portal.services.sign_in import account_limit, check

area = Blueprint("account", __name__, url_prefix="/account")

_SEE_OTHER = 303
_WAIT = "Too many wrong passwords. Nothing was changed. Wait {}, then try again."


@area.get("")
@needs(Role.VIEWER)
def show_account() -> str:
    """The account with its forms."""
    return _page()


@area.post("/profile")
@needs(Role.VIEWER)
def save_profile() -> tuple[str, int] | Response:
    """Save name and look."""
    form = ProfileForm()
    if form.validate():
        try:
            profile.edit(_user(), form.name.data or "", form.theme.data or "")
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            db.session.commit()
            flash("Your account is saved.", "success")
            return redirect(url_for(".show_account"), _SEE_OTHER)
    return _page(profile_form=form), 422


@area.post("/sync-mail")
@needs(Role.VIEWER)
def save_sync_mail() -> tuple[str, int] | Response:
    """Choose when a mail tells of a sync of the current company."""
    form = SyncMailForm()
    if form.validate():
        profile.choose_sync_mail(current_member(), form.sync_mail.data or "")
        db.session.commit()
        flash("Saved when mails tell you of a sync.", "success")
        return redirect(url_for(".show_account"), _SEE_OTHER)
    return _page(mail_form=form), 422


@area.post("/password")
@needs(Role.VIEWER)
def change_password() -> tuple[str, int] | Response:
    """Change the password. Every other session of the user ends; this one goes on."""
    form = PasswordForm()
    if form.validate():
        try:
            user = _change_password(form.present.data or "", form.password.data or "")
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            keep_session(user)
            db.session.commit()
            enqueue_mails()
            flash("Your password is changed. Your sessions elsewhere were signed out.", "success")
            return redirect(url_for(".show_account"), _SEE_OTHER)
    return _page(password_form=form), 422


@area.post("/company")
@needs(Role.VIEWER)
def switch_company() -> Response:
    """Work in another of one's companies from now on."""
    wanted = request.form.get("company_id", "")
    member = next((member for member in my_companies() if str(member.company_id) == wanted), None)
    if member is None:
        raise NotFound("You are not a member of that company, or no longer. Nothing was changed.")
    choose_company(member)
    return redirect(url_for("dashboard.show_dashboard"), _SEE_OTHER)


def _change_password(present: str, password: str) -> User:
    """Raises InvalidInput. Guessing the present password counts like guessing it at the login."""
    user_id, email = current_user.id, current_user.email
    limit = account_limit(email)
    wait = throttle.claim(limit).wait_seconds
    db.session.commit()
    if wait:
        raise InvalidInput(_WAIT.format(throttle.wait_in_words(wait)), field="present")
    known: users.Known | None = check(email, present)
    if known is None:
        raise InvalidInput("This is not your present password. Nothing was changed.", field="present")
    throttle.clear(limit.subject)
    db.session.commit()
    return passwords.change(user_id, known, password)


def _user() -> User:
    return db.session.get_one(User, current_user.id)


def _page(
    profile_form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    mail_form: SyncMailForm | None = None,
) -> str:
    user = _user()
    return render_template(
        "account/show.html",
        profile_form=profile_form or ProfileForm(formdata=None, data={"name": user.name, "theme": user.theme}),
        password_form=password_form or PasswordForm(formdata=None),
        mail_form=mail_form or SyncMailForm(formdata=None, data={"sync_mail": current_member().sync_mail}),
        form=profile_form or password_form or mail_form,
    )

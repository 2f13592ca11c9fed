"""A forgotten password: ask for a link, choose a new one by it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import public
from portal.blueprints.auth.address import client_address
from portal.blueprints.auth.forms import ForgottenForm, NewPasswordForm
from portal.blueprints.auth.views import area
from portal.errors import InvalidInput, NotFound
from portal.extensions import db
from portal.jobs.queues import enqueue_mails
from portal.services import passwords, throttle, users

_TOO_MANY = "Too many links were asked for from here. Nothing was sent. Wait {}, then try again."


@area.get("/forgot-password")
@public
def show_forgotten() -> str:
    """Where the link is to go."""
    return render_template("auth/forgotten.html", form=ForgottenForm(formdata=None))


@area.post("/forgot-password")
@public
def send_link() -> str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Have a link sent. The answer is the same whether somebody has the address or not."""
    form = ForgottenForm()
    if form.validate() and not users.is_address(form.email.data):
        form.add_errors(InvalidInput("That is not an e-mail address. Write it as name@company.example.", field="email"))
    if form.faults():
        return render_template("auth/forgotten.html", form=form), 422
    seconds = passwords.request_reset(form.email.data, client_address())
    db.session.commit()
    if seconds:
        form.refuse(_TOO_MANY.format(throttle.wait_in_words(seconds)))
        return render_template("auth/forgotten.html", form=form), 429, {"Retry-After": str(seconds)}
    enqueue_mails()
    return render_template("auth/link_sent.html", email=form.email.data)


@area.get("/reset-password/<token>")
@public
def show_reset(token: str) -> str | tuple[str, int]:
    """The form for a new password, where the link is still good."""
    user = passwords.find_reset(token)
    if user is None:
        return _gone()
    return render_template("auth/reset.html", form=NewPasswordForm(formdata=None), email=user.email)


@area.post("/reset-password/<token>")
@public
def reset_password(token: str) -> Response | tuple[str, int]:
    """Set the password and end all sessions of the user, who signs in with it next."""
    user = passwords.find_reset(token)
    if user is None:
        return _gone()
    form, email = NewPasswordForm(), user.email
    if form.validate():
        try:
            passwords.reset(token, form.password.data or "")
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        except NotFound:
            db.session.rollback()
            return _gone()
        else:
            db.session.commit()
            enqueue_mails()
            flash("Your password is changed, and every session was signed out. Sign in with the new one.", "success")
            return redirect(url_for(".show_login"), 303)
    return render_template("auth/reset.html", form=form, email=email), 422


def _gone() -> tuple[str, int]:
    return render_template("auth/gone.html", title="This link works no more", text=passwords.GONE, again=True), 404

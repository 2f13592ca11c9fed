"""Log in, log out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.access import end_session, public, sign_in
from portal.blueprints.auth.address import client_address
from portal.blueprints.auth.forms import LoginForm
from portal.blueprints.urls import safe_path
from portal.extensions import db
from portal.services import sign_in as signing_in
from portal.services import throttle

area = Blueprint("auth", __name__)

TOO_MANY = "Too many sign-ins have failed. You are not signed in. Wait {}, then try again."
WRONG = "This e-mail address and password do not belong together. You are not signed in."


@area.get("/login")
@public
def show_login() -> str | Response:
    """The login page; somebody signed in already goes on to where they wanted."""
    if current_user.is_authenticated:
        return redirect(_wanted())
    return render_template("auth/login.html", form=LoginForm())


@area.post("/login")
@public
def log_in() -> tuple[str, int] | tuple[str, int, dict[str, str]] | Response:
    """Sign in. An unknown address and a wrong password are answered alike; who fails often waits."""
    form = LoginForm()
    if form.validate():
        attempt = signing_in.begin(form.email.data, client_address())
        db.session.commit()  # counted before it is made, so that many at once do not pass as one
        if attempt.wait_seconds:
            form.refuse(TOO_MANY.format(throttle.wait_in_words(attempt.wait_seconds)))
            page = render_template("auth/login.html", form=form)
            return page, 429, {"Retry-After": str(attempt.wait_seconds)}
        if _let_in(attempt, form.password.data):
            return redirect(_wanted(), 303)
        form.refuse(WRONG)
    return render_template("auth/login.html", form=form), 422


@area.post("/logout")
@public
def log_out() -> Response:
    """Sign out; harmless for somebody who is out already."""
    end_session()
    return redirect(url_for("auth.show_login"), 303)


def _let_in(attempt: signing_in.Try, password: str) -> bool:
    known = signing_in.check(attempt.email, password)
    user = signing_in.succeed(attempt, known, password) if known else None
    if user is None:
        db.session.rollback()
        return False
    sign_in(user)
    db.session.commit()
    return True


def _wanted() -> str:
    """Where to go after the login: the page asked for, when it is one of ours."""
    start = url_for("dashboard.show_dashboard")
    path = safe_path(request.args.get("next"), start)
    return start if path.startswith(("/login", "/logout")) else path

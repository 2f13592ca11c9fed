"""Log in, log out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.access import public, sign_in, sign_out
from portal.blueprints.auth.forms import LoginForm
from portal.blueprints.urls import safe_path
from portal.extensions import db
from portal.services import users

area = Blueprint("auth", __name__)

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
def log_in() -> tuple[str, int] | Response:
    """Sign in. An unknown address and a wrong password are answered alike."""
    form = LoginForm()
    if form.validate():
        user = users.authenticate(form.email.data, form.password.data)
        if user is not None:
            sign_in(user)
            db.session.commit()
            return redirect(_wanted(), 303)
        form.refuse(WRONG)
    return render_template("auth/login.html", form=form), 422


@area.post("/logout")
@public
def log_out() -> Response:
    """Sign out; harmless for somebody who is out already."""
    sign_out()
    return redirect(url_for("auth.show_login"), 303)


def _wanted() -> str:
    """Where to go after the login: the page asked for, when it is one of ours."""
    start = url_for("dashboard.show_dashboard")
    path = safe_path(request.args.get("next"), start)
    return start if path.startswith(("/login", "/logout")) else path

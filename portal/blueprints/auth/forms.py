"""The forms of those outside: login, a forgotten password, a new one, joining."""

from __future__ import annotations

from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from portal.blueprints.forms import PortalForm, TextField

_NOT_TOO_LONG = Length(max=1024, message="Too long.")


class LoginForm(PortalForm):
    """E-mail and password."""

    email = TextField("E-mail", required="Enter your e-mail address.", max_length=254)
    password = PasswordField("Password", validators=[InputRequired("Enter your password."), _NOT_TOO_LONG])


class ForgottenForm(PortalForm):
    """Where the link goes."""

    email = TextField("E-mail", required="Enter your e-mail address.", max_length=200)


class NewPasswordForm(PortalForm):
    """A new password. It is typed once: browsers show and remember it, and a link by mail is the way back."""

    password = PasswordField("New password", validators=[InputRequired("Enter a new password."), _NOT_TOO_LONG])


class JoinForm(PortalForm):
    """The account of somebody new."""

    name = TextField("Your name", required="Enter your name.")
    password = PasswordField("Password", validators=[InputRequired("Enter a password."), _NOT_TOO_LONG])

"""The login form."""

from __future__ import annotations

from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from portal.blueprints.forms import PortalForm, TextField


class LoginForm(PortalForm):
    """E-mail and password."""

    email = TextField("E-mail", required="Enter your e-mail address.", max_length=254)
    password = PasswordField(
        "Password", validators=[InputRequired("Enter your password."), Length(max=1024, message="Too long.")]
    )

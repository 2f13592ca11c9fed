"""The forms of the account page."""

from __future__ import annotations

from wtforms import PasswordField, SelectChoice, SelectField
from wtforms.validators import InputRequired, Length

from portal.blueprints.forms import PortalForm, TextField
from portal.services.profile import SYNC_MAILS, THEMES

_NOT_TOO_LONG = Length(max=1024, message="Too long.")


class ProfileForm(PortalForm):
    """How the person is called, and how pages look for them."""

    name = TextField("Name")
    theme = SelectField("Look", choices=[SelectChoice(value, label) for value, label in THEMES.items()])


class SyncMailForm(PortalForm):
    """When a mail tells the member of a sync."""

    sync_mail = SelectField(
        "Mail about accounting syncs", choices=[SelectChoice(value, label) for value, label in SYNC_MAILS.items()]
    )


class PasswordForm(PortalForm):
    """The present password proves who asks."""

    present = PasswordField(
        "Present password", validators=[InputRequired("Enter your present password."), _NOT_TOO_LONG]
    )
    password = PasswordField("New password", validators=[InputRequired("Enter a new password."), _NOT_TOO_LONG])

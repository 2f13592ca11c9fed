"""The forms of the members page."""

from __future__ import annotations

from wtforms import SelectChoice, SelectField

from portal.blueprints.forms import PortalForm, TextField
from portal.models.company import Role

ROLES = {
    Role.VIEWER: "Viewer: reads everything",
    Role.ACCOUNTANT: "Accountant: also edits the book, imports and syncs",
    Role.ADMIN: "Admin: also manages the connection, settings, members and API keys",
}
_CHOICES = [SelectChoice(role.value, text) for role, text in ROLES.items()]


class RoleForm(PortalForm):
    """What a member may do."""

    role = SelectField("Role", choices=_CHOICES)


class InviteForm(PortalForm):
    """Whom to invite."""

    email = TextField("E-mail", required="Enter the person's e-mail address.")
    role = SelectField("Role", choices=_CHOICES, default=Role.ACCOUNTANT.value)

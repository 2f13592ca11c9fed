"""What a person may change of their own account besides the password."""

from __future__ import annotations

from portal.extensions import db
from portal.models.company import User
from portal.services.checks import Faults

THEMES = {"": "As the device says", "light": "Light", "dark": "Dark"}


def edit(user: User, name: str, theme: str) -> User:
    """Save name and theme. Raises InvalidInput with every fault."""
    faults = Faults()
    name = faults.text("name", "Your name", name)
    if theme not in THEMES:
        faults.add("theme", "Choose one of the looks in the list.", "theme")
    faults.end()
    user.name, user.theme = name, theme
    db.session.flush()
    return user

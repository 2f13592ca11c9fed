"""What a person may change of their own account besides the password."""

from __future__ import annotations

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Membership, User
from portal.models.inbox import SyncMail
from portal.services.checks import Faults

THEMES = {"": "As the device says", "light": "Light", "dark": "Dark"}


SYNC_MAILS = {
    SyncMail.ALWAYS.value: "After every sync",
    SyncMail.PROBLEMS.value: "Only when there are new problems, or a sync fails",
    SyncMail.NEVER.value: "Never",
}


def choose_sync_mail(member: Membership, wanted: str) -> Membership:
    """Choose when mails tell this member of a sync. Raises InvalidInput (field `sync_mail`)."""
    if wanted not in SYNC_MAILS:
        raise InvalidInput("Choose one of the entries in the list. Nothing was saved.", field="sync_mail")
    member.sync_mail = wanted
    db.session.flush()
    return member


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

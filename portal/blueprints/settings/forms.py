"""The forms: the sign-in to Intacct, and the settings, each chosen from Intacct's list or typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectChoice, SelectField
from wtforms.form import BaseForm

from portal.blueprints.forms import DateField, FormErrors, PortalForm, TextField
from portal.blueprints.stale import version_of
from portal.services.connection import LoginData
from portal.services.intacct_lists import BANK_ACCOUNTS, GL_ACCOUNTS, Item, KnownList
from portal.services.integration_rows import BANK, UNDEPOSITED
from portal.services.integration_settings import Choices
from portal.services.integration_values import SETTINGS, Lists, Setting, Takes

LONGEST_SELECT = 1000
"""A longer list is no choice any more: its IDs are typed, and looked up in it."""

Option = tuple[str, str]

ON_PAGE = {
    key: setting
    for key, setting in SETTINGS.items()
    if setting.takes not in (Takes.WORD, Takes.NAMES, Takes.RULES, Takes.FIELDS)
    and key not in ("import_pdfs", "sync_full_credits")
}
"""The settings that the page shows; the others are set by `portal settings`."""


class ConnectForm(PortalForm):
    """The sign-in of an Intacct Web Services user. The password is never shown again."""

    company_id = TextField("Intacct company ID", required="Enter the company ID.", max_length=100)
    user_id = TextField("Web Services user", required="Enter the user ID.", max_length=100)
    password = PasswordField("Password")
    entity_id = TextField("Entity ID", max_length=100)
    new_book = BooleanField("Start a new Intacct book")

    def login_data(self) -> LoginData:
        """What was typed."""
        return LoginData(self.company_id.data, self.user_id.data, self.password.data or "", self.entity_id.data or "")


class SettingsForm(FormErrors, BaseForm):  # type: ignore[misc]
    """All integration settings; which field a setting has depends on the lists that Intacct gave.

    Its token is checked by the application for every form, so it carries none of its own.
    """

    def __init__(self, choices: Choices, version: int, lists: Lists, *, sent: bool) -> None:
        fields = {key: _field(setting, choices, lists) for key, setting in ON_PAGE.items()}
        super().__init__({**fields, "version": HiddenField()})
        self.form_errors: list[str] = []
        given = {key: getattr(choices, key) for key in ON_PAGE} | {"version": version}
        self.process(request.form if sent else None, data=given)

    @property
    def expected_version(self) -> int | None:
        """The version of the settings that the page was made from."""
        return version_of(self._fields["version"].data)

    def chosen(self) -> dict[str, Any]:
        """Every setting as chosen; a date that cannot be read stays the text that was typed."""
        return {key: self._chosen(key) for key in ON_PAGE}

    def _chosen(self, key: str) -> Any:
        field = self._fields[key]
        return field.raw_data[0] if field.process_errors and field.raw_data else field.data


def _field(setting: Setting, choices: Choices, lists: Lists) -> Field:
    if setting.takes == Takes.SWITCH:
        return BooleanField(setting.label)
    if setting.takes == Takes.DATE:
        return DateField(setting.label)
    groups = options(setting, lists)
    if groups is None:
        return TextField(setting.label)
    current = getattr(choices, setting.key)
    return SelectField(setting.label, choices=_with_current(groups, current), validate_choice=False)


def options(setting: Setting, lists: Lists) -> Mapping[str, Sequence[Option]] | None:
    """What can be chosen, by heading; None when Intacct did not give the list, or it is too long to choose from."""
    if not _usable(lists.get(setting.lists[0])):
        return None
    if setting.takes == Takes.DEPOSIT:
        return _deposits(lists)
    if setting.takes == Takes.ACCOUNT:
        income = [item for item in _accounts(lists) if item["type"] == "incomestatement"]
        others = [item for item in _accounts(lists) if item["type"] != "incomestatement"]
        return {"Income statement": [_option(item) for item in income], "Balance sheet": [_option(i) for i in others]}
    return {"": [_option(item) for item in lists[setting.lists[0]].items]}


def _usable(known: KnownList | None) -> bool:
    return known is not None and not known.refused and 0 < len(known.items) <= LONGEST_SELECT


def _accounts(lists: Lists) -> list[Item]:
    """The GL accounts that are not a bank's."""
    banks = lists.get(BANK_ACCOUNTS)
    taken = {bank["gl_account"] for bank in banks.items} if banks else set()
    return [item for item in lists[GL_ACCOUNTS].items if item["id"] not in taken]


def _deposits(lists: Lists) -> Mapping[str, Sequence[Option]]:
    banks = [_option(item, BANK) for item in lists[BANK_ACCOUNTS].items]
    if not _usable(lists.get(GL_ACCOUNTS)):
        return {"Bank accounts": banks}
    held = [item for item in _accounts(lists) if item["type"] == "balancesheet"]
    named = [item for item in held if "undeposited" in (item["name"] + item["category"]).lower()]
    return {"Bank accounts": banks, "Undeposited funds": [_option(item, UNDEPOSITED) for item in named or held]}


def _option(item: Item, prefix: str = "") -> Option:
    return prefix + item["id"], f"{item['id']} {item['name']}".strip()


def _with_current(groups: Mapping[str, Sequence[Option]], current: str) -> list[SelectChoice]:
    """The options with "none" first, and with what is chosen now even where the list does not have it any more."""
    listed = [SelectChoice(value, label, optgroup=name or None) for name in groups for value, label in groups[name]]
    first = [SelectChoice("", "None chosen")]
    if current and all(choice.value != current for choice in listed):
        first.append(SelectChoice(current, f"{current.rpartition(':')[2]} (not in Intacct's list)"))
    return first + listed

"""The forms: the sign-in to Intacct, and the settings, each chosen from Intacct's list or typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, PasswordField, SelectChoice, SelectField
from wtforms.form import BaseForm

from portal.blueprints.forms import DateField, FormErrors, PlainForm, PortalForm, TextField
from portal.blueprints.settings.choosing import (
    currency_field,
    method_field,
    names_field,
    object_field,
    one_field,
    options,
)
from portal.blueprints.stale import version_of
from portal.services.connection import LoginData
from portal.services.integration_rows import MOST_ROWS
from portal.services.integration_settings import Choices
from portal.services.integration_values import SETTINGS, Lists, Setting, Takes

NEW_ROWS = 2
"""So many blank rows stand below those that hold something."""

_WITH_ROWS = tuple(key for key, setting in SETTINGS.items() if setting.takes in (Takes.RULES, Takes.FIELDS))
_ROW = re.compile(r"[a-z_]+-\d{1,3}-[a-z_]+", re.ASCII)


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

    def __init__(
        self, choices: Choices, version: int, lists: Lists, *, sent: bool, currencies: Sequence[str] = ()
    ) -> None:
        fields = {key: _field(setting, choices, lists, currencies) for key, setting in SETTINGS.items()}
        super().__init__({**fields, "version": HiddenField()})
        self.form_errors: list[str] = []
        given = {key: getattr(choices, key) for key in SETTINGS} | {"version": "" if sent else str(version)}
        self.process(_sent() if sent else None, data=given)
        for key in _WITH_ROWS:
            _add_blank_rows(self._fields[key])

    @property
    def expected_version(self) -> int | None:
        """The version of the settings that the page was made from."""
        return version_of(self._fields["version"].data)

    def chosen(self) -> dict[str, Any]:
        """Every setting as chosen; a date that cannot be read stays the text that was typed."""
        return {key: self._chosen(key) for key in SETTINGS}

    def form_field(self, field: str) -> str:
        """The form's name of what the services call `field`: they count only rows that hold something."""
        key, _, rest = field.partition(".")
        place, _, part = rest.partition(".")
        if key not in _WITH_ROWS or not place.isdecimal():
            return field
        filled = [position for position, entry in enumerate(self._fields[key]) if not _is_blank(entry.form)]
        return f"{key}.{filled[int(place)]}.{part}"

    def _chosen(self, key: str) -> Any:
        field = self._fields[key]
        if key in _WITH_ROWS:
            return [entry.form.data for entry in field if not _is_blank(entry.form)]
        return field.raw_data[0] if field.process_errors and field.raw_data else field.data


def _field(setting: Setting, choices: Choices, lists: Lists, currencies: Sequence[str]) -> Field:
    current = getattr(choices, setting.key)
    if setting.takes == Takes.SWITCH:
        return BooleanField(setting.label)
    if setting.takes == Takes.DATE:
        return DateField(setting.label)
    if setting.takes == Takes.COUNT:
        return TextField(setting.label, render_kw={"inputmode": "numeric"})
    if setting.takes == Takes.WORD:
        words = [SelectChoice(word, meaning) for word, meaning in setting.words]
        return SelectField(setting.label, choices=words, validate_choice=False)
    if setting.takes == Takes.NAMES:
        return names_field(setting, current, lists)
    if setting.takes == Takes.RULES:
        return _rows_of(setting, _rule_form(setting, choices, lists, currencies))
    if setting.takes == Takes.FIELDS:
        return _rows_of(setting, CustomFieldForm)
    return one_field(setting.label, options(setting, lists), (current,))


class CustomFieldForm(PlainForm):
    """One field of Intacct's that is kept here."""

    object = object_field("Object")
    field = TextField("Field in Intacct")
    metadata_key = TextField("Metadata key here")


def _rule_form(setting: Setting, choices: Choices, lists: Lists, currencies: Sequence[str]) -> type[PlainForm]:
    """The form of one rule for deposits, with the lists of today."""
    rules = choices.payment_rules
    fields = {
        "method": method_field("Method"),
        "currency": currency_field("Currency", currencies, (rule.currency for rule in rules), lists),
        "deposit_to": one_field("Deposit to", options(setting, lists), (rule.deposit_to for rule in rules)),
    }
    return type("RuleForm", (PlainForm,), fields)


def _rows_of(setting: Setting, form: type[PlainForm]) -> FieldList:
    return FieldList(FormField(form), label=setting.label, max_entries=MOST_ROWS + NEW_ROWS)


def _add_blank_rows(rows: FieldList) -> None:
    blank = 0
    for entry in reversed(rows.entries):
        if not _is_blank(entry.form):
            break
        blank += 1
    for _ in range(min(NEW_ROWS - blank, rows.max_entries - len(rows))):
        rows.append_entry()


def _is_blank(row: PlainForm) -> bool:
    return not any((value or "").strip() for value in row.data.values())


def _sent() -> MultiDict[str, str]:
    """What was sent; rows are taken by their plain names only: the library trips over odd ones."""
    odd = {key for key in request.form if key.startswith(_WITH_ROWS) and not _ROW.fullmatch(key)}
    return MultiDict([item for item in request.form.items(multi=True) if item[0] not in odd])

"""What a setting can be chosen from, by headings, as Intacct's lists have it; and the field for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wtforms import Field, SelectChoice, SelectField, SelectMultipleField, TextAreaField

from portal.blueprints.forms import TextField
from portal.services.intacct_lists import BANK_ACCOUNTS, GL_ACCOUNTS, Item, KnownList
from portal.services.integration_rows import BANK, METHODS, OBJECTS, UNDEPOSITED
from portal.services.integration_values import Lists, Setting, Takes

LONGEST_SELECT = 1000
"""A longer list is no choice any more: its IDs are typed, and looked up in it."""

NONE_CHOSEN = "None chosen"

Option = tuple[str, str]


class NamesField(TextAreaField):  # type: ignore[misc]
    """Names, one a line."""

    def _value(self) -> str:
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the lines that hold something."""
        if valuelist:
            self.data = [line.strip() for line in valuelist[0].splitlines() if line.strip()]


def options(setting: Setting, lists: Lists) -> Mapping[str, Sequence[Option]] | None:
    """What can be chosen, by heading; None when Intacct did not give the list, or it is too long to choose from."""
    if not _usable(lists.get(setting.lists[0])):
        return None
    if setting.takes in (Takes.DEPOSIT, Takes.RULES):
        return _deposits(lists)
    if setting.takes == Takes.ACCOUNT:
        income = [item for item in _accounts(lists) if item["type"] == "incomestatement"]
        others = [item for item in _accounts(lists) if item["type"] != "incomestatement"]
        return {"Income statement": [_option(item) for item in income], "Balance sheet": [_option(i) for i in others]}
    return {"": [_option(item) for item in lists[setting.lists[0]].items]}


def one_field(
    label: str, groups: Mapping[str, Sequence[Option]] | None, current: Iterable[str], none: str = NONE_CHOSEN
) -> Field:
    """A choice of one, "none" first, that holds what is chosen now even where the list does not have it any more; a
    typed field where there is no list."""
    if groups is None:
        return TextField(label)
    listed = [SelectChoice(value, text, optgroup=name or None) for name in groups for value, text in groups[name]]
    values = {choice.value for choice in listed}
    gone = [SelectChoice(value, _gone(value)) for value in dict.fromkeys(current) if value and value not in values]
    return SelectField(label, choices=[SelectChoice("", none), *gone, *listed], validate_choice=False)


def names_field(setting: Setting, current: Sequence[str], lists: Lists) -> Field:
    """Boxes to tick, or names to type where there is no list."""
    groups = options(setting, lists)
    if groups is None:
        return NamesField(setting.label)
    listed = {value: value for group in groups.values() for value, _ in group}
    gone = {value: _gone(value) for value in current if value not in listed}
    boxes = [SelectChoice(value, text) for value, text in {**gone, **listed}.items()]
    return SelectMultipleField(setting.label, choices=boxes, validate_choice=False)


def method_field(label: str) -> Field:
    """A payment method, or any."""
    return one_field(label, {"": list(METHODS.items())}, (), "Any method")


def currency_field(label: str, currencies: Sequence[str], current: Iterable[str], lists: Lists) -> Field:
    """A currency of those that bank accounts and the company have, or any; typed where bank accounts are not known."""
    banks = lists.get(BANK_ACCOUNTS)
    if not _usable(banks):
        return TextField(label)
    assert banks is not None
    codes = {*currencies, *(bank["currency"] for bank in banks.items), *current} - {""}
    return one_field(label, {"": [(code, code) for code in sorted(codes)]}, (), "Any currency")


def object_field(label: str) -> Field:
    """One of the objects whose custom fields are read."""
    return one_field(label, {"": [(name, f"{words} ({name})") for name, words in OBJECTS.items()]}, ())


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


def _gone(value: str) -> str:
    return f"{value.rpartition(':')[2]} (not in Intacct's list)"

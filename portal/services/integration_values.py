"""The integration settings one by one: what each means, and what it takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.errors import InvalidInput
from portal.services.intacct_lists import BANK_ACCOUNTS, DEPARTMENTS, GL_ACCOUNTS, LOCATIONS, KnownList

BANK, UNDEPOSITED = "bank:", "undeposited:"
LONGEST_ID = 60
FIRST_DATE, LAST_DATE = dt.date(2000, 1, 1), dt.date(2100, 12, 31)

Lists = Mapping[str, KnownList]


class Takes(StrEnum):
    """What kind of value a setting takes."""

    SWITCH = "switch"
    ACCOUNT = "GL account"
    DEPOSIT = "deposit"
    LOCATION = "location"
    DEPARTMENT = "department"
    DATE = "date"


@dataclass(frozen=True)
class Setting:
    """One setting. `lists` are those that it is chosen from."""

    key: str
    takes: Takes
    group: str
    label: str
    help: str = ""

    @property
    def lists(self) -> tuple[str, ...]:
        """The kinds of Intacct's lists that its value is looked up in."""
        return _LISTS.get(self.takes, ())


_LISTS = {
    Takes.ACCOUNT: (GL_ACCOUNTS, BANK_ACCOUNTS),
    Takes.DEPOSIT: (BANK_ACCOUNTS, GL_ACCOUNTS),
    Takes.LOCATION: (LOCATIONS,),
    Takes.DEPARTMENT: (DEPARTMENTS,),
}

WAYS, ACCOUNTS, DIMENSIONS, DATES = "What goes which way", "Accounts", "Dimensions", "Dates"

SETTINGS: Mapping[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("auto_sync", Takes.SWITCH, WAYS, "Reconcile to Intacct", "Syncs by itself about once an hour."),
        Setting("write_invoices", Takes.SWITCH, WAYS, "Send invoices",
                "Invoices issued here, and their customers, are posted to Intacct."),
        Setting("write_payments", Takes.SWITCH, WAYS, "Send payments",
                "Payments recorded here are posted to Intacct and applied there."),
        Setting("read_payments", Takes.SWITCH, WAYS, "Read payments",
                "Money received in Intacct on invoices of this portal is recorded here."),
        Setting("income_account", Takes.ACCOUNT, ACCOUNTS, "Income account",
                "For invoice lines that name no account. Needed to send invoices."),
        Setting("deposit_to", Takes.DEPOSIT, ACCOUNTS, "Deposit payments to",
                "A bank account, or an account for undeposited funds. Needed to send payments."),
        Setting("location_id", Takes.LOCATION, DIMENSIONS, "Location", "For invoice lines that name no location."),
        Setting("department_id", Takes.DEPARTMENT, DIMENSIONS, "Department",
                "For invoice lines that name no department."),
        Setting("overpayment_location_id", Takes.LOCATION, DIMENSIONS, "Location of overpayments",
                "For the part of a payment that no invoice takes up."),
        Setting("overpayment_department_id", Takes.DEPARTMENT, DIMENSIONS, "Department of overpayments",
                "For the part of a payment that no invoice takes up."),
        Setting("sync_from", Takes.DATE, DATES, "Sync documents dated from",
                "Documents dated earlier are left alone on both sides. Empty: all are synced."),
    )
}  # fmt: skip

_TRUE, _FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0"}


def read_value(setting: Setting, value: Any, lists: Lists) -> bool | str | None:
    """`value` as it is stored: a boolean, an ID as Intacct writes it ("" for none), an ISO date or None.

    `lists` holds what is known of Intacct; a list that could not be had refuses nothing. Raises InvalidInput.
    """
    if setting.takes == Takes.SWITCH:
        return _switch(setting, value)
    if setting.takes == Takes.DATE:
        return _date(setting, value)
    text = _text(setting, value)
    if not text:
        return ""
    if setting.takes == Takes.DEPOSIT:
        return _deposit(setting, text, lists)
    if setting.takes == Takes.ACCOUNT:
        return _gl_account(setting, text, lists)
    return _listed(setting, text, setting.lists[0], lists)


def _switch(setting: Setting, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int) else ""
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise _bad(setting, "is on or off. Write true or false.")


def _date(setting: Setting, value: Any) -> str | None:
    if value is None or value == "":
        return None
    day = _day(value)
    if day is None or not FIRST_DATE <= day <= LAST_DATE:
        raise _bad(setting, "is a date from 2000 to 2100. Write it as 2026-01-31, or leave it empty.")
    return day.isoformat()


def _day(value: Any) -> dt.date | None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(setting: Setting, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _bad(setting, "is text.")
    text = str(value).strip()
    if len(text) > LONGEST_ID or not text.isprintable():
        raise _bad(setting, f"has at most {LONGEST_ID} characters, all of them printable.")
    return text


def _deposit(setting: Setting, text: str, lists: Lists) -> str:
    prefix, _, target = text.partition(":")
    target = target.strip()
    if target and prefix + ":" == BANK:
        return BANK + _listed(setting, target, BANK_ACCOUNTS, lists)
    if target and prefix + ":" == UNDEPOSITED:
        return UNDEPOSITED + _gl_account(setting, target, lists)
    raise _bad(setting, "is bank:ID with a bank account's ID, or undeposited:ACCOUNT with a GL account's number.")


def _gl_account(setting: Setting, text: str, lists: Lists) -> str:
    account = _listed(setting, text, GL_ACCOUNTS, lists)
    banks = lists.get(BANK_ACCOUNTS)
    owner = next((bank for bank in banks.items if bank.get("gl_account") == account), None) if banks else None
    if owner is not None:
        raise _bad(
            setting,
            f"cannot be {account}: it is the account of the bank account {owner['id']}, and Intacct refuses it here."
            " Choose another.",
            "bank_account",
        )
    return account


_NOUNS = {GL_ACCOUNTS: "GL account", BANK_ACCOUNTS: "bank account", LOCATIONS: "location", DEPARTMENTS: "department"}


def _listed(setting: Setting, text: str, kind: str, lists: Lists) -> str:
    """The ID as Intacct writes it, or as typed where its list could not be had."""
    known = lists.get(kind)
    if known is None or known.refused:
        return text
    item = known.find(text)
    if item is None:
        raise _bad(
            setting,
            f"cannot be {text}: Intacct has no active {_NOUNS[kind]} of this ID that the user may see. Choose one of"
            " its list, or add it in Intacct and refresh the lists.",
            "not_in_list",
        )
    return item["id"]


def _bad(setting: Setting, rest: str, code: str = "") -> InvalidInput:
    return InvalidInput(f"{setting.label} {rest} Nothing was saved.", field=setting.key, code=code)

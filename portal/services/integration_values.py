"""The integration settings one by one: what each means, and what it takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.errors import InvalidInput
from portal.services import integration_rows
from portal.services.intacct_lists import (
    BANK_ACCOUNTS,
    DEPARTMENTS,
    GL_ACCOUNTS,
    LOCATIONS,
    ORDER_TYPES,
    KnownList,
)
from portal.services.integration_rows import BANK, UNDEPOSITED

LONGEST_ID = 60
MOST = 1_000_000_000
FIRST_DATE, LAST_DATE = dt.date(2000, 1, 1), dt.date(2100, 12, 31)

Lists = Mapping[str, KnownList]
Stored = bool | int | str | None | list[str] | list[dict[str, str]]
"""What a setting is kept as: plain JSON."""


class Takes(StrEnum):
    """What kind of value a setting takes."""

    SWITCH = "switch"
    ACCOUNT = "GL account"
    DEPOSIT = "deposit"
    LOCATION = "location"
    DEPARTMENT = "department"
    DATE = "date"
    COUNT = "count"
    WORD = "word"
    NAMES = "names"
    RULES = "payment rules"
    FIELDS = "custom fields"


@dataclass(frozen=True)
class Setting:
    """One setting. `lists` are those that it is chosen from."""

    key: str
    takes: Takes
    group: str
    label: str
    help: str = ""
    words: tuple[tuple[str, str], ...] = ()
    """The words that it takes, each with what it means, where it takes words."""

    @property
    def lists(self) -> tuple[str, ...]:
        """The kinds of Intacct's lists that its value is looked up in."""
        return _LISTS.get(self.takes, ())


_LISTS = {
    Takes.ACCOUNT: (GL_ACCOUNTS, BANK_ACCOUNTS),
    Takes.DEPOSIT: (BANK_ACCOUNTS, GL_ACCOUNTS),
    Takes.LOCATION: (LOCATIONS,),
    Takes.DEPARTMENT: (DEPARTMENTS,),
    Takes.NAMES: (ORDER_TYPES,),
    Takes.RULES: (BANK_ACCOUNTS, GL_ACCOUNTS),
}

DIRECTIONS, ACCOUNTS, DIMENSIONS, IMPORTS, ADVANCED = "Directions", "Accounts", "Dimensions", "Imports", "Advanced"

CUSTOMER, BILL_TO_CONTACT = "customer", "bill_to_contact"
"""Who the portal's customer is: the customer in Intacct, or the contact that its documents are billed to."""

SETTINGS: Mapping[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("auto_sync", Takes.SWITCH, DIRECTIONS, "Reconcile to Intacct", "Syncs by itself about once an hour."),
        Setting("write_invoices", Takes.SWITCH, DIRECTIONS, "Send invoices",
                "Invoices issued here, and their customers, are posted to Intacct."),
        Setting("write_payments", Takes.SWITCH, DIRECTIONS, "Send payments",
                "Payments recorded here are posted to Intacct and applied there."),
        Setting("write_credit_notes", Takes.SWITCH, DIRECTIONS, "Send credit notes",
                "Credit notes issued here are posted to Intacct as AR adjustments and applied there."),
        Setting("read_payments", Takes.SWITCH, DIRECTIONS, "Read payments",
                "Money received in Intacct on invoices of this portal is recorded here."),
        Setting("read_credits", Takes.SWITCH, DIRECTIONS, "Read credits",
                "Credits applied in Intacct on invoices of this portal are recorded here as payments of method other."),
        Setting("read_invoices", Takes.SWITCH, DIRECTIONS, "Read invoices",
                "Invoices made in Intacct are brought here with each sync, of the document types chosen below."),
        Setting("invoice_document_types", Takes.NAMES, IMPORTS, "Document types of invoices",
                "The Order Entry transaction definitions whose documents the sync brings here."),
        Setting("customer_source", Takes.WORD, IMPORTS, "Customers here are",
                "Whom an imported invoice belongs to. Changing it later does not move what is here already.",
                ((CUSTOMER, "customers in Intacct"), (BILL_TO_CONTACT, "bill-to contacts in Intacct"))),
        Setting("income_account", Takes.ACCOUNT, ACCOUNTS, "Income account",
                "For invoice lines that name no account. Needed to send invoices."),
        Setting("discount_account", Takes.ACCOUNT, ACCOUNTS, "Discount account",
                "For the discount of a document. Empty: the income account."),
        Setting("tax_account", Takes.ACCOUNT, ACCOUNTS, "Tax account",
                "For the tax of a document. Empty: the income account."),
        Setting("deposit_to", Takes.DEPOSIT, ACCOUNTS, "Deposit payments to",
                "A bank account, or an account for undeposited funds. Needed to send payments."),
        Setting("payment_rules", Takes.RULES, ACCOUNTS, "Other deposit accounts",
                "Where payments of a method or in a currency go instead. The closest rule wins: one for currency and"
                " method, then one for the currency, then one for the method."),
        Setting("location_id", Takes.LOCATION, DIMENSIONS, "Location", "For invoice lines that name no location."),
        Setting("department_id", Takes.DEPARTMENT, DIMENSIONS, "Department",
                "For invoice lines that name no department."),
        Setting("overpayment_location_id", Takes.LOCATION, DIMENSIONS, "Location of overpayments",
                "For the part of a payment that no invoice takes up."),
        Setting("overpayment_department_id", Takes.DEPARTMENT, DIMENSIONS, "Department of overpayments",
                "For the part of a payment that no invoice takes up."),
        Setting("custom_fields", Takes.FIELDS, IMPORTS, "Custom fields",
                "Fields of Intacct that imports and the sync keep in the metadata of the record here."),
        Setting("import_pdfs", Takes.SWITCH, IMPORTS, "Bring the PDF along",
                "Keep Intacct's PDF of an imported invoice with it."),
        Setting("sync_from", Takes.DATE, ADVANCED, "Sync documents dated from",
                "Documents dated earlier are left alone on both sides. Empty: all are synced."),
        Setting("sync_full_credits", Takes.SWITCH, ADVANCED, "Sync credits that settle a whole invoice",
                "Off: an invoice that credits alone settle is settled on its own side only, and shown as such."),
        Setting("monthly_allowance", Takes.COUNT, ADVANCED, "Monthly allowance at Intacct",
                "How many API transactions your Intacct contract holds a month; by the word of Intacct's partners each"
                " function that the portal asks for is one. The forecast on Accounting sync is held against it. Empty:"
                " none is known."),
    )
}  # fmt: skip

_TRUE, _FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0"}


def read_value(setting: Setting, value: Any, lists: Lists) -> Stored:
    """`value` as it is stored: a boolean, an ID as Intacct writes it ("" for none), an ISO date or None, rows.

    `lists` holds what is known of Intacct; a list that could not be had refuses nothing. Raises InvalidInput.
    """
    return _READERS[setting.takes](setting, value, lists)


def _switch(setting: Setting, value: Any, lists: Lists) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str | int) else ""
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise _bad(setting, "is on or off. Write true or false.")


def _date(setting: Setting, value: Any, lists: Lists) -> str | None:
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


def _count(setting: Setting, value: Any, lists: Lists) -> int | None:
    text = str(value).strip().replace(",", "") if isinstance(value, str | int) and not isinstance(value, bool) else "?"
    if value is None or not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MOST):
        raise _bad(setting, f"is a whole number from 1 to {MOST:,}, or empty.")
    return int(text)


def _text(setting: Setting, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _bad(setting, "is text.")
    text = str(value).strip()
    if len(text) > LONGEST_ID or not text.isprintable():
        raise _bad(setting, f"has at most {LONGEST_ID} characters, all of them printable.")
    return text


def _word(setting: Setting, value: Any, lists: Lists) -> str:
    text = _text(setting, value).lower()
    words = [word for word, _ in setting.words]
    if text not in words:
        raise _bad(setting, f"is one of {', '.join(words)}.")
    return text


def _names(setting: Setting, value: Any, lists: Lists) -> list[str]:
    return integration_rows.read_names(
        setting.key, setting.label, value, lambda name: _listed(setting, name, ORDER_TYPES, lists)
    )


def _rules(setting: Setting, value: Any, lists: Lists) -> list[dict[str, str]]:
    def deposit(given: Any, field: str) -> str:
        at = Setting(field, Takes.DEPOSIT, setting.group, "The account")
        return _deposit(at, given, lists)

    return integration_rows.read_rules(setting.key, setting.label, value, deposit)


def _fields(setting: Setting, value: Any, lists: Lists) -> list[dict[str, str]]:
    return integration_rows.read_custom_fields(setting.key, setting.label, value)


def _deposit(setting: Setting, value: Any, lists: Lists) -> str:
    text = _text(setting, value)
    if not text:
        return ""
    prefix, _, target = text.partition(":")
    target = target.strip()
    if target and prefix + ":" == BANK:
        return BANK + _listed(setting, target, BANK_ACCOUNTS, lists)
    if target and prefix + ":" == UNDEPOSITED:
        return UNDEPOSITED + _gl_account(setting, target, lists)
    raise _bad(setting, "is bank:ID with a bank account's ID, or undeposited:ACCOUNT with a GL account's number.")


def _account(setting: Setting, value: Any, lists: Lists) -> str:
    text = _text(setting, value)
    return _gl_account(setting, text, lists) if text else ""


def _dimension(setting: Setting, value: Any, lists: Lists) -> str:
    text = _text(setting, value)
    return _listed(setting, text, setting.lists[0], lists) if text else ""


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


_NOUNS = {
    GL_ACCOUNTS: "GL account of this ID",
    BANK_ACCOUNTS: "bank account of this ID",
    LOCATIONS: "location of this ID",
    DEPARTMENTS: "department of this ID",
    ORDER_TYPES: "Order Entry transaction definition of this name and of the class Invoice",
}


def _listed(setting: Setting, text: str, kind: str, lists: Lists) -> str:
    """The ID as Intacct writes it, or as typed where its list could not be had."""
    known = lists.get(kind)
    if known is None or known.refused:
        return text
    item = known.find(text)
    if item is None:
        raise _bad(
            setting,
            f"cannot be {text}: Intacct has no active {_NOUNS[kind]} that the user may see. Choose one of"
            " its list, or add it in Intacct and refresh the lists.",
            "not_in_list",
        )
    return item["id"]


def _bad(setting: Setting, rest: str, code: str = "") -> InvalidInput:
    return InvalidInput(f"{setting.label} {rest} Nothing was saved.", field=setting.key, code=code)


_READERS: Mapping[Takes, Callable[[Setting, Any, Lists], Stored]] = {
    Takes.SWITCH: _switch,
    Takes.DATE: _date,
    Takes.COUNT: _count,
    Takes.DEPOSIT: _deposit,
    Takes.ACCOUNT: _account,
    Takes.LOCATION: _dimension,
    Takes.DEPARTMENT: _dimension,
    Takes.WORD: _word,
    Takes.NAMES: _names,
    Takes.RULES: _rules,
    Takes.FIELDS: _fields,
}

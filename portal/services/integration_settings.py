"""What a company chose for its accounting sync: typed, with defaults, stored by key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import update

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, IntegrationSettings
from portal.models.sync import Problem
from portal.models.types import utcnow
from portal.services import audit, intacct_lists, wanted
from portal.services.audit import Actor
from portal.services.integration_rows import CustomField, Deposit, PaymentRule, best_deposit
from portal.services.integration_values import CUSTOMER, SETTINGS, Lists, Stored, read_value


@dataclass(frozen=True)
class Choices:
    """The settings of one company by their keys; a field's default is the setting's default."""

    auto_sync: bool = False
    write_invoices: bool = True
    write_payments: bool = True
    write_credit_notes: bool = True
    read_payments: bool = True
    read_credits: bool = True
    read_invoices: bool = False
    invoice_document_types: tuple[str, ...] = ()
    customer_source: str = CUSTOMER
    income_account: str = ""
    discount_account: str = ""
    tax_account: str = ""
    deposit_to: str = ""
    payment_rules: tuple[PaymentRule, ...] = ()
    location_id: str = ""
    department_id: str = ""
    overpayment_location_id: str = ""
    overpayment_department_id: str = ""
    custom_fields: tuple[CustomField, ...] = ()
    import_pdfs: bool = False
    sync_from: dt.date | None = None
    sync_full_credits: bool = False
    monthly_allowance: int | None = None

    def deposit_for(self, method: str, currency: str) -> Deposit:
        """Where a payment of this method and currency goes: the closest of `payment_rules`, else `deposit_to`."""
        return best_deposit(self.payment_rules, method, currency, self.deposit_to)

    def fields_of(self, intacct_object: str) -> dict[str, str]:
        """The metadata keys that fields of an object are kept under, by field."""
        return {item.field: item.metadata_key for item in self.custom_fields if item.object == intacct_object}


def load(company_id: int) -> Choices:
    """The company's choices, defaults where it chose nothing."""
    row = db.session.get(IntegrationSettings, company_id)
    chosen: dict[str, Any] = dict(row.values) if row else {}
    known = {field.name for field in fields(Choices)}
    return Choices(**{key: _typed(key, value) for key, value in chosen.items() if key in known})


def _typed(key: str, value: Any) -> Any:
    if key == "sync_from":
        return dt.date.fromisoformat(value) if value else None
    if isinstance(value, list):
        row = _ROWS.get(key)
        return tuple(row(**item) if row else item for item in value)
    return value


_ROWS: Mapping[str, Callable[..., PaymentRule | CustomField]] = {
    "payment_rules": PaymentRule,
    "custom_fields": CustomField,
}


def version(company_id: int) -> int:
    """Rises with each change; tells two editors apart."""
    row = db.session.get(IntegrationSettings, company_id)
    return row.version if row else 0


def values(choices: Choices) -> dict[str, Stored]:
    """The choices by key as plain values, a date as ISO text, rows as objects; what `change` takes again."""
    return {key: _plain(getattr(choices, key)) for key in SETTINGS}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [item if isinstance(item, str) else asdict(item) for item in value]
    return value


def missing(choices: Choices) -> list[tuple[str, str]]:
    """(key, sentence) for each setting that a sync needs and that was not chosen."""
    found = []
    if choices.write_invoices and not choices.income_account:
        found.append(("income_account", "Choose the income account of invoices in the integration settings."))
    if choices.write_payments and not choices.deposit_to:
        found.append(("deposit_to", "Choose where payments are deposited in the integration settings."))
    return found


def change(
    company: Company, wanted_values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None
) -> Choices:
    """Change the settings named; the others stay. All are taken or none.

    Raises InvalidInput with every unknown key and bad value (its field is the key), NotAllowedNow ("stale") when
    somebody else saved since `expected_version`.
    """
    db.session.get_one(Company, company.id, with_for_update=True)
    if expected_version is not None and expected_version != version(company.id):
        raise NotAllowedNow("Somebody else saved the settings meanwhile. Nothing of yours was saved.", code="stale")
    book = wanted.active_book(company.id)
    read = _read(wanted_values, intacct_lists.known(book) if book else {})
    before = values(load(company.id))
    after = {key: value for key, value in read.items() if before[key] != value}
    if after:
        _store(company.id, after)
        audit.record_change(company.id, actor, "integration_settings", company.id, "edited", before, after)
        if book:
            _take_effect(book, after)
    return load(company.id)


def _read(wanted_values: Mapping[str, Any], lists: Lists) -> dict[str, Stored]:
    read: dict[str, Stored] = {}
    faults: list[InvalidInput] = []
    for key, value in wanted_values.items():
        try:
            if key not in SETTINGS:
                raise _unknown(key)
            read[key] = read_value(SETTINGS[key], value, lists)
        except InvalidInput as error:
            faults.extend(error.all)
    if faults:
        first, *more = faults
        raise InvalidInput(first.message, field=first.field, code=first.code, more=tuple(more))
    return read


def _unknown(key: str) -> InvalidInput:
    return InvalidInput(
        f"There is no setting {key}. Nothing was saved. The settings are {', '.join(SETTINGS)}.",
        field=key,
        code="unknown_key",
    )


def _store(company_id: int, after: Mapping[str, Stored]) -> None:
    row = db.session.get(IntegrationSettings, company_id)
    if row is None:
        row = IntegrationSettings(company_id=company_id, values={}, version=0)
        db.session.add(row)
    row.values = {**row.values, **after}
    row.version += 1
    db.session.flush()


def _take_effect(book: Book, after: Mapping[str, Stored]) -> None:
    """A new start moves what is left alone; any change may have mended a problem, so all are due at once."""
    if "sync_from" in after:
        wanted.note_start(book)
    if "sync_full_credits" in after:
        wanted.note_full_credits(book)
    if after.get("auto_sync"):
        book.next_sync_at = utcnow()
    db.session.execute(
        update(Problem).where(Problem.book_id == book.id, Problem.closed_at.is_(None)).values(retry_at=utcnow())
    )
    db.session.flush()

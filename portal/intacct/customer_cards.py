"""A customer with all its contacts, as an import reads it: relationship paths of `query` [Intacct, customers]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .values import is_key

BILL_TO, PRIMARY, DISPLAY = "BILLTOCONTACT", "PRIMARYCONTACT", "DISPLAYCONTACT"

_PLAIN = ("RECORDNO", "CUSTOMERID", "NAME", "STATUS", "CURRENCY", "TERMNAME", "PARENTID", "PARENTNAME",
          "MEGAENTITYID")  # fmt: skip
_CONTACT = ("CONTACTNAME", "PRINTAS", "EMAIL1", "EMAIL2", "PHONE1", "MAILADDRESS.ADDRESS1", "MAILADDRESS.ADDRESS2",
            "MAILADDRESS.CITY", "MAILADDRESS.STATE", "MAILADDRESS.ZIP", "MAILADDRESS.COUNTRY")  # fmt: skip
"""In the order of the attributes of `Contact`, whose `emails` take two of them."""


@dataclass(frozen=True)
class Contact:
    """Who gets the bill. `emails` joins both of Intacct's fields, of which either may hold several."""

    name: str
    print_as: str
    emails: str
    phone: str
    address1: str
    address2: str
    city: str
    state: str
    postal_code: str
    country: str


@dataclass(frozen=True)
class CustomerCard:
    """A customer of Intacct's. `entity` is the owning entity, "" at the top level; a missing contact is None."""

    record_no: int
    customer_id: str
    name: str
    active: bool
    currency: str
    terms: str
    parent_id: str
    parent_name: str
    entity: str
    bill_to: Contact | None
    primary: Contact | None
    display: Contact | None
    row: Mapping[str, str]

    @property
    def contact(self) -> Contact | None:
        """Where bills go: the bill-to contact, else the primary, else the display contact."""
        return self.bill_to or self.primary or self.display

    @classmethod
    def fields(cls, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """What to ask for; `more` are further fields of the company's own."""
        return (*_PLAIN, *contact_fields(BILL_TO), *contact_fields(PRIMARY), *contact_fields(DISPLAY), *more)

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> CustomerCard:
        """Read one row. Raises `ValueError` naming the field."""
        if not is_key(row["RECORDNO"]):
            raise ValueError(f"RECORDNO: {row['RECORDNO']!r} is not a record number")
        return cls(
            record_no=int(row["RECORDNO"]),
            customer_id=row.get("CUSTOMERID", ""),
            name=row.get("NAME", ""),
            active=row.get("STATUS", "").strip().lower() not in ("inactive", "f", "false"),
            currency=row.get("CURRENCY", ""),
            terms=row.get("TERMNAME", ""),
            parent_id=row.get("PARENTID", ""),
            parent_name=row.get("PARENTNAME", ""),
            entity=row.get("MEGAENTITYID", ""),
            bill_to=contact(row, BILL_TO),
            primary=contact(row, PRIMARY),
            display=contact(row, DISPLAY),
            row=row,
        )


@cache
def contact_fields(path: str) -> tuple[str, ...]:
    """What to ask for of the contact that `path` leads to."""
    return tuple(f"{path}.{name}" for name in _CONTACT)


def contact(row: Mapping[str, str], path: str) -> Contact | None:
    """The contact at the end of `path`; None where there is none."""
    fields = contact_fields(path)
    name = row.get(fields[0], "").strip()
    if not name:
        return None
    print_as, email1, email2, phone, *address = [row.get(field, "").strip() for field in fields[1:]]
    plain = email1 if not email2 and "," not in email1 and ";" not in email1 else _joined(email1, email2)
    return Contact(name, print_as, plain, phone, *address)


def _joined(*fields: str) -> str:
    """Every address of these fields once, in their order, parted by a comma and a space."""
    found = [part.strip() for text in fields for part in text.replace(";", ",").split(",")]
    return ", ".join(dict.fromkeys(part for part in found if part))

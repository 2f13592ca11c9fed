"""The company's books: the records with their stamps, numbers, and the rules that all objects share."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import visibility
from .clock import SandboxClock
from .errors import business
from .objects import OBJECTS, SEQUENCES
from .paging import KeptKeys
from .store import Record, Store
from .switches import Switches
from .values import parse_date, parse_offset

COMPANY_ID = "LANTERN-DEMO"
# The module key of Accounts Receivable.
RECEIVABLES = "4.AR"
BASE_CURRENCY = "USD"
# Intacct's daily rates, in base currency for one unit; they stand still here.
DAILY_RATES = {"USD": Decimal(1), "EUR": Decimal("1.10"), "GBP": Decimal("1.25"), "CAD": Decimal("0.75")}
# Parts of other records, whose history is their header's.
UNAUDITED = {name for name in OBJECTS if name.endswith(("ITEM", "ENTRY", "DETAIL", "SUBTOTALS"))} - {"ITEM"}
TOP_LEVEL: Record = {"MEGAENTITYKEY": None, "MEGAENTITYID": None, "MEGAENTITYNAME": None}


class Books:
    """The store with a clock, switches and the user at work; every write of a record goes through here."""

    def __init__(self, store: Store, clock: SandboxClock, switches: Switches, company_id: str = COMPANY_ID) -> None:
        self.company_id = company_id
        self.store = store
        self.clock = clock
        self.switches = switches
        self.user_key: int | None = 1
        self.user_id = "admin"
        self.entity: Record | None = None
        self.kept_keys = KeptKeys()

    @property
    def offset(self) -> timedelta:
        """The API user's time zone."""
        return parse_offset(self.switches.user_offset)

    def today(self) -> date:
        """The day at the API user's place."""
        return (self.clock.now() + self.offset).date()

    def number(self, name: str) -> int:
        """The next RECORDNO of an object: A/R transactions share one sequence."""
        return self.store.next_number(SEQUENCES.get(name, name))

    def create(self, name: str, **values: Any) -> Record:
        """Add a record with the next RECORDNO, creation and change stamps, and the session's entity."""
        kind = OBJECTS[name]
        now = self.clock.now()
        record: Record = {"RECORDNO": self.number(name), **values}
        created = "AUWHENCREATED" if "AUWHENCREATED" in kind.fields else "WHENCREATED"
        record.setdefault(created, now)
        record["WHENMODIFIED"] = None if name in self.switches.null_whenmodified else now
        record["CREATEDBY"] = record["MODIFIEDBY"] = self.user_key
        if "MEGAENTITYID" in kind.fields:
            record = {**(self._entity_fields() if self.entity else TOP_LEVEL), **record}
        self._audit("C", name, record["RECORDNO"])
        return self.store.put(name, record["RECORDNO"], record)

    def _entity_fields(self) -> Record:
        entity = self.entity or {}
        return {
            "MEGAENTITYKEY": entity.get("RECORDNO"),
            "MEGAENTITYID": entity.get("LOCATIONID"),
            "MEGAENTITYNAME": entity.get("NAME"),
        }

    def modify(self, name: str, key: int, **changes: Any) -> Record:
        """Change a record and stamp it as saved now."""
        self._audit("M", name, key)
        return self.store.change(name, key, WHENMODIFIED=self.clock.now(), MODIFIEDBY=self.user_key, **changes)

    def adjust(self, name: str, key: int, **changes: Any) -> Record:
        """Change figures that follow from other records; whether that counts as a save is a switch."""
        if self.switches.whenmodified_on_application:
            return self.modify(name, key, **changes)
        return self.store.change(name, key, **changes)

    def delete(self, name: str, key: int) -> None:
        """Remove a record; the audit history keeps that it was there."""
        self.store.remove(name, key)
        self._audit("D", name, key)

    def _audit(self, mode: str, name: str, key: int) -> None:
        if mode not in self.switches.audit_modes or name in UNAUDITED:
            return
        number = self.store.next_number("AUDITHISTORY")
        row = {
            "RECORDNO": number,
            "ID": str(number),
            "OBJECTTYPE": name.lower(),
            "OBJECTKEY": str(key),
            "OBJECTDESC": OBJECTS[name].title,
            "USERID": self.user_id,
            "ACCESSTIME": self.clock.now(),
            "ACCESSMODE": mode,
            "SOURCE": "API",
        }
        self.store.put("AUDITHISTORY", number, row)

    def allow(self, operation: str, name: str) -> None:
        """Refuse what the user's permissions do not cover."""
        denied = {item.upper() for item in self.switches.denied}
        if {f"{operation} {name}", f"{operation} *", f"* {name}", "* *"} & denied or (
            operation.startswith("READ") and {f"READ {name}", "READ *"} & denied
        ):
            raise business(
                f"You do not have permission for API operation {operation} on objects of type {name}",
                "Ask the administrator to grant the permission to this user's role.",
                "PL04000005",
            )

    def open_period(self, day: date, module: str = RECEIVABLES) -> None:
        """Refuse a posting date that is closed for all, or for the module (`4.AR`, `8.SO`)."""
        through = (self.switches.closed_through, self.switches.closed_modules.get(module, ""))
        spans = [(date.min, parse_date(end)) for end in through if end]
        for span in self.switches.closed_periods:
            first, _, last = span.partition("-")
            spans.append((parse_date(first), parse_date(last)))
        if any(first <= day <= last for first, last in spans):
            shown = f"{day.month:02}/{day.day:02}/{day.year}"
            raise business(
                f"Periods are closed. Your transaction date ({shown}) is within a period that's been closed.",
                "Use a date in an open period, or reopen the period.",
            )

    @property
    def place(self) -> str:
        """The entity at which the work is done; empty at top level."""
        return str(self.entity["LOCATIONID"]) if self.entity else ""

    def sees(self, name: str, record: Record) -> bool:
        """Whether whoever is at work sees a record when writing (at top level, every one)."""
        return visibility.sees(self.store, name, record, self.place, private=True)

    def dimension(self, name: str, noun: str, value: str) -> Record | None:
        """The active location, department, account ... with that ID; None for an empty ID."""
        if not value:
            return None
        record = self.store.one(name, OBJECTS[name].id_field, value)
        if record is None or not self.sees(name, record):
            raise business(f"Invalid {noun} '{value}' specified.", f"Provide a valid {noun}.")
        if record.get("STATUS", "T") != "T":
            raise business(f"{noun} '{value}' is inactive.", f"Use an active {noun}, or activate it.")
        return record

    def currency(self, asked: str) -> str:
        """The transaction's currency: base unless foreign ones are enabled."""
        if not asked or asked.upper() == BASE_CURRENCY:
            return BASE_CURRENCY
        if not self.switches.multi_currency:
            raise business(
                "Enable foreign-currency transactions, and try again.",
                "Leave the currency out in a single-currency company.",
            )
        if asked.upper() not in DAILY_RATES:
            raise business(f"Invalid Currency '{asked}' specified.", "Provide a valid Currency.")
        return asked.upper()

    def custom_fields(self, name: str, docparid: str = "") -> list[str]:
        """The custom fields of an object, with those that it has in documents of one type."""
        known = self.switches.custom_fields
        return [*known.get(name, ()), *(known.get(f"{name}:{docparid}", ()) if docparid else ())]

    def summary(self, area: str, given: str) -> None:
        """A company with user-specified summaries wants to be told which summary to post to."""
        if area in self.switches.user_summaries and not given:
            raise business(
                "Please provide a payment batch key." if area == "payments" else "Please provide a batch key.",
                "Send the key of an open summary, or set the summary frequency to Daily or Monthly.",
            )


def length(value: str, limit: int, noun: str) -> str:
    """The text itself, refused when it is longer than the field holds."""
    if len(value) > limit:
        raise business(
            f"The value for {noun} is too long: {len(value)} characters, at most {limit} are allowed.",
            f"Shorten the {noun}.",
        )
    return value

"""The lists that settings are chosen from, as Intacct last gave them: accounts, dimensions, Order Entry definitions.

`fetch` is network only, `store` and `known` database only: no network call is made inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.intacct import errors
from portal.intacct.calls import Session
from portal.intacct.gateway import Gateway
from portal.intacct.queries import Query
from portal.models.connection import Book, Connection, IntacctList
from portal.models.types import utcnow
from portal.services import gateways
from portal.services.connection_failures import told

GL_ACCOUNTS, BANK_ACCOUNTS, LOCATIONS, DEPARTMENTS = "gl_accounts", "bank_accounts", "locations", "departments"
ORDER_TYPES = "order_types"

Item = dict[str, str]

REQUIRE_FLAGS: Mapping[str, str] = {
    "location": "REQUIRELOC", "department": "REQUIREDEPT", "project": "REQUIREPROJECT", "customer": "REQUIRECUSTOMER",
    "vendor": "REQUIREVENDOR", "employee": "REQUIREEMPLOYEE", "item": "REQUIREITEM", "class": "REQUIRECLASS",
}  # fmt: skip
"""What a GL account can require on its lines, and the field of GLACCOUNT that says so."""


@dataclass(frozen=True)
class ListKind:
    """Where a list comes from: `fields` by the names that its items carry; `id` and `name` are always among them.
    `only` are the values that an item must have, in any case, to be listed."""

    title: str
    object: str
    fields: Mapping[str, str]
    only: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    """Fields that are on or off; those that are on are words of the item's `requires`."""

    def lists(self, item: Item) -> bool:
        """Whether an item belongs on the list."""
        return bool(item["id"]) and all(item[name].casefold() == value for name, value in self.only.items())


KINDS: Mapping[str, ListKind] = {
    GL_ACCOUNTS: ListKind(
        "GL accounts", "GLACCOUNT",
        {"id": "ACCOUNTNO", "name": "TITLE", "type": "ACCOUNTTYPE", "category": "CATEGORY"}, flags=REQUIRE_FLAGS,
    ),
    BANK_ACCOUNTS: ListKind(
        "bank accounts", "CHECKINGACCOUNT",
        {"id": "BANKACCOUNTID", "name": "BANKNAME", "gl_account": "GLACCOUNTNO", "currency": "CURRENCY"},
    ),
    LOCATIONS: ListKind("locations", "LOCATION", {"id": "LOCATIONID", "name": "NAME"}),
    DEPARTMENTS: ListKind("departments", "DEPARTMENT", {"id": "DEPARTMENTID", "name": "TITLE"}),
    ORDER_TYPES: ListKind(
        "Order Entry transaction definitions", "SODOCUMENTPARAMS",
        {"id": "DOCID", "name": "DESCRIPTION", "class": "DOCCLASS"}, only={"class": "invoice"},
    ),
}  # fmt: skip

_ON = ("true", "t", "1", "yes")

# Without these nothing can be asked: the fetch ends, and what was known before stays.
_NO_ANSWER = (
    errors.ConnectFailed, errors.NoReply, errors.BadReply, errors.EndpointRefused, errors.Throttled,
    errors.CredentialsError, errors.SenderAuthError, errors.SenderNotAuthorised, errors.EntityError,
    errors.SessionExpired,
)  # fmt: skip


@dataclass(frozen=True)
class Fetched:
    """The answer for each list asked: its items, or why it could not be had; and the session used."""

    items: Mapping[str, list[Item]]
    refused: Mapping[str, str]
    session: Session | None = field(repr=False)


@dataclass(frozen=True)
class KnownList:
    """A list as it was at `fetched_at`. `refused` says why it could not be had; it has no items then."""

    kind: str
    items: list[Item]
    refused: str
    fetched_at: datetime

    def find(self, item_id: str) -> Item | None:
        """The item of this ID, in any case."""
        wanted = item_id.casefold()
        return next((item for item in self.items if item["id"].casefold() == wanted), None)


def fetch(line: gateways.Line, kinds: Iterable[str] = tuple(KINDS)) -> Fetched:
    """Ask Intacct for the active items of lists. Raises PortalError when Intacct cannot be asked at all."""
    items: dict[str, list[Item]] = {}
    refused: dict[str, str] = {}
    try:
        gateway = gateways.open_waited_for(line)
        for kind in kinds:
            try:
                items[kind] = _read(gateway, KINDS[kind], at_top=not line.login.entity_id)
            except _NO_ANSWER:
                raise
            except errors.IntacctError as error:
                refused[kind] = _refusal(KINDS[kind], error)
    except errors.IntacctError as error:
        raise told(error, company_id=line.login.company_id, entity_id=line.login.entity_id) from None
    return Fetched(items, refused, gateway.session)


def store(connection: Connection, fetched: Fetched) -> None:
    """Keep what `fetch` brought, and the session that it used."""
    for kind in (*fetched.items, *fetched.refused):
        row = db.session.get(IntacctList, (connection.book_id, kind))
        if row is None:
            row = IntacctList(book_id=connection.book_id, kind=kind)
            db.session.add(row)
        row.items = fetched.items.get(kind, [])
        row.refused = fetched.refused.get(kind, "")
        row.fetched_at = utcnow()
    gateways.keep_session(connection, fetched.session)
    db.session.flush()


def known(book: Book) -> dict[str, KnownList]:
    """The lists that were ever asked for this book, by kind."""
    rows = db.session.scalars(select(IntacctList).where(IntacctList.book_id == book.id))
    return {row.kind: KnownList(row.kind, list(row.items), row.refused, row.fetched_at) for row in rows}


def _read(gateway: Gateway, kind: ListKind, *, at_top: bool) -> list[Item]:
    columns = (*kind.fields.values(), *kind.flags.values(), "STATUS")
    query = Query(kind.object, columns, show_private=at_top)
    rows = [row for page in gateway.query(query) for row in page.rows if _active(row)]
    items = [_item(kind, row) for row in rows]
    return sorted((item for item in items if kind.lists(item)), key=lambda item: item["id"])


def _item(kind: ListKind, row: Mapping[str, str]) -> Item:
    item = {name: row.get(column, "").strip() for name, column in kind.fields.items()}
    return {**item, "requires": requirements(row)} if kind.flags else item


def requirements(row: Mapping[str, str]) -> str:
    """What a GLACCOUNT row requires on its lines: words of `REQUIRE_FLAGS`."""
    return " ".join(word for word, column in REQUIRE_FLAGS.items() if row.get(column, "").strip().lower() in _ON)


def _active(row: Mapping[str, str]) -> bool:
    return row.get("STATUS", "").strip().lower() not in ("inactive", "f")


def _refusal(kind: ListKind, error: errors.IntacctError) -> str:
    if isinstance(error, errors.PermissionRefused):
        return (
            f"Intacct does not let this user read {kind.title}. Type the ID, or grant the right and refresh the lists."
        )
    return f"Intacct did not give its {kind.title}: {error.text.rstrip('.')}. Type the ID."

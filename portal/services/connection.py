"""A company's connection to Intacct. Connecting takes two steps, `check` (network) and `save` (database), so that no
network call is made inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection
from portal.models.sync import Hold, Kind, Posting, PostingState, SyncRow
from portal.models.types import utcnow
from portal.queries.connections import find_connection
from portal.services import audit, gateways, integration_settings, secrets, wanted
from portal.services.audit import Actor
from portal.services.connection_check import Checked, LoginData, check

__all__ = ["Checked", "LoginData", "check", "disconnect", "get", "save", "save_rights", "stored_login"]


def save(company: Company, login: LoginData, checked: Checked, *, actor: Actor, new_book: bool = False) -> Connection:
    """Keep a sign-in that `check` found good: the book of this Intacct company is found again or made.

    Raises NotAllowedNow ("another_intacct_company") while records are linked to another Intacct company, unless
    `new_book`: what is linked there is then held, and documents dated before today are left alone.
    """
    db.session.get_one(Company, company.id, with_for_update=True)
    book, others = _books(company, login.company_id)
    moved = [other for other in others if other.active and _holding(other)]
    if moved and not new_book:
        raise _another(moved[0])
    _activate(book, others, login.entity_id)
    connection = _keep(company, book, login, checked)
    wanted.note_everything(book)
    for other in others:
        _hold_former(book, other)
    _begin(company, book, actor, afresh=bool(moved))
    audit.record(
        company.id, actor, "connection", book.id, "connected",
        text=f"Intacct company {book.intacct_company_id} as user {login.user_id}",
        after={"intacct_company_id": book.intacct_company_id, "user_id": login.user_id, "entity_id": login.entity_id},
    )  # fmt: skip
    return connection


def disconnect(company: Company, *, actor: Actor) -> None:
    """Forget password and session. The book, its links and its history stay; connecting again goes on from there."""
    connection = find_connection(company)
    if connection is None or not connection.connected:
        return
    book = db.session.get_one(Book, connection.book_id)
    connection.connected = False
    connection.password_encrypted = b""
    gateways.keep_session(connection, None)
    audit.record(
        company.id, actor, "connection", book.id, "disconnected", text=f"Intacct company {book.intacct_company_id}"
    )


def get(company: Company) -> tuple[Connection, Book]:
    """The connection in use and its book. Raises NotAllowedNow ("not_connected")."""
    connection = find_connection(company)
    if connection is None or not connection.connected:
        raise NotAllowedNow(
            "No Intacct company is connected. Connect one in Settings, Integrations.", code="not_connected"
        )
    return connection, db.session.get_one(Book, connection.book_id)


def stored_login(company: Company) -> LoginData:
    """The sign-in in use, for checking it again. Raises NotAllowedNow, or PortalError when it cannot be decrypted."""
    connection, book = get(company)
    line = gateways.line(connection, book.intacct_company_id, book.entity)
    return LoginData(line.login.company_id, line.login.user_id, line.login.password, line.login.entity_id)


def save_rights(company: Company, checked: Checked) -> Connection:
    """Keep what a check of the stored sign-in found. Raises NotAllowedNow when it was disconnected meanwhile."""
    connection, _ = get(company)
    _note(connection, checked)
    db.session.flush()
    return connection


def _books(company: Company, intacct_company_id: str) -> tuple[Book, list[Book]]:
    """The book of this Intacct company (IDs differ by more than case), and the company's other books."""
    books = list(db.session.scalars(select(Book).where(Book.company_id == company.id).order_by(Book.id)))
    own = [book for book in books if book.intacct_company_id.casefold() == intacct_company_id.casefold()]
    book = own[0] if own else Book(company_id=company.id, intacct_company_id=intacct_company_id, active=False)
    return book, [other for other in books if other is not book]


def _holding(book: Book) -> bool:
    return db.session.scalar(select(exists().where(_held_there(book)))) or False


def _held_there(book: Book) -> ColumnElement[bool]:
    """Rows whose record is in this book's Intacct company, or may be."""
    sent = exists().where(Posting.sync_row_id == SyncRow.id, Posting.state == PostingState.OPEN)
    return (SyncRow.book_id == book.id) & or_(SyncRow.key != "", sent)


def _another(book: Book) -> NotAllowedNow:
    return NotAllowedNow(
        f"This company's records are linked to the Intacct company {book.intacct_company_id}. Nothing was saved."
        " Connect that company again, or start a new Intacct book: the linked records then stay there, and nothing"
        " dated before today is sent.",
        field="company_id",
        code="another_intacct_company",
    )


def _activate(book: Book, others: Sequence[Book], entity_id: str) -> None:
    for other in others:
        other.active = False
    db.session.flush()  # only one book of a company is active, and the database sees to it row by row
    book.active, book.entity = True, entity_id
    db.session.add(book)
    db.session.flush()


def _keep(company: Company, book: Book, login: LoginData, checked: Checked) -> Connection:
    connection = find_connection(company) or Connection(company_id=company.id)
    connection.book_id = book.id
    connection.intacct_user_id = login.user_id
    connection.password_encrypted = secrets.encrypt(login.password)
    connection.connected, connection.connected_at = True, utcnow()
    _note(connection, checked)
    db.session.add(connection)
    db.session.flush()
    return connection


def _note(connection: Connection, checked: Checked) -> None:
    connection.base_currency = checked.base_currency
    connection.multi_currency = checked.multi_currency
    connection.time_offset = checked.time_offset
    connection.rights = {key: str(state) for key, state in checked.rights.items()}
    connection.checked_at = utcnow()
    gateways.keep_session(connection, checked.session)


def _hold_former(book: Book, other: Book) -> None:
    """Hold what another book has (or may have): it must never be posted into a second Intacct company."""
    there = select(SyncRow.kind, SyncRow.record_id).where(_held_there(other))
    for kind, record_id in db.session.execute(there).all():
        row = wanted.find_row(book.id, Kind(kind), record_id)
        if row is not None and not row.key:
            row.hold, row.hold_reason = Hold.FORMER_BOOK, f"belongs to Intacct company {other.intacct_company_id}"
    db.session.flush()


def _begin(company: Company, book: Book, actor: Actor, *, afresh: bool) -> None:
    if afresh:
        integration_settings.change(company, {"sync_from": company.today()}, actor=actor)
    if integration_settings.load(company.id).auto_sync:
        book.next_sync_at = utcnow()
    db.session.flush()

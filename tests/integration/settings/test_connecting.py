"""Connecting: what is kept, what moves when the Intacct company changes, and what disconnecting leaves."""

from __future__ import annotations

import pytest
from flask import Flask

from intacct_sandbox.core import SandboxCore
from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection
from portal.models.run import Run
from portal.models.sync import Act, Hold, Kind, Posting, SyncRow
from portal.models.types import utcnow
from portal.queries.connections import find_book, find_connection
from portal.services import connection, gateways, integration_settings, secrets
from portal.services.connection import Checked
from portal.services.connection_rights import RIGHTS, RightState
from tests.factories import make_company, make_customer, make_invoice
from tests.integration.intacct_world import ACTOR, connect_company, login

GRANTED = Checked(None, "USD", False, "+00:00", {right.key: RightState.GRANTED for right in RIGHTS})


@pytest.fixture
def connected(company: Company, core: SandboxCore) -> Connection:
    """The company's connection to the sandbox."""
    return connect_company(company, core)


def rows(book: Book) -> dict[tuple[str, int], SyncRow]:
    """The book's sync rows by kind and record."""
    found = db.session.scalars(db.select(SyncRow).where(SyncRow.book_id == book.id))
    return {(row.kind, row.record_id): row for row in found}


def link(book: Book, kind: Kind, record_id: int, key: str) -> None:
    """Have a record be in the book's Intacct company."""
    row = rows(book)[kind, record_id]
    row.object, row.key, row.have_hash = "ARINVOICE", key, row.want_hash
    db.session.flush()


def test_connecting_keeps_the_sign_in_encrypted_and_what_the_check_found(connected: Connection) -> None:
    assert secrets.decrypt(connected.password_encrypted) == login().password
    assert login().password.encode() not in connected.password_encrypted
    assert (connected.base_currency, connected.multi_currency, connected.time_offset) == ("USD", False, "+00:00")
    assert set(connected.rights) == {right.key for right in RIGHTS}
    assert set(connected.rights.values()) == {"granted"}


def test_the_session_of_the_check_serves_the_first_run(
    company: Company, connected: Connection, core: SandboxCore
) -> None:
    asked = core.functions["getAPISession"]
    book = find_book(company)
    gateway = gateways.open_waited_for(gateways.line(connected, book.intacct_company_id, book.entity))
    assert gateway.session is not None
    assert core.functions["getAPISession"] == asked == 1


def test_connecting_gives_every_record_its_sync_row(company: Company, core: SandboxCore) -> None:
    customer = make_customer(company)
    invoice = make_invoice(customer=customer)
    connect_company(company, core)
    assert set(rows(find_book(company))) == {(Kind.CUSTOMER, customer.id), (Kind.INVOICE, invoice.id)}


def test_disconnecting_forgets_the_password_and_keeps_book_and_links(company: Company, connected: Connection) -> None:
    invoice = make_invoice(customer=make_customer(company))
    book = find_book(company)
    link(book, Kind.INVOICE, invoice.id, "77")
    integration_settings.change(company, {"auto_sync": True}, actor=ACTOR)
    connection.disconnect(company, actor=ACTOR)
    assert (connected.connected, connected.password_encrypted, connected.session_encrypted) == (False, b"", b"")
    assert rows(find_book(company))[Kind.INVOICE, invoice.id].key == "77"
    assert integration_settings.load(company.id).auto_sync
    with pytest.raises(NotAllowedNow, match="No Intacct company is connected"):
        connection.get(company)


def test_disconnecting_twice_is_harmless(company: Company, connected: Connection) -> None:
    connection.disconnect(company, actor=ACTOR)
    connection.disconnect(company, actor=ACTOR)
    assert not find_connection(company).connected


def test_connecting_again_finds_the_same_book_whatever_the_case_of_its_id(
    company: Company, connected: Connection
) -> None:
    book = find_book(company)
    connection.disconnect(company, actor=ACTOR)
    made_while_away = make_customer(company)
    connection.save(company, login(company_id=book.intacct_company_id.lower()), GRANTED, actor=ACTOR)
    assert find_book(company) is book
    assert (Kind.CUSTOMER, made_while_away.id) in rows(book)
    assert len(db.session.scalars(db.select(Book)).all()) == 1


def test_another_intacct_company_is_refused_while_records_are_linked(company: Company, connected: Connection) -> None:
    invoice = make_invoice(customer=make_customer(company))
    book = find_book(company)
    link(book, Kind.INVOICE, invoice.id, "77")
    with pytest.raises(NotAllowedNow, match=book.intacct_company_id) as refused:
        connection.save(company, login(company_id="OTHER"), GRANTED, actor=ACTOR)
    assert refused.value.code == "another_intacct_company"
    assert find_book(company) is book


def test_another_intacct_company_is_taken_when_nothing_is_linked(company: Company, connected: Connection) -> None:
    make_invoice(customer=make_customer(company))
    connection.save(company, login(company_id="OTHER"), GRANTED, actor=ACTOR)
    assert find_book(company).intacct_company_id == "OTHER"
    assert integration_settings.load(company.id).sync_from is None


def test_a_new_book_holds_what_the_former_one_has_and_starts_today(company: Company, connected: Connection) -> None:
    customer = make_customer(company)
    there, only_here = make_invoice(customer=customer), make_invoice(customer=customer)
    former = find_book(company)
    link(former, Kind.INVOICE, there.id, "77")
    connection.save(company, login(company_id="OTHER"), GRANTED, actor=ACTOR, new_book=True)
    book = find_book(company)
    held = rows(book)[Kind.INVOICE, there.id]
    assert (held.hold, held.hold_reason) == (
        Hold.FORMER_BOOK,
        f"belongs to Intacct company {former.intacct_company_id}",
    )
    assert rows(book)[Kind.INVOICE, only_here.id].hold == Hold.BEFORE_START
    assert rows(book)[Kind.CUSTOMER, customer.id].hold == Hold.NONE
    assert integration_settings.load(company.id).sync_from == company.today()
    assert rows(former)[Kind.INVOICE, there.id].key == "77"


def test_a_new_book_holds_what_may_be_in_the_former_company(company: Company, connected: Connection) -> None:
    customer = make_customer(company)
    unknown, linked = make_invoice(customer=customer), make_invoice(customer=customer)
    former = find_book(company)
    link(former, Kind.INVOICE, linked.id, "77")
    run = Run(book_id=former.id, kind="sync", exclusive=True, trigger="test")
    db.session.add(run)
    db.session.flush()
    row = rows(former)[Kind.INVOICE, unknown.id]
    db.session.add(
        Posting(
            sync_row_id=row.id, seq=1, act=Act.CREATE, body="<x/>", hash="h", intacct_company_id="A", run_id=run.id,
            send_before=utcnow(),
        )
    )  # fmt: skip
    db.session.flush()
    connection.save(company, login(company_id="OTHER"), GRANTED, actor=ACTOR, new_book=True)
    assert rows(find_book(company))[Kind.INVOICE, unknown.id].hold == Hold.FORMER_BOOK


def test_going_back_to_the_former_company_finds_its_links_and_holds_the_others(
    company: Company, connected: Connection
) -> None:
    customer = make_customer(company)
    first, second = make_invoice(customer=customer), make_invoice(customer=customer, date=company.today())
    former = find_book(company)
    link(former, Kind.INVOICE, first.id, "77")
    connection.save(company, login(company_id="OTHER"), GRANTED, actor=ACTOR, new_book=True)
    link(find_book(company), Kind.INVOICE, second.id, "5")
    connection.save(company, login(), GRANTED, actor=ACTOR, new_book=True)
    assert find_book(company) is former
    assert (rows(former)[Kind.INVOICE, first.id].key, rows(former)[Kind.INVOICE, first.id].hold) == ("77", "")
    assert rows(former)[Kind.INVOICE, second.id].hold_reason == "belongs to Intacct company OTHER"


def test_connecting_plans_the_first_hourly_sync_when_it_is_on(company: Company, connected: Connection) -> None:
    integration_settings.change(company, {"auto_sync": True}, actor=ACTOR)
    book = find_book(company)
    connection.disconnect(company, actor=ACTOR)
    book.next_sync_at = None
    connection.save(company, login(), GRANTED, actor=ACTOR)
    assert book.next_sync_at <= utcnow()


def test_two_companies_may_use_the_same_intacct_company(app: Flask, company: Company, core: SandboxCore) -> None:
    other = make_company()
    connect_company(company, core)
    connect_company(other, core)
    assert find_book(company).id != find_book(other).id

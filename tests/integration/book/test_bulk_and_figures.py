"""Many documents at once, the dashboard's figures, and the filter by sync state against what a record's page says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.base import Origin
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.invoice import Invoice
from portal.models.sync import Hold, Kind, Pair, Problem, SyncRow
from portal.queries import dashboard
from portal.queries.credit_notes import CreditNoteFilter
from portal.queries.dashboard import Age, Owed
from portal.queries.invoices import InvoiceFilter, list_invoices
from portal.queries.payments import PaymentFilter
from portal.queries.sync_states import State, states
from portal.services import bulk, payments
from portal.services.bulk import Act
from tests.factories import ACTOR, make_company, make_credit_note, make_customer, make_invoice, make_payment


def test_what_a_bulk_act_would_do_is_counted_and_summed_first(company: Company) -> None:
    customer = make_customer(company)
    make_invoice("10.00", customer=customer, draft=True)
    make_invoice("20.00", customer=customer, draft=True)
    make_invoice("30.00", customer=customer, draft=True, currency="EUR")
    make_invoice("5.00", customer=customer)
    make_invoice(customer=customer, draft=True, lines=())
    preview = bulk.preview(company, Act.ISSUE, InvoiceFilter(customer_id=customer.id))
    assert [(row.currency, row.count, row.total) for row in preview.sums] == [("EUR", 1, 30), ("USD", 2, 30)]
    assert {row.number: row.reason for row in preview.cannot} == {
        "INV-00004": "INV-00004 is issued already.",
        "INV-00005": "INV-00005 has no lines. Add one, then issue it.",
    }
    results = bulk.perform(company, Act.ISSUE, InvoiceFilter(ids=preview.ids), actor=ACTOR)
    assert [(row.number, row.error) for row in results] == [("INV-00001", ""), ("INV-00002", ""), ("INV-00003", "")]
    assert [row.draft for row in list_invoices(company, sort="number").items] == [False, False, False, False, True]


def test_one_that_is_refused_leaves_the_others_voided(company: Company) -> None:
    customer = make_customer(company)
    ours = make_payment("10.00", customer=customer)
    theirs = make_payment("10.00", customer=customer, origin=Origin.INTACCT)
    first, second = bulk.perform(company, Act.VOID, PaymentFilter(), actor=ACTOR, reason="Wrong bank.")
    assert (first.error, ours.voided, ours.void_reason) == ("", True, "Wrong bank.")
    assert (theirs.voided, second.error) == (
        False,
        "PMT-00002 came from Intacct. Reverse it in Intacct; the next sync voids it here.",
    )
    invoice = make_invoice("10.00", customer=customer)
    note = make_credit_note("10.00", on={invoice: "10.00"})
    assert bulk.perform(company, Act.VOID, CreditNoteFilter(), actor=ACTOR)[0].error == ""
    assert (note.voided, invoice.balance) == (True, 10)


def test_bulk_acts_stay_in_the_company_and_within_bounds(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = make_invoice(customer=make_customer(make_company()))
    assert bulk.perform(company, Act.VOID, InvoiceFilter(ids=[stranger.id]), actor=ACTOR) == []
    with pytest.raises(InvalidInput, match="Payments are recorded, never issued"):
        bulk.preview(company, Act.ISSUE, PaymentFilter())
    monkeypatch.setattr(bulk, "MOST", 1)
    customer = make_customer(company)
    make_invoice(customer=customer)
    make_invoice(customer=customer)
    with pytest.raises(InvalidInput, match="more than 1 documents") as caught:
        bulk.preview(company, Act.VOID, InvoiceFilter())
    assert caught.value.code == "too_many"


TODAY = dt.date(2026, 6, 30)


def test_what_is_owed_is_told_by_age_and_currency(company: Company) -> None:
    customer = make_customer(company)
    for amount, late in (("1.00", 0), ("2.00", 1), ("4.00", 30), ("8.00", 31), ("16.00", 90), ("32.00", 91)):
        due = TODAY - dt.timedelta(days=late)
        make_invoice(amount, customer=customer, date=dt.date(2026, 1, 1), due_date=due)
    make_invoice("64.00", customer=customer, currency="EUR", date=TODAY, due_date=TODAY)
    make_invoice("999.00", customer=customer, draft=True)
    ages = dashboard.aging(company, TODAY)
    assert {age: owed.balance for age, owed in ages["USD"].items()} == {
        Age.CURRENT: 1, Age.UP_TO_30: 6, Age.UP_TO_60: 8, Age.UP_TO_90: 16, Age.OVER_90: 32,
    }  # fmt: skip
    assert ages["USD"][Age.UP_TO_30].count == 2
    assert dashboard.overdue(ages) == {"USD": Owed(5, Decimal(62))}
    assert [(row.currency, row.balance) for row in dashboard.outstanding(company)] == [("EUR", 64), ("USD", 63)]


def test_only_what_came_in_this_month_is_collected(company: Company) -> None:
    customer = make_customer(company)
    for day in (dt.date(2026, 5, 31), dt.date(2026, 6, 1), TODAY, dt.date(2026, 7, 1)):
        make_payment("10.00", customer=customer, date=day)
    payments.void(make_payment("5.00", customer=customer, date=TODAY), actor=ACTOR)
    assert dashboard.collected(company, TODAY) == {"USD": Owed(2, Decimal(20))}


def test_what_lies_on_no_invoice_is_told_for_money_and_credit(company: Company) -> None:
    invoice = make_invoice("100.00", customer=make_customer(company))
    make_payment("50.00", on={invoice: "30.00"})
    make_credit_note("10.00", on={invoice: "1.00"})
    make_credit_note("10.00", customer=invoice.customer, draft=True)
    left = dashboard.not_yet_applied(company)
    assert (left["payment"][0].balance, left["credit_note"][0].balance) == (20, 9)


def test_recent_activity_is_the_books_newest_first_and_tells_applying_once(company: Company) -> None:
    invoice = make_invoice("100.00", customer=make_customer(company))
    make_payment("50.00", on={invoice: "30.00"})
    make_invoice(customer=make_customer(make_company()))
    told = [(row.subject, row.action) for row in dashboard.recent_activity(company, limit=3)]
    assert told == [("payment", "applied"), ("payment", "created"), ("invoice", "created")]


def prepared(company: Company) -> None:
    """An invoice for each thing that decides on a sync state, and pairs of things that compete."""
    book = Book(company_id=company.id, intacct_company_id="demo")
    db.session.add(book)
    db.session.flush()
    customer = make_customer(company)
    changes: list[dict[str, str]] = [
        {}, {"have": "want"}, {"hold": Hold.SKIPPED}, {"hold": Hold.LEFT}, {"waiting_for": "its customer"},
        {"have": "want", "waiting_for": "nothing any more"}, {"want": "", "have": ""},
    ]  # fmt: skip
    for change in changes:
        for draft in (False, True):
            for problem in ("", "open", "closed"):
                for owes in (False, True):
                    row = _row(book, make_invoice(customer=customer, draft=draft), change)
                    if problem:
                        closed = dt.datetime.now(dt.UTC) if problem == "closed" else None
                        about = {"book_id": book.id, "sync_row_id": row.id, "code": "x", "guide": "x", "text": "x"}
                        db.session.add(Problem(**about, closed_at=closed))
                    if owes:
                        pair = Pair(source_row_id=row.id, invoice_row_id=row.id, applied_here=Decimal(1))
                        db.session.add(pair)
    db.session.flush()


def _row(book: Book, invoice: Invoice, change: dict[str, str]) -> SyncRow:
    row = db.session.query(SyncRow).filter_by(kind=Kind.INVOICE, record_id=invoice.id).one()
    assert row.book_id == book.id
    row.want_hash = change.get("want", "want")
    row.have_hash = change.get("have", "")
    row.hold, row.waiting_for = change.get("hold", ""), change.get("waiting_for", "")
    return row


def test_the_filter_by_sync_state_finds_what_each_record_says_of_itself(company: Company) -> None:
    prepared(company)
    found = list_invoices(company, limit=1000).items
    said = states(company, Kind.INVOICE, [invoice.id for invoice in found])
    for state in State:
        ids = {row.id for row in list_invoices(company, InvoiceFilter(sync_state=state.value), limit=1000).items}
        assert ids == {invoice_id for invoice_id, told in said.items() if told.state == state}, state
    assert {told.state for told in said.values()} >= set(State) - {State.UNKNOWN, State.NOT_SYNCED}

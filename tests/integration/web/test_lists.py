"""What all lists of documents share: filters, order, paging, sums, files, and acting on many at once."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.company import Role
from portal.models.invoice import Invoice
from portal.queries.paging import PAGE_SIZE
from portal.services import invoices
from portal.services.audit import Actor
from portal.services.invoices import InvoiceData, LineData

ACTOR = Actor("test")


def add_invoice(book, cost: str, **fields) -> Invoice:
    line = LineData("Freight", Decimal(1), Decimal(cost))
    given = {"customer_id": book.customer.id, "date": dt.date(2026, 9, 15), "lines": (line,), **fields}
    return invoices.create(book.company, InvoiceData(**given), actor=ACTOR)


def rows(page: str) -> list[str]:
    """The numbers of a list's rows, in their order."""
    return re.findall(r'<th scope="row" class="id"><a [^>]+>([^<]+)</a>', page)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=unpaid", ["INV-00002", "INV-00001"]),
        ("status=draft", ["INV-00003"]),
        ("amount_from=100&amount_to=200", ["INV-00002"]),
        ("from=2026-09-01&to=1 Sep 2026", ["INV-00001"]),
        ("due_to=2026-10-15", ["INV-00001"]),
        ("origin=intacct", []),
        ("currency=eur", []),
        ("sync=synced", []),
        ("sort=balance", ["INV-00003", "INV-00002", "INV-00001"]),
        ("sort=-number", ["INV-00003", "INV-00002", "INV-00001"]),
        ("q=00002", ["INV-00002"]),
    ],
)
def test_invoices_are_narrowed_and_sorted_by_the_address(signed_in, book, query, numbers):
    assert rows(signed_in(Role.VIEWER).get(f"/invoices?{query}").text) == numbers


def test_what_cannot_be_read_is_left_out_and_said(signed_in, book):
    page = signed_in(Role.VIEWER).get("/invoices?amount_from=abc&from=soon&due_to=never&origin=moon")
    assert page.status_code == 200
    for word in ("abc", "soon", "never"):
        assert f"\N{LEFT DOUBLE QUOTATION MARK}{word}\N{RIGHT DOUBLE QUOTATION MARK}" in page.text
    assert len(rows(page.text)) == 3


def test_active_filters_are_chips_that_take_themselves_away(signed_in, book):
    page = signed_in(Role.VIEWER).get("/invoices?q=inv&amount_from=1,000&status=open&sort=total").text
    chips = re.findall(r'class="chip" href="([^"]+)"', page)
    assert [html.unescape(chip) for chip in chips] == [
        "/invoices?amount_from=1,000&status=open&sort=total",
        "/invoices?q=inv&status=open&sort=total",
    ]
    assert re.search(r'<details class="more" open>', page)


@pytest.mark.parametrize("path", ["/invoices?sort=moon", "/invoices?after=moon", "/payments?after=%5B%22-date%22%5D"])
def test_an_order_or_page_that_does_not_exist_is_refused(signed_in, book, path):
    assert signed_in(Role.VIEWER).get(path).status_code == 422


def test_heads_say_the_order_and_turn_it_round(signed_in, book):
    page = signed_in(Role.VIEWER).get("/invoices?sort=due_date&status=unpaid").text
    assert re.search(r'aria-sort="ascending"><a href="/invoices\?sort=-due_date&amp;status=unpaid">Due', page)
    assert page.count("aria-sort") == 1


def test_pages_follow_each_other_in_any_order_without_gap(signed_in, book):
    for number in range(PAGE_SIZE + 5):
        add_invoice(book, str(number % 7 + 1))
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    page = browser.get("/invoices?sort=total").text
    following = html.unescape(re.search(r'href="([^"]*after=[^"]+)"', page)[1])
    found = rows(page) + rows(browser.get(following).text)
    assert len(found) == len(set(found)) == PAGE_SIZE + 8


def test_file_holds_just_what_the_filter_leaves(signed_in, book):
    book.customer.name = "@Harbor"
    add_invoice(book, "10", purchase_order="=1+1")
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    listing = browser.get("/invoices?status=unpaid&sort=number").text
    link = html.unescape(re.search(r'class="last" href="([^"]+)"', listing)[1])
    answer = browser.get(link)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoices.csv"'
    table = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["Number"] for row in table] == ["INV-00001", "INV-00002", "INV-00004"]
    assert {row["Customer"] for row in table} == {"'@Harbor"}
    assert table[2]["Purchase order"] == "'=1+1"
    assert table[0]["Balance"] == "200.00"
    assert browser.get("/invoices/csv?sort=moon").status_code == 422


def bulk(browser, area: str, query: str, **fields):
    path = f"/{area}/bulk?{query}"
    stated = re.search(r'name="stated" value="([^"]+)"', browser.get(path).text)[1]
    return browser.post(path, {"stated": html.unescape(stated), **fields})


def test_ticked_drafts_are_issued_after_count_and_sum_are_stated(signed_in, book):
    extra = add_invoice(book, "20", draft=True)
    db.session.commit()
    browser = signed_in(Role.ACCOUNTANT)
    query = f"do=issue&id={book.draft.id}&id={extra.id}&id={book.first.id}"
    page = browser.get(f"/invoices/bulk?{query}").text
    assert "<b>2 invoices</b> over" in page
    assert "100.00 <small>USD</small>" in page
    assert "INV-00001 is issued already." in page
    answer = bulk(browser, "invoices", query)
    assert answer.status_code == 200
    assert "2 invoices issued, 1 not." in answer.text
    assert [db.session.get(Invoice, one.id).draft for one in (book.draft, extra)] == [False, False]


def test_all_of_a_filter_is_voided_with_a_reason(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    answer = bulk(browser, "invoices", "do=void&all=1&status=unpaid", reason="Billed by another company")
    assert "2 invoices voided." in answer.text
    db.session.expire_all()
    assert [one.voided for one in (book.first, book.second, book.draft)] == [True, True, False]
    assert book.payment.applied == 0
    assert book.first.void_reason == "Billed by another company"


def test_choice_that_changed_since_it_was_stated_is_not_acted_on(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = "/invoices/bulk?do=void&all=1&status=unpaid"
    stated = html.unescape(re.search(r'name="stated" value="([^"]+)"', browser.get(path).text)[1])
    add_invoice(book, "5")
    db.session.commit()
    answer = browser.post(path, {"stated": stated})
    assert answer.status_code == 409
    assert "The choice has changed since. Nothing was done." in answer.text
    assert "Void 3 invoices" in answer.text
    assert db.session.query(Invoice).filter(Invoice.voided_at.is_not(None)).count() == 0


def test_nothing_ticked_leads_back_to_the_list(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    answer = browser.get("/payments/bulk?do=void&status=with_rest", follow_redirects=True)
    assert "Tick the payments first" in answer.text
    assert answer.request.path == "/payments"


def test_payments_are_never_issued(signed_in, book):
    answer = signed_in(Role.ACCOUNTANT).get(f"/payments/bulk?do=issue&id={book.payment.id}")
    assert answer.status_code == 422
    assert "never issued" in answer.text


def test_too_long_a_reason_is_told_once_and_nothing_is_voided(signed_in, book):
    answer = bulk(signed_in(Role.ACCOUNTANT), "payments", f"do=void&id={book.payment.id}", reason="x" * 501)
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    db.session.refresh(book.payment)
    assert not book.payment.voided


def test_payments_with_a_rest_are_a_tab(signed_in, book):
    page = signed_in(Role.VIEWER).get("/payments?status=with_rest&method=check").text
    assert rows(page) == ["PMT-00001"]
    assert "Left to apply <b" in page

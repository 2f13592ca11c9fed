"""The pages of invoices."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal

from portal.extensions import db
from portal.models.company import Role
from portal.models.invoice import Invoice
from portal.queries.paging import PAGE_SIZE
from portal.services import invoices
from portal.services.audit import Actor
from portal.services.invoice_checks import InvoiceData

LINES = {
    "lines-0-description": "Pallet racking",
    "lines-0-quantity": "24",
    "lines-0-unit_cost": "1,385.50",
    "lines-2-description": "Freight",
    "lines-2-unit_cost": "610",
}


def new_invoice(browser, book, action="issue", **fields):
    data = {"date": "2026-11-03", "currency": "USD", "action": action, **LINES, **fields}
    return browser.post(f"/invoices/new?customer={book.customer.id}", data)


def newest() -> Invoice:
    return db.session.query(Invoice).order_by(Invoice.id.desc()).first()


def test_accountant_issues_an_invoice_whose_empty_rows_are_ignored(signed_in, book):
    answer = new_invoice(signed_in(Role.ACCOUNTANT), book, discount="200", tax="86.10")
    assert answer.status_code == 303
    invoice = newest()
    assert [(line.quantity, line.amount) for line in invoice.lines] == [(24, 33252), (1, 610)]
    assert (invoice.total, invoice.due_date, invoice.draft) == (Decimal("33748.10"), dt.date(2026, 12, 3), False)


def test_draft_is_saved_without_lines_and_issued_later(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    data = {"date": "3 Nov 2026", "currency": "USD", "action": "draft"}
    answer = browser.post(f"/invoices/new?customer={book.customer.id}", data)
    assert answer.status_code == 303
    path = answer.location
    assert "Issue invoice" in browser.get(path).text
    refused = browser.post(f"{path}/issue", page=path)
    assert refused.location == f"{path}/edit"
    assert "has no lines" in browser.get(refused.location).text
    assert browser.post(f"{path}/edit", {**data, **LINES, "action": "issue", "version": "1"}).status_code == 303
    assert newest().draft is False


def test_more_rows_come_without_script_and_keep_what_was_typed(signed_in, book):
    answer = new_invoice(signed_in(Role.ACCOUNTANT), book, "add_rows", discount="not yet a number")
    assert answer.status_code == 200
    assert answer.text.count('name="lines-4-description"') == 1
    assert 'value="Pallet racking"' in answer.text
    assert 'value="not yet a number"' in answer.text
    assert "33,252.00" in answer.text
    assert db.session.query(Invoice).count() == 3


def test_mistakes_stand_at_the_row_they_are_in(signed_in, book):
    answer = new_invoice(
        signed_in(Role.ACCOUNTANT), book, **{"lines-2-quantity": "0", "lines-2-description": "", "number": "INV-00001"}
    )
    assert answer.status_code == 422
    assert 'id="lines-1-quantity-error"' in answer.text  # the second of the rows that hold something
    assert 'id="lines-1-description-error"' in answer.text
    assert 'id="number-error"' in answer.text
    assert 'href="#lines-1-quantity"' in answer.text
    assert "The quantity must be above zero." in answer.text


def test_words_instead_of_numbers_are_answered_at_their_fields(signed_in, book):
    answer = new_invoice(signed_in(Role.ACCOUNTANT), book, **{"lines-0-unit_cost": "1e999999", "date": "soon"})
    assert answer.status_code == 422
    assert answer.text.count("Write a number such as 1234.50.") == 2
    assert 'value="1e999999"' in answer.text
    assert "Write a date such as 3 Nov 2026." in answer.text


def test_odd_field_names_do_no_harm(signed_in, book):
    answer = new_invoice(signed_in(Role.ACCOUNTANT), book, **{"lines-²-quantity": "1", "lines-99999999-quantity": "1"})
    assert answer.status_code == 303
    assert len(newest().lines) == 2


def test_edit_keeps_metadata_of_the_invoice_and_its_lines(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    line = book.second.lines[0]
    data = {
        "date": "2026-10-01",
        "currency": "USD",
        "action": "save",
        "version": "1",
        "lines-0-source": line.id,
        "lines-0-description": "Service plan, plus",
        "lines-0-quantity": "2",
        "lines-0-unit_cost": "120.5",
    }
    assert browser.post(f"/invoices/{book.second.id}/edit", data).status_code == 303
    db.session.refresh(book.second)
    assert book.second.total == Decimal("241")
    assert book.second.lines[0].extra == {"shelf": "A7"}
    assert "total from 120.50 to 241.00" in browser.get(f"/invoices/{book.second.id}").text


def test_stale_invoice_form_keeps_what_was_typed(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/invoices/{book.second.id}/edit"
    data = {"date": "2026-10-01", "currency": "USD", "action": "save", "version": "1", **LINES}
    assert browser.post(path, data).status_code == 303
    answer = browser.post(path, {**data, "purchase_order": "PO 88"})
    assert answer.status_code == 409
    assert "Somebody else saved this meanwhile" in answer.text
    assert 'value="PO 88"' in answer.text
    assert browser.post(path, {**data, "purchase_order": "PO 88", "version": "2"}).status_code == 303
    db.session.refresh(book.second)
    assert book.second.purchase_order == "PO 88"


def test_total_below_the_money_on_it_is_refused_in_words(signed_in, book):
    data = {"date": "2026-09-01", "currency": "USD", "action": "save", "version": str(book.first.version),
            "lines-0-description": "Service plan", "lines-0-unit_cost": "50"}  # fmt: skip
    answer = signed_in(Role.ACCOUNTANT).post(f"/invoices/{book.first.id}/edit", data)
    assert answer.status_code == 422
    assert "100.00 USD lies on INV-00001" in answer.text


def test_action_of_a_stale_page_says_what_is_the_case_now(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/invoices/{book.draft.id}"
    assert browser.post(f"{path}/issue", page=path).status_code == 303
    answer = browser.post(f"{path}/issue", page=path)
    assert answer.status_code == 409
    assert "INV-00003 is issued already." in answer.text
    assert f'href="{path}"' in answer.text


def test_voiding_says_first_what_it_does_and_leaves_the_money_with_its_payment(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/invoices/{book.first.id}"
    assert "100.00 <small>USD</small></span> of PMT-00001" in browser.get(f"{path}/void").text
    answer = browser.post(f"{path}/void", {"reason": "Ordered twice"})
    assert answer.status_code == 303
    page = browser.get(path).text
    assert "Voided" in page
    assert "Ordered twice" in page
    db.session.refresh(book.payment)
    assert book.payment.applied == 0
    assert browser.post(f"{path}/void", {}, page=path).status_code == 409
    assert browser.get(f"{path}/edit").status_code == 303


def test_list_narrows_by_status_customer_and_words_and_adds_up(signed_in, book):
    browser = signed_in(Role.VIEWER)
    everything = browser.get("/invoices").text
    assert "<b>3</b> invoices" in everything
    assert "500.50 <small>USD</small>" in everything
    drafts = browser.get("/invoices?status=draft").text
    assert "INV-00003" in drafts
    assert "INV-00001" not in drafts
    assert "INV-00001" in browser.get(f"/invoices?customer={book.customer.id}").text
    assert browser.get("/invoices?customer=77").status_code == 404
    assert "No invoice matches" in browser.get("/invoices?q=nothing+like+it").text
    assert "INV-00002" in browser.get("/invoices?q=harbor&from=2026-09-15&to=2026-10-15").text


def test_pages_of_a_list_follow_each_other(signed_in, book):
    data = InvoiceData(customer_id=book.customer.id, date=dt.date(2026, 11, 2), draft=True)
    for _ in range(PAGE_SIZE):
        invoices.create(book.company, data, actor=Actor("test"))
    browser = signed_in(Role.VIEWER)
    first = browser.get("/invoices").text
    link = re.search(r'href="([^"]*after=[^"]*)"', first)[1]
    second = browser.get(html.unescape(link)).text
    assert "INV-00004" in first
    assert "INV-00001" not in first
    assert "INV-00001" in second
    assert "INV-00004" not in second
    assert "First page" in second
    assert browser.get("/invoices?after=nonsense").status_code == 422


def test_invoice_page_shows_what_is_due_and_why(signed_in, book):
    page = signed_in(Role.VIEWER).get(f"/invoices/{book.first.id}").text
    assert "200.00 <small>USD</small>" in page
    assert "days past due" in page
    assert "Recorded here, check 4711" in page
    assert "Un-apply" not in page
    assert "Record payment" not in page


def test_book_without_invoices_says_what_to_do_next(signed_in):
    page = signed_in(Role.ACCOUNTANT).get("/invoices").text
    assert "No invoices yet" in page
    assert "Write an invoice" in page
    assert "No customers yet" in signed_in(Role.ACCOUNTANT).get("/invoices/new").text


def test_due_date_follows_the_terms_until_somebody_sets_another(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get(f"/invoices/new?customer={book.customer.id}").text
    given = re.search(r'name="by_terms" type="hidden" value="([^"]+)"', page)[1]
    assert f'name="due_date" type="date" value="{given}"' in page
    new_invoice(browser, book, by_terms=given, due_date=given, payment_terms="NET 60")
    assert newest().due_date == dt.date(2027, 1, 2)
    new_invoice(browser, book, by_terms=given, due_date="2026-11-20", payment_terms="NET 60")
    assert newest().due_date == dt.date(2026, 11, 20)
    new_invoice(browser, book, payment_terms="Due on receipt")
    assert newest().due_date == dt.date(2026, 11, 3)


def test_duplicate_opens_as_a_draft_with_the_same_lines(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/invoices/{book.second.id}"
    answer = browser.post(f"{path}/duplicate", page=path)
    assert answer.location == f"/invoices/{newest().id}/edit"
    assert (newest().draft, newest().total, newest().number) == (True, Decimal("120.50"), "INV-00004")
    assert "INV-00004 is a draft with the lines of INV-00002" in browser.get(answer.location).text
    assert "Duplicated (from INV-00002)" in browser.get(f"/invoices/{newest().id}").text


def test_what_cannot_be_done_stands_in_the_menu_with_its_reason(signed_in, book):
    invoices.void(book.second, reason="", actor=Actor("test"))
    db.session.commit()
    page = signed_in(Role.ACCOUNTANT).get(f"/invoices/{book.second.id}").text
    menu = page.split('class="menu"')[1].split("</details>")[0]
    for label in ("Edit", "Record payment", "Credit this invoice", "Void this invoice"):
        assert f'aria-disabled="true">{label}</span><small>INV-00002 is voided' in menu
    assert "Duplicate</button>" in menu


def test_lines_suggest_what_intacct_has(signed_in, book, with_intacct):
    with_intacct(gl_accounts=[{"id": "4000", "name": "Sales"}], locations=[{"id": "100", "name": "Chicago"}])
    page = signed_in(Role.ACCOUNTANT).get(f"/invoices/{book.second.id}/edit").text
    assert '<datalist id="known-accounts"><option value="4000">Sales</option></datalist>' in page
    assert '<datalist id="known-locations"><option value="100">Chicago</option></datalist>' in page
    assert 'list="known-accounts"' in page
    book.second.lines[0].account = "4000"
    db.session.commit()
    assert "4000 Sales" in signed_in(Role.VIEWER).get(f"/invoices/{book.second.id}").text

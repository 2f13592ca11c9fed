"""The pages of payments."""

from __future__ import annotations

from decimal import Decimal

from portal.extensions import db
from portal.models.company import Role
from portal.models.payment import Payment


def record(browser, book, **fields):
    data = {"date": "2026-11-20", "amount": "250", "method": "wire", "reference": "W 9", **fields}
    return browser.post(f"/payments/new?customer={book.customer.id}", data)


def newest() -> Payment:
    return db.session.query(Payment).order_by(Payment.id.desc()).first()


def test_payment_goes_on_two_invoices_and_its_rest_stays(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    answer = record(browser, book, **{f"apply-{book.first.id}": "100.00", f"apply-{book.second.id}": "120.50"})
    assert answer.status_code == 303
    payment = newest()
    assert (payment.amount, payment.applied, payment.method) == (250, Decimal("220.5"), "wire")
    db.session.refresh(book.first)
    assert book.first.balance == 100
    assert "29.50 USD is left to apply" in browser.get(answer.location).text


def test_oldest_first_fills_in_without_saving(signed_in, book):
    answer = record(signed_in(Role.ACCOUNTANT), book, action="oldest_first")
    assert answer.status_code == 200
    assert f'name="apply-{book.first.id}" inputmode="decimal" autocomplete="off" value="200.00"' in answer.text
    assert f'name="apply-{book.second.id}" inputmode="decimal" autocomplete="off" value="50.00"' in answer.text
    assert db.session.query(Payment).count() == 1


def test_more_than_came_in_cannot_be_applied(signed_in, book):
    answer = record(signed_in(Role.ACCOUNTANT), book, amount="150", **{f"apply-{book.first.id}": "200"})
    assert answer.status_code == 422
    assert "200.00 USD is put on invoices, but there is 150.00 USD. Take 50.00 USD off" in answer.text
    assert 'value="200"' in answer.text
    assert 'class="bad"' in answer.text


def test_more_than_is_due_and_no_number_are_named_at_their_rows(signed_in, book):
    answer = record(
        signed_in(Role.ACCOUNTANT),
        book,
        amount="900",
        **{f"apply-{book.first.id}": "201", f"apply-{book.second.id}": "x"},
    )
    assert answer.status_code == 422
    assert "Only 200.00 USD is due on INV-00001." in answer.text
    assert f'id="apply-{book.second.id}-error"' in answer.text
    assert db.session.query(Payment).count() == 1


def test_negative_and_missing_amounts_are_refused(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    answer = record(browser, book, amount="", **{f"apply-{book.first.id}": "-5"})
    assert answer.status_code == 422
    assert "Enter the amount that came in." in answer.text
    assert "The amount must be above zero." in answer.text
    assert record(browser, book, amount="-3").status_code == 422
    assert record(browser, book, amount="0.001").status_code == 422
    assert record(browser, book, method="barter").status_code == 422


def test_invoice_paid_meanwhile_is_pointed_out(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    assert record(browser, book, amount="120.50", **{f"apply-{book.second.id}": "120.50"}).status_code == 303
    answer = record(browser, book, amount="120.50", **{f"apply-{book.second.id}": "120.50"})
    assert answer.status_code == 422
    assert "is not open any more" in answer.text


def test_payment_of_an_invoice_comes_filled_in(signed_in, book):
    page = signed_in(Role.ACCOUNTANT).get(f"/payments/new?customer={book.customer.id}&invoice={book.second.id}").text
    assert page.count('value="120.50"') == 2


def test_rest_is_applied_later_all_or_nothing(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/payments/{book.payment.id}/apply"
    too_much = browser.post(path, {f"apply-{book.first.id}": "40", f"apply-{book.second.id}": "20"})
    assert too_much.status_code == 422
    assert browser.post(path, {}).status_code == 422
    filled = browser.post(path, {"action": "oldest_first"})
    assert 'value="50.00"' in filled.text
    assert browser.post(path, {f"apply-{book.second.id}": "50"}).status_code == 303
    db.session.refresh(book.payment)
    assert book.payment.balance == 0
    assert "Nothing is left" in browser.get(path).text


def test_money_comes_off_an_invoice_in_part_and_whole(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/payments/{book.payment.id}/unapply/{book.first.id}"
    assert 'value="100.00"' in browser.get(path).text
    refused = browser.post(path, {"amount": "100.01"})
    assert refused.status_code == 422
    assert "Only 100.00 USD" in refused.text
    assert browser.post(path, {"amount": "40"}).status_code == 303
    assert browser.post(path, {"amount": "60"}).status_code == 303
    db.session.refresh(book.first)
    assert book.first.balance == 300
    assert browser.get(path).status_code == 409


def test_voided_payment_leaves_its_invoices_due(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/payments/{book.payment.id}"
    assert "100.00 <small>USD</small></span> on INV-00001" in browser.get(f"{path}/void").text
    assert browser.post(f"{path}/void", {"reason": "Bounced"}).status_code == 303
    db.session.refresh(book.first)
    assert book.first.balance == 300
    page = browser.get(path).text
    assert "Bounced" in page
    assert "Apply the rest" not in page
    again = browser.post(f"{path}/void", page=path)
    assert again.status_code == 409
    assert f'href="{path}"' in again.text


def test_list_narrows_by_status_and_method_and_adds_up(signed_in, book):
    browser = signed_in(Role.VIEWER)
    page = browser.get("/payments?status=partially_applied&method=check&q=4711").text
    assert "PMT-00001" in page
    assert "50.00 <small>USD</small>" in page
    assert "No payment matches" in browser.get("/payments?status=voided").text


def test_dashboard_adds_up_what_the_lists_show(signed_in, book):
    browser = signed_in(Role.VIEWER)
    page = browser.get("/").text
    assert "320.50 <small>USD</small>" in page  # 200.00 + 120.50; the draft is not owed
    assert "50.00 <small>USD</small>" in page
    assert "Three steps" not in page


def test_empty_company_is_shown_its_first_steps(signed_in):
    assert "Three steps to books that agree" in signed_in(Role.ADMIN).get("/").text
    assert "Add a customer" not in signed_in(Role.VIEWER).get("/").text


def test_own_facts_of_a_payment_are_edited_and_its_applications_stay(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/payments/{book.payment.id}/edit"
    assert 'value="150.00"' in browser.get(path).text
    data = {"date": "2026-10-06", "amount": "99", "method": "wire", "reference": "4712", "version": "1"}
    refused = browser.post(path, data)
    assert refused.status_code == 422
    assert "100.00 USD of PMT-00001 is applied. Un-apply the difference first." in refused.text
    assert 'value="4712"' in refused.text
    assert browser.post(path, {**data, "amount": "180"}).status_code == 303
    db.session.refresh(book.payment)
    assert (book.payment.amount, book.payment.applied, book.payment.method) == (180, 100, "wire")
    stale = browser.post(path, {**data, "amount": "190"})
    assert stale.status_code == 409
    assert "Somebody else saved this meanwhile" in stale.text
    assert "amount from 150.00 to 180.00" in browser.get(f"/payments/{book.payment.id}").text

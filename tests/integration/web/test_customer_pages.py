"""The pages of customers."""

from __future__ import annotations

from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer


def test_accountant_adds_a_customer(signed_in):
    browser = signed_in(Role.ACCOUNTANT)
    answer = browser.post("/customers/new", {"name": "Brightwater Logistics", "currency": "usd", "active": "y"})
    assert answer.status_code == 303
    customer = db.session.query(Customer).one()
    assert (customer.name, customer.number, customer.currency) == ("Brightwater Logistics", "CUST-00001", "USD")
    page = browser.get(answer.location).text
    assert "Brightwater Logistics is customer CUST-00001 now." in page
    assert "accountant@northfield-supply.example" in page


def test_customer_added_on_the_way_to_an_invoice_comes_back_chosen(signed_in):
    browser = signed_in(Role.ACCOUNTANT)
    answer = browser.post("/customers/new?next=/invoices/new", {"name": "Redwood Clinic"})
    assert answer.location == "/invoices/new?customer=1"


def test_mistakes_are_named_at_their_fields_and_what_was_typed_stays(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    answer = browser.post(
        "/customers/new", {"name": "Red\x07wood", "number": "cust-00001", "currency": "dollars", "email": "no address"}
    )
    assert answer.status_code == 422
    assert "Nothing was saved. 4 things need a change" in answer.text
    assert "<title>Error: New customer" in answer.text
    for field in ("name", "number", "currency", "email"):
        assert f'id="{field}-error"' in answer.text
        assert f'aria-describedby="{field}' in answer.text or f'aria-describedby="{field}-hint' in answer.text
    assert 'value="no address"' in answer.text
    assert 'value="dollars"' in answer.text
    assert db.session.query(Customer).count() == 1


def test_a_megabyte_of_text_is_refused_at_its_field(signed_in):
    answer = signed_in(Role.ACCOUNTANT).post("/customers/new", {"name": "x" * 1_000_000})
    assert answer.status_code == 422
    assert "at most 100 characters; this has 1,000,000" in answer.text


def test_stale_form_is_not_saved_and_says_who_saved_meanwhile(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/customers/{book.customer.id}/edit"
    fields = {"name": "Harbor Lane Dental", "currency": "USD", "active": "y", "version": "1"}
    assert browser.post(path, {**fields, "phone": "555 0100"}).status_code == 303
    answer = browser.post(path, {**fields, "city": "Chicago"})
    assert answer.status_code == 409
    assert "Somebody else saved this meanwhile" in answer.text
    assert "accountant@northfield-supply.example" in answer.text
    assert "phone" in answer.text
    assert 'value="Chicago"' in answer.text
    assert 'name="version" type="hidden" value="2"' in answer.text
    db.session.refresh(book.customer)
    assert (book.customer.phone, book.customer.city) == ("555 0100", "")


def test_list_is_searched_without_regard_to_case(signed_in, book):
    browser = signed_in(Role.VIEWER)
    assert "Harbor Lane Dental" in browser.get("/customers?q=harBOR").text
    nothing = browser.get("/customers?q=zzz%00").text
    assert "No customer matches" in nothing
    assert "Harbor Lane Dental" not in nothing


def test_customer_page_shows_balance_and_each_kind_of_document(signed_in, book):
    browser = signed_in(Role.VIEWER)
    path = f"/customers/{book.customer.id}"
    page = browser.get(path).text
    assert "320.50 <small>USD</small>" in page
    assert "50.00 <small>USD</small>" in page  # left of the payment
    assert "INV-00002" in page
    assert "New invoice" not in page
    assert "PMT-00001" in browser.get(f"{path}?show=payments").text
    assert "Nothing was credited to Harbor Lane Dental" in browser.get(f"{path}?show=credit_notes").text


def test_customer_is_made_inactive_once_no_draft_waits_and_active_again(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/customers/{book.customer.id}"
    refused = browser.post(f"{path}/deactivate", page=path, follow_redirects=True)
    assert "has drafts: INV-00003" in refused.text
    assert browser.post(f"/invoices/{book.draft.id}/void", {"reason": ""}).status_code == 303
    page = browser.post(f"{path}/deactivate", page=path, follow_redirects=True).text
    assert "is inactive. What is owed can still be paid." in page
    assert "Make the customer active first." in page  # why no new invoice
    assert "Made inactive" in page
    page = browser.post(f"{path}/activate", page=path, follow_redirects=True).text
    assert "is active again" in page


def test_draft_in_the_way_is_told_at_the_active_box(signed_in, book):
    answer = signed_in(Role.ACCOUNTANT).post(
        f"/customers/{book.customer.id}/edit", {"name": "Harbor Lane Dental", "currency": "USD", "version": "1"}
    )
    assert answer.status_code == 422
    assert 'id="active-error"' in answer.text


def test_customers_who_owe_are_listed_and_exported(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    browser.post("/customers/new", {"name": "=Redwood Clinic", "currency": "USD", "active": "y"})
    browser.get("/customers")  # says once that she was added
    assert "=Redwood Clinic" not in browser.get("/customers?status=owing").text
    text = browser.get("/customers/csv?status=active&sort=-name").text
    assert text.splitlines()[1].startswith("CUST-00001,Harbor Lane Dental")
    assert "'=Redwood Clinic" in text
    falling = browser.get("/customers?sort=-name").text
    assert 'aria-sort="descending"' in falling


def test_text_of_people_is_never_markup(signed_in):
    browser = signed_in(Role.ACCOUNTANT)
    browser.post("/customers/new", {"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in browser.get("/customers").text
    assert "&lt;script&gt;alert" in browser.get("/customers/1").text

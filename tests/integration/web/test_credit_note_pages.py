"""The pages of credit notes: alone or from an invoice, applied, un-applied, voided."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.company import Role
from portal.models.credit_note import CreditNote
from portal.services import credit_notes
from portal.services.audit import Actor
from portal.services.credit_notes import CreditNoteData, LineData

LINE = {"lines-0-description": "Short delivery", "lines-0-unit_cost": "60"}


@pytest.fixture
def note(book) -> CreditNote:
    """60.00 for the customer of the book, issued, on no invoice."""
    line = LineData("Short delivery", Decimal(1), Decimal(60))
    data = CreditNoteData(customer_id=book.customer.id, date=dt.date(2026, 10, 9), lines=(line,))
    made = credit_notes.create(book.company, data, actor=Actor("test"))
    db.session.commit()
    return made


def newest() -> CreditNote:
    return db.session.query(CreditNote).order_by(CreditNote.id.desc()).first()


def test_credit_note_is_written_for_a_customer_and_keeps_what_was_typed_wrong(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/credit-notes/new?customer={book.customer.id}"
    refused = browser.post(path, {"date": "soon", "currency": "USD", "action": "issue", **LINE})
    assert refused.status_code == 422
    assert 'value="soon"' in refused.text
    assert 'value="Short delivery"' in refused.text
    answer = browser.post(path, {"date": "2026-11-03", "currency": "USD", "action": "draft", **LINE})
    assert answer.status_code == 303
    assert (newest().number, newest().total, newest().draft) == ("CN-00001", 60, True)
    page = browser.get(answer.location).text
    assert "Draft" in page
    assert browser.post(f"{answer.location}/issue", page=answer.location).status_code == 303
    assert newest().draft is False


def test_credit_note_from_an_invoice_starts_with_its_lines(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/credit-notes/new?invoice={book.second.id}"
    page = browser.get(path).text
    assert 'value="Service plan"' in page
    assert "INV-00002" in page
    answer = browser.post(path, {"date": "2026-11-03", "currency": "USD", "action": "issue", **LINE})
    assert answer.status_code == 303
    assert newest().invoice_id == book.second.id
    assert newest().applied == 0


def test_draft_invoice_cannot_be_credited_and_says_why(signed_in, book):
    browser = signed_in(Role.ACCOUNTANT)
    assert "is a draft. Issue it first." in browser.get(f"/invoices/{book.draft.id}").text
    assert browser.get(f"/credit-notes/new?invoice={book.draft.id}").status_code == 409


def test_credit_is_put_on_several_invoices_and_taken_off_again(signed_in, book, note):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/credit-notes/{note.id}"
    first, second = f"apply-{book.first.id}", f"apply-{book.second.id}"
    too_much = browser.post(f"{path}/apply", {first: "50", second: "20"})
    assert too_much.status_code == 422
    assert "Take 10.00 USD off" in too_much.text
    assert browser.post(f"{path}/apply", {first: "40", second: "20"}).status_code == 303
    page = browser.get(f"/invoices/{book.first.id}").text
    assert "CN-00001" in page
    assert "1 credit note" in page  # the Credited tile
    assert "160.00 <small>USD</small>" in page  # 300 less 100 paid and 40 credited
    off = f"{path}/unapply/{book.first.id}"
    assert 'value="40.00"' in browser.get(off).text
    assert browser.post(off, {"amount": "15"}).status_code == 303
    db.session.refresh(note)
    assert note.applied == 45
    assert "15.00 USD off" in browser.get(path).text


def test_oldest_first_only_fills_in_and_can_be_changed(signed_in, book, note):
    answer = signed_in(Role.ACCOUNTANT).post(f"/credit-notes/{note.id}/apply", {"action": "oldest_first"})
    assert answer.status_code == 200
    assert 'value="60.00"' in answer.text
    db.session.refresh(note)
    assert note.applied == 0


def test_voided_credit_makes_its_invoices_due_again(signed_in, book, note):
    browser = signed_in(Role.ACCOUNTANT)
    credit_notes.apply(note, [(book.second, Decimal(60))], actor=Actor("test"))
    db.session.commit()
    path = f"/credit-notes/{note.id}/void"
    assert "60.00 <small>USD</small></span> on INV-00002" in browser.get(path).text
    assert browser.post(path, {"reason": "Delivered after all"}).status_code == 303
    db.session.refresh(book.second)
    assert book.second.balance == Decimal("120.50")
    page = browser.get(f"/credit-notes/{note.id}").text
    assert "Delivered after all" in page
    assert "is voided and cannot be changed any more." in page
    assert browser.get(f"/credit-notes/{note.id}/edit").status_code == 303
    assert browser.get(path).status_code == 409


def test_two_people_saving_the_same_credit_note(signed_in, book, note):
    browser = signed_in(Role.ACCOUNTANT)
    path = f"/credit-notes/{note.id}/edit"
    data = {"date": "2026-10-09", "currency": "USD", "action": "save", "version": "1", **LINE}
    assert browser.post(path, {**data, "lines-0-unit_cost": "70"}).status_code == 303
    answer = browser.post(path, {**data, "lines-0-unit_cost": "80"})
    assert answer.status_code == 409
    assert "Somebody else saved this meanwhile" in answer.text
    assert 'value="80"' in answer.text
    db.session.refresh(note)
    assert note.total == 70


def test_viewer_sees_credit_notes_without_boxes_and_actions(signed_in, book, note):
    browser = signed_in(Role.VIEWER)
    page = browser.get("/credit-notes").text
    assert "CN-00001" in page
    assert 'type="checkbox"' not in page
    assert f"/credit-notes/{note.id}/" not in browser.get(f"/credit-notes/{note.id}").text

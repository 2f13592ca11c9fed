"""`portal book`, `portal companies` and `portal users` as scripts call them: what they print and how they end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from portal.cli.main import cli
from portal.extensions import db
from portal.models.company import User
from portal.services import users
from tests.factories import PASSWORD
from tests.integration.book.conftest import INVOICE, PAYMENT, Portal


def test_documents_are_printed_as_the_api_shows_them(book: Portal) -> None:
    invoice = book("list invoices")[1]["items"][0]
    expected = {
        "id": 1, "object": "invoice", "number": "INV-0001", "customer": 1, "date": 1767225600, "currency": "usd",
        "total": Decimal("98.50"), "balance": Decimal("8.50"), "origin": "portal", "discounts": [{"amount": 5}],
    }  # fmt: skip
    assert {key: invoice[key] for key in expected} == expected
    assert invoice["items"][0]["unit_cost"] == Decimal("50.25")
    assert invoice["items"][0]["metadata"] == {"intacct_location": "100"}
    assert invoice["sync"] == {
        "state": "not_synced", "reason": "No Intacct company is connected.", "intacct_object": "", "intacct_key": "",
        "intacct_number": "", "last_synced_at": None, "problem_id": None,
    }  # fmt: skip
    payment = book("list payments")[1]["items"][0]
    assert (payment["number"], payment["status"], payment["balance"]) == (
        "PMT-00001",
        "partially_applied",
        Decimal("8.50"),
    )
    assert payment["applied_to"] == [
        {"type": "invoice", "invoice": 1, "invoice_number": "INV-0001", "amount": Decimal("90.00")}
    ]


def test_adding_exactly_the_same_again_is_harmless(book: Portal) -> None:
    payment = PAYMENT | {"number": "PMT-00001"}
    assert book("add invoice", INVOICE)[1]["id"] == 1
    assert book("add payment", payment)[1]["id"] == 1
    assert book("add customer", {"name": "Harbor Lane Dental", "number": "CUST-00001"})[1]["id"] == 1
    assert [book(f"list {kinds}")[1]["count"] for kinds in ("customers", "invoices", "payments")] == [1, 1, 1]


@pytest.mark.parametrize("change", [{"number": "inv-0001"}, {"discounts": []}, {"items": []}, {"purchase_order": ""}])
def test_adding_something_else_under_a_number_is_refused(book: Portal, change: dict[str, Any]) -> None:
    status, answer = book("add invoice", INVOICE | change)
    assert (status, answer["error"]["field"]) == (3, "items" if "items" in change else "number")
    assert book("list invoices")[1]["count"] == 1


def test_apply_and_unapply_move_money_and_say_what_is_wrong(book: Portal) -> None:
    move = {"payment": "PMT-00001", "invoice": "INV-0001"}
    status, answer = book("apply", move | {"amount": 8.51})
    assert (status, answer["error"]["field"]) == (2, "amount")
    assert answer["error"]["message"].startswith("8.51 USD is more than is left of PMT-00001: 8.50 USD")
    assert book("apply", move | {"amount": 8.5})[1]["balance"] == 0
    assert book("unapply", move | {"amount": "20.25"})[1]["balance"] == Decimal("20.25")
    assert book("unapply", {"payment": 1, "invoice": 1})[1]["applied_to"] == []
    assert book("apply", move)[1]["error"] == {
        "code": "missing",
        "message": "The amount is missing.",
        "field": "amount",
    }


def test_edit_changes_what_is_named_and_keeps_the_rest(book: Portal) -> None:
    status, invoice = book(
        "edit invoice inv-0001", {"purchase_order": "PO 99", "taxes": [{"amount": 1}, {"amount": 1}]}
    )
    assert (status, invoice["purchase_order"], invoice["total"]) == (0, "PO 99", Decimal("97.50"))
    assert (invoice["due_date"], invoice["items"][0]["quantity"], invoice["version"]) == (1769817600, 2, 2)
    assert book("edit payment PMT-00001", {"reference": "4712"})[1]["reference"] == "4712"
    assert book("edit customer CUST-00001", {"email": "ap@harborlane.example"})[1]["name"] == "Harbor Lane Dental"
    status, answer = book("edit invoice INV-0001", {"taxes": [], "discounts": [{"amount": 20}]})
    assert (status, answer["error"]["code"]) == (3, "below_applied")


def test_void_takes_a_document_back(book: Portal) -> None:
    status, invoice = book("void invoice INV-0001", None, "--reason", "sent twice")
    assert (status, invoice["status"], invoice["balance"], invoice["void_reason"]) == (0, "voided", 0, "sent twice")
    assert book("void payment PMT-00001")[1]["status"] == "voided"
    assert book("void customer CUST-00001")[1]["status"] == "inactive"
    status, answer = book("void invoice INV-0001")
    assert (status, answer["error"]["code"]) == (2, "not_allowed_now")


def test_list_narrows_by_number_and_sync_state(book: Portal) -> None:
    assert book("list invoices --number inv-0001")[1]["count"] == 1
    assert book("list invoices --number other")[1] == {"items": [], "count": 0}
    assert book("list invoices --sync-state not_synced")[1]["count"] == 1
    assert book("list invoices --sync-state synced")[1]["count"] == 0
    assert book("list invoices --sync-state lost")[0] == 3


def test_unknown_companies_and_numbers_are_named(book: Portal, portal: Portal) -> None:
    status, answer = portal("book list invoices --company nowhere")
    assert (status, answer["error"]["field"]) == (2, "company")
    assert book("void invoice INV-9")[1]["error"]["message"] == "There is no invoice with the number INV-9."


def test_companies_are_added_once_and_listed(portal: Portal) -> None:
    status, first = portal("companies add", None, "Harbor Lane", "--currency", "eur", "--timezone", "Europe/Berlin")
    assert (status, first["slug"], first["currency"], first["timezone"]) == (0, "harbor-lane", "EUR", "Europe/Berlin")
    assert portal("companies add", None, "harbor lane")[1] == first
    assert portal("companies list")[1]["count"] == 2
    status, answer = portal("companies add", None, "X", "--timezone", "Mars/Base")
    assert (status, answer["error"]["field"]) == (3, "timezone")


def test_users_are_added_once_with_the_password_from_standard_input(portal: Portal) -> None:
    add = "users add Ada@x.example --company northfield-supply --role"
    status, ada = portal(f"{add} admin", f"{PASSWORD}\n")
    assert (status, ada["email"], ada["role"], ada["company"]) == (0, "ada@x.example", "admin", "northfield-supply")
    assert portal(f"{add} viewer", "another password\n")[1] == ada
    assert isinstance(users.authenticate("ada@x.example", PASSWORD), User)
    db.session.commit()
    assert portal("users list --company northfield-supply")[1]["items"] == [ada]
    status, answer = portal("users add b@x.example --company northfield-supply --role admin", "short\n")
    assert (status, answer["error"]["field"]) == (3, "password")


def test_people_read_a_line_or_a_table(app: Flask, book: Portal) -> None:
    line = ["book", "list", "invoices", "--company", "northfield-supply"]
    table = CliRunner().invoke(cli, line, obj=app).stdout.splitlines()
    assert table[-1].split() == [
        "INV-0001",
        "2026-01-01",
        "2026-01-31",
        "past_due",
        "98.50",
        "8.50",
        "USD",
        "not_synced",
    ]
    added = CliRunner().invoke(cli, ["companies", "add", "Harbor Lane"], obj=app)
    assert (added.stdout, added.exit_code) == ("harbor-lane\n", 0)


CREDIT_NOTE = {"customer": 1, "number": "CN-0001", "date": 1767225600, "items": [{"name": "Goodwill", "unit_cost": 20}]}


def test_credit_notes_are_added_edited_listed_and_voided(book: Portal) -> None:
    status, note = book("add credit-note", CREDIT_NOTE)
    assert (status, note["object"], note["number"], note["status"]) == (0, "credit_note", "CN-0001", "unapplied")
    assert (note["total"], note["balance"], note["currency"], note["applied_to"]) == (20, 20, "usd", [])
    assert book("add credit-note", CREDIT_NOTE)[1]["id"] == note["id"]
    assert book("edit credit-note cn-0001", {"invoice": "INV-0001", "taxes": [{"amount": 1}]})[1]["total"] == 21
    assert [item["invoice"] for item in book("list credit-notes", None, "--number", "CN-0001")[1]["items"]] == [1]
    voided = book("void credit-note CN-0001", None, "--reason", "Twice.")[1]
    assert (voided["status"], voided["balance"], voided["void_reason"]) == ("voided", 0, "Twice.")
    assert book("add credit-note", {"customer": 1, "items": [{"name": "Goodwill", "unit_cost": 1}]})[1]["number"] == (
        "CN-00001"
    )


def test_credit_is_applied_and_taken_off_by_number(book: Portal) -> None:
    book("add credit-note", CREDIT_NOTE)
    move = {"credit_note": "CN-0001", "invoice": "INV-0001"}
    status, answer = book("apply", move | {"amount": 8.51})
    assert (status, answer["error"]["code"]) == (2, "more_than_due")
    note = book("apply", move | {"amount": 8.5})[1]
    assert note["applied_to"] == [
        {"type": "credit_note", "credit_note": 1, "document_type": "invoice", "invoice": 1,
         "invoice_number": "INV-0001", "amount": Decimal("8.50")}
    ]  # fmt: skip
    assert book("list invoices")[1]["items"][0]["status"] == "paid"
    assert book("unapply", move)[1]["balance"] == 20


def test_a_payment_of_nothing_applies_credit_and_adds_no_payment(book: Portal) -> None:
    book("add credit-note", CREDIT_NOTE)
    entry = {"type": "credit_note", "credit_note": 1, "document_type": "invoice", "invoice": 1, "amount": 5}
    body = {"customer": 1, "amount": 0, "applied_to": [entry, entry | {"amount": 3.5}]}
    status, answer = book("add payment", body)
    assert (status, answer["object"], answer["amount"], len(answer["applied_to"])) == (0, "payment", 0, 2)
    assert book("list payments")[1]["count"] == 1
    assert book("list credit-notes")[1]["items"][0]["balance"] == Decimal("11.50")
    for wrong, field in (
        (body | {"amount": 1}, "amount"),
        (body | {"applied_to": [entry | {"credit_note": 9}]}, "applied_to.0.credit_note"),
        (body | {"applied_to": [entry | {"amount": 9}]}, "applied_to.0.amount"),
        (body | {"applied_to": [entry | {"document_type": "estimate"}]}, "applied_to.0.document_type"),
        (body | {"applied_to": [entry, {"type": "invoice", "invoice": 1, "amount": 1}]}, "applied_to.0.type"),
    ):
        status, answer = book("add payment", wrong)
        assert (status in (2, 3), answer["error"]["field"]) == (True, field)
    assert book("list credit-notes")[1]["items"][0]["balance"] == Decimal("11.50")

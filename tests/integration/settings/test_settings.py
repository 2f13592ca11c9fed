"""The settings: all taken or none, looked up in Intacct's lists, and what a change sets going."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

import pytest

from intacct_sandbox.core import SandboxCore
from portal.errors import InvalidInput, NotAllowedNow, PortalError
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company
from portal.models.sync import Hold, Kind, Problem, SyncRow
from portal.models.types import utcnow
from portal.queries.connections import find_book
from portal.services import intacct_lists, integration_settings, wanted
from portal.services.integration_rows import CustomField, Deposit, PaymentRule
from portal.services.integration_settings import Choices, change, load, missing
from portal.services.integration_values import SETTINGS
from tests.factories import make_customer, make_invoice
from tests.integration.intacct_world import ACTOR, connect_company, refresh_lists


@pytest.fixture
def connected(company: Company, core: SandboxCore) -> Company:
    """A connected company."""
    connect_company(company, core)
    return company


def refused(company: Company, **values: Any) -> InvalidInput:
    """What changing these raises; nothing may have changed."""
    before = load(company.id)
    with pytest.raises(InvalidInput) as raised:
        change(company, values, actor=ACTOR)
    assert load(company.id) == before
    return raised.value


def test_every_setting_has_a_default_and_a_row_in_the_table() -> None:
    assert [field.name for field in fields(Choices)] == list(SETTINGS)


def test_a_company_that_chose_nothing_has_the_defaults(company: Company) -> None:
    assert load(company.id) == Choices()
    assert [key for key, _ in missing(load(company.id))] == ["income_account", "deposit_to"]


def test_what_is_not_sent_needs_no_account(company: Company) -> None:
    assert missing(change(company, {"write_invoices": False, "write_payments": False}, actor=ACTOR)) == []


def test_changes_are_kept_and_told_in_the_history(connected: Company) -> None:
    change(connected, {"location_id": "110", "sync_from": "2026-01-31", "auto_sync": True}, actor=ACTOR)
    choices = load(connected.id)
    assert (choices.location_id, choices.sync_from, choices.auto_sync) == ("110", dt.date(2026, 1, 31), True)
    entry = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.subject, entry.actor) == ("integration_settings", "test")
    assert entry.before == {"auto_sync": False, "location_id": "", "sync_from": None}
    assert entry.after == {"auto_sync": True, "location_id": "110", "sync_from": "2026-01-31"}


def test_choosing_the_same_again_leaves_no_trace(connected: Company) -> None:
    was = integration_settings.version(connected.id)
    change(connected, integration_settings.values(load(connected.id)), actor=ACTOR)
    assert integration_settings.version(connected.id) == was


def test_one_bad_value_keeps_all_from_changing_and_every_fault_is_named(connected: Company) -> None:
    error = refused(connected, location_id="110", colour="red", income_account="9999")
    assert [(fault.field, fault.code) for fault in error.all] == [
        ("colour", "unknown_key"),
        ("income_account", "not_in_list"),
    ]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"income_account": "1000"}, "bank_account"),
        ({"deposit_to": "undeposited:1000"}, "bank_account"),
        ({"deposit_to": "bank:CHK-99"}, "not_in_list"),
        ({"deposit_to": "undeposited:9999"}, "not_in_list"),
        ({"department_id": "999"}, "not_in_list"),
        ({"overpayment_location_id": "nowhere"}, "not_in_list"),
    ],
)
def test_what_intacct_does_not_have_is_refused(connected: Company, values: dict[str, str], code: str) -> None:
    error = refused(connected, **values)
    assert (error.field, error.code) == (next(iter(values)), code)


def test_ids_are_kept_as_intacct_writes_them(connected: Company) -> None:
    choices = change(connected, {"deposit_to": "bank:chk-02", "location_id": "100-us"}, actor=ACTOR)
    assert (choices.deposit_for("check", "USD").bank, choices.location_id) == ("CHK-02", "100-US")
    choices = change(connected, {"deposit_to": "undeposited:1090"}, actor=ACTOR)
    assert choices.deposit_for("check", "USD") == Deposit(undeposited="1090")


def test_a_list_that_was_refused_refuses_nothing(company: Company, core: SandboxCore) -> None:
    core.switch(denied=["READ DEPARTMENT", "READ GLACCOUNT"])
    connect_company(company, core, department_id="typed", income_account="4711")
    lists = intacct_lists.known(find_book(company))
    assert "does not let this user read departments" in lists["departments"].refused
    assert (lists["departments"].items, lists["locations"].refused) == ([], "")
    assert load(company.id).income_account == "4711"


def test_a_bank_account_is_refused_as_income_even_where_gl_accounts_cannot_be_read(
    company: Company, core: SandboxCore
) -> None:
    core.switch(denied=["READ GLACCOUNT"])
    connect_company(company, core)
    assert refused(company, income_account="1000").code == "bank_account"


def test_a_list_that_cannot_be_read_again_stays_as_it_was(connected: Company, core: SandboxCore) -> None:
    core.faults.order([{"when": {"function": "query", "object": "LOCATION"}, "what": "503_html", "times": 0}])
    before = intacct_lists.known(find_book(connected))
    with pytest.raises(PortalError, match="Nothing was saved"):
        refresh_lists(connected)
    assert intacct_lists.known(find_book(connected)) == before


def test_inactive_items_are_not_offered(connected: Company, core: SandboxCore) -> None:
    with core.lock:
        row = core.books.store.one("DEPARTMENT", "DEPARTMENTID", "300")
        core.books.modify("DEPARTMENT", row["RECORDNO"], STATUS="F")
    refresh_lists(connected)
    ids = [item["id"] for item in intacct_lists.known(find_book(connected))["departments"].items]
    assert ids == ["100", "200", "400"]


def test_before_connecting_anything_can_be_typed(company: Company) -> None:
    assert change(company, {"income_account": "4000"}, actor=ACTOR).income_account == "4000"


def test_switching_the_hourly_sync_on_plans_the_first_one_at_once(connected: Company) -> None:
    change(connected, {"auto_sync": True}, actor=ACTOR)
    assert find_book(connected).next_sync_at <= utcnow()


def test_a_start_leaves_earlier_documents_alone_and_taking_it_back_takes_them_up(connected: Company) -> None:
    invoice = make_invoice(customer=make_customer(connected), date=dt.date(2026, 3, 1))
    row = wanted.find_row(find_book(connected).id, Kind.INVOICE, invoice.id)
    change(connected, {"sync_from": "2026-03-02"}, actor=ACTOR)
    assert row.hold == Hold.BEFORE_START
    change(connected, {"sync_from": None}, actor=ACTOR)
    assert row.hold == Hold.NONE


def test_a_change_makes_every_open_problem_due_at_once(connected: Company) -> None:
    invoice = make_invoice(customer=make_customer(connected))
    row = db.session.scalars(db.select(SyncRow).where(SyncRow.record_id == invoice.id, SyncRow.kind == "invoice")).one()
    later = utcnow() + dt.timedelta(hours=9)
    problem = Problem(
        book_id=row.book_id, sync_row_id=row.id, code="dimension", guide="dimension", text="...", retry_at=later
    )
    db.session.add(problem)
    db.session.flush()
    change(connected, {"department_id": "200"}, actor=ACTOR)
    db.session.refresh(problem)
    assert problem.retry_at <= utcnow()


def test_two_editors_do_not_overwrite_each_other(connected: Company) -> None:
    seen = integration_settings.version(connected.id)
    change(connected, {"location_id": "110"}, actor=ACTOR, expected_version=seen)
    with pytest.raises(NotAllowedNow, match="Somebody else saved"):
        change(connected, {"location_id": "210"}, actor=ACTOR, expected_version=seen)
    assert load(connected.id).location_id == "110"


def test_what_the_order_entry_list_names_can_be_chosen_in_any_case_and_each_once(connected: Company) -> None:
    chosen = change(connected, {"invoice_document_types": ["sales invoice", "Sales Invoice"]}, actor=ACTOR)
    assert chosen.invoice_document_types == ("Sales Invoice",)


@pytest.mark.parametrize("name", ["Sales Order", "Nothing of the kind"])
def test_only_definitions_of_the_class_invoice_can_be_chosen(connected: Company, name: str) -> None:
    error = refused(connected, invoice_document_types=["Sales Invoice", name])
    assert (error.field, error.code) == ("invoice_document_types", "not_in_list")


def test_without_the_right_to_order_entry_its_definitions_are_typed(company: Company, core: SandboxCore) -> None:
    core.switch(denied=["READ SODOCUMENTPARAMS"])
    connect_company(company, core, invoice_document_types=["Typed Invoice"])
    assert load(company.id).invoice_document_types == ("Typed Invoice",)


def test_rows_are_kept_typed_and_come_back_as_they_were_given(connected: Company) -> None:
    rules = [{"method": "check", "currency": "eur", "deposit_to": "bank:chk-02"}]
    custom = [{"object": "arinvoice", "field": "contract_no", "metadata_key": "contract"}]
    chosen = change(connected, {"payment_rules": rules, "custom_fields": custom}, actor=ACTOR)
    assert chosen.payment_rules == (PaymentRule("check", "EUR", "bank:CHK-02"),)
    assert chosen.custom_fields == (CustomField("ARINVOICE", "CONTRACT_NO", "contract"),)
    assert load(connected.id) == chosen
    assert change(connected, integration_settings.values(chosen), actor=ACTOR) == chosen


def test_a_rule_is_refused_at_its_place(connected: Company) -> None:
    good = {"method": "check", "currency": "usd", "deposit_to": "bank:CHK-01"}
    error = refused(connected, payment_rules=[good, {**good, "method": "wire", "deposit_to": "bank:CHK-99"}])
    assert (error.field, error.code) == ("payment_rules.1.deposit_to", "not_in_list")

"""The pages of integrations, through a browser's eyes: nothing is saved before Intacct has let the user in."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from intacct_sandbox import sessions
from intacct_sandbox.company import COMPANY_ID
from intacct_sandbox.core import SandboxCore
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company, Role
from portal.models.connection import Connection
from portal.models.sync import SyncRow
from portal.queries.connections import find_book, find_connection
from portal.services import connection, integration_settings
from tests.factories import make_customer, make_invoice, make_user
from tests.integration.intacct_world import ACTOR, connect_company, make_core
from tests.integration.web.conftest import Browser

LIST, INTACCT = "/settings/integrations", "/settings/integrations/intacct"
CONNECT, DISCONNECT = f"{INTACCT}/connect", f"{INTACCT}/disconnect"
LOGIN = {
    "company_id": COMPANY_ID,
    "user_id": sessions.USER_ID,
    "password": sessions.USER_PASSWORD,
    "entity_id": "",
}

SignIn = Callable[[Role], Browser]


@pytest.fixture
def backend() -> str:
    """SQLite only: nothing here turns on which database it is."""
    return "sqlite"


@pytest.fixture
def signed_in(app: Flask, company: Company) -> SignIn:
    """Makes a browser that is signed in to the company in a role."""

    def sign_in(role: Role) -> Browser:
        browser = Browser(app.test_client())
        browser.sign_in(make_user(company, role).email)
        return browser

    return sign_in


@pytest.fixture
def admin(signed_in: SignIn) -> Browser:
    """An admin's browser."""
    return signed_in(Role.ADMIN)


def text_of(page: str) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def field_error(page: str, field: str) -> str:
    """The error that stands under a field."""
    found = re.search(rf'id="{field}-error">(.*?)</p>', page, re.DOTALL)
    return text_of(found[1]).strip() if found else ""


def connect(company: Company, core: SandboxCore) -> None:
    """Connect without a browser."""
    connect_company(company, core)
    db.session.commit()


def test_an_admin_connects_and_the_settings_open(company: Company, core: SandboxCore, admin: Browser) -> None:
    assert "Not connected" in text_of(admin.get(LIST).text)
    assert "What is checked" in admin.get(INTACCT).text
    reply = admin.post(CONNECT, LOGIN, page=INTACCT)
    assert (reply.status_code, reply.location) == (303, INTACCT)
    page = admin.get(INTACCT).text
    assert "Intacct is connected" in page
    assert '<option value="4000">4000 Service Revenue</option>' in page
    assert '<option value="bank:CHK-01">CHK-01 First Harbor Bank</option>' in page
    assert 'value="1000"' not in page
    assert page.count("Granted") == 10
    assert find_connection(company).connected


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"password": "canary-7f21-wrong"}, "password", "company ID, username or password (401)"),
        ({"entity_id": "999"}, "entity_id", "does not know the entity"),
    ],
)
def test_a_refused_sign_in_is_told_beside_its_field_and_what_was_typed_stays(
    company: Company, core: SandboxCore, admin: Browser, typed: dict[str, str], field: str, words: str
) -> None:
    reply = admin.post(CONNECT, LOGIN | typed, page=INTACCT)
    assert reply.status_code == 422
    assert words in field_error(reply.text, field)
    assert f'value="{COMPANY_ID}"' in reply.text
    assert (LOGIN | typed)["password"] not in reply.text
    assert find_connection(company) is None


def test_the_checklist_shows_how_far_it_came(core: SandboxCore, admin: Browser) -> None:
    core.switch(authorised_senders=[])
    reply = admin.post(CONNECT, LOGIN, page=INTACCT)
    assert "Web Services authorizations, add invoiced" in field_error(reply.text, "company_id")
    assert re.findall(r'<li class="(\w+)">\s*<span', reply.text) == ["done", "done", "failed", "todo", "todo"]


def test_an_intacct_that_is_down_is_told_in_the_summary(company: Company, core: SandboxCore, admin: Browser) -> None:
    core.faults.order([{"when": "any", "what": "503_html", "times": 0}])
    reply = admin.post(CONNECT, LOGIN, page=INTACCT)
    assert reply.status_code == 502
    assert "no answer (HTTP 503). Nothing was saved" in text_of(reply.text)
    assert find_connection(company) is None


def test_an_empty_form_asks_intacct_nothing(core: SandboxCore, admin: Browser) -> None:
    reply = admin.post(CONNECT, {}, page=INTACCT)
    assert reply.status_code == 422
    assert field_error(reply.text, "company_id") == "Enter the company ID."
    assert core.requests["all"] == 0


def test_settings_are_saved_all_or_none(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    version = str(integration_settings.version(company.id))
    sent = {"auto_sync": "y", "write_invoices": "y", "income_account": "4010", "deposit_to": "bank:CHK-02",
            "location_id": "", "sync_from": "31.1.26", "version": version}  # fmt: skip
    reply = admin.post(INTACCT, sent)
    assert reply.status_code == 422
    assert "is a date" in field_error(reply.text, "sync_from")
    assert 'value="31.1.26"' in reply.text
    assert '<option selected value="4010">' in reply.text
    assert admin.post(INTACCT, sent | {"sync_from": "2026-01-31"}).status_code == 303
    db.session.expire_all()
    chosen = integration_settings.load(company.id)
    assert (chosen.auto_sync, chosen.write_payments, chosen.income_account) == (True, False, "4010")


def test_a_page_that_somebody_else_overtook_saves_nothing(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    version = str(integration_settings.version(company.id))
    integration_settings.change(company, {"location_id": "110"}, actor=ACTOR)
    reply = admin.post(INTACCT, {"version": version, "income_account": "4010"})
    assert reply.status_code == 409
    assert "Somebody else saved this meanwhile" in reply.text
    db.session.expire_all()
    assert integration_settings.load(company.id).location_id == "110"


def test_a_list_that_intacct_refuses_becomes_a_typed_field(company: Company, core: SandboxCore, admin: Browser) -> None:
    core.switch(denied=["READ DEPARTMENT"])
    connect(company, core)
    page = admin.get(INTACCT).text
    assert re.search(r'<input[^>]*id="department_id"', page)
    assert "does not let this user read departments" in text_of(page)
    assert re.search(r'<select[^>]*id="location_id"', page)
    assert "Refused" in page


def test_refreshing_the_lists_keeps_what_was_chosen_and_saves_nothing(
    company: Company, core: SandboxCore, admin: Browser
) -> None:
    core.switch(denied=["READ DEPARTMENT"])
    connect(company, core)
    core.switch(denied=[])
    reply = admin.post(f"{INTACCT}/lists", {"department_id": "200", "write_invoices": "y"}, page=INTACCT)
    assert '<option selected value="200">200 Client Services</option>' in reply.text
    db.session.expire_all()
    assert integration_settings.load(company.id).department_id == ""


def test_lists_that_cannot_be_refreshed_leave_the_form_usable(
    company: Company, core: SandboxCore, admin: Browser
) -> None:
    connect(company, core)
    core.faults.order([{"when": "any", "what": "503_html", "times": 0}])
    reply = admin.post(f"{INTACCT}/lists", {"income_account": "4010"}, page=INTACCT)
    assert "the former ones stay" in reply.text
    assert '<option selected value="4010">' in reply.text


def test_checking_again_shows_a_right_that_was_taken_away(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    core.switch(denied=["CREATE ARPYMT"])
    assert admin.post(f"{INTACCT}/check", page=INTACCT).status_code == 303
    page = text_of(admin.get(INTACCT).text)
    assert "Receive Payments: Add, Edit and Reverse" in page


def test_a_check_that_fails_is_told_and_changes_nothing(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    core.faults.order([{"when": "getAPISession", "what": "maintenance", "times": 0}])
    admin.post(f"{INTACCT}/check", page=INTACCT)
    page = text_of(admin.get(INTACCT).text)
    assert "off-line for maintenance" in page
    assert "Connected" in page


def test_a_connection_that_was_never_checked_says_so(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    found = find_connection(company)
    found.checked_at, found.rights = None, {}
    db.session.commit()
    page = text_of(admin.get(INTACCT).text)
    assert "Not checked yet" in page
    assert page.count("Could not be checked") == 10


def test_disconnecting_has_a_page_of_its_own(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    assert f"Disconnect {COMPANY_ID}" in admin.get(DISCONNECT).text
    assert find_connection(company).connected
    assert admin.post(DISCONNECT).status_code == 303
    db.session.expire_all()
    assert not find_connection(company).connected
    page = admin.get(INTACCT).text
    assert f'value="{COMPANY_ID}"' in page
    assert f'value="{sessions.USER_ID}"' in page
    assert admin.get(DISCONNECT).status_code == 409


def test_another_intacct_company_is_offered_as_a_new_book(company: Company, core: SandboxCore, admin: Browser) -> None:
    invoice = make_invoice(customer=make_customer(company))
    connect(company, core)
    book = find_book(company)
    book.intacct_company_id = "FORMER-CO"
    row = db.session.scalars(db.select(SyncRow).where(SyncRow.record_id == invoice.id, SyncRow.kind == "invoice")).one()
    row.object, row.key = "ARINVOICE", "77"
    db.session.commit()
    reply = admin.post(CONNECT, LOGIN)
    assert reply.status_code == 409
    assert "linked to the Intacct company FORMER-CO" in field_error(reply.text, "company_id")
    assert 'name="new_book"' in reply.text
    assert admin.post(CONNECT, LOGIN | {"new_book": "y"}).status_code == 303
    db.session.expire_all()
    assert find_book(company).intacct_company_id == COMPANY_ID


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ACCOUNTANT])
def test_who_is_no_admin_reads_and_cannot_change(
    company: Company, core: SandboxCore, signed_in: SignIn, role: Role
) -> None:
    connect(company, core)
    browser = signed_in(role)
    page = browser.get(INTACCT).text
    assert "Settings of the sync" in page
    assert "bank:CHK-01" in page
    assert 'name="income_account"' not in page
    for path in (INTACCT, CONNECT, DISCONNECT, f"{INTACCT}/check", f"{INTACCT}/lists"):
        assert browser.post(path, LOGIN, page=LIST).status_code == 403
    assert browser.get(CONNECT).status_code == 403
    assert find_connection(company).connected


def test_a_viewer_of_a_company_without_intacct_is_told_who_can_connect(company: Company, signed_in: SignIn) -> None:
    page = text_of(signed_in(Role.VIEWER).get(INTACCT).text)
    assert "An admin of Northfield Supply can connect it here" in page
    assert "Check and connect" not in page


def test_settings_of_a_disconnected_company_are_not_saved(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    connection.disconnect(company, actor=ACTOR)
    db.session.commit()
    assert admin.post(INTACCT, {"income_account": "4010"}, page=LIST).status_code == 404


def test_the_password_stands_in_no_page_log_audit_row_or_column(
    app: Flask, company: Company, signed_in: SignIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "canary-51c0-password"
    monkeypatch.setitem(sessions.PASSWORDS, sessions.USER_ID, secret)
    core = make_core(app)
    caplog.set_level(logging.DEBUG)
    browser = signed_in(Role.ADMIN)
    pages = [browser.post(CONNECT, LOGIN | {"password": secret + "-wrong"}, page=INTACCT).text]
    pages.append(browser.post(CONNECT, LOGIN | {"password": secret}, page=INTACCT).text)
    pages += [browser.get(path).text for path in (LIST, INTACCT, CONNECT, DISCONNECT)]
    core.faults.order([{"when": "getAPISession", "what": "500"}])
    pages.append(browser.post(f"{INTACCT}/check", page=INTACCT).text)
    pages.append(browser.get(INTACCT).text)
    kept = db.session.get_one(Connection, company.id)
    entries = [repr((entry.text, entry.before, entry.after)) for entry in db.session.scalars(db.select(AuditEntry))]
    columns = [repr(getattr(kept, column.key)) for column in Connection.__table__.columns]
    assert entries
    assert secret not in "\n".join([*pages, *entries, *columns, caplog.text])
    core.close()


RULE = {
    "payment_rules-0-method": "check",
    "payment_rules-0-currency": "EUR",
    "payment_rules-0-deposit_to": "bank:CHK-02",
}


def saved(company: Company) -> integration_settings.Choices:
    """The settings as the database has them now."""
    db.session.expire_all()
    return integration_settings.load(company.id)


def test_rules_and_custom_fields_are_added_in_blank_rows_and_taken_out_by_emptying_them(
    company: Company, core: SandboxCore, admin: Browser
) -> None:
    connect(company, core)
    assert 'name="payment_rules-1-deposit_to"' in admin.get(INTACCT).text
    sent = {
        "version": str(integration_settings.version(company.id)), "customer_source": "customer",
        "payment_rules-1-method": "wire", "payment_rules-1-currency": "", "payment_rules-1-deposit_to": "bank:CHK-02",
        "custom_fields-0-object": "CUSTOMER", "custom_fields-0-field": "region",
        "custom_fields-0-metadata_key": "region",
    }  # fmt: skip
    assert admin.post(INTACCT, sent).status_code == 303
    assert [(rule.method, rule.deposit_to) for rule in saved(company).payment_rules] == [("wire", "bank:CHK-02")]
    assert saved(company).fields_of("CUSTOMER") == {"REGION": "region"}
    page = admin.get(INTACCT).text
    assert 'name="payment_rules-2-deposit_to"' in page
    emptied = sent | {"version": str(integration_settings.version(company.id)), "payment_rules-1-method": "",
                      "payment_rules-1-deposit_to": ""}  # fmt: skip
    assert admin.post(INTACCT, emptied).status_code == 303
    assert saved(company).payment_rules == ()


def test_a_row_is_refused_at_its_own_field_though_blank_rows_stand_above(
    company: Company, core: SandboxCore, admin: Browser
) -> None:
    connect(company, core)
    sent = {
        "version": str(integration_settings.version(company.id)), "customer_source": "customer",
        "payment_rules-0-method": "", "payment_rules-0-currency": "", "payment_rules-0-deposit_to": "",
        "payment_rules-1-method": "check", "payment_rules-1-currency": "", "payment_rules-1-deposit_to": "",
    }  # fmt: skip
    reply = admin.post(INTACCT, sent)
    assert reply.status_code == 422
    assert "needs deposit to" in field_error(reply.text, "payment_rules-1-deposit_to")
    assert saved(company).payment_rules == ()


def test_only_invoice_definitions_are_offered_to_be_read(company: Company, core: SandboxCore, admin: Browser) -> None:
    connect(company, core)
    page = admin.get(INTACCT).text
    assert re.search(r'type="checkbox"[^>]*name="invoice_document_types" value="Sales Invoice"', page)
    assert 'value="Sales Order"' not in page
    sent = {"version": str(integration_settings.version(company.id)), "invoice_document_types": "Sales Invoice",
            "customer_source": "bill_to_contact"}  # fmt: skip
    assert admin.post(INTACCT, sent).status_code == 303
    assert saved(company).invoice_document_types == ("Sales Invoice",)
    assert saved(company).customer_source == "bill_to_contact"


def test_lists_of_rows_that_cannot_be_had_are_typed(company: Company, core: SandboxCore, admin: Browser) -> None:
    core.switch(denied=["READ CHECKINGACCOUNT", "READ SODOCUMENTPARAMS"])
    connect(company, core)
    page = admin.get(INTACCT).text
    assert re.search(r'<input[^>]*name="payment_rules-0-deposit_to"', page)
    assert re.search(r'<input[^>]*name="payment_rules-0-currency"', page)
    assert re.search(r'<textarea[^>]*name="invoice_document_types"', page)
    assert "does not let this user read Order Entry transaction definitions" in text_of(page)
    sent = RULE | {"version": str(integration_settings.version(company.id)), "customer_source": "customer",
                   "invoice_document_types": "Sales Invoice\n\nService Invoice"}  # fmt: skip
    assert admin.post(INTACCT, sent).status_code == 303
    assert saved(company).deposit_for("check", "EUR").bank == "CHK-02"
    assert saved(company).invoice_document_types == ("Sales Invoice", "Service Invoice")


def test_those_who_may_not_change_the_settings_read_them_in_words(
    company: Company, core: SandboxCore, signed_in: SignIn
) -> None:
    connect_company(
        company, core, payment_rules=[{"method": "check", "currency": "eur", "deposit_to": "bank:CHK-02"}],
        custom_fields=[{"object": "CUSTOMER", "field": "REGION", "metadata_key": "region"}],
    )  # fmt: skip
    page = text_of(signed_in(Role.VIEWER).get(INTACCT).text)
    assert "Check, EUR: bank:CHK-02" in page
    assert "CUSTOMER REGION as region" in page
    assert "customers in Intacct" in page

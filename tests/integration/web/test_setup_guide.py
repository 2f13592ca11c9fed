"""Help: the set-up guide ticks what the connection shows, and guides say whom to ask."""

from __future__ import annotations

from dataclasses import replace

from portal.extensions import db
from portal.models.company import Role
from tests.integration.intacct_world import connect_company, make_core


def test_before_a_connection_every_step_is_still_to_do_and_nothing_flows(app, signed_in):
    page = signed_in(Role.VIEWER).get("/help/intacct").text
    assert "0 of 8 steps done" in page
    assert "Nothing flows until Intacct is connected" in page
    for words in ("Web Services Users", "enforce web services only", "Order Entry", "Read only", "invoiced"):
        assert words.casefold() in page.casefold()


def test_a_connection_ticks_what_it_shows_and_the_picture_says_what_is_on(app, company, signed_in):
    core = make_core(app)
    connect_company(company, core)
    page = signed_in(Role.VIEWER).get("/help/intacct").text
    assert "6 of 8 steps done" in page
    assert page.count("Granted") >= 2
    assert "Order Entry invoices (off)" in page
    assert "Payments</text>" in page


def test_guides_and_the_set_up_guide_name_the_support_address(app, company, signed_in):
    company.support_email = "help@northfield.example"
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    for place in ("/help", "/help/intacct", "/help/troubleshooting/credentials"):
        assert "mailto:help@northfield.example" in browser.get(place).text
    company.support_email = ""
    db.session.commit()
    app.extensions["portal_settings"] = replace(
        app.extensions["portal_settings"], support_email="desk@operator.example"
    )
    assert "mailto:desk@operator.example" in browser.get("/help").text


def test_the_guide_of_401_tells_where_the_company_id_stands(signed_in):
    page = signed_in(Role.VIEWER).get("/help/troubleshooting/credentials").text
    assert "non-200 status code: 401" in page
    assert "Company &gt; Company Info" in page


def test_a_pasted_message_leads_to_its_guide(signed_in):
    browser = signed_in(Role.VIEWER)
    for pasted, title in (
        ("Sage Intacct: non-200 status code: 401", "company ID, username or password"),
        ("DL02000001 There was an error processing the request", "does not know a field"),
        ("Intacct invoice with recordno = 88, does not exist even though it was imported", "imported invoice"),
    ):
        page = browser.get("/help/troubleshooting?q=" + pasted.replace(" ", "+")).text
        assert title in page, pasted


def test_a_pasted_reply_is_found_and_never_shown_again(signed_in):
    browser = signed_in(Role.VIEWER)
    secret = "hunter2-hunter2"
    reply = f"<password>{secret}</password> XL03000006 Sign-in information is incorrect"
    page = browser.post("/help/troubleshooting", {"message": reply}, page="/help").text
    assert "company ID, username or password" in page
    assert secret not in page

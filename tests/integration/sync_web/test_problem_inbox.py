"""The inbox of problems: causes and their pages, one problem whole, notes, linking together, and the mended setting."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from lxml import html

from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.inbox import ProblemNote
from portal.models.run import Run
from portal.models.sync import Problem
from portal.problems import ledger
from portal.sync import engine
from portal.sync.problem_bodies import body
from tests.factories import make_customer, make_invoice
from tests.integration.sync_web.conftest import Ended, World
from tests.integration.web.conftest import Browser

SYNC = "/settings/accounting-sync"
INBOX = f"{SYNC}/problems"
SETTINGS = "/settings/integrations/intacct"
SignIn = Callable[[Role], Browser]


def refused(world: World, count: int = 1) -> None:
    """So many invoices that no income account is set for."""
    world.choose(income_account="")
    customer = make_customer(world.company, "Brightwater")
    for number in range(1, count + 1):
        make_invoice("10.00", customer=customer, number=f"INV-{number:03}")
    db.session.commit()
    world.sync()


def collide(world: World, customer: Customer, number: str, *, there: str = "10.00") -> None:
    """An invoice over 10.00 here whose number Intacct has already, over `there`."""
    make_invoice("10.00", customer=customer, number=number, date=dt.date(2026, 3, 1))
    world.act("create_invoice", customerid="C-1", invoiceno=number, amount=there, date="03/01/2026")


def form_of(page: str, action: str) -> dict[str, object]:
    """The values of the page's form that goes to `action`, as a browser would send them."""
    [form] = [found for found in html.fromstring(page).forms if found.action == action]
    return {name: value for name, value in form.form_values() if name != "csrf_token"}


def last_run() -> Run:
    db.session.expire_all()
    run = db.session.scalar(db.select(Run).order_by(Run.id.desc()).limit(1))
    assert run is not None
    return run


def perform_last() -> int:
    run_id = last_run().id
    db.session.commit()
    engine.perform(run_id)
    db.session.expire_all()
    db.session.commit()
    return run_id


def test_retrying_a_cause_takes_all_its_records_and_not_only_those_of_the_page(world: World, signed_in: SignIn) -> None:
    refused(world, 60)
    browser = signed_in(Role.ACCOUNTANT)
    inbox = browser.get(INBOX).text
    assert "60 records" in inbox
    assert "600.00" in inbox
    assert inbox.count(">Skip<") == 8
    cause = f"{INBOX}/causes/income_account_missing"
    assert "All 60 records of this cause" in inbox
    page = browser.get(cause).text
    assert page.count(">Skip<") == 50
    assert "Next page" in page
    world.choose(income_account="4000")
    browser.post(f"{INBOX}/retry", {"cause": "income_account_missing"}, page=cause)
    assert len(last_run().subject["records"]) == 60
    run_id = perform_last()
    assert "No open problem" in browser.get(INBOX).text
    closed = browser.get(f"{INBOX}/closed").text
    assert f"/runs/{run_id}" in closed
    assert "INV-060" in closed


def test_a_problem_says_what_to_do_what_was_tried_and_which_run_closed_it(world: World, signed_in: SignIn) -> None:
    refused(world)
    browser = signed_in(Role.ADMIN)
    page = browser.get(f"{INBOX}/1").text
    for words in ("No income account is set", "What it blocks", "INV-001", "History of tries",
                  "/help/troubleshooting/income_account_missing", f"{SETTINGS}#income_account"):  # fmt: skip
        assert words in page, words
    world.choose(income_account="4000")
    run = world.sync()
    after = browser.get(f"{INBOX}/1").text
    assert "Closed today" in after
    assert f"run {run.id}" in after
    assert "/problems/retry" not in after


def test_request_and_reply_are_for_accountants_only_and_name_no_secret(world: World, signed_in: SignIn) -> None:
    make_invoice("10.00", customer=make_customer(world.company, "Brightwater"), number="INV-001")
    db.session.commit()
    world.fault("create_invoice", "function_error")
    world.sync()
    problem = world.problems()[0]
    path = f"{INBOX}/{problem.id}"
    db.session.commit()
    page = signed_in(Role.ACCOUNTANT).get(path).text
    assert "The last request and its reply" in page
    assert "create_invoice" in page
    assert "password" not in page.casefold().replace('type="password"', "")
    assert "The last request and its reply" not in signed_in(Role.VIEWER).get(path).text


def test_a_note_says_who_wrote_it_and_stays_with_the_record(world: World, signed_in: SignIn) -> None:
    refused(world)
    browser = signed_in(Role.ACCOUNTANT)
    path = f"{INBOX}/1"
    assert browser.post(f"{path}/notes", {"text": "  "}, page=path).status_code == 422
    browser.post(f"{path}/notes", {"text": "Asked <Mara> about the account."}, page=path)
    page = browser.get(path).text
    assert "Asked &lt;Mara&gt; about the account." in page
    assert "accountant@northfield.example" in page
    assert "1 note" in browser.get(INBOX).text
    viewer = signed_in(Role.VIEWER)
    assert viewer.post(f"{path}/notes", {"text": "Mine"}, page=path).status_code == 403
    assert db.session.query(ProblemNote).count() == 1


def test_a_saved_setting_offers_to_retry_the_records_that_it_held_up(world: World, signed_in: SignIn) -> None:
    refused(world, 3)
    browser = signed_in(Role.ADMIN)
    page = browser.get(SETTINGS)
    assert "held up by" not in page.text
    answer = browser.post(SETTINGS, {**form_of(page.text, SETTINGS), "income_account": "4000"}, page=SETTINGS)
    assert answer.status_code == 303, answer.text
    assert "mended=" in str(answer.location)
    after = browser.get(str(answer.location)).text
    assert "Retry the 3 records that this blocked" in after
    browser.post(f"{INBOX}/retry", {"settings": "income_account"}, page=SETTINGS)
    perform_last()
    assert world.problems() == []


def test_the_command_line_prints_a_problem_as_the_api_does(world: World, portal: Callable[..., Ended]) -> None:
    refused(world)
    [listed] = portal("problems", "list").answer["items"]
    problem = db.session.get_one(Problem, listed["id"])
    assert listed == json.loads(json.dumps(body(problem)))
    assert (listed["object"], listed["number"], listed["state"]) == ("invoice", "INV-001", "open")


def test_collisions_that_agree_are_linked_together_and_the_others_are_left(world: World, signed_in: SignIn) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("5.00", customer=customer, number="INV-0")
    world.sync()
    for number, there in (("INV-1", "10.00"), ("INV-2", "10.00"), ("INV-3", "11.00")):
        collide(world, customer, number, there=there)
    world.sync()
    assert [problem.code for problem in world.problems()] == ["number_taken"] * 3
    browser = signed_in(Role.ACCOUNTANT)
    assert "2 records may be linked at once" in browser.get(INBOX).text
    page = browser.get(f"{INBOX}/link").text
    assert "INV-3" not in page
    ticked = [str(problem.id) for problem in world.problems()]
    browser.post(f"{INBOX}/link", {"problem": ticked}, page=f"{INBOX}/link")
    [left] = world.problems()
    assert "INV-3" in left.text
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1
    assert "may be linked at once" not in browser.get(INBOX).text


def test_what_waits_for_calls_that_intacct_did_not_take_stands_apart_from_what_failed(
    world: World, signed_in: SignIn
) -> None:
    make_invoice("10.00", customer=make_customer(world.company, "Brightwater"), number="INV-001")
    db.session.commit()
    world.fault("create_invoice", "rate_limit_text", times=0)
    world.sync()
    page = signed_in(Role.VIEWER).get(INBOX).text
    assert "Waiting, nothing to do" in page
    assert "Intacct took no more calls" in page
    assert "No open problem" in page


def test_a_customer_that_is_only_in_intacct_is_picked_on_the_page(world: World, signed_in: SignIn) -> None:
    for number in ("C-1", "C-2"):
        make_customer(world.company, "Meridian Foods", number=number)
    candidates = [{"number": number, "name": "Meridian Foods"} for number in ("C-1", "C-2")]
    ledger.report_there(
        world.book.id, "CUSTOMER", "77", "customer_ambiguous_here", "Two are named so.", candidates=candidates
    )
    db.session.commit()
    browser = signed_in(Role.ACCOUNTANT)
    for path in (INBOX, f"{INBOX}/1"):
        page = browser.get(path).text
        assert "It is that customer here" in page, path
        assert "C-2 Meridian Foods" in page, path

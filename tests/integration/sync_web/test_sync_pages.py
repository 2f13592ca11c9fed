"""The pages of the accounting sync: starting, watching, deciding; who may, and whose it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.company import Role
from portal.models.invoice import Invoice
from portal.models.run import Run, RunKind
from portal.models.sync import Posting
from portal.services import users
from portal.sync import engine, previews, runs
from tests.factories import ACTOR, make_company, make_customer, make_invoice, make_payment
from tests.integration.sync_web.conftest import PASSWORD, World
from tests.integration.web.conftest import Browser

SYNC = "/settings/accounting-sync"
SignIn = Callable[[Role], Browser]


def sell(world: World, number: str = "INV-1", amount: str = "120.00", name: str = "Brightwater") -> int:
    invoice = make_invoice(amount, customer=make_customer(world.company, name), number=number)
    invoice_id = invoice.id
    db.session.commit()
    return invoice_id


def count_runs() -> int:
    count = db.session.scalar(db.select(db.func.count(Run.id)))
    db.session.commit()
    return count or 0


def press_sync(browser: Browser) -> str:
    return str(browser.post(f"{SYNC}/sync", page=SYNC).location)


def see_first(world: World) -> None:
    """Preview the first sync, as pages ask for before anything was ever sent."""
    assert world.sync(RunKind.PREVIEW, subject=previews.subject()).state == "finished"


def perform(run_id: int) -> None:
    db.session.commit()
    engine.perform(run_id)
    db.session.expire_all()
    db.session.commit()


def test_pressing_sync_now_twenty_times_makes_one_run_that_all_lead_to(world: World, signed_in: SignIn) -> None:
    see_first(world)
    browser = signed_in(Role.ACCOUNTANT)
    places = {press_sync(browser) for _ in range(20)}
    assert places == {f"{SYNC}/runs/2"}
    assert count_runs() == 2
    page = browser.get(SYNC).text
    assert "disabled" in page
    assert "Sync 2 is queued." in page


def test_sync_now_carries_who_pressed_and_puts_the_records_in_intacct(world: World, signed_in: SignIn) -> None:
    sell(world)
    see_first(world)
    browser = signed_in(Role.ACCOUNTANT)
    place = press_sync(browser)
    assert "Waiting for a worker" in browser.get(place).text
    perform(2)
    page = browser.get(place).text
    assert "started by accountant@northfield.example" in page
    assert "1 customer, 1 invoice written" in page
    assert "INV-1" in page
    assert "Created there" in page
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_a_viewer_sees_everything_and_starts_nothing(world: World, signed_in: SignIn) -> None:
    world.choose(income_account="")
    sell(world)
    world.sync()
    browser = signed_in(Role.VIEWER)
    page = browser.get(SYNC).text
    assert "Sync Now</button>" not in page
    assert "could not be synced" in page
    problems = browser.get(f"{SYNC}/problems").text
    assert "No income account is set" in problems
    assert "Retry" not in problems.split("What to do")[0]
    assert "/problems/retry" not in problems
    for path in ("/sync", "/problems/retry", "/problems/1/resolve", "/records/invoice/1/skip", "/runs/1/cancel"):
        assert browser.post(SYNC + path, page=SYNC).status_code == 403, path
    assert browser.get(f"{SYNC}/records/invoice/1/sent").status_code == 403
    assert count_runs() == 1


def test_another_companys_runs_problems_and_records_do_not_exist(world: World, app, signed_in: SignIn) -> None:
    world.choose(income_account="")
    sell(world)
    world.sync()
    other = make_company("Other Company")
    users.add("stranger@other.example", other, Role.ADMIN, password=PASSWORD, actor=ACTOR)
    db.session.commit()
    stranger = Browser(app.test_client())
    stranger.sign_in("stranger@other.example", PASSWORD)
    for path in ("/runs/1", "/runs/1/progress", "/runs/1/records.csv", "/records/invoice/1/sent"):
        assert stranger.get(SYNC + path).status_code == 404, path
    for path in ("/runs/1/cancel", "/problems/1/resolve", "/records/invoice/1/sync", "/records/invoice/1/skip",
                 "/records/invoice/1/unskip", "/records/tax/1/sync"):  # fmt: skip
        assert stranger.post(SYNC + path, {"reason": "x", "choice": "skip"}, page=SYNC).status_code == 404, path
    assert "INV-1" not in stranger.get(f"{SYNC}/problems").text
    assert stranger.get(f"{SYNC}/problems.csv").text.count("\n") == 1


def test_a_missing_setting_is_named_with_a_link_to_it(world: World, signed_in: SignIn) -> None:
    world.choose(income_account="", deposit_to="")
    page = signed_in(Role.ADMIN).get(SYNC).text
    assert "/settings/integrations/intacct#income_account" in page
    assert "/settings/integrations/intacct#deposit_to" in page


def test_what_is_to_be_sent_is_counted_and_added_up_by_currency(world: World, signed_in: SignIn) -> None:
    sell(world, "INV-1", "1200.50", "First")
    make_invoice("300.00", customer=make_customer(world.company, "Second"), number="INV-2", draft=True)
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    page = browser.get(SYNC).text
    assert "1 invoice" in page
    assert "1,200.50" in page
    world.sync()
    after = browser.get(SYNC).text
    assert "nothing new or changed here" in after
    assert "Nothing needs you." in after


def test_hourly_runs_with_nothing_to_do_fold_into_one_row(world: World, signed_in: SignIn) -> None:
    sell(world)
    for _ in range(6):
        world.sync()
    browser = signed_in(Role.VIEWER)
    page = browser.get(SYNC).text
    assert "4 runs with nothing to do" in page
    assert f'{SYNC}/runs/1"' in page
    assert f'{SYNC}/runs/6"' in page
    assert f'{SYNC}/runs/3"' not in page
    assert f'{SYNC}/runs/3"' in browser.get(f"{SYNC}/runs").text


def test_a_failed_sync_says_why_and_leads_to_its_guide(world: World, signed_in: SignIn) -> None:
    sell(world)
    world.fault("any", "401")
    world.sync()
    browser = signed_in(Role.ACCOUNTANT)
    assert "Last sync failed" in browser.get("/").text
    page = browser.get(f"{SYNC}/runs/1").text
    assert "This run failed." in page
    assert "/help/troubleshooting/" in page


def test_the_live_part_alone_says_how_far_the_run_is(world: World, signed_in: SignIn) -> None:
    run = runs.request(world.book, RunKind.SYNC, trigger="hourly")
    run_id = run.id
    db.session.commit()
    token = runs.claim(run_id, 60)
    assert token
    runs.write(run_id, token, step="invoices", position=3, total=12)
    db.session.commit()
    part = signed_in(Role.VIEWER).get(f"{SYNC}/runs/{run_id}/progress").text
    assert "Writing to Intacct: 3 of 12 records" in part
    assert "<html" not in part
    assert 'aria-current="step"' in part


def test_the_next_sync_is_set_only_where_syncs_run_by_themselves(world: World, signed_in: SignIn) -> None:
    world.choose(auto_sync=False)
    run_id = world.sync().id
    browser = signed_in(Role.VIEWER)
    by_hand = browser.get(f"{SYNC}/runs/{run_id}").text
    assert "Counted" in by_hand
    assert "next sync set" not in by_hand
    world.choose(auto_sync=True)
    assert "Counted, and the next sync set" in browser.get(f"{SYNC}/runs/{run_id}").text


def test_cancelling_a_queued_run_ends_it_and_a_running_one_stops_at_its_next_record(
    world: World, signed_in: SignIn
) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    press_sync(browser)
    browser.post(f"{SYNC}/runs/1/cancel", page=f"{SYNC}/runs/1")
    assert "Cancelled before it began" in browser.get(f"{SYNC}/runs/1").text
    assert browser.post(f"{SYNC}/runs/1/cancel", page=SYNC).status_code == 409
    press_sync(browser)
    assert runs.claim(2, 60)
    browser.post(f"{SYNC}/runs/2/cancel", page=f"{SYNC}/runs/2")
    assert "Stopping" in browser.get(f"{SYNC}/runs/2").text


def test_the_csv_of_a_run_lists_its_records_and_runs_no_formula(world: World, signed_in: SignIn) -> None:
    world.choose(income_account="")
    sell(world, "INV-1", "120.00", "=cmd()|A1")
    world.sync()
    text = signed_in(Role.VIEWER).get(f"{SYNC}/runs/1/records.csv?tab=problems").text
    [header, row] = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    found = dict(zip(header, row, strict=True))
    assert found["record"] == "INV-1"
    assert found["customer"] == "'=cmd()|A1"
    assert found["what happened"] == "Problem"
    assert (found["amount"], found["currency"]) == ("120.00", "USD")


def test_a_runs_records_are_told_apart_by_what_happened(world: World, signed_in: SignIn) -> None:
    sell(world, "INV-1", name="First")
    make_invoice("80.00", customer=make_customer(world.company, "Second"), number="INV-2", tax=Decimal(5))
    db.session.commit()
    world.sync()
    browser = signed_in(Role.VIEWER)
    created = browser.get(f"{SYNC}/runs/1?tab=created").text
    problems = browser.get(f"{SYNC}/runs/1?tab=problems").text
    assert ">INV-1<" in created
    assert ">INV-1<" not in problems


def test_retry_sends_the_record_once_its_setting_is_there(world: World, signed_in: SignIn) -> None:
    world.choose(income_account="")
    sell(world)
    world.sync()
    world.choose(income_account="4000")
    browser = signed_in(Role.ACCOUNTANT)
    places = {browser.post(f"{SYNC}/problems/retry", {"problem": "1"}, page=SYNC).location for _ in range(3)}
    assert places == {f"{SYNC}/runs/2"}
    perform(2)
    assert "1 invoice written" in browser.get(f"{SYNC}/runs/2").text
    assert "No open problem" in browser.get(f"{SYNC}/problems").text
    again = browser.post(f"{SYNC}/problems/retry", {"problem": "1"}, page=SYNC, follow_redirects=True)
    assert "closed already" in again.text


def test_a_record_is_skipped_with_a_reason_and_taken_back(world: World, signed_in: SignIn) -> None:
    invoice_id = sell(world)
    browser = signed_in(Role.ACCOUNTANT)
    path = f"{SYNC}/records/invoice/{invoice_id}"
    refused = browser.post(f"{path}/skip", {"reason": " "}, page=f"/invoices/{invoice_id}", follow_redirects=True)
    assert "was not skipped" in refused.text
    browser.post(f"{path}/skip", {"reason": "booked by hand"}, page=f"/invoices/{invoice_id}")
    page = browser.get(f"/invoices/{invoice_id}").text
    assert "Skipped" in page
    assert "booked by hand (accountant@northfield.example)" in page
    assert "booked by hand" in browser.get(f"{SYNC}/problems").text
    world.sync()
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    browser.post(f"{path}/unskip", page=f"/invoices/{invoice_id}")
    world.sync()
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_a_taken_number_shows_both_records_and_a_new_number_sends_it(world: World, signed_in: SignIn) -> None:
    theirs = world.there("CUSTOMER")[0]
    world.act("create_invoice", customerid=theirs["CUSTOMERID"], invoiceno="INV-1", amount="10")
    sell(world)
    world.sync()
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get(f"{SYNC}/problems").text
    assert "The number is in use in Intacct" in page
    assert theirs["CUSTOMERID"] in page
    form = {"choice": "renumber", "to": "INV-1b"}
    told = browser.post(f"{SYNC}/problems/1/resolve", form, page=SYNC, follow_redirects=True).text
    assert "Run 2 sends it now" in told
    perform(2)
    assert len(world.there("ARINVOICE", RECORDID="INV-1b")) == 1
    late = browser.post(f"{SYNC}/problems/1/resolve", form, page=SYNC, follow_redirects=True).text
    assert "closed already" in late


def test_what_differs_is_to_be_seen_before_two_documents_are_linked(world: World, signed_in: SignIn) -> None:
    invoice = db.session.get_one(Invoice, sell(world, "INV-0"))
    world.sync()
    there = world.there("ARINVOICE", RECORDID="INV-0")[0]
    make_invoice("100.00", customer=invoice.customer, number="INV-1")
    world.act("create_invoice", customerid=there["CUSTOMERID"], invoiceno="INV-1", amount="90", date="02/01/2026")
    world.sync()
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get(f"{SYNC}/problems").text
    despite = page.partition('name="despite" value="')[2].partition('"')[0]
    assert despite.endswith(" and total")
    assert f"They differ in {despite}, and stay so on each side" in page
    key = world.there("ARINVOICE", RECORDID="INV-1")[0]["RECORDNO"]
    form = {"choice": "link", "to": key}
    told = browser.post(f"{SYNC}/problems/1/resolve", form, page=SYNC, follow_redirects=True).text
    assert "Nothing was changed. Say that you have seen it, then link." in told
    browser.post(f"{SYNC}/problems/1/resolve", form | {"despite": despite}, page=SYNC)
    world.sync()
    assert world.problems() == []
    record = db.session.scalars(db.select(Invoice).filter_by(number="INV-1")).one()
    page = browser.get(f"/invoices/{record.id}").text
    assert "It was linked by hand." in page
    told = browser.post(f"{SYNC}/records/invoice/{record.id}/unlink", page=SYNC, follow_redirects=True).text
    assert "INV-1 is linked to nothing in Intacct now." in told


def test_an_ambiguous_customer_is_chosen_among_those_found(world: World, signed_in: SignIn) -> None:
    for id_ in ("X-1", "X-2"):
        world.act("create_customer", customerid=id_, name="Twin Rivers")
    sell(world, name="Twin Rivers")
    world.sync()
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get(f"{SYNC}/problems").text
    assert 'value="X-2"' in page
    assert "120.00" in page  # the invoice that waits for the customer is the money at stake
    browser.post(f"{SYNC}/problems/1/resolve", {"choice": "link", "to": "X-2"}, page=SYNC)
    world.sync()
    assert [row["CUSTOMERID"] for row in world.there("ARINVOICE", RECORDID="INV-1")] == ["X-2"]


def test_the_box_of_an_invoice_shows_both_sides_and_what_explains_the_difference(
    world: World, signed_in: SignIn
) -> None:
    invoice_id = sell(world)
    world.sync()
    make_payment("70.00", on={db.session.get_one(Invoice, invoice_id): "70.00"}, number="PMT-9")
    db.session.commit()
    page = signed_in(Role.ACCOUNTANT).get(f"/invoices/{invoice_id}").text
    assert "−70.00" in page
    assert "70.00 here, 0.00 in Intacct" in page
    assert world.there("ARINVOICE", RECORDID="INV-1")[0]["RECORDNO"] in page
    assert f"{SYNC}/runs/1" in page


def test_one_record_is_synced_from_its_page_and_shows_what_was_sent(world: World, signed_in: SignIn) -> None:
    invoice_id = sell(world)
    sell(world, "INV-2", name="Second")
    browser = signed_in(Role.ACCOUNTANT)
    place = browser.post(f"{SYNC}/records/invoice/{invoice_id}/sync", page=SYNC).location
    perform(1)
    assert "Invoice INV-1" in browser.get(place).text
    assert world.there("ARINVOICE", RECORDID="INV-2") == []
    sent = browser.get(f"{SYNC}/records/invoice/{invoice_id}/sent").text
    assert "&lt;invoiceno&gt;INV-1&lt;/invoiceno&gt;" in sent
    posting = db.session.scalars(db.select(Posting).order_by(Posting.id.desc())).first()
    assert posting is not None
    assert posting.key in sent


def test_a_company_without_a_connection_is_led_to_connecting(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ADMIN)
    world.book.active = False
    db.session.commit()
    page = browser.get(SYNC).text
    assert "No Intacct company is connected" in page
    assert "/settings/integrations/intacct" in page
    assert browser.post(f"{SYNC}/sync", page=SYNC).status_code == 409
    assert count_runs() == 0


@pytest.mark.parametrize("path", ["", "/runs", "/problems", "/runs/1"])
def test_every_page_says_the_open_problems_beside_the_navigation(world: World, signed_in: SignIn, path: str) -> None:
    world.choose(income_account="")
    sell(world)
    world.sync()
    assert "1 problem" in signed_in(Role.VIEWER).get(SYNC + path).text


def test_a_pasted_message_leads_to_its_guide(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.VIEWER)
    assert "The line to Intacct" in browser.get("/help").text
    found = browser.get("/help/troubleshooting?q=non-200+status+code%3A+401").text
    assert "/help/troubleshooting/credentials" in found
    guide = browser.get("/help/troubleshooting/credentials").text
    assert "What to do" in guide
    assert "No guide fits" in browser.get("/help/troubleshooting?q=xyzzy").text
    assert browser.get("/help/troubleshooting/no-such-guide").status_code == 404

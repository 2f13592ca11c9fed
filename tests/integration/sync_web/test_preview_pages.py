"""Seeing a first sync before it does anything: the page, its file, the command, and running exactly that."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from portal.extensions import db
from portal.models.company import Role
from portal.models.run import Run, RunKind
from portal.sync import engine, previews
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync_web.conftest import Ended, World
from tests.integration.web.conftest import Browser

SYNC = "/settings/accounting-sync"
SignIn = Callable[[Role], Browser]
Portal = Callable[..., Ended]


def first_book(world: World) -> None:
    customer = make_customer(world.company, "Brightwater", number="C-1")
    paid = make_invoice("100.00", customer=customer, number="INV-1")
    make_invoice("60.00", customer=customer, number="INV-2")
    make_payment("100.00", on={paid: "100.00"}, number="PMT-1")
    db.session.commit()


def perform_newest() -> None:
    run_id = db.session.scalar(db.select(db.func.max(Run.id)))
    db.session.commit()
    assert run_id is not None
    engine.perform(run_id)
    db.session.expire_all()
    db.session.commit()


def test_the_first_press_of_sync_now_shows_what_would_be_sent_and_asks_once(world: World, signed_in: SignIn) -> None:
    first_book(world)
    browser = signed_in(Role.ACCOUNTANT)
    place = str(browser.post(f"{SYNC}/sync", page=SYNC).location)
    perform_newest()
    page = browser.get(place).text
    assert "Nothing was ever sent to Intacct from here" in page
    assert "This is a preview. Nothing was sent to Intacct" in page
    assert "Would be created in Intacct" in page
    assert "160.00" in page
    assert "CHK-01" in page
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    again = str(browser.post(f"{SYNC}/sync", page=SYNC).location)
    perform_newest()
    assert again != place
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_run_as_shown_from_the_page_sends_what_it_shows(world: World, signed_in: SignIn) -> None:
    first_book(world)
    browser = signed_in(Role.ACCOUNTANT)
    place = str(browser.post(f"{SYNC}/preview", page=SYNC).location)
    assert str(browser.post(f"{SYNC}/preview", page=SYNC).location) == place
    perform_newest()
    make_invoice("5.00", customer=make_customer(world.company, "Later"), number="INV-3")
    db.session.commit()
    browser.post(f"{place}/as-shown", page=place)
    perform_newest()
    assert len(world.there("ARINVOICE", RECORDID="INV-2")) == 1
    assert len(world.there("ARPYMT", DOCNUMBER="PMT-1")) == 1
    assert world.there("ARINVOICE", RECORDID="INV-3") == []


def test_the_file_of_a_preview_names_account_and_amount_of_each_line(world: World, signed_in: SignIn) -> None:
    first_book(world)
    browser = signed_in(Role.VIEWER)
    shown = world.sync(RunKind.PREVIEW, subject=previews.subject())
    text = browser.get(f"{SYNC}/runs/{shown.id}/preview.csv").text.removeprefix("\ufeff")
    rows = {row["record"]: row for row in csv.DictReader(io.StringIO(text))}
    assert (rows["INV-1"]["GL account"], Decimal(rows["INV-1"]["line amount"])) == ("4000", Decimal(100))
    assert rows["PMT-1"]["what would happen"] == "Would be created there"
    for path in ("/preview", f"/runs/{shown.id}/as-shown"):
        assert browser.post(SYNC + path, page=SYNC).status_code == 403
    assert "Run as shown" not in browser.get(f"{SYNC}/runs/{shown.id}").text


def test_the_command_previews_and_then_runs_as_shown(world: World, portal: Portal) -> None:
    first_book(world)
    shown = portal("sync", "run", "--preview")
    assert (shown.code, shown.answer["status"], shown.answer["kind"]) == (0, "finished", "preview")
    assert shown.answer["written"]["invoices"] == 2
    assert {record["number"] for record in shown.answer["records"]} == {"C-1", "INV-1", "INV-2", "PMT-1"}
    assert world.there("ARINVOICE", RECORDID="INV-1") == []
    ran = portal("sync", "run", "--as-shown", str(shown.answer["run_id"]))
    assert (ran.code, ran.answer["written"]["invoices"], ran.answer["written"]["payments"]) == (0, 2, 1)


def test_the_command_previews_one_record_with_what_it_stands_on(world: World, portal: Portal) -> None:
    first_book(world)
    shown = portal("sync", "run", "--record", "invoice:INV-2", "--preview")
    assert [record["number"] for record in shown.answer["records"]] == ["C-1", "INV-2"]


def test_as_shown_refuses_what_is_no_preview(world: World, portal: Portal) -> None:
    first_book(world)
    done = portal("sync", "run")
    assert portal("sync", "run", "--as-shown", str(done.answer["run_id"])).code == 3
    assert portal("sync", "run", "--as-shown", "1", "--preview").code == 3


def test_switching_auto_sync_on_before_any_preview_works_and_warns(world: World, portal: Portal) -> None:
    first_book(world)
    switched = portal("settings", "set", "auto_sync:=true")
    assert (switched.code, switched.answer["auto_sync"]) == (0, True)
    assert ["nobody has seen yet" in warning for warning in switched.answer["warnings"]] == [True]
    portal("sync", "run", "--preview")
    assert portal("settings", "show").answer["warnings"] == []


def test_a_document_is_explained_from_its_number_and_from_its_page(world: World, signed_in: SignIn) -> None:
    first_book(world)
    world.sync()
    browser = signed_in(Role.VIEWER)
    answer = browser.get(f"{SYNC}/explain?number=inv-1")
    page = browser.get(str(answer.location)).text
    assert "Invoice INV-1, explained" in page
    assert "PMT-1: created in Intacct" in page
    assert "No document has the number INV-9" in browser.get(f"{SYNC}/explain?number=INV-9").text
    assert browser.get(f"{SYNC}/explain/invoice/999").status_code == 404
    assert browser.get(f"{SYNC}/explain/customer/1").status_code == 404

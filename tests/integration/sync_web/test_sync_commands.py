"""`portal sync` and `portal problems`: what they print and how they end, against a sandbox in this process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from portal.extensions import db
from portal.models.run import Run, RunKind, RunState
from portal.sync import runs
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync_web.conftest import Ended, World

Portal = Callable[..., Ended]


def sell(world: World, number: str = "INV-1", amount: str = "120.00") -> None:
    make_invoice(amount, customer=make_customer(world.company, f"Buyer of {number}"), number=number)
    db.session.commit()


def test_a_run_prints_what_it_read_and_wrote_and_ends_with_0(world: World, portal: Portal) -> None:
    invoice = make_invoice("120.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    make_payment("100.00", on={invoice: "70.00"}, number="PMT-1")
    done = portal("sync", "run")
    assert done.code == 0, done.told
    assert done.answer["status"] == "finished"
    assert done.answer["written"] == {"customers": 1, "invoices": 1, "payments": 1, "credit_notes": 0}
    assert (done.answer["problems"], done.answer["unchanged"], done.answer["skipped"]) == ([], 0, 0)
    assert {"run_id", "read", "waiting", "gateway_requests", "gateway_functions", "seconds"} <= set(done.answer)
    again = portal("sync", "run").answer
    assert again["written"] == {"customers": 0, "invoices": 0, "payments": 0, "credit_notes": 0}
    assert again["unchanged"] == 3
    assert again["gateway_requests"] <= 3


def test_money_received_in_intacct_is_counted_as_read(world: World, portal: Portal) -> None:
    sell(world)
    portal("sync", "run")
    world.act("receive_payment", invoice_recordid="INV-1", amount="45.50", document="4711")
    assert portal("sync", "run").answer["read"]["payments"] == 1


def test_a_refused_record_ends_the_command_with_1_and_is_listed(world: World, portal: Portal) -> None:
    world.choose(income_account="")
    sell(world)
    done = portal("sync", "run")
    assert (done.code, done.answer["status"]) == (1, "finished_with_problems")
    [problem] = done.answer["problems"]
    assert (problem["object"], problem["number"], problem["code"]) == ("invoice", "INV-1", "income_account_missing")
    assert problem["title"] == "No income account is set"
    assert problem["state"] == "open"
    assert "income account" in done.told


def test_a_sync_that_cannot_reach_intacct_ends_with_2_in_words(world: World, portal: Portal) -> None:
    sell(world)
    world.fault("any", "dropped_before")
    done = portal("sync", "run")
    assert (done.code, done.answer["status"]) == (2, "failed")
    assert "Intacct did not answer" in done.answer["error"]


def test_a_company_that_is_not_connected_says_so_and_ends_with_2(world: World, portal: Portal) -> None:
    world.book.active = False
    db.session.commit()
    done = portal("sync", "run")
    assert (done.code, done.answer["error"]["code"]) == (2, "not_connected")
    assert "portal intacct connect" in done.answer["error"]["message"]


def test_a_book_that_is_held_ends_the_command_with_4_and_names_the_run(world: World, portal: Portal) -> None:
    held = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    for arguments in (("sync", "run"), ("sync", "start"), ("sync", "run", "--wait", "0.1")):
        done = portal(*arguments)
        assert (done.code, done.answer["error"]["run_id"]) == (4, held), arguments
    assert db.session.scalar(db.select(db.func.count(Run.id))) == 1


def test_another_kind_of_run_at_work_holds_the_book_for_one_record_too(world: World, portal: Portal) -> None:
    sell(world)
    held = runs.request(world.book, RunKind.SETTLE, trigger="test").id
    db.session.commit()
    assert runs.claim(held, 60)
    done = portal("sync", "run", "--record", "invoice:INV-1")
    assert (done.code, done.answer["error"]["run_id"]) == (4, held)


def test_a_run_whose_worker_died_is_taken_up_by_the_next_command(world: World, portal: Portal) -> None:
    sell(world)
    lost = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    assert runs.claim(lost, -1)
    done = portal("sync", "run")
    assert (done.code, done.answer["run_id"]) == (0, lost)
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_one_record_is_synced_with_what_it_stands_on_and_nothing_else(world: World, portal: Portal) -> None:
    sell(world, "INV-1")
    sell(world, "INV-2")
    done = portal("sync", "run", "--record", "invoice:inv-2")
    assert (done.code, done.answer["kind"]) == (0, "record")
    assert done.answer["written"] == {"customers": 1, "invoices": 1, "payments": 0, "credit_notes": 0}
    assert world.there("ARINVOICE", RECORDID="INV-1") == []


@pytest.mark.parametrize(
    ("record", "code"), [("INV-1", 3), ("bill:INV-1", 3), ("invoice:", 3), ("invoice:NO-SUCH", 2), ("payment:INV-1", 2)]
)
def test_a_record_that_is_none_is_refused(world: World, portal: Portal, record: str, code: int) -> None:
    sell(world)
    assert portal("sync", "run", "--record", record).code == code
    assert db.session.scalar(db.select(db.func.count(Run.id))) == 0


def test_a_started_sync_waits_for_a_worker_and_can_be_cancelled(world: World, portal: Portal) -> None:
    started = portal("sync", "start")
    assert (started.code, started.answer["status"]) == (0, "queued")
    run = str(started.answer["run_id"])
    assert portal("sync", "cancel", run).answer["status"] == "cancelled"
    assert portal("sync", "cancel", run).code == 2
    listed = portal("sync", "list").answer
    assert [(item["run_id"], item["status"]) for item in listed["items"]] == [(int(run), "cancelled")]


def test_a_run_is_shown_with_its_problems_and_an_unknown_one_is_not_found(world: World, portal: Portal) -> None:
    world.choose(income_account="")
    sell(world)
    run = portal("sync", "run").answer
    shown = portal("sync", "show", str(run["run_id"])).answer
    assert (shown["status"], shown["problems"]) == (run["status"], run["problems"])
    assert portal("sync", "show", "99").code == 2


def test_a_problem_is_listed_and_retried_once_its_setting_is_there(world: World, portal: Portal) -> None:
    world.choose(income_account="")
    sell(world)
    portal("sync", "run")
    [problem] = portal("problems", "list").answer["items"]
    assert (problem["number"], problem["tries"], problem["guide"]) == ("INV-1", 1, "income_account_missing")
    refused = portal("problems", "retry", str(problem["id"]))
    assert (refused.code, refused.answer["problems"][0]["tries"]) == (1, 2)
    world.choose(income_account="4000")
    done = portal("problems", "retry")
    assert (done.code, done.answer["written"]["invoices"]) == (0, 1)
    assert portal("problems", "list").answer == {"items": [], "count": 0}
    assert portal("problems", "retry").code == 2


def test_a_skipped_record_stays_out_until_it_is_taken_back(world: World, portal: Portal) -> None:
    world.choose(income_account="")
    sell(world)
    portal("sync", "run")
    id_ = str(portal("problems", "list").answer["items"][0]["id"])
    assert portal("problems", "skip", id_, "--reason", " ").code == 3
    skipped = portal("problems", "skip", id_, "--reason", "booked by hand").answer
    assert [(item["number"], item["state"]) for item in skipped["items"]] == [("INV-1", "skipped")]
    assert portal("problems", "skip", id_, "--reason", "again").code == 2
    world.choose(income_account="4000")
    run = portal("sync", "run")
    assert (run.code, run.answer["skipped"], run.answer["written"]["invoices"]) == (0, 1, 0)
    [listed] = portal("problems", "list", "--state", "skipped").answer["items"]
    assert (listed["state"], str(listed["id"])) == ("skipped", id_)
    assert portal("problems", "unskip", id_).answer["items"][0]["state"] == "in the sync"
    assert portal("sync", "run").answer["written"]["invoices"] == 1


def test_a_number_taken_in_intacct_is_resolved_by_a_new_one(world: World, portal: Portal) -> None:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_invoice", customerid=customer, invoiceno="INV-1", amount="10")
    sell(world)
    [problem] = portal("sync", "run").answer["problems"]
    assert [choice["name"] for choice in problem["choices"]] == ["renumber", "link", "skip"]
    id_ = str(problem["id"])
    assert portal("problems", "resolve", id_, "--choice", "dance").code == 3
    assert portal("problems", "resolve", id_, "--choice", "renumber").code == 3
    assert portal("problems", "resolve", id_, "--choice", "renumber", "--to", "INV-1b").code == 0
    assert portal("sync", "run").code == 0
    assert len(world.there("ARINVOICE", RECORDID="INV-1b")) == 1


def test_people_get_a_table_and_the_reason(world: World, portal: Portal) -> None:
    world.choose(income_account="")
    sell(world)
    told = portal("sync", "run", json_=False).told
    assert "finished with problems" in told
    assert "INV-1: Line 1 of invoice INV-1 names no GL account" in told
    assert "income_account_missing" not in told
    assert "finished_with_problems" in portal("sync", "list", json_=False).told
    assert json.dumps(str(RunState.FAILED)) not in told

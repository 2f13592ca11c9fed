"""Runs and problems of the accounting sync over the API."""

from __future__ import annotations

import pytest

from portal.blueprints.api import starting
from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book, Connection
from portal.models.run import Run, RunState
from portal.models.sync import Kind, Problem
from portal.services import wanted
from tests.factories import make_company
from tests.integration.api.conftest import told


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def queue(monkeypatch) -> list[int]:
    """The runs that were put on the queue."""
    found: list[int] = []
    monkeypatch.setattr(starting, "enqueue_run", found.append)
    return found


def connect(company: Company) -> Book:
    """A connection of the company, without any Intacct behind it."""
    book = Book(company_id=company.id, intacct_company_id="northfield")
    db.session.add(book)
    db.session.flush()
    connection = Connection(company_id=company.id, book_id=book.id, intacct_user_id="portal", password_encrypted=b"x")
    db.session.add(connection)
    db.session.flush()
    return book


@pytest.fixture
def problem_id(api, company, invoice) -> int:
    """A problem of the company's invoice: its number is taken in Intacct."""
    book = connect(company)
    wanted.note_everything(book)
    row = wanted.find_row(book.id, Kind.INVOICE, invoice["id"])
    assert row is not None
    problem = Problem(
        book_id=book.id, sync_row_id=row.id, code="number_taken", guide="number_taken", text="It exists already."
    )
    db.session.add(problem)
    db.session.commit()
    return problem.id


def test_sync_now_queues_a_run_once_it_is_committed(api, company, queue):
    connect(company)
    run = told(api.post("/sync_runs"), 201)
    assert (run["object"], run["kind"], run["status"], run["trigger"]) == ("sync_run", "sync", "queued",
                                                                           "API key read_write key")  # fmt: skip
    assert queue == [run["id"]]
    assert [found["id"] for found in told(api.get("/sync_runs?filter[status]=queued"))] == [run["id"]]
    assert told(api.get(f"/sync_runs/{run['id']}"))["problems"] == []


def test_a_busy_book_answers_with_its_run(api, company, queue):
    connect(company)
    run = told(api.post("/sync_runs"), 201)
    refused = told(api.post("/sync_runs", Idempotency_Key="again"), 409)
    assert (refused["type"], refused["code"], refused["run"]["id"]) == ("conflict", "busy", run["id"])
    assert queue == [run["id"]]
    db.session.query(Run).update({"state": RunState.FINISHED})
    second = told(api.post("/sync_runs", Idempotency_Key="again"), 201)
    assert queue == [run["id"], second["id"]]


def test_without_a_connection_nothing_is_queued(api, queue):
    assert told(api.post("/sync_runs"), 409)["code"] == "not_connected"
    assert queue == []


def test_a_problem_is_skipped_with_a_reason_and_taken_back(api, problem_id):
    path = f"/problems/{problem_id}"
    [shown] = told(api.get("/problems"))
    assert (shown["id"], shown["state"]) == (problem_id, "open")
    assert (shown["object"], shown["record"]) == ("invoice", {"object": "invoice", "id": 1})
    assert told(api.post(f"{path}/skip"), 400)["param"] == "reason"
    assert told(api.post(f"{path}/skip", {"reason": "x" * 501}), 400)["param"] == "reason"
    assert told(api.post(f"{path}/skip", {"reason": "Not ours"}))["state"] == "skipped"
    assert told(api.get("/problems")) == []
    assert len(told(api.get("/problems?filter[state]=skipped"))) == 1
    assert told(api.get("/invoices/1"))["sync"]["state"] == "skipped"
    assert told(api.post(f"{path}/skip", {"reason": "Not ours"}), 409)["type"] == "conflict"
    assert told(api.post(f"{path}/unskip"))["state"] == "closed"
    assert told(api.post(f"{path}/unskip"), 409)["type"] == "conflict"


def test_a_retry_is_a_run_of_that_record_alone_and_asked_for_twice_is_one(api, problem_id, queue):
    first = told(api.post(f"/problems/{problem_id}/retry"))
    again = told(api.post(f"/problems/{problem_id}/retry"))
    assert first["run_id"] == again["run_id"]
    run = db.session.query(Run).one()
    assert (run.kind, run.subject) == ("record", {"records": [{"kind": "invoice", "id": 1}]})
    assert set(queue) == {run.id}


def test_a_problem_is_resolved_by_one_of_its_choices(api, problem_id):
    path = f"/problems/{problem_id}"
    assert {choice["name"] for choice in told(api.get(path))["choices"]} == {"renumber", "link", "skip"}
    assert told(api.post(f"{path}/resolve", {"choice": "wish"}), 400)["param"] == "choice"
    assert told(api.post(f"{path}/resolve", {"choice": "renumber"}), 400)["param"] == "to"
    assert told(api.post(f"{path}/resolve", {"choice": "renumber", "to": "INV-900"}))["number"] == "INV-900"
    assert told(api.get("/invoices/1"))["number"] == "INV-900"


def test_another_company_sees_neither_runs_nor_problems(api, company, with_key, problem_id, queue):
    run = told(api.post("/sync_runs"), 201)
    stranger = with_key(of=make_company("Another company"))
    for path in (f"/sync_runs/{run['id']}", f"/problems/{problem_id}"):
        told(stranger.get(path), 404)
    assert told(stranger.get("/sync_runs")) == told(stranger.get("/problems?filter[state]=all")) == []
    for action in ("retry", "skip", "unskip", "resolve"):
        told(stranger.post(f"/problems/{problem_id}/{action}", {}), 404)

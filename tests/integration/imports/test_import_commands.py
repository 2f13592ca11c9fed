"""`portal import`, `portal imports` and /api/imports: what they answer and how they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.blueprints.api import starting
from portal.extensions import db
from portal.imports.steps import STEPS
from portal.models.access import KeyScope
from portal.models.customer import Customer
from portal.models.run import Run, RunKind
from portal.services import api_keys
from portal.sync import engine, runs
from tests.factories import ACTOR, make_customer
from tests.integration.api.conftest import Api, told
from tests.integration.api.test_document import faults, schema_of
from tests.integration.imports.conftest import World, import_
from tests.integration.sync_web.conftest import Ended, portal

__all__ = ["portal"]
Portal = Callable[..., Ended]


@pytest.fixture
def backend() -> str:
    """Commands and calls are tried on SQLite; what they call is tried on both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def api(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A caller that may write; nothing is put on a queue."""
    monkeypatch.setattr(starting, "enqueue_run", lambda _run_id: True)
    key = api_keys.create(world.company, "the tests", KeyScope.READ_WRITE, actor=ACTOR)
    db.session.commit()
    return Api(app, key.text)


def customers_here() -> int:
    found = db.session.scalar(db.select(db.func.count(Customer.id))) or 0
    db.session.commit()
    return found


def clash(world: World) -> None:
    for number in ("C-1", "C-2"):
        make_customer(world.company, world.there("CUSTOMER")[0]["NAME"], number=number)
    db.session.commit()


def test_an_import_prints_what_it_did_and_ends_with_0(world: World, portal: Portal) -> None:
    count = len(world.there("CUSTOMER"))
    done = portal("import", "customers")
    assert done.code == 0, done.told
    assert (done.answer["kind"], done.answer["status"], done.answer["type"]) == (
        "import_customers",
        "finished",
        "customers",
    )
    assert (done.answer["created"], done.answer["unchanged"], done.answer["failures"]) == ({"customers": count}, 0, [])
    again = portal("import", "customers").answer
    assert (again["created"], again["unchanged"]) == ({}, count)
    shown = portal("imports", "show", str(again["run_id"])).answer
    assert (shown["run_id"], shown["unchanged"]) == (again["run_id"], count)


def test_a_preview_keeps_nothing_and_says_what_would_come(world: World, portal: Portal) -> None:
    done = portal("import", "customers", "--preview")
    assert (done.code, done.answer["preview"], done.answer["kind"]) == (0, True, "preview")
    assert done.answer["created"] == {"customers": len(world.there("CUSTOMER"))}
    assert customers_here() == 0


def test_what_cannot_be_imported_ends_the_command_with_1_and_is_told_whole(world: World, portal: Portal) -> None:
    clash(world)
    done = portal("import", "customers")
    assert (done.code, done.answer["failed"], done.answer["ambiguous"]) == (1, {"customers": 1}, 1)
    (failure,) = done.answer["failures"]
    assert (failure["object"], failure["code"]) == ("CUSTOMER", "customer_ambiguous_here")
    assert failure["raw"]["CUSTOMERID"] == world.there("CUSTOMER")[0]["CUSTOMERID"]
    assert "2 customers here are called" in portal("imports", "show", str(done.answer["run_id"]), json_=False).told


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ((), "document_types"),
        (("--document-type", "No Such Type", "--dated-from", "yesterday"), "dated_from"),
        (("--document-type", "Sales Invoice", "--dated-from", "2026-02-01", "--dated-to", "2026-01-01"), "dated_to"),
    ],
)  # fmt: skip
def test_options_that_are_none_end_with_3_and_name_the_field(
    world: World, portal: Portal, options: tuple[str, ...], field: str
) -> None:
    done = portal("import", "invoices", *options)
    assert (done.code, done.answer["error"]["field"]) == (3, field)
    assert db.session.scalar(db.select(db.func.count(Run.id))) == 0


def test_a_book_that_is_held_ends_with_4_and_names_the_run(world: World, portal: Portal) -> None:
    held = import_(world).id
    db.session.get_one(Run, held)
    busy = runs.request(world.book, RunKind.SYNC, trigger="test").id
    db.session.commit()
    token = runs.claim(busy, 60)
    assert token
    done = portal("import", "customers")
    assert (done.code, done.answer["error"]["run_id"]) == (4, busy)


def test_intacct_that_does_not_answer_ends_with_2_in_words(world: World, portal: Portal) -> None:
    world.fault("any", "dropped_before", times=20)
    done = portal("import", "customers")
    assert (done.code, done.answer["status"]) == (2, "failed")
    assert "Intacct did not answer" in done.answer["error"]


def test_imports_are_listed_newest_first_without_other_runs(world: World, portal: Portal) -> None:
    first = portal("import", "customers").answer["run_id"]
    portal("sync", "run", "--preview")
    second = portal("import", "customers", "--preview").answer["run_id"]
    listed = portal("imports", "list").answer
    assert [item["run_id"] for item in listed["items"]] == [second, first]
    assert listed["count"] == 2
    assert "preview of customers" in portal("imports", "list", json_=False).told
    assert portal("imports", "show", "9999").code == 2


def test_the_api_starts_lists_and_shows_imports_as_it_describes_them(world: World, api: Api) -> None:
    clash(world)
    started = told(api.post("/imports", {"type": "customers"}), 201)
    assert (started["object"], started["status"], started["type"]) == ("import", "queued", "customers")
    assert told(api.post("/imports", {"type": "customers"}), 201)["id"] == started["id"]
    engine.perform(started["id"], STEPS)
    db.session.expire_all()
    shown = told(api.get(f"/imports/{started['id']}"))
    assert faults(shown, schema_of("import")) == []
    assert shown["status"] == "finished_with_problems"
    assert shown["created"] == {"customers": len(world.there("CUSTOMER")) - 1}
    assert [failure["code"] for failure in shown["failures"]] == ["customer_ambiguous_here"]
    preview = told(api.post("/imports", {"type": "customers", "preview": True}), 201)
    ids: Callable[[str], Any] = lambda query: [one["id"] for one in told(api.get(f"/imports{query}"))]  # noqa: E731
    assert ids("") == [started["id"], preview["id"]]
    assert ids("?filter[preview]=yes") == [preview["id"]]
    assert ids("?filter[type]=invoices") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "payments"}, "type"),
        ({"type": "customers", "preview": "yes"}, "preview"),
        ({"type": "customers", "open_only": True}, "open_only"),
        ({"type": "invoices"}, "document_types"),
        ({"type": "invoices", "document_types": ["Sales Invoice"], "open_only": "yes"}, "open_only"),
        ({"type": "customers", "colour": 1}, "colour"),
    ],
)
def test_the_api_refuses_what_is_no_import(world: World, api: Api, body: dict[str, Any], field: str) -> None:
    refused = told(api.post("/imports", body), 400)
    assert refused["param"] == field
    assert db.session.scalar(db.select(db.func.count(Run.id))) == 0

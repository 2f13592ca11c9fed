"""A run's records filtered by kind and words, the CSV of exactly those, and why a document was not synced."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable

from portal.extensions import db
from portal.models.company import Role
from portal.models.sync import Kind
from portal.services import wanted
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import row_of
from tests.integration.sync_web.conftest import World
from tests.integration.web.conftest import Browser

RUNS = "/settings/accounting-sync/runs"
SignIn = Callable[[Role], Browser]


def numbers(browser: Browser, query: str) -> list[str]:
    """The first column of the run's CSV."""
    text = browser.get(f"{RUNS}/1/records.csv?{query}").text.removeprefix("\ufeff")
    return [row["record"] for row in csv.DictReader(io.StringIO(text))]


def test_the_csv_holds_exactly_what_the_filter_of_the_page_leaves(world: World, signed_in: SignIn) -> None:
    brightwater, acme = (make_customer(world.company, name) for name in ("Brightwater", "Acme"))
    invoice = make_invoice("120.00", customer=brightwater, number="INV-1")
    make_invoice("30.00", customer=acme, number="INV-2")
    make_payment("20.00", on={invoice: "20.00"}, number="PMT-1")
    db.session.commit()
    world.sync()
    browser = signed_in(Role.VIEWER)
    assert set(numbers(browser, "object=invoice")) == {"INV-1", "INV-2"}
    assert set(numbers(browser, "q=brightWATER&tab=created")) == {brightwater.number, "INV-1", "PMT-1"}
    assert numbers(browser, "object=payment&q=PMT") == ["PMT-1"]
    page = browser.get(f"{RUNS}/1?object=invoice&q=acme").text
    assert "INV-2</a>" in page
    assert "INV-1</a>" not in page
    assert "object=invoice&amp;q=acme" in page.split("records.csv")[1][:60]
    assert "No record matches" in browser.get(f"{RUNS}/1?q=100%25").text


def test_every_document_left_alone_on_purpose_is_explained(world: World, signed_in: SignIn) -> None:
    customer = make_customer(world.company, "Brightwater", number="C-1")
    make_invoice("10.00", customer=customer, number="SAME")
    world.sync()
    make_invoice("10.00", customer=customer, number="DRAFT", draft=True)
    skipped = make_invoice("10.00", customer=customer, number="SKIPPED")
    choices.skip(row_of(world, Kind.INVOICE, skipped.id), "booked by hand", actor=ACTOR)
    make_invoice("10.00", customer=customer, number="OLD", date=dt.date(2020, 1, 31))
    world.choose(sync_from="2024-01-01")
    wanted.note_start(world.book)
    db.session.commit()
    run_id = world.sync().id
    make_invoice("10.00", customer=customer, number="LATER")
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    for number, rule in (
        ("same", "It is unchanged since it was last synced"),
        ("DRAFT", "A draft is not sent to Intacct."),
        ("SKIPPED", "Somebody skipped it: booked by hand"),
        ("OLD", "Documents dated before the start of the sync are left alone"),
        ("LATER", "It was made after this run had ended."),
        ("NONE", "No invoice, payment or credit note has the number"),
    ):
        assert rule in browser.get(f"{RUNS}/{run_id}?why={number}").text, number


def test_what_a_run_did_with_a_document_is_the_answer_where_it_did_something(world: World, signed_in: SignIn) -> None:
    world.choose(income_account="")
    make_invoice("10.00", customer=make_customer(world.company, "Brightwater"), number="INV-1")
    db.session.commit()
    world.sync()
    page = signed_in(Role.VIEWER).get(f"{RUNS}/1?why=INV-1").text
    assert "Problem in this run." in page
    assert "The problem, and what to do" in page

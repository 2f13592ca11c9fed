"""What goes wrong in an import: told by name, the rest goes on, and nothing is half kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.imports import asking
from portal.models.connection import Connection
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.run import RunKind
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice
from tests.integration.imports.conftest import MovedClock, World, clock, import_, items, world
from tests.integration.imports.test_invoice_import import SALES, SERVICE, here, invoices_in, outstanding, said
from tests.integration.sync.scenes import ok, spoil

__all__ = ["MovedClock", "World", "clock", "world"]

NO_SUCH_FIELD = [{"object": "SODOCUMENT", "field": "COLOUR", "metadata_key": "colour"}]
FIELD_TEXTS = (
    ("DL02000001", "Error There was an error processing the request."),
    ("XL03000010", "The following fields cannot be queried: COLOUR"),
    ("XL03000006", "The field requested is not valid: COLOUR"),
    ("Query Failed", "Could not find field COLOUR"),
)


@pytest.mark.parametrize(("code", "text"), FIELD_TEXTS)
def test_an_unknown_custom_field_is_named_with_its_setting_whatever_the_code(
    world: World, code: str, text: str
) -> None:
    world.choose(custom_fields=NO_SUCH_FIELD)
    world.fault(
        {"function": "query", "object": "SODOCUMENT"}, "function_error", errorno=code, text=text, times=0
    )  # fmt: skip
    run = invoices_in(world)
    assert (run.state, run.error_code) == ("failed", "unknown_field")
    assert "no field COLOUR of Order Entry document" in run.error
    assert "custom fields in the integration settings" in run.error


def test_where_inspect_does_not_answer_all_custom_fields_are_named(world: World) -> None:
    world.choose(custom_fields=NO_SUCH_FIELD)
    world.fault("inspect", "function_error", errorno="PL04000005", text="You do not have permission", times=0)
    run = invoices_in(world)
    assert run.error_code == "unknown_field"
    assert "SODOCUMENT COLOUR" in run.error


def test_a_document_whose_date_cannot_be_read_is_told_and_the_rest_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = outstanding(world)[0]
    world.act("edit_order", docid=document["DOCID"], due="07/13/2031")
    spoil(world, monkeypatch, b"<WHENDUE>07/13/2031<", b"<WHENDUE>31.2.26<")
    run = invoices_in(world)
    assert run.state == "finished_with_problems", run.error
    (problem,) = [item for item in items(run) if item.outcome == "problem"]
    assert document["DOCID"] in problem.text
    assert "WHENDUE" in problem.text
    assert problem.details["raw"]["DOCNO"] == document["DOCNO"]
    assert run.counts["created.invoices"] == len(outstanding(world)) - 1


def test_a_number_that_is_in_use_here_is_told_and_the_rest_goes_on(world: World) -> None:
    number = outstanding(world)[0]["DOCNO"]
    make_invoice("5.00", customer=make_customer(world.company), number=number)
    run = invoices_in(world)
    assert run.counts["failed.invoices"] == 1
    assert number in said(run)[0] or any(number in text for text in said(run))
    assert here(number).total == 5


def test_invoices_of_an_ambiguous_customer_wait_and_come_once_it_is_picked(world: World) -> None:
    document = outstanding(world)[0]
    for number in ("C-1", "C-2"):
        make_customer(world.company, document["CUSTVENDNAME"], number=number)
    run = invoices_in(world)
    assert run.counts["failed.invoices"] >= 1
    assert any("which has a problem" in text for text in said(run))
    problem = next(one for one in world.problems() if one.code == "customer_ambiguous_here")
    choices.resolve(problem, "pick", to="C-2", actor=ACTOR)
    ok(invoices_in(world))
    assert here(document["DOCNO"]).customer.number == "C-2"
    assert world.problems() == []


def test_intacct_going_away_in_the_middle_keeps_what_was_stored_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.imports.invoices.AT_ONCE", 3)
    world.fault({"function": "query", "object": "SODOCUMENT", "skip": 2}, "503_html", times=0)
    run = invoices_in(world)
    assert run.state == "failed"
    assert "What was stored stays" in run.error
    assert db.session.scalar(db.select(db.func.count(Invoice.id))) > 0
    world.core.faults.order([])
    ok(invoices_in(world))
    for row in outstanding(world):
        assert here(row["DOCNO"]).balance == Decimal(row["TRX_TOTALDUE"])


def test_names_with_quotes_accents_emoji_and_right_to_left_text_come_over_as_they_are(world: World) -> None:
    names = ['O\'Neil & "Sons" <Ltd>', "Ærøskøbing Ångström", "🎈 Balloons", "שלום בע״מ"]
    for number, name in enumerate(names):
        world.act("create_customer", customerid=f"ODD-{number}", name=name)
        world.act("create_order", customerid=f"ODD-{number}", documentno=f"SI-{9000 + number}", amount="1.00")
    ok(invoices_in(world, SALES))
    found = [here(f"SI-{9000 + number}").customer.name for number in range(len(names))]
    assert found == names
    ok(import_(world))
    assert db.session.scalar(db.select(db.func.count(Customer.id)).where(Customer.name.in_(names))) == len(names)


def test_a_document_type_that_is_gone_brings_nothing_and_says_nothing_was_found(world: World) -> None:
    run = invoices_in(world, SERVICE)
    with world.core.lock:
        store = world.core.books.store
        for row in list(store.rows("SODOCUMENT")):
            if row["DOCPARID"] == SERVICE:
                store.remove("SODOCUMENT", row["RECORDNO"])
    run = invoices_in(world, SERVICE)
    assert run.state == "finished"
    assert run.total == 0


def test_a_document_type_that_intacct_lost_is_told_and_the_others_go_on(world: World) -> None:
    world.choose(read_invoices=True, invoice_document_types=["No Such Type", SALES])
    run = invoices_in(world, "No Such Type", SALES)
    assert run.state == "finished_with_problems"
    assert "no document type No Such Type any more" in said(run)[0]
    assert run.counts["created.invoices"] > 0
    synced = ok(world.sync())
    assert any("No Such Type" in warning for warning in synced.warnings)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [(b"<TRX_VALUE>10<", b"<TRX_VALUE>1,0,0<", "TRX_VALUE"), (b"<WHENMODIFIED>", b"<WHENMODIFIED>x", "WHENMODIFIED")],
)
def test_a_line_or_customer_that_cannot_be_read_is_told_at_its_document(
    world: World, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes, named: str
) -> None:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_order", customerid=customer, documentno="SI-9001", amount="10.00")
    spoil(world, monkeypatch, old, new)
    run = invoices_in(world, SALES)
    assert run.state == "finished_with_problems", run.error
    assert any("SI-9001" in text and named in text for text in said(run)), said(run)
    monkeypatch.undo()
    ok(invoices_in(world, SALES))
    assert here("SI-9001").balance == 10


def test_bad_options_name_their_field_and_queue_nothing(world: World) -> None:
    book = world.book
    for options, field in (
        ({}, "document_types"),
        ({"document_types": [SALES], "dated_from": "2026-13-01"}, "dated_from"),
        ({"document_types": [SALES], "dated_from": "2026-02-01", "dated_to": "2026-01-01"}, "dated_to"),
        ({"document_types": [SALES], "open_only": "yes"}, "open_only"),
        ({"document_types": [SALES], "colour": 1}, "colour"),
    ):
        with pytest.raises(InvalidInput) as raised:
            asking.ask(book, RunKind.IMPORT_INVOICES, options, trigger="test")
        assert raised.value.field == field
    db.session.get_one(Connection, world.company_id).connected = False
    with pytest.raises(NotAllowedNow):
        asking.ask(book, RunKind.IMPORT_CUSTOMERS, {}, trigger="test")


def test_a_double_click_makes_one_run_and_another_import_waits_for_it(world: World) -> None:
    book = world.book
    first = asking.ask(book, RunKind.IMPORT_CUSTOMERS, {}, trigger="a@b.example")
    assert asking.ask(book, RunKind.IMPORT_CUSTOMERS, {}, trigger="a@b.example").id == first.id
    other = asking.ask(book, RunKind.IMPORT_INVOICES, {"document_types": [SALES]}, trigger="a@b.example")
    assert other.id != first.id
    held = asking.waits_for(other)
    assert held is not None
    assert held.id == first.id


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"<DOCNO>SI-9001<", b"<DOCNO>" + b"9" * 46 + b"<", "45 characters"),
        (b"<CURRENCY>USD<", b"<CURRENCY>US$<", "three letters"),
        (b"<DOCHDRNO>", b"<DOCHDRNO>9999", "no lines"),
    ],
)
def test_a_document_that_cannot_be_kept_is_told_with_the_reason_and_comes_once_it_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes, why: str
) -> None:
    customer = world.there("CUSTOMER")[0]["CUSTOMERID"]
    world.act("create_order", customerid=customer, documentno="SI-9001", amount="10.00")
    spoil(world, monkeypatch, old, new)
    run = invoices_in(world, SALES)
    assert run.state == "finished_with_problems", run.error
    assert any("SI-9001" in text and why in text for text in said(run)), said(run)
    monkeypatch.undo()
    ok(invoices_in(world, SALES))
    assert here("SI-9001").balance == 10

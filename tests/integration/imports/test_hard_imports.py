"""Imports where it is easy to lose a cent, a record or a count."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portal.extensions import db
from portal.imports import asking
from portal.imports.steps import STEPS
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import RunKind
from portal.sync import engine
from portal.sync.context import RunContext
from tests.factories import make_customer, make_invoice
from tests.integration.imports.conftest import World, import_, items, preview, world
from tests.integration.imports.test_customer_import import everything
from tests.integration.imports.test_invoice_import import SALES, SERVICE, here, invoices_in, outstanding
from tests.integration.sync.scenes import ok, spoil

__all__ = ["World", "world"]


def order(world: World, number: str, amount: str = "100.00", **more: object) -> dict[str, object]:
    return world.act("create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno=number,
                     **({"amount": amount} if "lines" not in more else {}), **more)  # fmt: skip


def tied(world: World) -> None:
    for row in outstanding(world):
        ar = world.there("ARINVOICE", RECORDNO=row["PRRECORDKEY"])[0]
        assert (row["DOCNO"], here(row["DOCNO"]).balance) == (row["DOCNO"], Decimal(ar["TRX_TOTALDUE"]))


@pytest.mark.parametrize("field", ["QUANTITY", "TRX_PRICE", "TRX_VALUE"])
def test_a_line_that_cannot_be_read_fails_its_document_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    order(world, "SI-9001", lines=[{"quantity": "7717", "price": "7717", "amount": "7717"}])
    spoil(world, monkeypatch, f"<{field}>7717<".encode(), f"<{field}>many<".encode())
    run = invoices_in(world)
    assert run.state == "finished_with_problems", run.error
    (problem,) = [item for item in items(run) if item.outcome == "problem"]
    assert "SI-9001" in problem.text
    assert field in problem.text
    assert run.counts["created.invoices"] == len(outstanding(world)) - 1


def test_a_subtotal_that_cannot_be_read_fails_its_document_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order(world, "SI-9001", subtotals=[{"description": "Sales Tax", "amount": "77.17"}])
    spoil(world, monkeypatch, b"<TRX_TOTAL>77.17<", b"<TRX_TOTAL>some<")
    run = invoices_in(world)
    assert run.state == "finished_with_problems", run.error
    (problem,) = [item for item in items(run) if item.outcome == "problem"]
    assert "SI-9001" in problem.text
    assert run.counts["created.invoices"] == len(outstanding(world)) - 1


def test_a_customer_of_a_failed_invoice_is_not_counted_as_created(world: World) -> None:
    world.act("create_customer", customerid="ODD", name="Odd one")
    world.act("create_order", customerid="ODD", documentno="SI-9001", amount="5.00")
    make_invoice("5.00", customer=make_customer(world.company), number="SI-9001")
    run = invoices_in(world)
    assert run.counts["failed.invoices"] == 1
    assert run.counts["created.customers"] == db.session.scalar(
        db.text("SELECT count(*) FROM customer WHERE origin = 'intacct'")
    )


def test_a_preview_counts_each_new_customer_once_however_many_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.act("create_customer", customerid="ODD", name="Odd one")
    for number in range(9001, 9007):
        world.act("create_order", customerid="ODD", documentno=f"SI-{number}", amount="5.00")
    monkeypatch.setattr("portal.imports.invoices.AT_ONCE", 2)
    shown = preview(world, RunKind.IMPORT_INVOICES, document_types=[SALES, SERVICE])
    run = invoices_in(world)
    assert run.counts["created.customers"] > 0
    names = [name for name in run.counts if not name.startswith("gateway")]
    assert {name: shown.counts.get(name) for name in names} == {name: run.counts[name] for name in names}


@pytest.mark.parametrize(
    "lines",
    [
        [{"quantity": "0", "price": "10", "amount": "0"}, {"amount": "50"}],
        [{"quantity": "-2", "price": "10", "amount": "-20"}, {"amount": "50"}],
        [{"quantity": "3", "price": "-10", "amount": "-30"}, {"amount": "50"}],
        [{"quantity": "0.3333333333", "price": "3", "amount": "1.00"}, {"amount": "50"}],
        [{"amount": "0.01"} for _ in range(300)],
    ],
)
def test_odd_lines_sum_to_the_cent(world: World, lines: list[dict[str, str]]) -> None:
    made = order(world, "SI-9001", lines=lines)
    ok(invoices_in(world))
    assert here("SI-9001").total == sum(Decimal(line["amount"]) for line in lines)
    assert made["docid"]
    tied(world)


def test_a_negative_tax_keeps_the_total(world: World) -> None:
    order(world, "SI-9001", subtotals=[{"description": "Sales Tax", "amount": "-7.00"}])
    ok(invoices_in(world))
    made = here("SI-9001")
    assert made.total == 93
    assert [(line.description, line.amount) for line in made.lines][1:] == [("Sales Tax", -7)]
    assert (made.discount, made.tax) == (0, 0)
    tied(world)


def test_a_negative_tax_lowers_the_other_taxes_and_no_discount_comes_of_it(world: World) -> None:
    order(
        world, "SI-9001",
        subtotals=[
            {"description": "Sales Tax", "amount": "7.00"}, {"description": "Sales Tax", "amount": "-2.00"},
            {"description": "Discount", "amount": "-10.00"},
        ],
    )  # fmt: skip
    ok(invoices_in(world))
    made = here("SI-9001")
    assert (made.total, made.tax, made.discount, len(made.lines)) == (95, 5, 10, 1)
    tied(world)


def test_a_long_message_is_cut_and_the_longest_number_comes_over(world: World) -> None:
    order(world, "SI-9001", message="x" * 3000)
    number = "N" * 45
    order(world, number)
    ok(invoices_in(world))
    assert here("SI-9001").extra["message"] == "x" * 1000
    assert here(number).total == 100


def test_what_is_paid_after_the_opening_payment_was_voided_still_comes_over(world: World) -> None:
    """Money read, so the opening payment is gone; reading off, more paid: Intacct's balance must come all the same."""
    order(world, "SI-9001")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    world.choose(read_payments=False, read_credits=False)
    ok(invoices_in(world))
    assert here("SI-9001").balance == 60
    world.choose(read_payments=True)
    ok(world.sync())
    ok(invoices_in(world))
    assert here("SI-9001").balance == 60
    world.choose(read_payments=False)
    world.act("receive_payment", invoice_recordid="SI-9001", amount="25", document="CHQ-2")
    ok(invoices_in(world))
    assert here("SI-9001").balance == 35


def test_money_taken_back_there_before_it_was_read_opens_the_invoice_again(world: World) -> None:
    order(world, "SI-9001")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    world.choose(read_payments=False, read_credits=False)
    ok(invoices_in(world))
    world.act("reverse_payment", document="CHQ-1")
    ok(invoices_in(world))
    assert here("SI-9001").balance == 100
    world.act("receive_payment", invoice_recordid="SI-9001", amount="30", document="CHQ-2")
    ok(invoices_in(world))
    assert here("SI-9001").balance == 70


def test_an_inactive_customers_paid_invoice_comes_over(world: World) -> None:
    world.act("create_customer", customerid="ODD", name="Odd one")
    world.act("create_order", customerid="ODD", documentno="SI-9001", amount="50.00")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="20", document="CHQ-1")
    world.act("edit_customer", customerid="ODD", fields={"STATUS": "inactive"})
    world.choose(read_payments=False, read_credits=False)
    ok(invoices_in(world))
    assert here("SI-9001").balance == 30
    assert not here("SI-9001").customer.active


def test_importing_twice_after_edits_and_payments_changes_nothing_more(world: World) -> None:
    order(world, "SI-9001", subtotals=[{"description": "Sales Tax", "amount": "7.00"}])
    ok(invoices_in(world))
    world.act("edit_order", docid="Sales Invoice-SI-9001", amount="90")
    world.act("receive_payment", invoice_recordid="SI-9001", amount="40", document="CHQ-1")
    invoices_in(world)
    tied(world)
    before = everything()
    invoices_in(world)
    assert everything() == before


def test_a_custom_value_cleared_in_intacct_is_cleared_here(world: World) -> None:
    order(world, "SI-9001", message="Call")
    world.choose(custom_fields=[{"object": "SODOCUMENT", "field": "VENDORDOCNO", "metadata_key": "their_no"},
                                {"object": "SODOCUMENT", "field": "PONUMBER", "metadata_key": "po"}])  # fmt: skip
    world.act("edit_order", docid="Sales Invoice-SI-9001", po="PO 7")
    ok(invoices_in(world))
    assert here("SI-9001").extra["po"] == "PO 7"
    world.act("edit_order", docid="Sales Invoice-SI-9001", po="", message="")
    ok(invoices_in(world))
    assert "po" not in here("SI-9001").extra
    assert "message" not in here("SI-9001").extra


def test_a_customer_renamed_here_and_there_stays_one_customer(world: World) -> None:
    world.act("create_customer", customerid="ODD", name="Odd one")
    ok(import_(world))
    world.act("edit_customer", customerid="ODD", fields={"NAME": "Even one"})
    world.act("create_order", customerid="ODD", documentno="SI-9001", amount="50.00")
    ok(invoices_in(world))
    assert here("SI-9001").customer.name == "Even one"
    assert db.session.scalar(db.text("SELECT count(*) FROM customer WHERE name IN ('Odd one', 'Even one')")) == 1


def test_a_customer_whose_currency_changed_there_after_invoices_is_no_stop(world: World) -> None:
    world.act("create_customer", customerid="ODD", name="Odd one")
    world.act("create_order", customerid="ODD", documentno="SI-9001", amount="50.00")
    make_customer(world.company, "Odd one", number="C-9", currency="EUR")
    ok(invoices_in(world))
    assert (here("SI-9001").customer.number, here("SI-9001").currency) == ("C-9", "USD")


@pytest.mark.parametrize("at", range(1, 14))
def test_a_worker_killed_at_any_commit_doubles_nothing(world: World, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr("portal.imports.invoices.AT_ONCE", 3)
    real, calls = RunContext.save, [0]

    def save(self: RunContext, **progress: object) -> None:
        calls[0] += 1
        if calls[0] == at:
            raise KeyboardInterrupt
        real(self, **progress)

    monkeypatch.setattr(RunContext, "save", save)
    world.choose(read_payments=False)
    run = asking.ask(world.book, RunKind.IMPORT_INVOICES, {"document_types": [SALES, SERVICE]}, trigger="test")
    run_id = run.id
    db.session.commit()
    try:
        engine.perform(run_id, STEPS)
    except KeyboardInterrupt:
        db.session.rollback()
    db.session.execute(
        db.text("UPDATE run SET state = 'queued', token = '', ended_at = NULL WHERE id = :id"), {"id": run_id}
    )
    db.session.commit()
    monkeypatch.setattr(RunContext, "save", real)
    engine.perform(run_id, STEPS)
    db.session.expire_all()
    tied(world)
    docs = outstanding(world)
    assert run.state == "finished"
    assert run.counts["created.invoices"] == len(docs) == db.session.scalar(db.select(db.func.count(Invoice.id)))
    openings = db.session.scalar(db.select(db.func.count(Payment.id)))
    assert run.counts["opening.payments"] == openings
    before = everything()
    ok(invoices_in(world))
    assert everything() == before

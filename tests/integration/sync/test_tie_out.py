"""The tie-out: every kind of difference found, named, and summed to the cent, with nothing left over."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.intacct.queries import Query
from portal.models.invoice import Invoice
from portal.models.run import Run, RunKind
from portal.models.sync import Kind, SyncRow
from portal.models.tie_out import TieOut, TieOutDay, TieOutDocument
from portal.services import invoices, payments
from portal.sync import choices, engine
from portal.sync.tie_out import comparing, explaining, performing
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.scenes import apply_rest_there, ok, posted, shared_receipt, small
from tests.integration.sync.test_rule_15_entities import EAST, WEST, connect_to
from tests.integration.sync.test_rules import edited
from tests.integration.sync.tied import documents, explained, rows, said, tie

D = Decimal


def test_books_that_agree_differ_in_nothing(world: World) -> None:
    posted(world)
    assert explained(world) == []


def test_what_is_still_to_be_sent_is_not_yet_synced_and_agrees_once_it_is(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("70.00", customer=customer, number="INV-1")
    make_payment("90.00", on={make_invoice("80.00", customer=customer, number="INV-2"): "80.00"}, number="PMT-1")
    assert explained(world) == [("INV-1", "not_synced", D("70.00")), ("PMT-1", "not_synced", D("-10.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_money_not_yet_sent_is_told_at_the_invoice_that_it_pays(world: World) -> None:
    first, second, _ = posted(world)
    make_payment("20.00", on={second: "20.00"}, number="PMT-2")
    found = tie(world)
    assert rows(found) == [("INV-2", "not_synced", D("-20.00"))]
    assert "PMT-2" in said(found, "INV-2")


def test_what_waits_for_another_is_waiting(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("50.00", customer=customer, number="INV-1", lines=(make_line("50.00", account="9999"),))
    make_payment("25.00", customer=customer, number="PMT-1")
    world.sync()
    assert explained(world) == [("INV-1", "problem", D("50.00")), ("PMT-1", "waiting", D("-25.00"))]


def test_a_record_whose_outcome_is_not_known_is_unknown(world: World) -> None:
    make_invoice("50.00", customer=make_customer(world.company, "Acme"), number="INV-1")
    world.fault("create_invoice", "dropped_before")
    world.sync()
    assert explained(world) == [("INV-1", "unknown", D("50.00"))]


def test_a_record_that_arrived_without_our_knowing_is_known_by_its_reference_and_agrees(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company, "Acme"), number="INV-1")
    world.fault("create_invoice", "reply_lost")
    world.sync()
    assert world.state(invoice) == "unknown"
    assert explained(world) == []


def test_a_skipped_record_says_who_skipped_it_and_why(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company), number="INV-1")
    choices.skip(row_of(world, Kind.INVOICE, invoice.id), "kept by hand", actor=ACTOR)
    found = tie(world)
    assert rows(found) == [("INV-1", "skipped", D("50.00"))]
    assert said(found, "INV-1") == "kept by hand (test)"


def test_what_is_dated_before_the_start_is_left_alone_with_its_money(world: World) -> None:
    world.choose(sync_from="2026-03-01")
    customer = make_customer(world.company, "Acme", number="C-1")
    old = make_invoice("50.00", customer=customer, number="INV-1", date=dt.date(2026, 2, 1))
    new = make_invoice("60.00", customer=customer, number="INV-2")
    make_payment("30.00", on={old: "10.00", new: "15.00"}, number="PMT-1")
    ok(world.sync())
    found = {number: (cause, amount) for number, cause, amount in explained(world)}
    assert found["INV-1"] == ("before_start", D("40.00"))


def test_a_credit_that_stays_on_its_side_is_withheld(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    make_credit_note("50.00", customer=invoice.customer, on={invoice: "50.00"}, number="CN-1")
    found = tie(world)
    assert rows(found) == [("INV-1", "credit_withheld", D("-50.00"))]
    assert "CN-1" in said(found, "INV-1")


def test_a_credit_of_intacct_that_settles_an_invoice_stays_there(world: World) -> None:
    make_invoice("50.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    credit = world.act("issue_credit", customerid="C-1", amount="50", number="ADJ-1")
    world.act("apply_credit", credit_key=credit["credit_key"], invoice_recordid="INV-1", amount="50")
    ok(world.sync())
    assert explained(world) == [("INV-1", "credit_withheld", D("50.00"))]


def test_a_total_changed_here_is_changed_here(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    invoices.edit(invoice, edited(invoice, lines=(make_line("130.00"),)), actor=ACTOR)
    assert explained(world) == [("INV-1", "changed_here", D("30.00"))]


def test_an_invoice_voided_here_is_changed_here_until_it_is_reversed_there(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    invoices.void(invoice, actor=ACTOR)
    assert explained(world) == [("INV-1", "changed_here", D("-100.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_money_taken_off_here_is_changed_here(world: World) -> None:
    _, second, payment = posted(world)
    payments.apply(payment, [(second, D("30.00"))], actor=ACTOR)
    assert explained(world) == [("INV-2", "changed_here", D("-30.00")), ("PMT-1", "changed_here", D("30.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_a_total_changed_there_is_changed_there(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", amount="90")
    assert explained(world) == [("INV-1", "changed_there", D("10.00"))]
    world.sync()
    assert explained(world) == [("INV-1", "problem", D("10.00"))]


def test_money_received_there_and_not_read_yet_is_changed_there(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    assert explained(world) == [("INV-1", "changed_there", D("40.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_a_rest_of_ours_applied_there_is_changed_there_at_both_documents(world: World) -> None:
    posted(world)
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    assert explained(world) == [("INV-2", "changed_there", D("30.00")), ("PMT-1", "changed_there", D("-30.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_an_invoice_reversed_or_deleted_there_is_gone_there(world: World) -> None:
    customer = make_customer(world.company, "Acme")
    for number in ("INV-1", "INV-2"):
        make_invoice("50.00", customer=customer, number=number)
    ok(world.sync())
    world.act("reverse_invoice", invoice_recordid="INV-1")
    world.act("delete_invoice", invoice_recordid="INV-2")
    found = tie(world)
    assert rows(found) == [("INV-1", "gone_there", D("50.00")), ("INV-2", "gone_there", D("50.00"))]
    assert (said(found, "INV-1"), said(found, "INV-2")) == ("reversed in Intacct", "deleted in Intacct")
    world.sync()
    assert [row[1] for row in explained(world)] == ["gone_there", "gone_there"]


def test_a_payment_reversed_there_is_told_at_its_invoice_and_at_its_rest(world: World) -> None:
    posted(world)
    world.act("reverse_payment", document="PMT-1")
    assert explained(world) == [("INV-1", "gone_there", D("-50.00")), ("PMT-1", "gone_there", D("-30.00"))]
    ok(world.sync())
    assert explained(world) == []


def test_what_somebody_typed_in_intacct_is_not_ours(world: World) -> None:
    make_invoice("50.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    world.act("create_invoice", customerid="C-1", invoiceno="TYPED-1", amount="80")
    world.act("issue_credit", customerid="C-1", amount="15", number="ADJ-1")
    found = tie(world)
    assert rows(found) == [("ADJ-1", "not_ours", D("15.00")), ("TYPED-1", "not_ours", D("-80.00"))]


def test_an_overpayment_there_is_one(world: World) -> None:
    make_invoice("50.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="50", rest="25", document="CHK-77")
    found = {cause: amount for _, cause, amount in explained(world)}
    assert found == {"changed_there": D("50.00"), "overpayment": D("25.00")}
    ok(world.sync())
    assert [(cause, amount) for _, cause, amount in explained(world)] == [("overpayment", D("25.00"))]


def test_a_cent_of_rounding_is_called_so(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("edit_invoice", invoice_recordid="INV-1", amount="100.004")
    assert explained(world) == [("INV-1", "currency", D("-0.004"))]


def test_the_two_halves_of_a_shared_receipt_agree(world: World) -> None:
    shared_receipt(world)
    assert explained(world) == []


def test_money_paid_on_both_sides_is_a_problem(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    make_payment("50.00", on={invoice: "50.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="50")
    world.sync()
    assert {cause for _, cause, _ in explained(world)} <= {"problem"}


def test_a_number_taken_there_is_a_problem_here_and_not_ours_there(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    world.act("create_customer", customerid="C-9", name="Other")
    world.act("create_invoice", customerid="C-9", invoiceno="INV-1", amount="80")
    make_invoice("50.00", customer=customer, number="INV-1")
    world.sync()
    assert explained(world) == [("INV-1", "not_ours", D("-80.00")), ("INV-1", "problem", D("50.00"))]


def test_a_document_with_several_causes_is_listed_under_the_largest_and_tells_all(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    make_payment("10.00", on={invoice: "10.00"}, number="PMT-1")
    found = tie(world)
    assert rows(found) == [("INV-1", "changed_there", D("30.00"))]
    assert "PMT-1" in said(found, "INV-1")
    assert "not read yet" in said(found, "INV-1")


def test_a_difference_that_nothing_accounts_for_is_unexplained_and_stays_so(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    with world.core.lock:
        row = world.core.books.store.one("ARINVOICE", "RECORDID", "INV-1")
        world.core.books.store.begin()
        world.core.books.store.change("ARINVOICE", row["RECORDNO"], TRX_TOTALDUE=D("93"))
        world.core.books.store.commit()
    found = tie(world)
    assert [(row.cause, row.unexplained) for row in documents(found)] == [("unexplained", D("7.00"))]
    assert invoice.balance == D("100.00")


def test_a_second_record_there_with_our_reference_is_never_explained_away(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    ok(world.sync())
    ours = world.there("ARINVOICE", RECORDID="INV-1")[0]
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1B", amount="100")
    world.act("edit_invoice", invoice_recordid="INV-1B", fields={"DESCRIPTION": ours["DESCRIPTION"]})
    found = tie(world)
    assert [(row.number_there, row.cause, row.unexplained) for row in documents(found)] == [
        ("INV-1B", "unexplained", D("-100.00"))
    ]
    assert "INV-1" in said(found, "INV-1B")


# As of a day: documents and what was applied, dated up to it, on both sides


def test_as_of_a_day_both_sides_are_put_back_to_it(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    first = make_invoice("100.00", customer=customer, number="INV-1", date=dt.date(2026, 3, 1))
    make_invoice("70.00", customer=customer, number="INV-2", date=dt.date(2026, 3, 20))
    make_payment("40.00", on={first: "40.00"}, number="PMT-1", date=dt.date(2026, 3, 10))
    make_payment("60.00", on={first: "60.00"}, number="PMT-2", date=dt.date(2026, 3, 25))
    ok(world.sync())
    assert explained(world, dt.date(2026, 3, 15)) == []
    assert _open(world, dt.date(2026, 3, 15)) == [("INV-1", D("60.00"), D("60.00"))]
    assert _open(world, dt.date(2026, 2, 1)) == []
    assert _open(world, dt.date(2026, 3, 20)) == [("INV-1", D("60.00"), D("60.00")), ("INV-2", D("70.00"), D("70.00"))]


def test_as_of_a_day_a_difference_of_then_keeps_its_cause(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("100.00", customer=customer, number="INV-1", date=dt.date(2026, 3, 1))
    ok(world.sync())
    make_invoice("30.00", customer=customer, number="INV-2", date=dt.date(2026, 3, 2))
    world.act("receive_payment", invoice_recordid="INV-1", amount="40", date="03/05/2026")
    assert explained(world, dt.date(2026, 3, 31)) == [
        ("INV-1", "changed_there", D("40.00")),
        ("INV-2", "not_synced", D("30.00")),
    ]
    assert explained(world, dt.date(2026, 3, 4)) == [("INV-2", "not_synced", D("30.00"))]


def test_as_of_a_day_money_dated_differently_is_told_so(world: World) -> None:
    posted(world)
    second = db.session.scalars(db.select(Invoice).where(Invoice.number == "INV-2")).one()
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    ok(world.sync())
    assert second.balance == D("20.00")
    assert explained(world) == []
    assert {cause for _, cause, _ in explained(world, dt.date(2026, 3, 1))} <= {"other_date"}


def _open(world: World, day: dt.date) -> list[tuple[str, Decimal, Decimal]]:
    found = tie(world, day)
    query = db.select(TieOutDocument).where(TieOutDocument.tie_out_id == found.id, TieOutDocument.number != "")
    return [(row.number, row.here_due, row.there_due) for row in db.session.scalars(query.order_by("number"))]


# What cannot be read is said


def test_an_object_that_is_refused_is_named_and_the_rest_is_compared(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    world.fault(
        {"function": "query", "object": "ARADJUSTMENT"}, "function_error", errorno="DL02000001", text="No right"
    )
    found = tie(world)
    assert rows(found) == [("INV-1", "not_synced", D("100.00"))]
    assert "adjustments" in found.unread[0]
    assert "No right" in found.unread[0]


def test_a_tie_out_changes_nothing_on_either_side(world: World) -> None:
    posted(world)
    before = [(row.id, row.want_hash, row.have_hash, row.key) for row in db.session.scalars(db.select(SyncRow))]
    postings = len(world.postings())
    tie(world)
    assert [(row.id, row.want_hash, row.have_hash, row.key) for row in db.session.scalars(db.select(SyncRow))] == before
    assert len(world.postings()) == postings


def test_the_totals_of_a_day_are_kept_once_and_old_documents_go(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    tie(world)
    found = tie(world)
    kept = db.session.scalars(db.select(TieOutDay)).all()
    assert [(one.currency, one.run_id) for one in kept] == [("USD", found.run_id)]
    causes = {name: D(amount) for name, amount in kept[0].causes.items()}
    assert causes["not_synced"] == D("100.00")
    assert sum(causes.values()) + kept[0].unexplained == kept[0].difference
    assert db.session.scalars(db.select(TieOut.id)).all() == [found.id]


def test_what_the_connection_does_not_see_is_not_called_gone(world: World) -> None:
    connect_to(world, EAST)
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    connect_to(world, WEST)
    found = tie(world, sees_all=False)
    assert rows(found) == [("INV-1", "skipped", D("100.00"))]
    assert EAST in said(found, "INV-1")
    assert any(WEST in sentence for sentence in found.unread)


def test_pages_of_two_rows_compare_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    for number in range(5):
        make_invoice("10.00", customer=customer, number=f"INV-{number}")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-3", amount="4")
    make_invoice("7.00", customer=customer, number="INV-9")
    monkeypatch.setattr("portal.intacct.queries.Query.__init__", small(Query.__init__))
    monkeypatch.setattr(comparing, "AT_ONCE", 2)
    monkeypatch.setattr(explaining, "AT_ONCE", 2)
    assert explained(world) == [("INV-3", "changed_there", D("4.00")), ("INV-9", "not_synced", D("7.00"))]


def test_a_tie_out_whose_worker_died_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_invoice("10.00", customer=make_customer(world.company), number="INV-1")
    db.session.commit()

    def die(work: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(performing.explaining, "explain_all", die)
        with pytest.raises(KeyboardInterrupt):
            world.sync(RunKind.TIE_OUT)
    db.session.rollback()
    run_id = db.session.scalars(db.select(db.func.max(Run.id))).one()
    db.session.execute(db.update(Run).values(lease_until=0))
    db.session.commit()
    engine.perform(run_id)
    db.session.expire_all()
    [tie_out] = db.session.scalars(db.select(TieOut)).all()
    assert tie_out.finished
    assert rows(tie_out) == [("INV-1", "not_synced", D("10.00"))]

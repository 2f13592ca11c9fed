"""Reading what is hard to read: moved zones, spoilt values, missing headers, shared receipts, odd pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.errors import NotAllowedNow
from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.services import payments
from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import (
    apply_rest_there,
    ok,
    posted,
    shared_receipt,
    small,
    spoil,
    texts,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_a_rest_applied_in_intacct_while_the_payment_is_unknown_arrives(world: World, clock: MovedClock) -> None:
    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    world.fault({"function": "create", "object": "ARPYMT"}, "reply_lost")
    world.sync()
    apply_rest_there(world, "PMT-1", "INV-2", "30")
    for _ in range(3):
        world.sync()
    assert [r for r in world.there("ARPYMT", DOCNUMBER="PMT-1") if r["STATE"] == "V"] == []
    assert db.session.get_one(Invoice, second.id).balance == 20


def test_a_foreign_invoice_is_not_posted_as_base_currency(world: World) -> None:
    customer = make_customer(world.company, currency="EUR")
    make_invoice("100.00", customer=customer, number="INV-1", currency="EUR")
    world.sync()
    assert [(r["CURRENCY"], r["TRX_TOTALENTERED"]) for r in world.there("ARINVOICE", RECORDID="INV-1")] == []


def test_money_is_read_after_the_users_time_zone_moved(world: World, clock: MovedClock) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.core.switch(user_offset="-07:00")
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 60


def test_money_received_before_reading_was_switched_on_arrives(world: World) -> None:
    world.choose(read_payments=False)
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.core.clock.advance(-3 * 3600)
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    world.core.clock.advance(3 * 3600)
    from portal.services import integration_settings

    integration_settings.change(world.company, {"read_payments": True}, actor=ACTOR)
    db.session.commit()
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 60


def test_the_history_of_a_link_waits_while_reading_is_off(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    world.core.clock.advance(-3 * 3600)
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1", amount="100", date="03/01/2026")
    world.act("receive_payment", invoice_recordid="INV-1", amount="25")
    world.core.clock.advance(3 * 3600)
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    world.sync()
    problem = only_problem(world, "number_taken")
    world.choose(read_payments=False)
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    world.sync()
    world.choose(read_payments=True)
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 75


@pytest.mark.parametrize("what", ["invoice_date", "detail_amount", "payment_date"])
def test_one_unreadable_record_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    customer = make_customer(world.company)
    bad = make_invoice("100.00", customer=customer, number="INV-1", due_date=dt.date(2026, 7, 13))
    good = make_invoice("70.00", customer=customer, number="INV-2")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="33.33", date="03/05/2026")
    world.act("receive_payment", invoice_recordid="INV-2", amount="20", date="03/04/2026")
    old, new = {
        "invoice_date": (b"07/13/2026", b"13.7.2026"),
        "detail_amount": (b"<TRX_PAYMENTAMOUNT>33.33<", b"<TRX_PAYMENTAMOUNT>1,2,3<"),
        "payment_date": (b"<RECEIPTDATE>03/05/2026<", b"<RECEIPTDATE>5.3.26<"),
    }[what]
    spoil(world, monkeypatch, old, new)
    run = world.sync()
    assert (run.state, run.error) in (("finished", ""), ("finished_with_problems", ""))
    assert db.session.get_one(Invoice, good.id).balance == 50
    monkeypatch.undo()
    world.sync()
    assert db.session.get_one(Invoice, bad.id).balance == Decimal("66.67")


def test_money_whose_header_cannot_be_seen_is_a_problem_and_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    with world.core.lock:
        header = world.core.books.store.table("ARPYMT").rows[made["payment_key"]]
        world.core.books.store.remove("ARPYMT", made["payment_key"])
    world.sync()
    problems = texts(world)
    with world.core.lock:
        world.core.books.store.put("ARPYMT", made["payment_key"], header)
    world.core.clock.advance(3 * 3600)
    world.sync()
    world.sync()
    assert problems != []
    assert db.session.get_one(Invoice, invoice.id).balance == 60


def test_an_advance_applied_in_intacct_does_not_stop_the_sync(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    make_invoice("100.00", customer=customer, number="INV-1")
    other = make_invoice("70.00", customer=customer, number="INV-2")
    ok(world.sync())
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    with world.core.lock:
        store = world.core.books.store
        for row in store.where("ARPYMTDETAIL", "PARENTPAYMENTKEY", made["payment_key"]):
            row["ADVANCEKEY"], row["TRX_POSTEDADVANCEAMOUNT"], row["TRX_PAYMENTAMOUNT"] = 99999, Decimal(40), None
    world.act("receive_payment", invoice_recordid="INV-2", amount="20")
    run = world.sync()
    assert run.state in ("finished", "finished_with_problems"), run.error
    assert db.session.get_one(Invoice, other.id).balance == 50


def test_a_void_of_the_header_only_voids_both_halves_of_a_shared_receipt(world: World) -> None:
    invoice, second = shared_receipt(world)
    assert [p.amount for p in db.session.scalars(db.select(Payment).order_by(Payment.id))] == [40, 30]
    key = row_of(world, Kind.PAYMENT, db.session.scalars(db.select(Payment)).first().id).key
    world.core.clock.advance(3 * 3600)
    ok(world.sync())
    world.core.clock.advance(3 * 3600)
    ok(world.sync())
    with world.core.lock:
        books = world.core.books
        books.store.begin()
        books.modify("ARPYMT", int(key), STATE="V", RAWSTATE="V")
        books.store.commit()
    ok(world.sync())
    assert [p.voided for p in db.session.scalars(db.select(Payment))] == [True, True]


def test_a_voided_payment_of_intacct_waits_for_nothing(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    made = world.act("receive_payment", invoice_recordid="INV-1", amount="100")
    ok(world.sync())
    world.act("reverse_payment", payment_key=made["payment_key"])
    ok(world.sync())
    run = ok(world.sync())
    payment = db.session.scalars(db.select(Payment)).one()
    assert payment.voided
    row = row_of(world, Kind.PAYMENT, payment.id)
    assert (row.want_hash, row.have_hash) == ("", "")
    assert world.state(payment) != "waiting"
    assert run.counts.get("waiting", 0) == 0


def test_money_of_intacct_taken_off_here_is_explained(world: World) -> None:
    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    ok(world.sync())
    payment = db.session.scalars(db.select(Payment)).one()
    try:
        payments.unapply(payment, db.session.get_one(Invoice, invoice.id), actor=ACTOR)
    except NotAllowedNow:
        return
    world.core.clock.advance(3 * 3600)
    world.sync()
    assert world.problems() or world.state(payment) != "pending", world.state(payment)


def test_pages_without_a_count_of_what_remains_are_read_to_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    from portal.intacct import queries

    customer = make_customer(world.company)
    made = [make_invoice("10.00", customer=customer, number=f"INV-{n}") for n in range(5)]
    ok(world.sync())
    for n in range(5):
        world.act("receive_payment", invoice_recordid=f"INV-{n}", amount="1")
    inner = world.adapter.inner
    real = inner.send

    def send(request, *args, **kwargs):  # type: ignore[no-untyped-def]
        import io

        answer = real(request, *args, **kwargs)
        answer.raw = io.BytesIO(re.sub(rb'numremaining="\d+"', b"", answer.raw.read()))
        return answer

    monkeypatch.setattr(inner, "send", send)
    monkeypatch.setattr(queries.Query, "__init__", small(queries.Query.__init__))
    world.sync()
    db.session.expire_all()
    assert [db.session.get_one(Invoice, invoice.id).balance for invoice in made] == [9] * 5


def test_a_failed_read_is_made_up_by_the_next_sync_now(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    world.core.clock.advance(-3 * 3600)
    world.act("create_invoice", customerid="C-1", invoiceno="INV-1", amount="100", date="03/01/2026")
    world.act("receive_payment", invoice_recordid="INV-1", amount="25")
    world.core.clock.advance(3 * 3600)
    invoice = make_invoice("100.00", customer=customer, number="INV-1")
    world.sync()
    problem = only_problem(world, "number_taken")
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    world.fault({"function": "query", "object": "ARPYMTDETAIL", "skip": 1}, "500", times=5)
    assert world.sync().state == "failed"
    world.core.faults.order([])
    ok(world.sync())
    assert db.session.get_one(Invoice, invoice.id).balance == 75


def test_a_payment_edited_in_intacct_is_a_problem(world: World) -> None:
    first, _, payment = posted(world)
    key = row_of(world, Kind.PAYMENT, payment.id).key
    world.act("edit", object="ARPYMT", key=key, fields={"RECEIPTDATE": "07/04/2026", "DOCNUMBER": "OTHER"})
    world.sync()
    assert texts(world) != []


def test_our_rest_applied_there_to_another_customers_invoice_is_told_rightly(world: World) -> None:
    invoice, second = shared_receipt(world)
    ours = make_payment("50.00", on={invoice: "20.00"}, number="PMT-X")
    ok(world.sync())
    apply_rest_there(world, "PMT-X", "INV-2", "30")
    world.sync()
    assert not any("Reverse one of them" in text for _, text in texts(world)), texts(world)
    assert db.session.get_one(Invoice, second.id).balance == 40
    assert not ours.voided

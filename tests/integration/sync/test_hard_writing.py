"""Writing under races and odd circumstances."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunKind
from portal.models.sync import Kind, Posting
from portal.services import customers, payments
from portal.services.customers import CustomerData
from portal.services.payments import PaymentData
from portal.sync import choices, context, engine, runs
from tests.factories import ACTOR, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import MovedClock, World, only_problem, row_of
from tests.integration.sync.scenes import (
    ok,
    texts,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_a_cancel_before_birth_leaves_no_open_posting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make_customer(world.company)
    ok(world.sync())
    make_invoice("10.00", customer=customer, number="INV-1")
    real = context.RunContext.rows_of_all

    def cancelling(ctx: context.RunContext, queries):  # type: ignore[no-untyped-def]
        found = real(ctx, queries)
        if queries[0].object == "ARINVOICE":
            monkeypatch.setattr(context.RunContext, "rows_of_all", real)
            from portal.sync import sending

            birth = sending._give_birth

            def late(ctx, items):  # type: ignore[no-untyped-def]
                runs.cancel(db.session.get_one(Run, ctx.run_id))
                db.session.commit()
                return birth(ctx, items)

            monkeypatch.setattr(sending, "_give_birth", late)
        return found

    monkeypatch.setattr(context.RunContext, "rows_of_all", cancelling)
    run = world.sync()
    assert run.state == "cancelled"
    assert [p.state for p in world.postings() if p.act == "create" and "invoice" in p.body] == []


def test_a_link_made_by_hand_between_look_and_birth_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.sync import sending

    world.act("create_customer", customerid="X-1", name="Acme")
    world.act("create_customer", customerid="X-2", name="Acme")
    customer = make_customer(world.company, "Acme", number="C-1")
    world.sync()
    choices.resolve(only_problem(world, "customer_ambiguous"), "create_second", actor=ACTOR)
    birth = sending._give_birth

    def late(ctx, items):  # type: ignore[no-untyped-def]
        choices.resolve(only_problem(world, "customer_ambiguous"), "link", to="X-1", actor=ACTOR)
        db.session.commit()
        return birth(ctx, items)

    monkeypatch.setattr(sending, "_give_birth", late)
    world.sync()
    assert world.there("CUSTOMER", CUSTOMERID="C-1") == []
    assert row_of(world, Kind.CUSTOMER, customer.id).number_there == "X-1"


def test_a_late_answer_between_look_and_store_does_not_take_our_money_off(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: MovedClock
) -> None:
    """A worker that lost its lease writes its payment's answer while the next worker holds an older picture."""
    from portal.sync import answers, picture
    from portal.sync.answers import Answer

    invoice = make_invoice("100.00", customer=make_customer(world.company), number="INV-1")
    ok(world.sync())
    payment = make_payment("40.00", on={invoice: "40.00"}, number="PMT-1")
    world.act("receive_payment", invoice_recordid="INV-1", amount="10")
    kept = {}
    real_depart = context.RunContext.depart

    def frozen(ctx, calls, leave_before, turn, cargo):  # type: ignore[no-untyped-def]
        if "ARPYMT" in calls[0].body:
            kept["sent"] = (ctx, calls, leave_before, turn, cargo)
            raise KeyboardInterrupt
        real_depart(ctx, calls, leave_before, turn, cargo)

    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    run_id = run.id
    db.session.commit()
    with monkeypatch.context() as patch:
        patch.setattr(context.RunContext, "depart", frozen)
        with pytest.raises(KeyboardInterrupt):
            engine.perform(run_id)
    db.session.rollback()
    db.session.execute(db.update(Run).where(Run.id == run_id).values(lease_until=1))
    db.session.commit()
    real_look = picture.look
    done = []

    def look(ctx, keys):  # type: ignore[no-untyped-def]
        taken = real_look(ctx, keys)
        if not done and keys:
            done.append(1)
            old, calls, *how = kept["sent"]
            real_depart(old, calls, *how)
            results, _ = old.land().results()
            posting = db.session.scalars(db.select(Posting).where(Posting.state == "open")).one()
            answers.store(Answer(posting.id, 1, results[calls[0].control_id].key), "late")
            db.session.commit()
        return taken

    monkeypatch.setattr(picture, "look", look)
    world.act("receive_payment", invoice_recordid="INV-1", amount="5")
    engine.perform(run_id)
    assert done
    db.session.expire_all()
    assert db.session.get_one(Payment, payment.id).applied == 40


def test_a_customer_deleted_in_intacct_is_not_linked(world: World) -> None:
    world.act("create_customer", customerid="X-1", name="Acme")
    make_customer(world.company, "Other")
    ok(world.sync())
    with world.core.lock:
        store = world.core.books.store
        row = store.one("CUSTOMER", "CUSTOMERID", "X-1")
        store.begin()
        store.remove("CUSTOMER", row["RECORDNO"])
        store.commit()
    customer = make_customer(world.company, "Acme")
    make_invoice("10.00", customer=customer, number="INV-1")
    world.sync()
    assert len(world.there("CUSTOMER", NAME="Acme")) == 1
    assert len(world.there("ARINVOICE", RECORDID="INV-1")) == 1


def test_a_customer_of_an_entity_is_updated_from_the_top(world: World) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    with world.core.lock:
        row = world.core.books.store.one("CUSTOMER", "CUSTOMERID", "C-1")
        row["MEGAENTITYID"] = "100"
    customers.edit(customer, CustomerData("Acme", number="C-1", email="a@b.example"), actor=ACTOR)
    world.sync()
    assert texts(world) == []


def test_a_rest_of_a_payment_in_a_closed_period_can_still_be_applied(world: World) -> None:
    customer = make_customer(world.company)
    first = make_invoice("50.00", customer=customer, number="INV-1")
    payment = make_payment("80.00", on={first: "50.00"}, number="PMT-1")
    ok(world.sync())
    world.core.switch(closed_through="03/31/2026")
    second = make_invoice("50.00", customer=customer, number="INV-2", date=dt.date(2026, 6, 1))
    payments.apply(payment, [(second, Decimal(30))], actor=ACTOR)
    world.sync()
    assert texts(world) == []


def test_editing_a_payment_of_a_closed_period_does_not_take_it_out_of_intacct(world: World) -> None:
    invoice = make_invoice("50.00", customer=make_customer(world.company), number="INV-1")
    payment = make_payment("50.00", on={invoice: "50.00"}, number="PMT-1")
    ok(world.sync())
    world.core.switch(closed_through="03/31/2026")
    data = PaymentData(payment.customer_id, payment.date, Decimal(50), number="PMT-1", reference="better")
    payments.edit(payment, data, actor=ACTOR)
    world.sync()
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1, texts(world)


def test_null_metadata_is_no_dimension(world: World) -> None:
    line = make_line("10.00", metadata={"intacct_project": None})
    make_invoice(customer=make_customer(world.company), number="INV-1", lines=(line,))
    world.sync()
    sent = b"".join(world.adapter.sent)
    assert b">None<" not in sent


def test_a_settled_record_linked_elsewhere_does_not_stop_every_run(world: World, clock: MovedClock) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    ok(world.sync())
    first = make_invoice("100.00", customer=customer, number="INV-1")
    world.fault("create_invoice", "524_late", late_seconds=300)
    world.sync()
    from portal.services.renumbering import renumber

    renumber(first, "INV-1X", actor=ACTOR)
    make_invoice("100.00", customer=customer, number="INV-1")
    from portal.sync import settle as settling

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "settle", lambda ctx: world.core.clock.advance(301))
        world.sync()
    problem = only_problem(world, "number_taken")
    choices.resolve(problem, "link", to=problem.details["there"]["key"], actor=ACTOR)
    run = world.sync()
    assert run.state != "failed", run.error


def test_a_persistent_400_ends_the_run_and_refuses_no_document(world: World) -> None:
    customer = make_customer(world.company)
    ok(world.sync())
    for number in range(3):
        make_invoice("10.00", customer=customer, number=f"INV-{number}")
    world.fault("create_invoice", "400", times=0)
    run = world.sync()
    assert {p.state for p in world.postings() if "create_invoice" in p.body} == {"not_executed"}, texts(world)
    assert run.state == "failed"


def test_a_new_payment_applied_before_birth_is_sent_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.sync import sending

    customer = make_customer(world.company)
    first, second = (make_invoice("50.00", customer=customer, number=f"INV-{n}") for n in (1, 2))
    ok(world.sync())
    payment = make_payment("50.00", on={first: "50.00"}, number="PMT-1")
    birth = sending._give_birth

    def late(ctx, items):  # type: ignore[no-untyped-def]
        paid = db.session.get_one(Payment, payment.id)
        payments.unapply(paid, db.session.get_one(Invoice, first.id), actor=ACTOR)
        payments.apply(paid, [(db.session.get_one(Invoice, second.id), Decimal(50))], actor=ACTOR)
        db.session.commit()
        return birth(ctx, items)

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_give_birth", late)
        world.sync()
    world.sync()
    world.sync()
    assert [r["STATE"] for r in world.there("ARPYMT", DOCNUMBER="PMT-1")] == ["C"]

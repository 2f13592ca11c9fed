"""What the lists filter by, what a record's page says and what the overview counts are the same states."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Hold, Kind, SyncRow
from portal.queries import problems, sync_overview
from portal.queries.sync_filter import has_sync_state
from portal.queries.sync_states import State, states
from portal.services import invoices
from portal.sync import choices
from tests.factories import ACTOR, make_credit_note, make_customer, make_invoice, make_line, make_payment
from tests.integration.sync.conftest import World, row_of
from tests.integration.sync.test_rule_15_entities import EAST, WEST

MODELS: dict[Kind, Any] = {
    Kind.CUSTOMER: Customer, Kind.INVOICE: Invoice, Kind.PAYMENT: Payment, Kind.CREDIT_NOTE: CreditNote,
}  # fmt: skip
SWITCHES = ("write_invoices", "write_payments", "write_credit_notes")


def book_of_every_state(world: World) -> None:
    """Two records at least in each state that a record can have."""
    customer = make_customer(world.company, "Acme", number="C-1")
    make_customer(world.company, "Nobody yet", number="C-2")
    synced = make_invoice("100.00", customer=customer, number="SYNCED")
    make_payment("40.00", on={synced: "40.00"}, number="PMT-SYNCED")
    make_credit_note("10.00", customer=customer, number="CN-SYNCED", on={synced: "5.00"})
    far = [make_invoice("9.00", customer=customer, number=f"FAR-{n}") for n in (1, 2)]
    make_invoice("10.00", customer=customer, number="DRAFT", draft=True)
    stuck = make_invoice("20.00", customer=customer, number="PROBLEM", lines=(make_line("20.00", account="9999"),))
    make_payment("20.00", on={stuck: "20.00"}, number="PMT-WAITS")
    skipped = make_invoice("30.00", customer=customer, number="SKIPPED")
    choices.skip(row_of(world, Kind.INVOICE, skipped.id), "by hand", actor=ACTOR)
    invoices.void(make_invoice("30.00", customer=customer, number="VOIDED"), actor=ACTOR)
    make_invoice("30.00", customer=customer, number="OLD", date=dt.date(2020, 1, 31))
    world.choose(sync_from="2024-01-01")
    world.sync()
    make_invoice("50.00", customer=customer, number="UNKNOWN")
    world.fault("create_invoice", "dropped_before")
    world.sync()
    settled = make_invoice("60.00", customer=customer, number="BY-CREDIT")
    make_credit_note("60.00", customer=customer, number="CN-WHOLE", on={settled: "60.00"})
    for invoice in far:
        row_of(world, Kind.INVOICE, invoice.id).entity = WEST
    invoices.edit(far[0], _dated_later(far[0]), actor=ACTOR)
    pending = make_invoice("70.00", customer=make_customer(world.company, "New", number="C-3"), number="PENDING")
    make_payment("70.00", on={pending: "70.00"}, number="PMT-PENDING")
    make_credit_note("7.00", customer=customer, number="CN-PENDING")
    make_payment("5.00", on={synced: "5.00"}, number="PMT-LEFT")
    left = row_of(world, Kind.PAYMENT, _id(Payment, "PMT-LEFT"))
    left.hold, left.hold_reason = Hold.LEFT, "left"
    unnoted = make_invoice("1.00", customer=customer, number="NO-ROW")
    db.session.delete(row_of(world, Kind.INVOICE, unnoted.id))
    db.session.commit()


def _dated_later(invoice: Invoice) -> Any:
    from tests.integration.sync.test_rules import edited

    return edited(invoice, due_date=invoice.due_date + dt.timedelta(days=1))


def _id(model: Any, number: str) -> int:
    return int(db.session.scalars(db.select(model.id).where(model.number == number)).one())


def by_pages(world: World, kind: Kind) -> dict[State, set[str]]:
    """The numbers of the records in each state, as their pages say."""
    records = {record.id: record.number for record in db.session.scalars(db.select(MODELS[kind]))}
    found: dict[State, set[str]] = {state: set() for state in State}
    for record_id, state in states(world.company, kind, records).items():
        found[state.state].add(records[record_id])
    return found


def by_filters(world: World, kind: Kind) -> dict[State, set[str]]:
    """The same as the lists filter them."""
    model = MODELS[kind]
    return {
        state: set(db.session.scalars(db.select(model.number).where(has_sync_state(world.company, kind, state))))
        for state in State
    }


def compare(world: World) -> dict[Kind, dict[State, set[str]]]:
    """Pages, filters and figures say the same; what they say."""
    said = {kind: by_pages(world, kind) for kind in Kind}
    assert said == {kind: by_filters(world, kind) for kind in Kind}
    pending = {kind.value: len(of[State.PENDING]) for kind, of in said.items() if of[State.PENDING]}
    assert sync_overview.to_send(world.book).counts == pending
    waiting = sum(len(of[State.WAITING]) for of in said.values())
    assert (sync_overview.count_waiting(world.book), len(problems.waiting(world.company))) == (waiting, waiting)
    return said


def test_lists_pages_and_figures_agree_in_every_state(world: World) -> None:
    book_of_every_state(world)
    said = compare(world)
    assert {state for of in said.values() for state, numbers in of.items() if numbers} == set(State)
    world.book.entity = EAST
    db.session.commit()
    said = compare(world)
    assert ("FAR-1" in said[Kind.INVOICE][State.EXCLUDED], "FAR-2" in said[Kind.INVOICE][State.SYNCED]) == (True, True)


@pytest.mark.parametrize("off", SWITCHES)
def test_what_is_switched_off_is_excluded_everywhere(world: World, off: str) -> None:
    book_of_every_state(world)
    before = compare(world)
    world.choose(**{off: False})
    after = compare(world)
    kinds = {
        "write_invoices": {Kind.CUSTOMER, Kind.INVOICE},
        "write_payments": {Kind.PAYMENT},
        "write_credit_notes": {Kind.CREDIT_NOTE},
    }[off]
    for kind in Kind:
        if kind in kinds:
            assert (after[kind][State.PENDING], after[kind][State.WAITING]) == (set(), set())
            stopped = before[kind][State.PENDING] | before[kind][State.WAITING]
            assert stopped
            assert after[kind][State.EXCLUDED] == before[kind][State.EXCLUDED] | stopped
        else:
            assert after[kind] == before[kind]


def test_a_payment_that_waited_and_was_then_voided_waits_no_more(world: World) -> None:
    from portal.services import payments

    customer = make_customer(world.company, "Acme", number="C-1")
    stuck = make_invoice("20.00", customer=customer, number="INV-1", lines=(make_line("20.00", account="9999"),))
    payment = make_payment("20.00", on={stuck: "20.00"}, number="PMT-1")
    world.sync()
    assert compare(world)[Kind.PAYMENT][State.WAITING] == {"PMT-1"}
    payments.void(payment, reason="bounced", actor=ACTOR)
    db.session.commit()
    assert compare(world)[Kind.PAYMENT][State.EXCLUDED] == {"PMT-1"}
    assert db.session.scalar(db.select(SyncRow.id).where(SyncRow.waiting_for != "").limit(1)) is not None

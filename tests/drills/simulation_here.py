"""What people of the company do in a simulation, and how often: all but credits, which are a module of their own."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Problem, SyncRow
from portal.services import invoices, payments
from portal.services.invoices import InvoiceData, LineData
from portal.services.payments import PaymentData
from portal.services.renumbering import renumber
from portal.sync import choices
from tests.drills.simulation import Simulation, Steps, open_problems
from tests.drills.simulation_choosing import living, pick, some_money
from tests.factories import ACTOR, TODAY, make_customer, make_invoice, make_line

NAMES = ("Brightwater", "Acme", "Cedar & Sons", "Northwind")


def add_customer(sim: Simulation, chance: random.Random) -> None:
    customer = make_customer(sim.company, chance.choice(NAMES))
    sim.note(f"{customer.number} {customer.name}")


def any_customer(sim: Simulation, chance: random.Random) -> Customer:
    found = list(db.session.scalars(db.select(Customer).order_by(Customer.id)))
    if not found or (len(found) < 3 and chance.random() < 0.3):
        return make_customer(sim.company, chance.choice(NAMES))
    customer: Customer = chance.choice(found)
    return customer


def add_invoice(sim: Simulation, chance: random.Random) -> None:
    lines = tuple(make_line(str(some_money(chance))) for _ in range(chance.choice((1, 1, 2))))
    customer = any_customer(sim, chance)
    invoice = make_invoice(customer=customer, lines=lines, draft=chance.random() < 0.1)
    sim.note(f"{invoice.number} of {customer.number}: {invoice.total}{' draft' if invoice.draft else ''}")


def invoice_data(invoice: Invoice, **changes: Any) -> InvoiceData:
    lines = tuple(LineData(line.description, line.quantity, line.unit_cost, line.account) for line in invoice.lines)
    given: dict[str, Any] = {
        "customer_id": invoice.customer_id, "date": invoice.date, "due_date": invoice.due_date,
        "number": invoice.number, "purchase_order": invoice.purchase_order, "lines": lines, "draft": invoice.draft,
    }  # fmt: skip
    return InvoiceData(**(given | changes))


def edit_invoice(sim: Simulation, chance: random.Random) -> None:
    invoice = pick(chance, living(Invoice, origin=Origin.PORTAL))
    changes: dict[str, Any] = chance.choice(
        (
            {"lines": tuple(make_line(str(some_money(chance))) for _ in range(chance.choice((1, 2))))},
            {"purchase_order": f"PO {chance.randint(1, 99)}"},
            {"date": TODAY + timedelta(days=chance.randint(0, 5))},
        )
    )
    invoices.edit(invoice, invoice_data(invoice, **changes), actor=ACTOR)
    sim.note(f"{invoice.number} {'/'.join(changes)}: {invoice.total}")


def issue_invoice(sim: Simulation, chance: random.Random) -> None:
    invoice = pick(chance, living(Invoice, draft=True))
    sim.note(invoices.issue(invoice, actor=ACTOR).number)


def void_invoice(sim: Simulation, chance: random.Random) -> None:
    invoice = pick(chance, living(Invoice))
    sim.note(invoice.number)
    invoices.void(invoice, reason="wrong", actor=ACTOR)


def record_payment(sim: Simulation, chance: random.Random) -> None:
    open_ = [invoice for invoice in living(Invoice, draft=False) if invoice.balance]
    first = pick(chance, open_)
    others = [invoice for invoice in open_ if invoice.customer_id == first.customer_id and invoice is not first]
    paid = [first, *chance.sample(others, min(len(others), chance.choice((0, 0, 1))))]
    applied = tuple((invoice.id, some_money(chance, invoice.balance)) for invoice in paid)
    rest = some_money(chance) if chance.random() < 0.3 else Decimal(0)
    amount = sum((part for _, part in applied), rest)
    data = PaymentData(first.customer_id, TODAY, amount, method="check", applications=applied)
    payment = payments.record(sim.company, data, actor=ACTOR)
    shown = ", ".join(f"{part} on {invoice.number}" for invoice, (_, part) in zip(paid, applied, strict=True))
    sim.note(f"{payment.number} {amount}: {shown}")


def edit_payment(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, living(Payment, origin=Origin.PORTAL))
    amount = payment.applied + some_money(chance) if chance.random() < 0.5 else payment.amount
    method = chance.choice(("check", "cash", "wire"))
    data = PaymentData(payment.customer_id, payment.date, amount, number=payment.number, method=method)
    payments.edit(payment, data, actor=ACTOR)
    sim.note(f"{payment.number} {amount} {method}")


def apply_rest(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, [payment for payment in living(Payment, origin=Origin.PORTAL) if payment.balance])
    open_ = living(Invoice, draft=False, customer_id=payment.customer_id)
    invoice = pick(chance, [invoice for invoice in open_ if invoice.balance])
    amount = some_money(chance, min(payment.balance, invoice.balance))
    sim.note(f"{amount} of {payment.number} on {invoice.number}")
    payments.apply(payment, [(invoice, amount)], actor=ACTOR)


def unapply(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, [payment for payment in living(Payment, origin=Origin.PORTAL) if payment.applications])
    application = chance.choice(payment.applications)
    amount = some_money(chance, application.amount)
    sim.note(f"{amount} of {payment.number} ({payment.origin}) off {application.invoice.number}")
    payments.unapply(payment, application.invoice, actor=ACTOR, amount=amount)


def void_payment(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, living(Payment, origin=Origin.PORTAL))
    sim.note(payment.number)
    payments.void(payment, reason="wrong", actor=ACTOR)


def renumber_record(sim: Simulation, chance: random.Random) -> None:
    record = pick(
        chance, living(Invoice, origin=Origin.PORTAL) + living(Payment, origin=Origin.PORTAL) + living(CreditNote)
    )
    number = chance.choice((f"{record.number}B", f"X-{chance.randint(1, 9)}"))
    sim.note(f"{record.number} to {number}")
    renumber(record, number, actor=ACTOR)


def skip_record(sim: Simulation, chance: random.Random) -> None:
    row = pick(chance, db.session.scalars(db.select(SyncRow).order_by(SyncRow.id)).all())
    sim.note(f"{row.kind} {row.record_id}")
    choices.skip(row, "by hand", actor=ACTOR)


def unskip_record(sim: Simulation, chance: random.Random) -> None:
    row = pick(chance, db.session.scalars(db.select(SyncRow).where(SyncRow.hold != "").order_by(SyncRow.id)).all())
    sim.note(f"{row.kind} {row.record_id}")
    choices.unskip(row, actor=ACTOR)


def decide(sim: Simulation, chance: random.Random) -> None:
    problem = pick(chance, open_problems())
    option = pick(chance, choices.options(problem))
    to = {"number": f"N-{problem.id}", "key": _key_to_link(problem), "": ""}[option.needs]
    sim.note(f"{problem.code} of row {problem.sync_row_id}: {option.name} {to}")
    choices.resolve(problem, option.name, to=to, actor=ACTOR)
    if option.name == "link":
        sim.linked_by_hand.add(problem.sync_row_id or 0)
    if option.name == "post_again" and problem.row is not None:
        sim.deeds.posted_again.add(problem.row.ref)


def _key_to_link(problem: Problem) -> str:
    seen = problem.details.get("there") or problem.details.get("near") or {}
    listed = problem.details.get("candidates") or [{}]
    return str(seen.get("key") or listed[0].get("recordno") or "")


STEPS: Steps = {
    "add customer": (2, add_customer),
    "add invoice": (10, add_invoice),
    "edit invoice": (5, edit_invoice),
    "issue invoice": (1, issue_invoice),
    "void invoice": (3, void_invoice),
    "record payment": (11, record_payment),
    "edit payment": (3, edit_payment),
    "apply rest": (4, apply_rest),
    "unapply": (4, unapply),
    "void payment": (3, void_payment),
    "renumber": (3, renumber_record),
    "skip": (1, skip_record),
    "unskip": (2, unskip_record),
    "decide": (5, decide),
}

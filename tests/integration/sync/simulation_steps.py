"""What people here, people in Intacct, the line and the workers do in a simulation: each step, and how often."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from intacct_sandbox import receipts
from intacct_sandbox.money import SOURCES, Application, Use
from intacct_sandbox.receipts import Receipt
from portal.extensions import db
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.run import Run, RunKind, RunState
from portal.models.sync import Problem, SyncRow
from portal.services import invoices, payments
from portal.services.invoices import InvoiceData, LineData
from portal.services.payments import PaymentData
from portal.services.renumbering import renumber
from portal.sync import choices
from tests.factories import ACTOR, TODAY, make_customer, make_invoice, make_line
from tests.integration.sync import simulation_credits
from tests.integration.sync.simulation import Killed, NothingToDo, Simulation, Steps, open_problems
from tests.integration.sync.simulation_choosing import living, pick, some_money

LATEST_SECONDS = 900
"""A cut-off request is finished by Intacct within this time: less than the settle wait."""

NAMES = ("Brightwater", "Acme", "Cedar & Sons", "Northwind")
FAULTS = (
    *("reply_lost",) * 4, *("524_late",) * 5, *("truncated",) * 2, "dropped_before", "500", "502_html", "429",
    "maintenance", "try_again_later", "rate_limit_text", "session_expired", "schema_error", "function_error",
)  # fmt: skip
NEW_PAYMENT = {"function": "create", "object": "ARPYMT"}
NEW_CUSTOMER = {"function": "create", "object": "CUSTOMER"}
FUNCTIONS: tuple[Any, ...] = (
    *(NEW_PAYMENT,) * 5, *("create_invoice",) * 3, *("apply_arpayment",) * 3, *("reverse_arpayment",) * 3,
    *("create_aradjustment",) * 2, "delete_aradjustment",
    "update_invoice", "reverse_invoice", NEW_CUSTOMER, "query", "getAPISession", "any",
)  # fmt: skip


# People here


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


def _key_to_link(problem: Problem) -> str:
    seen = problem.details.get("there") or problem.details.get("near") or {}
    listed = problem.details.get("candidates") or [{}]
    return str(seen.get("key") or listed[0].get("recordno") or "")


def receive(sim: Simulation, chance: random.Random) -> None:
    open_ = [row for row in sim.there("ARINVOICE") if row["TRX_TOTALDUE"] > 0]
    invoice = pick(chance, open_)
    amount = some_money(chance, invoice["TRX_TOTALDUE"])
    rest = some_money(chance) if chance.random() < 0.3 else 0
    document = chance.choice(("", f"CHK {chance.randint(100, 999)}", "PMT-00001", "PMT-00002"))
    sim.act(
        "receive_payment", invoice_key=invoice["RECORDNO"], amount=str(amount), rest=str(rest), document=document,
        date="03/02/2026",
    )  # fmt: skip


def apply_rest_there(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, [row for row in sim.there("ARPYMT") if row["TRX_TOTALDUE"] > 0])
    open_ = [row for row in sim.there("ARINVOICE") if row["CUSTOMERID"] == payment["CUSTOMERID"]]
    invoice = pick(chance, [row for row in open_ if row["TRX_TOTALDUE"] > 0])
    amount = some_money(chance, min(payment["TRX_TOTALDUE"], invoice["TRX_TOTALDUE"]))
    sim.note(f"there: {amount} of payment {payment['RECORDNO']} on invoice {invoice['RECORDNO']}")
    use = Use(SOURCES["OVERPAYMENT"], payment["RECORDNO"], amount)
    books = sim.core.books
    receipt = Receipt(
        customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]], method="Printed Check",
        received=TODAY, applications=[Application("ARINVOICE", invoice["RECORDNO"], uses=[use])],
    )  # fmt: skip
    receipts.apply_credit(books, receipt)


def reverse_there(sim: Simulation, chance: random.Random) -> None:
    counting = [row for row in sim.core.books.store.rows("ARPYMT") if row["STATE"] == "C"]
    sim.act("reverse_payment", payment_key=pick(chance, counting)["RECORDNO"])


def take_invoice_back_there(sim: Simulation, chance: random.Random) -> None:
    unpaid = [row for row in sim.there("ARINVOICE") if not row["TRX_TOTALPAID"]]
    sim.act("reverse_invoice", invoice_key=pick(chance, unpaid)["RECORDNO"])


def edit_invoice_there(sim: Simulation, chance: random.Random) -> None:
    unpaid = [row for row in sim.there("ARINVOICE") if not row["TRX_TOTALPAID"]]
    sim.act("edit_invoice", invoice_key=pick(chance, unpaid)["RECORDNO"], amount=str(some_money(chance)))


def foreign_invoice(sim: Simulation, chance: random.Random) -> None:
    customer = pick(chance, sim.there("CUSTOMER"))
    number = f"INV-{chance.randint(1, 9):05d}"
    sim.act(
        "create_invoice", customerid=customer["CUSTOMERID"], invoiceno=number, amount=str(some_money(chance)),
        date="03/01/2026",
    )  # fmt: skip


def foreign_customer(sim: Simulation, chance: random.Random) -> None:
    ident = chance.choice((f"CUST-{chance.randint(1, 4):05d}", f"C{chance.randint(1, 9)}"))
    sim.act("create_customer", customerid=ident, name=chance.choice(NAMES))


def end_sessions(sim: Simulation, chance: random.Random) -> None:
    """Intacct forgets its sessions; what it was still to finish for one of them fails, its control id burnt."""
    table = sim.core.books.store.table("_SESSION")
    for key in list(table.rows):
        sim.core.books.store.remove("_SESSION", key)


def order_fault(sim: Simulation, chance: random.Random) -> None:
    what, when = chance.choice(FAULTS), chance.choice(FUNCTIONS)
    more: dict[str, Any] = {"skip": chance.choice((0, 0, 0, 1, 2)), "times": chance.choice((1, 1, 2))}
    if what == "524_late":
        more["late_seconds"] = chance.choice((0, 30, 300, 300, LATEST_SECONDS))
    sim.note(f"{what} at {when} {more}")
    sim.core.faults.order([{"when": when, "what": what, **more}])


def die(sim: Simulation, chance: random.Random) -> None:
    def killed() -> None:
        raise Killed

    point = chance.choice(("before commit", "after commit", "before request", "after request"))
    nth = chance.randint(0, 25 if "commit" in point else 12)
    sim.note(f"{point} {nth}")
    sim.interrupt(point, nth, killed)


def freeze(sim: Simulation, chance: random.Random) -> None:
    """The worker stands still, is thought dead, and wakes when another one has done its run."""

    def overtaken() -> None:
        running = db.session.scalars(db.select(Run.id).where(Run.state == RunState.RUNNING)).all()
        db.session.commit()
        sim.note("frozen; another worker takes over")
        for run_id in running:
            sim.work(run_id)

    point = chance.choice(("after commit", "before request", "after request", "after request"))
    nth = chance.randint(0, 25 if "commit" in point else 12)
    sim.note(f"{point} {nth}")
    sim.interrupt(point, nth, lambda: sim.elsewhere(overtaken))


def meanwhile(sim: Simulation, chance: random.Random) -> None:
    """Somebody does something while the next run is at work."""
    name = chance.choice(
        [
            name
            for name, (_, deed) in sim.steps.items()
            if deed not in (meanwhile, freeze, die, press, wait, back_up, restore)
        ]
    )
    point = chance.choice(("after commit", "before request", "after request"))
    nth = chance.randint(0, 25 if "commit" in point else 12)
    sim.note(f"{point} {nth}: {name}")
    own = random.Random(chance.random())

    def deed() -> None:
        sim.note(f"meanwhile {name}")
        sim.do(name, own)

    sim.interrupt(point, nth, lambda: sim.elsewhere(deed))


def back_up(sim: Simulation, chance: random.Random) -> None:
    db.session.remove()
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    shutil.copyfile(path, path.with_suffix(".backup"))
    sim.backed_up = True


def restore(sim: Simulation, chance: random.Random) -> None:
    """The portal's database is the one of the last backup; Intacct knows nothing of that."""
    if not sim.backed_up:
        raise NothingToDo
    db.session.remove()
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    shutil.copyfile(path.with_suffix(".backup"), path)
    sim.restored = True


def press(sim: Simulation, chance: random.Random) -> None:
    """Sync Now, a settle run, or Retry of everything that is open."""
    kind = chance.choice((RunKind.SYNC, RunKind.SYNC, RunKind.SYNC, RunKind.SETTLE, RunKind.RECORD))
    subject = choices.retry(open_problems()) if kind == RunKind.RECORD else {}
    db.session.commit()
    sim.sync(kind, **subject)


_COMMON = (
    *("record payment",) * 2, "add invoice", "apply rest", "void payment", "add credit note", "apply credit note",
    "void credit note",
)  # fmt: skip


def bad_day(sim: Simulation, chance: random.Random) -> None:
    """Something new, a fault that may meet it, and two runs close together."""
    sim.do(chance.choice(_COMMON), chance)
    sim.do("fault", chance)
    sim.sync()
    sim.clock.advance(seconds=chance.randint(1, 200))
    sim.sync()


def wait(sim: Simulation, chance: random.Random) -> None:
    minutes = chance.choice((1, 5, 10, 22, 70))
    sim.note(f"{minutes} minutes")
    sim.clock.advance(minutes=minutes)


_NOT_MEANWHILE = (meanwhile, freeze, die, press, bad_day, wait, back_up, restore)

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
    "receive there": (6, receive),
    "apply rest there": (3, apply_rest_there),
    "reverse payment there": (3, reverse_there),
    "take invoice back there": (2, take_invoice_back_there),
    "edit invoice there": (1, edit_invoice_there),
    "foreign invoice": (2, foreign_invoice),
    "foreign customer": (2, foreign_customer),
    "end sessions": (2, end_sessions),
    **simulation_credits.STEPS,
    "fault": (11, order_fault),
    "die": (6, die),
    "freeze": (4, freeze),
    "meanwhile": (5, meanwhile),
    "back up": (1, back_up),
    "restore": (1, restore),
    "bad day": (10, bad_day),
    "run": (20, press),
    "wait": (6, wait),
}

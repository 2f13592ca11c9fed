"""What is done with credits in a simulation: credit notes here, and what somebody does with them and others there."""

from __future__ import annotations

import random
from decimal import Decimal

from intacct_sandbox.money import COUNTS
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.services import credit_notes
from tests.drills.simulation import NothingToDo, Simulation
from tests.drills.simulation_choosing import living, pick, some_money
from tests.factories import ACTOR, make_credit_note, make_credit_note_data, make_line


def add_credit_note(sim: Simulation, chance: random.Random) -> None:
    """A credit note, often put on an open invoice at once: of all that is due on it, or of a part."""
    invoice = pick(chance, living(Invoice, draft=False))
    lines = tuple(make_line(str(some_money(chance, Decimal(90)))) for _ in range(chance.choice((1, 1, 2))))
    total = sum((line.unit_cost for line in lines), Decimal(0))
    discount = chance.choice((Decimal(0), Decimal(0), (total / 3).quantize(Decimal("0.01"))))
    note = make_credit_note(customer=invoice.customer, lines=lines, discount=discount)
    sim.note(f"{note.number} of {invoice.customer.number}: {note.total}")
    if invoice.balance and chance.random() < 0.7:
        part = some_money(chance, min(note.balance, invoice.balance))
        credit_notes.apply(note, [(invoice, part)], actor=ACTOR)
        sim.note(f"{part} of it on {invoice.number}")


def credit_in_full(sim: Simulation, chance: random.Random) -> None:
    """A credit note of all that an invoice is worth."""
    invoice = pick(chance, [item for item in living(Invoice, draft=False) if item.balance == item.total > 0])
    note = make_credit_note(str(invoice.total), customer=invoice.customer, on={invoice: str(invoice.total)})
    sim.note(f"{note.number} settles {invoice.number}: {note.total}")


def apply_credit_note(sim: Simulation, chance: random.Random) -> None:
    note = pick(chance, [note for note in living(CreditNote) if note.balance])
    open_ = living(Invoice, draft=False, customer_id=note.customer_id)
    invoice = pick(chance, [invoice for invoice in open_ if invoice.balance])
    amount = some_money(chance, min(note.balance, invoice.balance))
    sim.note(f"{amount} of {note.number} on {invoice.number}")
    credit_notes.apply(note, [(invoice, amount)], actor=ACTOR)


def unapply_credit_note(sim: Simulation, chance: random.Random) -> None:
    note = pick(chance, [note for note in living(CreditNote) if note.applications])
    application = chance.choice(note.applications)
    amount = some_money(chance, application.amount)
    sim.note(f"{amount} of {note.number} off {application.invoice.number}")
    credit_notes.unapply(note, application.invoice, actor=ACTOR, amount=amount)


def edit_credit_note(sim: Simulation, chance: random.Random) -> None:
    note = pick(chance, living(CreditNote))
    data = make_credit_note_data(note.customer, str(note.applied + some_money(chance)), number=note.number)
    credit_notes.edit(note, data, actor=ACTOR)
    sim.note(f"{note.number}: {note.total}")


def void_credit_note(sim: Simulation, chance: random.Random) -> None:
    note = pick(chance, living(CreditNote))
    sim.note(note.number)
    credit_notes.void(note, reason="wrong", actor=ACTOR)


def credit_there(sim: Simulation, chance: random.Random) -> None:
    """Somebody credits an open invoice in Intacct, in part or in full."""
    invoice = pick(chance, [row for row in sim.there("ARINVOICE") if row["TRX_TOTALDUE"] > 0])
    amount = some_money(chance, invoice["TRX_TOTALDUE"])
    number = f"CM-{chance.randint(1, 999)}"
    sim.note(f"there: credit {number} of {amount} on {invoice['RECORDNO']}")
    sim.core.act(do="issue_credit", customerid=invoice["CUSTOMERID"], amount=str(amount), number=number)
    made = next(row for row in sim.there("ARADJUSTMENT") if row["RECORDID"] == number)
    sim.core.act(
        do="apply_credit", credit_key=made["RECORDNO"], invoice_key=invoice["RECORDNO"], amount=str(amount)
    )  # fmt: skip


def apply_credit_there(sim: Simulation, chance: random.Random) -> None:
    """Somebody puts what is open of a credit, ours or another, on an invoice in Intacct."""
    credit = pick(chance, [row for row in sim.there("ARADJUSTMENT") if row["TRX_TOTALDUE"] < 0])
    open_ = [row for row in sim.there("ARINVOICE") if row["CUSTOMERID"] == credit["CUSTOMERID"]]
    invoice = pick(chance, [row for row in open_ if row["TRX_TOTALDUE"] > 0])
    amount = some_money(chance, min(-credit["TRX_TOTALDUE"], invoice["TRX_TOTALDUE"]))
    sim.note(f"there: {amount} of credit {credit['RECORDNO']} on invoice {invoice['RECORDNO']}")
    sim.core.act(
        do="apply_credit", credit_key=credit["RECORDNO"], invoice_key=invoice["RECORDNO"], amount=str(amount)
    )  # fmt: skip


def take_credit_off_there(sim: Simulation, chance: random.Random) -> None:
    rows = [row for row in sim.core.books.store.rows("ARPYMTDETAIL") if row["STATE"] == COUNTS]
    parents = sorted({row["PARENTPAYMENTKEY"] for row in rows if row.get("ADJUSTMENTKEY")})
    if not parents:
        raise NothingToDo
    sim.act("reverse_payment", payment_key=chance.choice(parents))


STEPS = {
    "add credit note": (5, add_credit_note),
    "credit in full": (2, credit_in_full),
    "apply credit note": (3, apply_credit_note),
    "unapply credit note": (3, unapply_credit_note),
    "edit credit note": (2, edit_credit_note),
    "void credit note": (2, void_credit_note),
    "credit there": (3, credit_there),
    "apply credit there": (2, apply_credit_there),
    "take credit off there": (2, take_credit_off_there),
}

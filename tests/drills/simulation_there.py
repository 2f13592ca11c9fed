"""What people in Intacct do in a simulation, and how often: but for credits and for what must be
respected, which are modules of their own."""

from __future__ import annotations

import random

from tests.drills.simulation import Simulation, Steps
from tests.drills.simulation_choosing import pick, some_money
from tests.drills.simulation_here import NAMES
from tests.drills.simulation_people import apply_rest_there, put_rest_on_own, reverse_there, type_a_lost_one


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


STEPS: Steps = {
    "receive there": (6, receive),
    "apply rest there": (3, apply_rest_there),
    "reverse payment there": (3, reverse_there),
    "type a lost one there": (6, type_a_lost_one),
    "own invoice there takes a rest": (3, put_rest_on_own),
    "take invoice back there": (2, take_invoice_back_there),
    "edit invoice there": (1, edit_invoice_there),
    "foreign invoice": (2, foreign_invoice),
    "foreign customer": (2, foreign_customer),
}

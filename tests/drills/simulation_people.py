"""What people in Intacct do that the portal must not undo or repeat: they type in what seems lost, and put rests on
invoices of their own. Each is remembered, so that `disregarded` can tell whether it was respected."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from intacct_sandbox import receipts
from intacct_sandbox.money import SOURCES, Application, Use
from intacct_sandbox.receipts import Receipt
from intacct_sandbox.store import Record
from portal.extensions import db
from portal.models.sync import Act, FormerKey, Kind, SyncRow
from portal.sync.mapping import reference_in
from tests.drills.simulation import NothingToDo, Simulation, open_postings
from tests.drills.simulation_choosing import pick, some_money
from tests.factories import TODAY


def type_a_lost_one(sim: Simulation, chance: random.Random) -> None:
    """A receipt whose outcome is unknown, and which Intacct does not have, is entered there by hand."""
    if sim.core.has_late_work:
        raise NothingToDo  # it may still arrive: then whoever types it makes it twice
    refs = {carried[0] for row in sim.there("ARPYMT") if (carried := reference_in(row["DESCRIPTION"] or ""))}
    rows = {row.id: row for row in db.session.scalars(db.select(SyncRow).where(SyncRow.kind == Kind.PAYMENT))}
    lost = [
        posting
        for posting in open_postings()
        if posting.act == Act.CREATE and posting.sync_row_id in rows and rows[posting.sync_row_id].ref not in refs
    ]
    posting = pick(chance, lost)
    facts, total = posting.facts, Decimal(posting.facts["total"])
    of_customer = [row for row in sim.there("ARINVOICE") if row["CUSTOMERID"] == facts["customer_id"]]
    invoice = pick(chance, [row for row in of_customer if row["TRX_TOTALDUE"] > 0])
    amount = min(total, invoice["TRX_TOTALDUE"])
    sim.act(
        "receive_payment", invoice_key=invoice["RECORDNO"], amount=str(amount), rest=str(total - amount),
        document=f"CHK {chance.randint(100, 999)}", date=f"{date.fromisoformat(facts['date']):%m/%d/%Y}",
    )  # fmt: skip
    newest = max(row["RECORDNO"] for row in sim.there("ARPYMT"))
    sim.deeds.typed[newest] = rows[posting.sync_row_id].ref


def apply_rest_there(sim: Simulation, chance: random.Random) -> None:
    payment = pick(chance, [row for row in sim.there("ARPYMT") if row["TRX_TOTALDUE"] > 0])
    open_ = [row for row in sim.there("ARINVOICE") if row["CUSTOMERID"] == payment["CUSTOMERID"]]
    invoice = pick(chance, [row for row in open_ if row["TRX_TOTALDUE"] > 0])
    _put(sim, payment, invoice, some_money(chance, min(payment["TRX_TOTALDUE"], invoice["TRX_TOTALDUE"])))


def _put(sim: Simulation, payment: Record, invoice: Record, amount: Decimal) -> None:
    sim.note(f"there: {amount} of payment {payment['RECORDNO']} on invoice {invoice['RECORDNO']}")
    use = Use(SOURCES["OVERPAYMENT"], payment["RECORDNO"], amount)
    books = sim.core.books
    receipt = Receipt(
        customer=books.store.table("CUSTOMER").rows[invoice["CUSTOMERKEY"]], method="Printed Check",
        received=TODAY, applications=[Application("ARINVOICE", invoice["RECORDNO"], uses=[use])],
    )  # fmt: skip
    made = receipts.apply_credit(books, receipt)
    if not sim.is_at_work:  # what is put there between a worker's look and its request is beyond any look
        sim.deeds.put[made["RECORDNO"]] = payment["RECORDNO"], invoice["RECORDNO"]


def put_rest_on_own(sim: Simulation, chance: random.Random) -> None:
    """The rest of a payment of ours goes on an invoice that people made there, and that is unknown here."""
    payment = pick(chance, [row for row in sim.there("ARPYMT") if row["TRX_TOTALDUE"] > 0])
    customer_id, due = payment["CUSTOMERID"], payment["TRX_TOTALDUE"]
    sim.act("create_invoice", customerid=customer_id, invoiceno="OWN", amount=str(due), date="03/01/2026")
    own = max(row["RECORDNO"] for row in sim.there("ARINVOICE"))
    _put(sim, payment, sim.core.books.store.table("ARINVOICE").rows[own], due)


def reverse_there(sim: Simulation, chance: random.Random) -> None:
    counting = [row for row in sim.core.books.store.rows("ARPYMT") if row["STATE"] == "C"]
    key = pick(chance, counting)["RECORDNO"]
    sim.deeds.taken_back.add(key)
    sim.act("reverse_payment", payment_key=key)


def disregarded(sim: Simulation) -> list[str]:
    """What people did there and the portal did again or undid, though nobody asked it to."""
    if sim.restored:
        return []  # a restored database knows of no doubt that was told in its former life
    return _sent_beside_what_was_typed(sim) + _taken_off_what_is_unknown(sim)


def _sent_beside_what_was_typed(sim: Simulation) -> list[str]:
    alive = {row["RECORDNO"]: reference_in(row["DESCRIPTION"] or "") for row in sim.there("ARPYMT")}
    ours = {carried[0]: key for key, carried in alive.items() if carried}
    return [
        f"payment {ref} was sent (record {ours[ref]}) beside record {key}, which was typed in its place"
        for key, ref in sim.deeds.typed.items()
        if key in alive and ref in ours and ref not in sim.deeds.posted_again
    ]


def _taken_off_what_is_unknown(sim: Simulation) -> list[str]:
    rows = sim.core.books.store.table("ARPYMT").rows
    invoices = SyncRow.kind == Kind.INVOICE
    known = set(db.session.scalars(db.select(SyncRow.key).where(invoices)))
    known |= set(db.session.scalars(db.select(FormerKey.key).where(FormerKey.object == "ARINVOICE")))
    return [
        f"what lay of payment {payment} on invoice {invoice}, which nobody here knows, was taken off by the portal"
        for made, (payment, invoice) in sim.deeds.put.items()
        if not {made, payment} & sim.deeds.taken_back and str(invoice) not in known and rows[made]["STATE"] != "C"
    ]

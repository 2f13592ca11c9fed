"""Whatever is done in whatever order, the books add up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from intacct_sandbox.clock import SandboxClock
from intacct_sandbox.core import SandboxCore
from intacct_sandbox.values import ZERO
from tests.unit.sandbox.conftest import NOW
from tests.unit.sandbox.sandbox_client import (
    Wire,
    apply,
    detail,
    edit_order,
    envelope,
    invoice,
    order,
    order_line,
    payment,
    reverse_invoice,
    reverse_payment,
)

AMOUNT = st.decimals("0.01", "60", places=2)
PICK = st.integers(0, 5)


class Company(RuleBasedStateMachine):
    """A customer's account under random invoices, payments, applications and reversals."""

    def __init__(self) -> None:
        super().__init__()
        self.core = SandboxCore("demo", SandboxClock(NOW))
        self.wire = Wire(self.core.handle)
        self.numbers = 0

    def pick(self, name, place):
        found = self.core.books.store.where(name, "CUSTOMERID", "CLT-1020")
        return found[place % len(found)]["RECORDNO"] if found else 1

    def send(self, function):
        # Refusals are as good as successes here: the books must add up after either.
        self.core.handle(envelope(function))

    @rule(amounts=st.lists(AMOUNT, min_size=1, max_size=3), discount=st.booleans())
    def post_invoice(self, amounts, discount):
        self.numbers += 1
        lines = [str(amount) for amount in amounts]
        if discount:
            lines.append(str(-(amounts[0] / 2).quantize(Decimal("0.01"))))
        self.send(invoice(f"H-{self.numbers}", *lines, customer="CLT-1020"))

    @rule(place=PICK, amount=AMOUNT, rest=st.sampled_from(["", "25"]), inline=st.booleans())
    def pay(self, place, amount, rest, inline):
        key = self.pick("ARINVOICE", place)
        credit = f"<INLINEKEY>{key}</INLINEKEY><TRX_INLINEAMOUNT>0.50</TRX_INLINEAMOUNT>" if inline else ""
        more = f"<OVERPAYMENTAMOUNT>{rest}</OVERPAYMENTAMOUNT>" if rest else ""
        self.send(payment(detail(key, str(amount), credit), customer="CLT-1020", more=more))

    @rule(place=PICK)
    def pay_in_full(self, place):
        key = self.pick("ARINVOICE", place)
        row = self.core.books.store.get("ARINVOICE", key)
        if row and row["TRX_TOTALDUE"] > 0:
            self.send(payment(detail(key, str(row["TRX_TOTALDUE"])), customer="CLT-1020"))

    @rule(source=PICK, paid=PICK, amount=AMOUNT)
    def apply_rest(self, source, paid, amount):
        self.send(apply(self.pick("ARPYMT", source), (self.pick("ARINVOICE", paid), str(amount))))

    @rule(amount=AMOUNT, paid=PICK)
    def credit(self, amount, paid):
        made = self.core.act(do="issue_credit", customerid="CLT-1020", amount=str(amount))["credit_key"]
        self.send(apply(made, (self.pick("ARINVOICE", paid), "5")))

    @rule(place=PICK)
    def take_payment_back(self, place):
        self.send(reverse_payment(self.pick("ARPYMT", place)))

    @rule(place=PICK)
    def take_invoice_back(self, place):
        self.send(reverse_invoice(self.pick("ARINVOICE", place)))

    @rule(place=PICK)
    def delete_invoice(self, place):
        self.send(f'<delete_invoice key="{self.pick("ARINVOICE", place)}"/>')

    @rule(amounts=st.lists(AMOUNT, min_size=1, max_size=3), discount=st.booleans())
    def post_order(self, amounts, discount):
        lines = [("PANEL", "1", str(amount)) for amount in amounts]
        off = (("Discount", str(-(amounts[0] / 2).quantize(Decimal("0.01")))),) if discount else ()
        self.send(order(*lines, customer="CLT-1020", subtotals=off))

    @rule(place=PICK, amount=AMOUNT)
    def edit_order(self, place, amount):
        found = self.core.books.store.where("SODOCUMENT", "CUSTVENDID", "CLT-1020")
        doc_id = found[place % len(found)]["DOCID"]
        self.send(edit_order(doc_id, order_line(1, f"<price>{amount}</price>")))

    @rule(place=PICK)
    def pay_order_with_its_discount(self, place):
        found = [row for row in self.core.books.store.where("ARINVOICE", "MODULEKEY", "8.SO") if row["TRX_TOTALDUE"]]
        mine = [row for row in found if row["CUSTOMERID"] == "CLT-1020"]
        if mine:
            row = mine[place % len(mine)]
            lines = self.core.books.store.where("ARINVOICEITEM", "RECORDKEY", row["RECORDNO"])
            held = -sum((min(line["TRX_AMOUNT"] - line["TRX_TOTALPAID"], ZERO) for line in lines), ZERO)
            key, half = row["RECORDNO"], (row["TRX_TOTALDUE"] / 2).quantize(Decimal("0.01"))
            credit = f"<INLINEKEY>{key}</INLINEKEY><TRX_INLINEAMOUNT>{held}</TRX_INLINEAMOUNT>" if held else ""
            self.send(payment(detail(key, str(half), credit), customer="CLT-1020"))

    @rule(place=PICK)
    def delete_order(self, place):
        found = self.core.books.store.where("SODOCUMENT", "CUSTVENDID", "CLT-1020")
        if len(found) > 1:
            self.send(f'<delete_sotransaction key="{found[place % len(found)]["DOCID"]}"/>')

    @rule(amount=AMOUNT, paid=PICK)
    def take_advance(self, amount, paid):
        self.send(
            "<create><ARADVANCE><CUSTOMERID>CLT-1020</CUSTOMERID><PAYMENTMETHOD>EFT</PAYMENTMETHOD>"
            "<PAYMENTDATE>01/14/2026</PAYMENTDATE><RECEIPTDATE>01/14/2026</RECEIPTDATE>"
            "<FINANCIALENTITY>CHK-01</FINANCIALENTITY><ARADVANCEITEMS><ARADVANCEITEM><ACCOUNTNO>2400</ACCOUNTNO>"
            f"<TRX_AMOUNT>{amount}</TRX_AMOUNT></ARADVANCEITEM></ARADVANCEITEMS></ARADVANCE></create>"
        )
        advance = self.pick("ARADVANCE", paid)
        self.send(apply(advance, (self.pick("ARINVOICE", paid), "7")))

    @invariant()
    def orders_show_what_their_invoices_owe(self):
        store = self.core.books.store
        for row in store.where("SODOCUMENT", "CUSTVENDID", "CLT-1020"):
            posted = store.get("ARINVOICE", row["PRRECORDKEY"])
            assert (posted["RECORDID"], posted["MODULEKEY"]) == (row["DOCNO"], "8.SO")
            for name in ("TRX_TOTALENTERED", "TRX_TOTALPAID", "TRX_TOTALDUE", "TOTALDUE"):
                assert row[name] == posted[name]
            assert row["TRX_TOTAL"] == posted["TRX_TOTALENTERED"]

    @invariant()
    def advances_add_up(self):
        store = self.core.books.store
        for row in store.where("ARADVANCE", "CUSTOMERID", "CLT-1020"):
            used = store.where("ARPYMTDETAIL", "ADVANCEKEY", row["RECORDNO"])
            counted = sum((item["TRX_POSTEDADVANCEAMOUNT"] for item in used if item["STATE"] == "C"), ZERO)
            assert row["TRX_TOTALPAID"] == counted
            assert row["TRX_TOTALDUE"] == row["TRX_TOTALENTERED"] - counted >= 0

    @invariant()
    def no_row_points_at_a_document_that_is_gone(self):
        store = self.core.books.store
        for row in store.where("ARPYMTDETAIL", "CUSTOMERID", "CLT-1020"):
            if row["STATE"] == "C" and row.get("RECORDKEY") is not None:
                assert store.get("ARINVOICE", row["RECORDKEY"]) is not None
                assert store.get("ARINVOICEITEM", row["ENTRYKEY"]) is not None

    @invariant()
    def documents_add_up(self):
        store = self.core.books.store
        for row in store.where("ARINVOICE", "CUSTOMERID", "CLT-1020"):
            lines = store.where("ARINVOICEITEM", "RECORDKEY", row["RECORDNO"])
            assert row["TRX_TOTALENTERED"] == sum(line["TRX_AMOUNT"] for line in lines)
            assert row["TRX_TOTALPAID"] == sum(line["TRX_TOTALPAID"] for line in lines)
            # A discount may exceed what is left of a line that was edited: such a document is a credit.
            assert row["TRX_TOTALDUE"] >= min(row["TRX_TOTALENTERED"], ZERO)
            if row["STATE"] != "Reversed":
                assert row["TRX_TOTALDUE"] == row["TRX_TOTALENTERED"] - row["TRX_TOTALPAID"]
                assert (row["STATE"] == "Paid") == (row["TRX_TOTALDUE"] == 0 and row["TRX_TOTALENTERED"] != 0)
            counted = ZERO
            for item in store.where("ARPYMTDETAIL", "RECORDKEY", row["RECORDNO"]):
                if item["STATE"] == "C":
                    sources = ("ADJUSTMENT", "POSTEDOVERPAYMENT", "POSTEDADVANCE")
                    names = ("TRX_PAYMENTAMOUNT", *(f"TRX_{name}AMOUNT" for name in sources))
                    counted += sum((item.get(name) or ZERO for name in names), ZERO)
            assert counted == row["TRX_TOTALPAID"]

    @invariant()
    def payments_add_up(self):
        store = self.core.books.store
        for row in store.where("ARPYMT", "CUSTOMERID", "CLT-1020"):
            if row["STATE"] == "V":
                assert row["TRX_TOTALDUE"] == 0
                continue
            own = store.where("ARPYMTDETAIL", "PARENTPAYMENTKEY", row["RECORDNO"])
            spent = store.where("ARPYMTDETAIL", "OVERPAYMENTKEY", row["RECORDNO"])
            applied = sum((item.get("TRX_PAYMENTAMOUNT") or ZERO for item in own if item["STATE"] == "C"), ZERO)
            applied += sum((item["TRX_POSTEDOVERPAYMENTAMOUNT"] for item in spent if item["STATE"] == "C"), ZERO)
            assert row["TRX_TOTALDUE"] == row["TRX_TOTALENTERED"] - applied
            assert row["TRX_TOTALDUE"] >= 0

    @invariant()
    def customer_owes_what_is_open(self):
        store = self.core.books.store
        customer = store.one("CUSTOMER", "CUSTOMERID", "CLT-1020")
        documents = [
            row for name in ("ARINVOICE", "ARADJUSTMENT") for row in store.where(name, "CUSTOMERID", "CLT-1020")
        ]
        assert customer["TOTALDUE"] == sum((row["TOTALDUE"] for row in documents), ZERO)


Company.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBooksAddUp = Company.TestCase

"""Any sequence of book operations, against a model of a few lines: what is allowed, and what then is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.errors import PortalError
from portal.extensions import db
from portal.models.company import Company
from portal.models.credit_note import CreditNote
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.queries.kept_sums import Key, Share, counted, kept
from portal.services import applying, credit_notes, invoices, payments
from tests.factories import (
    ACTOR,
    TODAY,
    company_of,
    make_credit_note,
    make_credit_note_data,
    make_customer,
    make_invoice,
    make_invoice_data,
    make_payment,
)

CENTS = st.integers(1, 30)
WHICH = st.integers(0, 2)
DRAFT = st.sampled_from([False, False, True])
SOURCE = st.integers(0, 4)  # three payments, then two credit notes
NOTE = st.integers(3, 4)
MOVES = st.one_of(
    st.tuples(st.just("apply"), SOURCE, WHICH, CENTS),
    st.tuples(st.just("set_applied"), SOURCE, WHICH, st.integers(0, 30)),
    st.tuples(st.just("unapply"), SOURCE, WHICH, st.one_of(st.none(), CENTS)),
    st.tuples(st.just("issue"), WHICH),
    st.tuples(st.just("edit_invoice"), WHICH, CENTS),
    st.tuples(st.just("issue_note"), NOTE),
    st.tuples(st.just("edit_source"), SOURCE, CENTS),
    st.tuples(st.just("void_invoice"), WHICH),
    st.tuples(st.just("void_source"), SOURCE),
)


@dataclass
class Claim:
    """An invoice of the model, in cents."""

    total: int
    draft: bool
    voided: bool = False


@dataclass
class Receipt:
    """A payment or credit note of the model, in cents."""

    amount: int
    draft: bool = False
    voided: bool = False


@dataclass
class Model:
    """Each move says whether it is allowed and, if so, makes it."""

    claims: list[Claim]
    receipts: list[Receipt]
    put: dict[tuple[int, int], int] = field(default_factory=dict)

    def left(self, p: int) -> int:
        return self.receipts[p].amount - sum(cents for (source, _), cents in self.put.items() if source == p)

    def due(self, i: int) -> int:
        return self.claims[i].total - sum(cents for (_, target), cents in self.put.items() if target == i)

    def set_applied(self, p: int, i: int, cents: int) -> bool:
        change = cents - self.put.get((p, i), 0)
        receipt = self.receipts[p]
        takes = not (receipt.voided or receipt.draft or self.claims[i].voided or self.claims[i].draft)
        if change > 0 and not (takes and change <= self.left(p) and change <= self.due(i)):
            return False
        self.put[p, i] = cents
        return True

    def apply(self, p: int, i: int, cents: int) -> bool:
        return self.set_applied(p, i, self.put.get((p, i), 0) + cents)

    def unapply(self, p: int, i: int, cents: int | None) -> bool:
        present = self.put.get((p, i), 0)
        if not present or (cents or 0) > present:
            return False
        self.put[p, i] = 0 if cents is None else present - cents
        return True

    def issue(self, i: int) -> bool:
        claim = self.claims[i]
        allowed = claim.draft and not claim.voided
        claim.draft = claim.draft and not allowed
        return allowed

    def issue_note(self, p: int) -> bool:
        note = self.receipts[p]
        allowed = note.draft and not note.voided
        note.draft = note.draft and not allowed
        return allowed

    def edit_invoice(self, i: int, cents: int) -> bool:
        claim = self.claims[i]
        if claim.voided or cents < claim.total - self.due(i):
            return False
        claim.total = cents
        return True

    def edit_source(self, p: int, cents: int) -> bool:
        receipt = self.receipts[p]
        if receipt.voided or cents < receipt.amount - self.left(p):
            return False
        receipt.amount = cents
        return True

    def void_invoice(self, i: int) -> bool:
        claim = self.claims[i]
        if claim.voided:
            return False
        claim.voided = True
        self.put = {pair: cents for pair, cents in self.put.items() if pair[1] != i}
        return True

    def void_source(self, p: int) -> bool:
        receipt = self.receipts[p]
        if receipt.voided:
            return False
        receipt.voided = True
        self.put = {pair: cents for pair, cents in self.put.items() if pair[0] != p}
        return True


class Book:
    """The same moves through the services."""

    def __init__(self, customer: Customer, claims: list[Claim], receipts: Sequence[Receipt]) -> None:
        self.customer = customer
        self.invoices: list[Invoice] = [
            make_invoice(money(claim.total), customer=customer, draft=claim.draft) for claim in claims
        ]
        self.sources: list[Payment | CreditNote] = [
            make_payment(money(receipt.amount), customer=customer)
            if index < 3
            else make_credit_note(money(receipt.amount), customer=customer, draft=receipt.draft)
            for index, receipt in enumerate(receipts)
        ]

    def make(self, move: tuple[Any, ...]) -> bool:
        """Make the move; False when it is refused."""
        name, *given = move
        try:
            with db.session.begin_nested():
                getattr(self, name)(*given)
        except PortalError:
            return False
        return True

    def set_applied(self, p: int, i: int, cents: int) -> None:
        applying.set_applied(self.sources[p], self.invoices[i], Decimal(money(cents)), actor=ACTOR)

    def apply(self, p: int, i: int, cents: int) -> None:
        applying.apply(self.sources[p], [(self.invoices[i], Decimal(money(cents)))], actor=ACTOR)

    def unapply(self, p: int, i: int, cents: int | None) -> None:
        amount = None if cents is None else Decimal(money(cents))
        applying.unapply(self.sources[p], self.invoices[i], amount=amount, actor=ACTOR)

    def issue(self, i: int) -> None:
        invoices.issue(self.invoices[i], actor=ACTOR)

    def edit_invoice(self, i: int, cents: int) -> None:
        invoice = self.invoices[i]
        data = make_invoice_data(self.customer, money(cents), draft=invoice.draft)
        invoices.edit(invoice, data, actor=ACTOR)

    def issue_note(self, p: int) -> None:
        note = self.sources[p]
        assert isinstance(note, CreditNote)
        credit_notes.issue(note, actor=ACTOR)

    def edit_source(self, p: int, cents: int) -> None:
        source = self.sources[p]
        if isinstance(source, Payment):
            payments.edit(source, payments.PaymentData(self.customer.id, TODAY, Decimal(money(cents))), actor=ACTOR)
        else:
            data = make_credit_note_data(self.customer, money(cents), draft=source.draft)
            credit_notes.edit(source, data, actor=ACTOR)

    def void_invoice(self, i: int) -> None:
        invoices.void(self.invoices[i], actor=ACTOR)

    def void_source(self, p: int) -> None:
        source = self.sources[p]
        if isinstance(source, Payment):
            payments.void(source, actor=ACTOR)
        else:
            credit_notes.void(source, actor=ACTOR)


def all_kept(company: Company) -> dict[Key, Share]:
    return {key: share for kind in ("invoice", "payment", "credit_note") for key, share in kept(company, kind).items()}


def money(cents: int) -> str:
    return f"{cents / 100:.2f}"


def agree(book: Book, model: Model) -> None:
    """The objects in memory and the rows of the database both say what the model says."""
    for i, invoice in enumerate(book.invoices):
        due = 0 if model.claims[i].voided else model.due(i)
        assert (invoice.balance, invoice.total) == (Decimal(due) / 100, Decimal(model.claims[i].total) / 100)
        assert (invoice.draft, invoice.voided) == (model.claims[i].draft, model.claims[i].voided)
    for p, source in enumerate(book.sources):
        receipt = model.receipts[p]
        left = 0 if receipt.voided or receipt.draft else model.left(p)
        assert (source.balance, source.voided) == (Decimal(left) / 100, receipt.voided)
    here = {(book.sources[p].uuid, book.invoices[i].id): cents * 100 for (p, i), cents in model.put.items() if cents}
    assert {(row[0], row[1]): row[2] for row in db.session.execute(LYING, {"c": book.customer.id})} == here
    assert db.session.execute(BROKEN, {"c": book.customer.id}).all() == []


LYING = text(
    "SELECT COALESCE(p.uuid, n.uuid), a.invoice_id, a.amount FROM application a"
    " LEFT JOIN payment p ON p.id = a.payment_id LEFT JOIN credit_note n ON n.id = a.credit_note_id"
    " WHERE a.customer_id = :c"
)

# The invariants, asked of the database itself: it must find no row that breaks one.
BROKEN = text(
    "SELECT 'invoice', i.id FROM invoice i LEFT JOIN application a ON a.invoice_id = i.id WHERE i.customer_id = :c"
    " GROUP BY i.id, i.total, i.balance, i.voided_at, i.draft HAVING i.balance < 0"
    " OR (i.voided_at IS NULL AND i.balance <> i.total - COALESCE(SUM(a.amount), 0))"
    " OR ((i.voided_at IS NOT NULL OR i.draft) AND COUNT(a.id) > 0) UNION ALL"
    " SELECT 'payment', p.id FROM payment p LEFT JOIN application a ON a.payment_id = p.id WHERE p.customer_id = :c"
    " GROUP BY p.id, p.amount, p.applied, p.voided_at HAVING p.applied <> COALESCE(SUM(a.amount), 0)"
    " OR COALESCE(SUM(a.amount), 0) > p.amount OR (p.voided_at IS NOT NULL AND COUNT(a.id) > 0) UNION ALL"
    " SELECT 'credit note', n.id FROM credit_note n LEFT JOIN application a ON a.credit_note_id = n.id"
    " WHERE n.customer_id = :c GROUP BY n.id, n.total, n.applied, n.voided_at, n.draft"
    " HAVING n.applied <> COALESCE(SUM(a.amount), 0) OR COALESCE(SUM(a.amount), 0) > n.total"
    " OR ((n.voided_at IS NOT NULL OR n.draft) AND COUNT(a.id) > 0)"
)


@pytest.mark.usefixtures("app")
@settings(max_examples=25)
@given(
    claims=st.lists(st.builds(Claim, CENTS, DRAFT), min_size=3, max_size=3),
    receipts=st.tuples(*[st.builds(Receipt, CENTS)] * 3, *[st.builds(Receipt, CENTS, DRAFT)] * 2),
    moves=st.lists(MOVES, max_size=12),
)
def test_book_agrees_with_the_model_after_any_moves(
    claims: list[Claim], receipts: tuple[Receipt, ...], moves: list[tuple[Any, ...]]
) -> None:
    model = Model(claims, list(receipts))
    customer = make_customer()
    book = Book(customer, claims, receipts)
    for move in moves:
        allowed = getattr(model, move[0])(*move[1:])
        assert book.make(move) == allowed, move
        agree(book, model)
    company = company_of(customer)
    assert all_kept(company) == counted(company)
    db.session.commit()
    assert all_kept(company) == counted(company)


def test_the_check_itself_finds_a_broken_book(app: Flask) -> None:
    invoice = make_invoice("1.00")
    make_payment("1.00", on={invoice: "0.50"})
    make_credit_note("1.00", on={invoice: "0.25"})
    db.session.execute(text("UPDATE application SET amount = amount + 1"))
    broken = db.session.execute(BROKEN, {"c": invoice.customer_id})
    assert [row[0] for row in broken] == ["invoice", "payment", "credit note"]

"""Lists of all four kinds: every order page by page, every filter, sums, searches, exports; on both databases."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company
from portal.models.customer import Customer
from portal.models.invoice import Invoice
from portal.models.sums import BookSum
from portal.queries import credit_notes, csv_export, customers, filters, invoices, payments, totals
from portal.queries.credit_notes import CreditNoteFilter
from portal.queries.customers import CustomerFilter
from portal.queries.invoices import InvoiceFilter
from portal.queries.kept_sums import counted, kept
from portal.queries.payments import PaymentFilter
from portal.queries.totals import Sums
from portal.services import invoices as invoice_services
from portal.services import payments as payment_services
from portal.services import sums
from tests.factories import ACTOR, make_company, make_credit_note, make_customer, make_invoice, make_payment

LISTS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "customers": (customers.list_customers, customers.SORTS),
    "invoices": (invoices.list_invoices, invoices.SORTS),
    "payments": (payments.list_payments, payments.SORTS),
    "credit notes": (credit_notes.list_credit_notes, credit_notes.SORTS),
}


@pytest.fixture
def book(company: Company) -> Company:
    """Three customers (two of one name) with eight invoices, payments and credit notes, many of them equal in a key."""
    owners = [make_customer(company, name) for name in ("Beta", "alpha", "Beta")]
    for n in range(8):
        owner, day = owners[n % 3], dt.date(2026, 3, 1 + n % 3)
        amount = f"{10 + n % 4 * 10}.00"
        invoice = make_invoice(amount, customer=owner, date=day, number=f"N{(n * 5) % 8}", draft=n == 7)
        payment = make_payment(amount, customer=owner, date=day, reference=f"Wire {n}")
        note = make_credit_note(amount, customer=owner, date=day, draft=n == 7)
        if n % 2 == 0:
            payment_services.apply(payment, [(invoice, Decimal(5))], actor=ACTOR)
            payment_services.apply(note, [(invoice, Decimal(4))], actor=ACTOR)
    payment_services.void(payment, actor=ACTOR)
    return company


def value(row: Any, sort: str) -> Any:
    """What the list is sorted by, as the row says it."""
    if isinstance(row, Customer):
        return {"name": row.name_key, "number": row.number_key}[sort]
    return {
        "number": lambda: row.number_key,
        "date": lambda: row.date,
        "due_date": lambda: row.due_date,
        "total": lambda: getattr(row, "total", None) or row.amount,
        "balance": lambda: row.balance,
        "customer": lambda: row.customer.name_key,
    }[sort]()


@pytest.mark.parametrize("kind", LISTS)
def test_pages_of_every_order_show_every_row_once_and_in_order(book: Company, kind: str) -> None:
    read, sorts = LISTS[kind]
    every = {row.id for row in read(book, limit=100).items}
    for sort in (way + name for name in sorts for way in ("", "-")):
        rows, after = [], ""
        while True:
            page = read(book, sort=sort, after=after, limit=3)
            rows += page.items
            after = page.next_after
            if not after:
                break
        assert len(rows) == len(every), sort
        assert {row.id for row in rows} == every, sort
        values = [value(row, sort.removeprefix("-")) for row in rows]
        assert values == sorted(values, reverse=sort.startswith("-")), sort


@pytest.mark.parametrize(
    "token",
    ["x", "[]", "{}", "1", '["-date"]', '["date","2026-03-01","1"]', '["-date","2026-03-01","-1"]', "[" * 9999,
     '["-date","2026-03-01","9999999999999999999"]', '["-date","soon","1"]'],
)  # fmt: skip
def test_a_page_that_no_list_gave_is_refused(company: Company, token: str) -> None:
    with pytest.raises(InvalidInput, match="That page does not exist") as caught:
        invoices.list_invoices(company, after=token)
    assert caught.value.field == "after"


@pytest.mark.parametrize("key", ["NaN", "1e99", "0.00001", "x"])
def test_a_page_behind_no_amount_is_refused(company: Company, key: str) -> None:
    with pytest.raises(InvalidInput):
        payments.list_payments(company, sort="balance", after=json.dumps(["balance", key, "1"]))


def test_a_page_behind_any_text_is_answered(company: Company) -> None:
    assert invoices.list_invoices(company, sort="number", after=json.dumps(["number", "'; --\U0010ffff"])).items == []
    for key in ("\ud800", "\0", "x" * 2000, 5):
        with pytest.raises(InvalidInput):
            invoices.list_invoices(company, sort="number", after=json.dumps(["number", key]))


def test_an_order_that_a_list_does_not_have_is_refused_by_name(company: Company) -> None:
    with pytest.raises(InvalidInput, match="cannot be sorted by 'uuid'. It can by: balance, customer, date") as caught:
        invoices.list_invoices(company, sort="-uuid")
    assert caught.value.field == "sort"


def numbers(wanted: InvoiceFilter, company: Company) -> list[str]:
    return [row.number for row in invoices.list_invoices(company, wanted, sort="number").items]


def test_each_filter_of_invoices_leaves_just_its_own(company: Company) -> None:
    owner = make_customer(company, "Harbor Lane")
    make_invoice("10.00", customer=owner, number="A", purchase_order="PO 88")
    make_invoice("20.00", customer=make_customer(company), number="B", currency="EUR", date=dt.date(2026, 5, 1))
    make_invoice("30.00", customer=owner, number="C", origin="intacct", draft=True)
    for wanted, expected in (
        (InvoiceFilter(customer_id=owner.id), ["A", "C"]),
        (InvoiceFilter(currency="eur"), ["B"]),
        (InvoiceFilter(origin="intacct"), ["C"]),
        (InvoiceFilter(date_from=dt.date(2026, 5, 1)), ["B"]),
        (InvoiceFilter(date_to=dt.date(2026, 4, 30)), ["A", "C"]),
        (InvoiceFilter(amount_from=Decimal(20)), ["B", "C"]),
        (InvoiceFilter(amount_from=Decimal(0), amount_to=Decimal(10)), ["A"]),
        (InvoiceFilter(amount_to=Decimal(0)), []),
        (InvoiceFilter(status="draft"), ["C"]),
        (InvoiceFilter(status="moon"), []),
        (InvoiceFilter(sync_state="not_synced"), ["A", "B", "C"]),
        (InvoiceFilter(sync_state="synced"), []),
        (InvoiceFilter(ids=[]), []),
        (InvoiceFilter(text="harbor", status="draft"), ["C"]),
    ):
        assert numbers(wanted, company) == expected, wanted
        assert sum(row.count for row in invoices.invoice_sums(company, wanted)) == len(expected)


def test_payments_and_credit_notes_are_found_by_their_own_words(book: Company) -> None:
    def count(wanted: PaymentFilter | CreditNoteFilter) -> int:
        if isinstance(wanted, PaymentFilter):
            return len(payments.list_payments(book, wanted).items)
        return len(credit_notes.list_credit_notes(book, wanted).items)

    assert count(PaymentFilter(status="partially_applied")) == 4
    assert count(PaymentFilter(status="voided")) == count(PaymentFilter(text="wire 7")) == 1
    assert count(PaymentFilter(method="cash")) == 0
    assert [count(CreditNoteFilter(status=word)) for word in ("draft", "unapplied", "partially_applied")] == [1, 3, 4]
    assert count(CreditNoteFilter(text="cn-00003")) == 1


def test_customers_are_found_by_what_they_owe(book: Company) -> None:
    paid = make_customer(book, "Paid")
    assert [row.name for row in customers.list_customers(book, CustomerFilter(owing=False)).items] == ["Paid"]
    assert paid not in customers.list_customers(book, CustomerFilter(owing=True)).items


@pytest.fixture(params=["anywhere", "at the start"])
def searched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A book small enough to be searched whole, and one that is not."""
    if request.param == "at the start":
        monkeypatch.setattr(filters, "SEARCHED_WHOLE_UP_TO", -1)
    return str(request.param)


def test_a_search_finds_numbers_references_and_names_in_any_case(company: Company, searched: str) -> None:
    owner = make_customer(company, "Harbor Lane Dental")
    make_invoice(customer=owner, number="INV-100%", purchase_order="PO 88")
    make_invoice(customer=make_customer(company), number="Re-INV-200_x", purchase_order="our PO 99")
    for words, small, large in (
        ("inv-1", ["INV-100%"], ["INV-100%"]),
        ("po 88", ["INV-100%"], ["INV-100%"]),
        ("LANE", ["INV-100%"], ["INV-100%"]),
        ("inv-", ["INV-100%", "Re-INV-200_x"], ["INV-100%"]),
        ("po 99", ["Re-INV-200_x"], []),
        ("inv-100%", ["INV-100%"], ["INV-100%"]),
        ("re-inv-200_", ["Re-INV-200_x"], ["Re-INV-200_x"]),
        ("re-inv-2__", [], []),
        ("\\", [], []),
    ):
        assert numbers(InvoiceFilter(text=words), company) == (small if searched == "anywhere" else large), words
        assert numbers(InvoiceFilter(text=words, anywhere=True), company) == small


def test_totals_without_a_filter_are_kept_and_equal_what_is_counted(book: Company) -> None:
    everything = dt.date(2000, 1, 1)
    assert invoices.invoice_sums(book) == invoices.invoice_sums(book, InvoiceFilter(date_from=everything))
    assert payments.payment_sums(book) == payments.payment_sums(book, PaymentFilter(date_from=everything))
    assert credit_notes.credit_note_sums(book) == credit_notes.credit_note_sums(
        book, CreditNoteFilter(date_from=everything)
    )
    db.session.commit()
    db.session.execute(text("UPDATE book_sum SET total = 10000 WHERE kind = 'invoice' AND bucket = 'live'"))
    assert invoices.invoice_sums(book)[0].total == 1 + 40  # nothing but the kept sums is read: 40 is the draft's


def test_totals_of_a_large_filter_say_that_there_is_more_unless_asked(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "EXACT_UP_TO", 3)
    owner = make_customer(company)
    wanted = InvoiceFilter(customer_id=owner.id)
    for _ in range(3):
        make_invoice("10.00", customer=owner)
    assert invoices.invoice_sums(company, wanted) == [Sums("USD", 3, Decimal(30), Decimal(30))]
    make_invoice("10.00", customer=owner)
    make_invoice("10.00", customer=owner)
    assert not invoices.invoice_sums(company, wanted)[0].exact
    assert invoices.invoice_sums(company, wanted, whole=True) == [Sums("USD", 5, Decimal(50), Decimal(50))]


def test_kept_sums_are_written_with_the_change_and_taken_back_with_it(company: Company) -> None:
    owner = make_customer(company)
    db.session.commit()
    make_invoice("10.00", customer=owner)
    assert sum(share.documents for share in kept(company, "invoice").values()) == 1
    db.session.rollback()
    assert kept(company, "invoice") == {}
    make_invoice("10.00", customer=owner)
    db.session.close()
    assert kept(company, "invoice") == {}
    invoice = make_invoice("10.00", customer=db.session.get_one(Customer, owner.id))
    savepoint = db.session.begin_nested()
    invoice_services.void(invoice, actor=ACTOR)
    savepoint.rollback()
    db.session.commit()
    row = db.session.scalars(select(BookSum)).one()
    assert (row.bucket, row.count, row.total, row.balance) == ("live", 1, 10, 10)


def test_recounting_mends_kept_sums_that_somebody_broke(book: Company) -> None:
    db.session.commit()
    db.session.execute(text("UPDATE book_sum SET count = 99, balance = 1"))
    sums.recount(book)
    db.session.commit()
    db.session.expire_all()
    stored = {key: share for kind in ("invoice", "payment", "credit_note") for key, share in kept(book, kind).items()}
    assert stored == counted(book)


def test_sums_of_one_company_do_not_show_in_another(book: Company) -> None:
    other = make_company()
    make_invoice("1.00", customer=make_customer(other))
    db.session.commit()
    assert [(row.count, row.total) for row in invoices.invoice_sums(other)] == [(1, 1)]


def rows_of(pieces: Iterator[str]) -> list[list[str]]:
    return list(csv.reader("".join(pieces).splitlines()))


def test_an_export_has_just_the_rows_of_its_filter_in_its_order(book: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "CHUNK", 2)
    heading, *rows = rows_of(csv_export.invoices_csv(book, InvoiceFilter(status="draft")))
    assert heading[:3] == ["Number", "Customer", "Status"]
    assert [row[2] for row in rows] == ["draft"]
    everything = rows_of(csv_export.invoices_csv(book, InvoiceFilter(), "number"))
    assert [row[0] for row in everything[1:]] == [f"N{n}" for n in range(8)]
    assert [len(rows_of(csv_export.payments_csv(book, PaymentFilter()))),
            len(rows_of(csv_export.credit_notes_csv(book, CreditNoteFilter()))),
            len(rows_of(csv_export.customers_csv(book, CustomerFilter())))] == [9, 9, 4]  # fmt: skip


def test_an_export_goes_on_when_the_door_ends_its_transaction_between_pieces(
    book: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_export, "CHUNK", 2)
    db.session.commit()
    found = []
    for piece in csv_export.invoices_csv(book, InvoiceFilter()):
        found.append(piece)
        db.session.rollback()
    assert len("".join(found).splitlines()) == 9


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_a_cell_that_starts_a_formula_is_made_harmless(name: str) -> None:
    assert csv_export.neutral(name) == f"'{name}"
    assert csv_export.neutral(Decimal("-1.50")) == "-1.50"
    assert csv_export.neutral("A=1") == "A=1"


# Which index each order of the list of invoices must be read by: without it a page costs what the whole list costs.
BY_INDEX = {
    "number": "number",
    "-date": "ix_invoice_company_id_date_id",
    "due_date": "ix_invoice_company_id_due_date_id",
    "-total": "ix_invoice_company_id_total_id",
    "balance": "ix_invoice_company_id_balance_id",
    "customer": "ix_invoice_company_id_customer_id_date_id",
}


@pytest.fixture
def large(company: Company) -> Company:
    """A book of a few thousand invoices, enough for a planner to prefer an index."""
    owners = [make_customer(company, f"Customer {n:03}") for n in range(50)]
    first = make_invoice(customer=owners[0])
    db.session.commit()
    columns = {column.name: column for column in Invoice.__table__.columns if column.name != "id"}
    series = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4000) "
    changed = {
        "uuid": "'u' || n",
        "number": "'N-' || n",
        "number_key": "'n-' || n",
        "purchase_order": "'PO ' || n",
        "customer_id": f"{owners[0].id} + n % 50",
        "total": "n % 977 * 100",
        "balance": "CASE WHEN n % 5 = 0 THEN n % 977 * 100 ELSE 0 END",
    }
    chosen = ", ".join(changed.get(name, name) for name in columns)
    db.session.execute(
        text(f"INSERT INTO invoice ({', '.join(columns)}) {series} SELECT {chosen} FROM invoice, n WHERE id = :i"),
        {"i": first.id},
    )
    sums.recount(company)
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    return company


def plan(query: Any) -> str:
    """How the database would find what `query` asks for."""
    bind = db.session.get_bind()
    compiled = query.compile(bind, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if bind.dialect.name == "sqlite" else "EXPLAIN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {compiled}".replace("%", "%%")).all()
    return "\n".join(str(row[-1]) for row in rows)


def test_a_page_in_every_order_is_read_by_its_index(large: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = {sort: invoices.list_invoices(large, sort=sort).next_after for sort in BY_INDEX}
    asked: list[Any] = []
    scalars = db.session.scalars
    monkeypatch.setattr(db.session, "scalars", lambda query: asked.append(query) or scalars(query))
    for sort, index in BY_INDEX.items():
        asked.clear()
        for token in ("", tokens[sort]):
            invoices.list_invoices(large, sort=sort, after=token)
        assert len(asked) == 2
        for steps in map(plan, asked):
            assert index in steps, steps
            assert "USE TEMP B-TREE FOR ORDER BY" not in steps, steps
            assert "Seq Scan on invoice" not in steps, steps


def test_what_is_searched_at_its_start_is_found_by_indexes(large: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "SEARCHED_WHOLE_UP_TO", 0)
    steps = plan(invoices.filtered(large, InvoiceFilter(text="N-39")).with_only_columns(func.count()))
    assert "ix_invoice_purchase_order_start" in steps, steps
    assert "ix_invoice_number_start" in steps or "uq_invoice_company_id_number_key" in steps, steps

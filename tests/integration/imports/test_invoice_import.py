"""Outstanding Order Entry invoices come over with customer, lines, amounts and money, to the cent."""

from __future__ import annotations

from decimal import Decimal

from portal.extensions import db
from portal.models.invoice import Invoice
from portal.models.run import Run, RunKind
from tests.integration.imports.conftest import World, import_, items, preview
from tests.integration.imports.test_customer_import import everything

SALES, SERVICE = "Sales Invoice", "Service Invoice"


def invoices_in(world: World, *types: str, **options: object) -> Run:
    return import_(world, RunKind.IMPORT_INVOICES, document_types=list(types or (SALES, SERVICE)), **options)


def said(run: Run) -> list[str]:
    return [f"{item.outcome}: {item.text}" for item in items(run)]


def here(number: str) -> Invoice:
    return db.session.scalars(db.select(Invoice).where(Invoice.number == number)).one()


def outstanding(world: World) -> list[dict[str, str]]:
    docs = [row for row in world.there("SODOCUMENT") if row["DOCPARID"] in (SALES, SERVICE) and row["PRRECORDKEY"]]
    return [row for row in docs if Decimal(row["TRX_TOTALDUE"]) > 0]


def test_what_is_due_here_is_what_is_due_there_to_the_cent(world: World) -> None:
    run = invoices_in(world)
    assert run.state == "finished", (run.error, said(run))
    docs = outstanding(world)
    assert run.counts["created.invoices"] == len(docs)
    for row in docs:
        ar = world.there("ARINVOICE", RECORDNO=row["PRRECORDKEY"])[0]
        invoice = here(row["DOCNO"])
        assert (invoice.total, invoice.balance) == (Decimal(ar["TRX_TOTALENTERED"]), Decimal(ar["TRX_TOTALDUE"]))
        assert invoice.customer.name == row["CUSTVENDNAME"]
        assert invoice.extra["document_type"] == row["DOCPARID"]


def test_importing_invoices_twice_changes_nothing(world: World) -> None:
    invoices_in(world)
    before = everything()
    run = invoices_in(world)
    assert run.counts["unchanged.invoices"] == len(outstanding(world))
    assert said(run) == [text for text in said(run) if text.startswith("left: ")]
    assert everything() == before


def test_the_extended_amount_wins_and_the_true_quantity_is_kept(world: World) -> None:
    invoices_in(world)
    line = next(line for invoice in db.session.scalars(db.select(Invoice)) for line in invoice.lines
                if line.amount == Decimal("985.00"))  # fmt: skip
    assert (line.quantity, line.extra["quantity"], line.extra["unit_price"]) == (1, "6.25", "160")


def test_tax_discount_and_freight_find_their_places(world: World) -> None:
    made = world.act(
        "create_order", customerid=world.there("CUSTOMER")[0]["CUSTOMERID"], documentno="SI-9001", amount="200",
        subtotals=[
            {"description": "Sales Tax", "amount": "12.00"}, {"description": "Discount", "amount": "-20.00"},
            {"description": "Freight", "amount": "9.50"},
        ], po="PO 1", message="Call first",
    )  # fmt: skip
    invoices_in(world)
    invoice = here("SI-9001")
    assert (invoice.tax, invoice.discount, invoice.total) == (Decimal(12), Decimal(20), Decimal("201.50"))
    assert [line.description for line in invoice.lines][-1] == "Freight"
    assert (invoice.purchase_order, invoice.extra["message"]) == ("PO 1", "Call first")
    assert made["docid"] == invoice.extra["intacct_document"]


def test_a_document_that_is_not_in_accounts_receivable_is_told_and_left(world: World) -> None:
    run = invoices_in(world, "Proforma Invoice")
    assert run.state == "finished"
    assert run.counts["not_in_ar.invoices"] == 1
    assert "not in Accounts Receivable" in said(run)[0]
    assert db.session.scalars(db.select(Invoice)).all() == []


def test_a_preview_of_invoices_counts_and_keeps_nothing(world: World) -> None:
    before = everything()
    run = preview(world, RunKind.IMPORT_INVOICES, document_types=[SALES])
    assert run.state == "finished", (run.error, said(run))
    assert run.counts["created.invoices"] == len([row for row in outstanding(world) if row["DOCPARID"] == SALES])
    assert everything() == before


def test_what_was_paid_comes_as_payments_and_else_as_one_opening_payment(world: World) -> None:
    world.choose(read_payments=False)
    invoices_in(world)
    ar = {row["RECORDID"]: row for row in world.there("ARINVOICE")}
    paid = [row["DOCNO"] for row in outstanding(world) if Decimal(ar[row["DOCNO"]]["TRX_TOTALPAID"]) > 0]
    assert paid
    for number in paid:
        assert here(number).balance == Decimal(ar[number]["TRX_TOTALDUE"])
    world.choose(read_payments=True)
    world.sync()
    invoices_in(world)
    for number in paid:
        assert here(number).balance == Decimal(ar[number]["TRX_TOTALDUE"])

"""The dashboard adds up with the lists that it leads to."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal

from freezegun import freeze_time

from portal.extensions import db
from portal.models.company import Role
from portal.services import credit_notes, invoices
from portal.services.audit import Actor
from portal.services.credit_notes import CreditNoteData
from portal.services.invoices import InvoiceData, LineData

ACTOR = Actor("ada@northfield.example")
NOON = "2026-11-23 18:00:00"  # 12:00 in Chicago


def line(cost: str) -> tuple[LineData, ...]:
    return (LineData("Freight", Decimal(1), Decimal(cost)),)


def age_rows(page: str) -> list[tuple[str, str, str]]:
    """Name, count and balance of each row of the aging."""
    table = page.split('class="data bare age"')[1].split("</tbody>")[0]
    found = []
    for row in table.split("<tr>")[2:]:
        texts = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        found.append((texts[0], texts[2], texts[4]))
    return found


@freeze_time(NOON)
def test_aging_tiles_and_lists_agree(signed_in, book):
    invoices.create(
        book.company,
        InvoiceData(customer_id=book.customer.id, date=dt.date(2026, 11, 20), lines=line("1000")),
        actor=ACTOR,
    )
    invoices.create(
        book.company,
        InvoiceData(customer_id=book.customer.id, date=dt.date(2026, 11, 20), currency="EUR", lines=line("70")),
        actor=ACTOR,
    )
    db.session.commit()
    browser = signed_in(Role.VIEWER)
    page = browser.get("/").text
    assert age_rows(page) == [
        ("Not due", "1", "1,000.00"),
        ("1 to 30", "1", "120.50"),  # due 31 Oct
        ("31 to 60", "1", "200.00"),  # due 1 Oct, 100.00 paid
        ("61 to 90", "0", "0.00"),
        ("Over 90", "0", "0.00"),
    ]
    tiles = re.sub(r"<[^>]+>", " ", page.split('class="tiles"')[1].split("</dl>")[0])
    tiles = re.sub(r"\s+", " ", tiles)
    assert "Outstanding 1,320.50 USD 4 invoices ; also 70.00 EUR" in tiles
    assert "Past due 320.50 USD 2 invoices , 24 % of the total" in tiles
    assert "Collected in November 0.00 USD 0 payments ; by 23 October: 150.00" in tiles
    assert "Not yet applied 50.00 USD 1 payment" in tiles
    links = re.findall(r'href="(/invoices\?[^"]*due_to=[^"]*)"', page)
    lists = [browser.get(html.unescape(link)).text for link in links]
    assert ["INV-00002" in one for one in lists] == [True, False]
    assert ["INV-00001" in one for one in lists] == [False, True]
    assert age_rows(browser.get("/?currency=eur").text)[0] == ("Not due", "1", "70.00")


def test_recent_activity_names_who_it_was_about_and_leads_there(signed_in, book):
    note = credit_notes.create(
        book.company,
        CreditNoteData(customer_id=book.customer.id, date=dt.date(2026, 10, 9), lines=line("60")),
        actor=ACTOR,
    )
    credit_notes.apply(note, [(book.second, Decimal(20))], actor=ACTOR)
    db.session.commit()
    page = signed_in(Role.VIEWER).get("/").text
    activity = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split('id="h-act"')[1]))
    assert "Credit note CN-00001 applied: 20.00 USD on INV-00002" in activity
    assert "Credit note CN-00001 issued to Harbor Lane Dental" in activity
    assert "Payment PMT-00001 recorded from Harbor Lane Dental" in activity
    assert f'href="/credit-notes/{note.id}"' in page


def test_card_says_how_the_sync_stands(signed_in, book, with_intacct):
    browser = signed_in(Role.VIEWER)
    assert "No Intacct company is connected." in browser.get("/").text
    with_intacct()
    card = browser.get("/").text.split('id="h-sync"')[1].split("</section>")[0]
    assert "Problems</th><td>none" in card
    assert "Not connected: nothing goes to Intacct" in card

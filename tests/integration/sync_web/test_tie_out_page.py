"""The tie-out's page: both sides, causes with what to do about them, the file, the print view, and who may what."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from decimal import Decimal

from portal.blueprints.rendering import amount
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Role
from portal.models.run import Run, RunKind
from portal.models.tie_out import Cause, TieOutDay
from portal.queries import tie_out as queries
from portal.queries.tie_out import Wanted
from portal.sync import choices, engine
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import row_of
from tests.integration.sync.tied import tie
from tests.integration.sync_web.conftest import World
from tests.integration.web.conftest import Browser

PAGE = "/settings/accounting-sync/tie-out"
SYNC = "/settings/accounting-sync"
SignIn = Callable[[Role], Browser]


def drift(world: World) -> None:
    """Something not sent, something skipped, something received there, something of theirs."""
    customer = make_customer(world.company, "Acme & Sons", number="C-1")
    make_invoice("100.00", customer=customer, number="INV-1")
    skipped = make_invoice("30.00", customer=customer, number="INV-2")
    choices.skip(row_of(world, "invoice", skipped.id), "kept by hand", actor=ACTOR)  # type: ignore[arg-type]
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    make_payment("15.00", customer=customer, on={make_invoice("20.00", customer=customer, number="INV-3"): "15.00"})
    db.session.commit()


def test_the_page_says_why_both_books_differ_and_what_to_do(world: World, signed_in: SignIn) -> None:
    drift(world)
    tie(world)
    browser = signed_in(Role.ACCOUNTANT)
    page = browser.get(PAGE).text
    assert "All explained, 0.00 left over" in page
    for cause in ("Not yet synced", "Skipped or left alone", "Changed in Intacct", "Typed in Intacct"):
        assert cause in page
    assert "Acme &amp; Sons" in page
    opened = browser.get(f"{PAGE}?q=INV-&customer=here:1").text
    assert "kept by hand (test)" in opened
    assert "Take back into the sync" in opened
    assert "Sync it" in opened
    assert "Read it now" in opened


def test_a_cause_lists_its_documents_and_a_search_finds_customers(world: World, signed_in: SignIn) -> None:
    drift(world)
    tie(world)
    browser = signed_in(Role.VIEWER)
    listed = browser.get(f"{PAGE}?cause=skipped").text
    assert "INV-2" in listed
    assert "INV-1<" not in listed
    assert "Take back into the sync" not in listed
    assert "Acme" in browser.get(f"{PAGE}?q=acme").text
    assert "Nothing matches" in browser.get(f"{PAGE}?q=zebra").text
    assert browser.get(f"{PAGE}?cause=nonsense&after=x1&customer=here:x").status_code in (200, 400, 422)


def test_every_cause_has_a_name_and_its_page(world: World, signed_in: SignIn) -> None:
    drift(world)
    tie(world)
    browser = signed_in(Role.ADMIN)
    for cause in Cause:
        assert browser.get(f"{PAGE}?cause={cause}").status_code == 200, cause


def test_the_action_of_a_difference_brings_it_to_zero(world: World, signed_in: SignIn) -> None:
    make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    world.sync()
    world.act("receive_payment", invoice_recordid="INV-1", amount="40")
    tie(world)
    browser = signed_in(Role.ACCOUNTANT)
    address = f"{PAGE}?cause=changed_there"
    assert "Read it now" in browser.get(address).text
    done = browser.post("/settings/accounting-sync/records/invoice/1/sync", page=address)
    run_id = int(str(done.location).rsplit("/", 1)[1])
    db.session.commit()
    engine.perform(run_id)
    browser.post(PAGE, page=PAGE)
    db.session.commit()
    engine.perform(db.session.scalars(db.select(db.func.max(Run.id))).one())
    assert "No document has this cause" in browser.get(address).text


def test_refreshing_starts_one_run_and_shows_how_far_it_is(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    assert "Compare both books" in browser.get(PAGE).text
    for _ in range(2):
        assert browser.post(PAGE, page=PAGE).status_code == 303
    found = db.session.scalars(db.select(Run).where(Run.kind == RunKind.TIE_OUT)).all()
    assert len(found) == 1
    db.session.commit()
    page = browser.get(PAGE).text
    assert "data-live" in page
    assert "Waiting for a worker" in page
    assert signed_in(Role.VIEWER).post(PAGE, page=PAGE).status_code == 403


def test_a_day_to_come_is_refused_in_words(world: World, signed_in: SignIn) -> None:
    browser = signed_in(Role.ACCOUNTANT)
    assert "still to come" in browser.get(f"{PAGE}?as_of=2999-01-01").text
    assert "Write the day as" in browser.get(f"{PAGE}?as_of=yesterday").text
    assert "were not compared" in browser.get(f"{PAGE}?as_of=2020-01-31").text


def test_the_file_holds_each_document_side_by_side_and_what_was_not_read(world: World, signed_in: SignIn) -> None:
    drift(world)
    world.choose(read_payments=False)
    found = tie(world)
    text = signed_in(Role.VIEWER).get(f"{PAGE}/documents.csv").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    documents = [row for row in rows if row["Document"] != "Not read"]
    difference = sum(Decimal(row["Difference"]) for row in documents)
    assert difference == sum(total.difference for total in queries.totals(found))
    assert any("Reading of payments is off" in row["Customer"] for row in rows if row["Document"] == "Not read")


def test_the_print_view_has_every_document_and_no_button(world: World, signed_in: SignIn) -> None:
    drift(world)
    tie(world)
    page = signed_in(Role.VIEWER).get(f"{PAGE}/print").text
    assert "INV-1" in page
    assert "Sync it" not in page


def test_the_days_are_a_picture_and_a_table(world: World, signed_in: SignIn) -> None:
    drift(world)
    found = tie(world)
    day = db.session.scalars(db.select(TieOutDay)).one()
    values = {name: getattr(day, name) for name in ("book_id", "run_id", "currency", "here", "there", "causes")}
    before = day.day - dt.timedelta(days=1)
    db.session.add(TieOutDay(**values, day=before, difference=Decimal("12.34"), unexplained=Decimal("1.00")))
    db.session.commit()
    page = signed_in(Role.VIEWER).get(PAGE).text
    assert "<polyline" in page
    assert "12.34" in page
    assert found.id


def test_only_admins_choose_when_mails_go_out_and_it_is_in_the_history(world: World, signed_in: SignIn) -> None:
    admin = signed_in(Role.ADMIN)
    admin.post(f"{PAGE}/alert", {"mails": "1", "limit": "1,000.00"}, page=PAGE)
    assert "more than 1,000.00" in admin.get(PAGE).text
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject == "tie_out_alert")).one()
    assert entry.after["limit"] == "1000.00"
    db.session.commit()
    admin.post(f"{PAGE}/alert", {"mails": "1", "limit": "much"}, page=PAGE)
    assert "Nothing was saved" in admin.get(PAGE).text
    assert signed_in(Role.ACCOUNTANT).post(f"{PAGE}/alert", {"limit": ""}, page=PAGE).status_code == 403


def test_a_failed_comparison_is_said_and_the_one_before_stays(world: World, signed_in: SignIn) -> None:
    tie(world)
    world.fault("any", "dropped_before", times=0)
    assert world.sync(RunKind.TIE_OUT).state == "failed"
    page = signed_in(Role.VIEWER).get(PAGE).text
    assert "The last comparison failed" in page
    assert "What you see is the one before" in page


REST_IS_GOOD = '<td class="good">'


def test_figures_stand_with_their_time_and_are_not_green_once_a_sync_ended_after_them(
    world: World, signed_in: SignIn
) -> None:
    drift(world)
    tie(world)
    browser = signed_in(Role.ACCOUNTANT)
    fresh = browser.get("/").text
    assert re.search(r"Compared today \d\d:\d\d[^,:\d]", fresh)
    assert REST_IS_GOOD in fresh
    assert re.search(r"as of \d\d:\d\d\s*<", browser.get(PAGE).text)
    world.sync()
    old = browser.get("/").text
    assert re.search(r"Compared today \d\d:\d\d, from before the last sync \(\d\d:\d\d\): <a [^>]+>compare again", old)
    assert REST_IS_GOOD not in old
    assert re.search(r"as of \d\d:\d\d, from before the last sync \(\d\d:\d\d\)", browser.get(PAGE).text)
    tie(world)
    world.sync()  # it finds nothing to do
    assert "from before the last sync" not in browser.get("/").text
    assert "compare again" not in signed_in(Role.VIEWER).get("/").text
    tie(world)
    assert REST_IS_GOOD in browser.get("/").text


def test_a_book_in_which_nothing_is_open_any_more_shows_no_figures_of_before(world: World, signed_in: SignIn) -> None:
    drift(world)
    found = tie(world)
    browser = signed_in(Role.VIEWER)
    assert "Open in Intacct" in browser.get("/").text
    db.session.execute(db.delete(TieOutDay).where(TieOutDay.run_id == found.run_id))
    day = TieOutDay(
        book_id=found.book_id, run_id=1, day=dt.date(2026, 1, 5), currency="USD", here=Decimal(9), there=Decimal(9),
        difference=Decimal(0), unexplained=Decimal(0), causes={},
    )  # fmt: skip
    db.session.add(day)
    db.session.commit()
    assert "Open in Intacct" not in browser.get("/").text


def test_the_page_of_the_sync_has_the_difference_with_its_time(world: World, signed_in: SignIn) -> None:
    drift(world)
    browser = signed_in(Role.ACCOUNTANT)
    assert "Not compared" in browser.get(SYNC).text
    found = tie(world)
    difference = amount(queries.totals(found)[0].difference, "USD")
    page = browser.get(SYNC).text
    assert f'<span class="money">{difference} <small>USD' in page
    assert "all explained" in page
    assert re.search(r"compared today \d\d:\d\d\.", page)
    world.sync()
    assert re.search(r"compared today \d\d:\d\d, from before the last sync\.", browser.get(SYNC).text)


def test_an_unexplained_rest_needs_somebody(world: World, signed_in: SignIn) -> None:
    make_invoice("100.00", customer=make_customer(world.company, "Acme", number="C-1"), number="INV-1")
    world.sync()
    found = tie(world)
    browser = signed_in(Role.ACCOUNTANT)
    assert "othing needs you" in browser.get(SYNC).text
    for row in (queries.documents(found, Wanted(), limit=1).items[0], *queries.sums_of(found)):
        row.unexplained = Decimal("40.00")
    db.session.commit()
    page = browser.get(SYNC).text
    assert "othing needs you" not in page
    assert "40.00 unexplained" in page
    assert "A difference to Intacct has no explanation" in page
    link = re.search(r'href="([^"]+)">See which documents', page)
    assert link
    assert browser.get(link[1].replace("&amp;", "&")).status_code == 200

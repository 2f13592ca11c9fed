"""What Intacct's gateway was asked for: every request once, by company and day, whoever asked and however it ended."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from portal.errors import InvalidInput, PortalError
from portal.extensions import db
from portal.intacct.tally import Cost, Tally
from portal.jobs.metering import metered
from portal.models.company import Company
from portal.models.run import RunKind
from portal.models.usage import CHECK, LISTS, GatewayFailure, GatewayUsage
from portal.queries.gateway_usage import month_of, parse_month
from portal.services import connection, gateway_outlook, gateway_usage
from portal.services.gateway_usage import Meter
from portal.sync import engine, previews, runs
from tests.factories import make_company, make_customer, make_invoice
from tests.integration.book.test_at_once import at_once
from tests.integration.intacct_world import login, refresh_lists
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok


def noted(world: World) -> dict[str, tuple[int, int]]:
    """(requests, functions) of the company by purpose."""
    rows = db.session.scalars(db.select(GatewayUsage).where(GatewayUsage.company_id == world.company_id))
    found = {row.purpose: (row.requests, row.functions) for row in rows}
    db.session.commit()
    return found


def asked_of(world: World) -> int:
    """The functions that the sandbox was asked for, whatever it answered."""
    return sum(world.core.functions.values())


def use(company: Company, day: dt.date, functions: int, purpose: str = "sync") -> None:
    """Say that so much was asked on a day."""
    db.session.add(
        GatewayUsage(
            company_id=company.id, day=day, purpose=purpose, requests=1, functions=functions, milliseconds=9,
        )
    )  # fmt: skip
    db.session.flush()


def test_a_run_is_noted_as_it_says_itself(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company))
    run = ok(world.sync())
    assert noted(world) == {"sync": (run.counts["gateway_requests"], run.counts["gateway_functions"])}
    assert noted(world)["sync"][1] == asked_of(world)


def test_each_run_adds_to_the_day(world: World) -> None:
    first, second = ok(world.sync()), ok(world.sync())
    functions = first.counts["gateway_functions"] + second.counts["gateway_functions"]
    assert noted(world)["sync"][1] == functions == asked_of(world)


def test_previews_and_tie_outs_are_noted_apart(world: World) -> None:
    make_invoice("100.00", customer=make_customer(world.company))
    ok(world.sync(RunKind.PREVIEW, subject=previews.subject()))
    ok(world.sync(RunKind.TIE_OUT))
    assert set(noted(world)) == {"preview", "tie_out"}
    assert sum(functions for _, functions in noted(world).values()) == asked_of(world)


def test_a_failed_run_is_noted_with_what_failed(world: World) -> None:
    world.fault("query", "429", times=99)
    assert world.sync().state == "failed"
    failures = {row.error: row.requests for row in db.session.scalars(db.select(GatewayFailure))}
    assert failures == {"Throttled": 1}
    assert noted(world)["sync"][0] > 0


def test_a_worker_that_lost_its_run_still_notes_what_it_asked(world: World) -> None:
    def ask_and_lose(ctx) -> None:  # type: ignore[no-untyped-def]
        ctx.gateway.sign_in()
        db.session.execute(db.text("UPDATE run SET token = 'another' WHERE id = :id"), {"id": ctx.run_id})
        db.session.commit()
        ctx.checkpoint()

    run = runs.request(world.book, RunKind.SYNC, trigger="test")
    run_id = run.id
    db.session.commit()
    engine.perform(run_id, {RunKind.SYNC: ask_and_lose})
    assert noted(world) == {"sync": (1, 1)}


def test_checks_and_lists_outside_runs_are_noted(world: World) -> None:
    with metered(world.company_id, CHECK):
        connection.check(login())
    assert noted(world)[CHECK][1] == asked_of(world) > 1
    refresh_lists(world.company)  # as tests do it, unmetered
    assert set(noted(world)) == {CHECK}


def test_a_refused_check_is_noted_too(world: World) -> None:
    with pytest.raises(PortalError), metered(world.company_id, CHECK):
        connection.check(login(password="wrong"))
    assert noted(world) == {CHECK: (1, 1)}
    assert db.session.scalars(db.select(GatewayFailure)).one().error == "CredentialsError"


def test_days_are_those_of_the_company(app: Flask) -> None:
    east, west = make_company(timezone="Pacific/Kiritimati"), make_company(timezone="Pacific/Pago_Pago")
    for company in (east, west):
        gateway_usage.add(company.id, LISTS, Cost(1, 1))
    days = [row.day for row in db.session.scalars(db.select(GatewayUsage).order_by(GatewayUsage.company_id))]
    assert days == [east.today(), west.today()]
    assert days[0] != days[1]


def test_what_another_company_asked_is_not_shown(app: Flask) -> None:
    ours, theirs = make_company(), make_company()
    use(ours, ours.today(), 5)
    use(theirs, theirs.today(), 70)
    assert month_of(ours).total.functions == 5


def test_the_forecast_goes_on_at_the_pace_of_the_last_whole_days(app: Flask) -> None:
    company = make_company()
    today = company.today()
    use(company, today - dt.timedelta(days=3), 9)
    use(company, today - dt.timedelta(days=2), 100)
    use(company, today - dt.timedelta(days=1), 300)
    use(company, today, 50)
    month = month_of(company)
    left = (max(month.days) - today).days
    assert month.pace == 200
    assert month.forecast == month.total.functions + 150 + 200 * left


def test_an_import_is_not_carried_forward(app: Flask) -> None:
    company = make_company()
    today = company.today()
    for back, functions in ((3, 9), (2, 100), (1, 100)):
        use(company, today - dt.timedelta(days=back), functions)
    for back in (1, 0):
        use(company, today - dt.timedelta(days=back), 9000, "import_customers")
    month = month_of(company)
    assert month.pace == 100
    assert month.forecast == month.total.functions + 100 * (1 + (month.last - today).days)
    assert gateway_outlook.outlook(company).words.endswith("Imports are not carried forward.")


@pytest.mark.parametrize("back", [0, 1])
def test_there_is_no_forecast_before_the_first_whole_day(app: Flask, back: int) -> None:
    company = make_company()
    use(company, company.today() - dt.timedelta(days=back), 50)
    assert month_of(company).forecast is None
    assert gateway_outlook.outlook(company).words == "A forecast needs one whole day."


def test_a_past_month_is_told_and_not_forecast(app: Flask) -> None:
    company = make_company()
    use(company, dt.date(2026, 1, 31), 7)
    use(company, dt.date(2026, 2, 1), 9)
    found = gateway_outlook.outlook(company, parse_month("2026-01"))
    assert (found.month.total.functions, found.month.forecast) == (7, 7)
    assert found.words == "The month came to 7 functions. Counting began on 31 Jan 2026."
    assert gateway_outlook.outlook(company, parse_month("2026-02")).words == "The month came to 9 functions."


@pytest.mark.parametrize(("month", "words"), [
    ("2025-12", "Nothing was counted before 31 Jan 2026."), ("2199-01", "The month has not begun."),
])  # fmt: skip
def test_a_month_before_counting_began_and_one_to_come_say_so(app: Flask, month: str, words: str) -> None:
    company = make_company()
    use(company, dt.date(2026, 1, 31), 7)
    assert gateway_outlook.outlook(company, parse_month(month)).words == words


@pytest.mark.parametrize("text", ["2026", "2026-13", "November", "2026-1-1", "2026-11-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="2026-11"):
        parse_month(text)


def test_a_forecast_above_the_allowance_says_what_would_help(world: World) -> None:
    world.choose(monthly_allowance=1000)
    company = world.company
    use(company, company.today(), 500, "preview")
    for back in range(1, 9):
        use(company, company.today() - dt.timedelta(days=back), 900, "preview")
    found = gateway_outlook.outlook(company)
    assert found.over == found.month.forecast - 1000 > 0
    assert "more than the allowance of 1,000" in found.words
    assert found.advice[0].startswith("Previews took ")
    assert found.advice[-1].startswith("Each record that is sent counts one")


def test_syncing_less_is_advised_by_what_it_would_save(world: World) -> None:
    world.choose(monthly_allowance=10, auto_sync=True, read_invoices=True, invoice_document_types=["A", "B", "C"])
    counts = [ok(world.sync()).counts["gateway_functions"] for _ in range(3)]
    [advice, _] = gateway_outlook.outlook(world.company).advice
    assert f" {3 * min(counts)} of them are what 3 syncs asked whatever had changed." in advice
    assert "Switch Reconcile to Intacct off" in advice
    assert "each of the 3" in advice
    row = db.session.scalars(db.select(GatewayUsage).filter_by(purpose="sync")).one()
    row.functions += 9000
    db.session.commit()
    advice = gateway_outlook.outlook(world.company).advice[0]
    assert advice.endswith("syncing less often would save little.")


def test_what_is_used_up_already_is_told_as_such(world: World) -> None:
    world.choose(monthly_allowance=100)
    use(world.company, world.company.today(), 160)
    found = gateway_outlook.outlook(world.company)
    assert (found.has_exceeded, found.over) == (True, 60)
    assert found.words == "A forecast needs one whole day. 60 more than the allowance of 100 are used already."


def test_a_forecast_within_the_allowance_asks_for_nothing(world: World) -> None:
    world.choose(monthly_allowance=1_000_000, auto_sync=True)
    for back in (1, 2):
        use(world.company, world.company.today() - dt.timedelta(days=back), 900)
    found = gateway_outlook.outlook(world.company)
    assert (found.over, found.advice) == (0, [])
    assert "within the allowance of 1,000,000" in found.words


def test_many_who_add_at_once_lose_nothing(app: Flask) -> None:
    company_id = make_company().id
    db.session.commit()

    def add() -> None:
        for _ in range(5):
            gateway_usage.add(company_id, LISTS, Cost(1, 3, 2, {"Throttled": 1}))
            db.session.commit()

    assert at_once(app, *[add] * 6) == [None] * 6
    row = db.session.scalars(db.select(GatewayUsage)).one()
    assert (row.requests, row.functions, row.milliseconds) == (30, 90, 60)
    assert db.session.scalars(db.select(GatewayFailure)).one().requests == 30


def test_what_was_not_committed_is_noted_the_next_time(world: World) -> None:
    tally = Tally()
    meter = Meter(world.company_id, LISTS, tally)
    with tally.request(4):
        pass
    with pytest.raises(RuntimeError), meter.noting():
        raise RuntimeError("the database went away")
    db.session.rollback()
    assert noted(world) == {}
    for _ in range(2):
        with meter.noting():
            db.session.commit()
    assert noted(world) == {LISTS: (1, 4)}

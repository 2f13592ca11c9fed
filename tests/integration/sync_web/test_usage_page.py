"""What the gateway was asked for, on the page, by the command and over the API: the same figures everywhere."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.company import Role
from portal.models.usage import GatewayUsage
from portal.queries.gateway_usage import month_of
from portal.services import api_keys
from tests.factories import ACTOR, make_company, make_customer, make_invoice
from tests.integration.sync_web.conftest import Ended, World
from tests.integration.web.conftest import Browser

PAGE = "/settings/accounting-sync"
INTACCT = "/settings/integrations/intacct"

Portal = Callable[..., Ended]
SignIn = Callable[[Role], Browser]


def use(world: World, functions: int, *, back: int) -> None:
    """Say that so much was asked some days back."""
    day = world.company.today() - dt.timedelta(days=back)
    db.session.add(
        GatewayUsage(company_id=world.company_id, day=day, purpose="sync", requests=3, functions=functions,
                     milliseconds=1)
    )  # fmt: skip
    db.session.commit()


def api(app: Flask, world: World, query: str = "") -> tuple[int, Any]:
    """GET /api/gateway_usage as a program with a key of the company."""
    key = api_keys.create(world.company, "Monitor", "read", actor=ACTOR).text
    db.session.commit()
    basic = b64encode(f"{key}:".encode()).decode()
    answer = app.test_client().get(f"/api/gateway_usage{query}", headers={"Authorization": f"Basic {basic}"})
    return answer.status_code, answer.get_json()


def test_page_command_and_api_say_what_the_run_says(
    world: World, app: Flask, portal: Portal, signed_in: SignIn
) -> None:
    make_invoice("100.00", customer=make_customer(world.company))
    counts = world.sync().counts
    functions, requests = counts["gateway_functions"], counts["gateway_requests"]
    answer = portal("sync", "usage").answer
    assert (answer["functions"], answer["requests"], answer["today"]["functions"]) == (functions, requests, functions)
    assert [one["purpose"] for one in answer["purposes"]] == ["sync"]
    assert api(app, world) == (200, answer)
    page = signed_in(Role.VIEWER).get(PAGE).text
    assert f"{functions} functions" in page
    assert f"{requests} requests" in page


def test_a_company_that_asked_nothing_yet_has_no_chart(world: World, signed_in: SignIn) -> None:
    page = signed_in(Role.VIEWER).get(PAGE).text
    assert "0 functions" in page
    assert "use-chart" not in page


def test_the_chart_has_a_bar_for_each_day_with_something(world: World, signed_in: SignIn) -> None:
    world.sync()
    chart = signed_in(Role.ADMIN).get(PAGE).text.partition("use-chart")[2].partition("</svg>")[0]
    assert chart.count("<rect") == chart.count('class="bar now"') == 1
    assert "style=" not in chart


def test_an_admin_is_asked_for_the_allowance_and_told_when_the_month_exceeds_it(
    world: World, signed_in: SignIn
) -> None:
    for back in range(9):
        use(world, 500, back=back)
    admin = signed_in(Role.ADMIN)
    assert "Enter your allowance" in admin.get(PAGE).text
    world.sync()
    used = month_of(world.company).total.functions
    world.choose(monthly_allowance=used - 1)
    page = admin.get(PAGE).text
    assert "The month has exceeded the allowance" in page
    assert "Nothing needs you" not in page
    world.choose(monthly_allowance=used)
    page = admin.get(PAGE).text
    assert "Enter your allowance" not in page
    world.choose(monthly_allowance=10_000_000)
    page = admin.get(PAGE).text
    assert "within the allowance of 10,000,000" in page
    assert "Nothing needs you" in page


@pytest.mark.parametrize(("typed", "kept"), [("100,000", 100_000), ("250000", 250_000), ("", None)])
def test_the_allowance_is_entered_in_the_settings(
    world: World, portal: Portal, signed_in: SignIn, typed: str, kept: int | None
) -> None:
    assert portal("settings", "set", f"monthly_allowance={typed}").answer["monthly_allowance"] == kept
    shown = signed_in(Role.ADMIN).get(INTACCT).text
    assert f'name="monthly_allowance" type="text" value="{kept or ""}"' in shown


@pytest.mark.parametrize("typed", ["0", "-5", "1.5", "lots", "1" * 40, "true"])
def test_what_is_no_whole_number_is_refused(world: World, portal: Portal, typed: str) -> None:
    done = portal("settings", "set", f"monthly_allowance={typed}")
    assert (done.code, done.answer["error"]["field"]) == (3, "monthly_allowance")


def test_another_month_can_be_asked_for(world: World, app: Flask, portal: Portal) -> None:
    use(world, 500, back=40)
    month = f"{world.company.today() - dt.timedelta(days=40):%Y-%m}"
    answer = portal("sync", "usage", "--month", month).answer
    assert (answer["month"], answer["functions"], answer["forecast"]) == (month, 500, 500)
    assert api(app, world, f"?month={month}") == (200, answer)
    assert portal("sync", "usage", "--month", "last").code == 3
    assert api(app, world, "?month=last")[0] == 400


def test_the_command_speaks_to_people(world: World, portal: Portal) -> None:
    world.sync()
    told = portal("sync", "usage", json_=False).told
    assert "sync" in told
    assert "A forecast needs one whole day." in told


def test_a_key_of_another_company_sees_its_own_use(world: World, app: Flask) -> None:
    world.sync()
    key = api_keys.create(make_company(), "Stranger", "read", actor=ACTOR).text
    db.session.commit()
    basic = b64encode(f"{key}:".encode()).decode()
    answer = app.test_client().get("/api/gateway_usage", headers={"Authorization": f"Basic {basic}"})
    assert answer.get_json()["functions"] == 0

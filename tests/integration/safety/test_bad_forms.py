"""Bad input in every form of every page: an answer in words, never a failure, and nothing half-saved.

`DRILLS=full` sends ten thousand; the seeds of the short form go round with the days, so that it never stays the same.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.services import gateways
from tests.integration.safety.forms import Form, body, forms_of, tampered
from tests.integration.safety.house import House
from tests.integration.safety.outages import expected
from tests.integration.safety.states import Watcher
from tests.integration.web.conftest import Browser

pytestmark = pytest.mark.timeout(1800)

FULL = os.environ.get("DRILLS") == "full"
SEEDS, INPUTS = (40, 250) if FULL else (4, 150)
FIRST = 0 if FULL else dt.datetime.now(dt.UTC).toordinal() % 1000
MAY_NOTE_A_REFUSAL = ("/login", "/forgot-password")
"""Forms that count a try, or note a wish, before they refuse."""
ENDS_THE_WALK = ("/logout", "/settings/integrations/intacct/disconnect", "/account/password")
"""Sent at the very end: what they do leaves nothing to try."""
NOT_ANSWERED_BY_US = 502
"""Intacct, which is away in this house, in words."""


def every_form(house: House, browser: Browser) -> list[Form]:
    """Each form of each page, once."""
    found: dict[str, Form] = {}
    for rule in house.rules():
        answer = browser.get(house.path(rule))
        if answer.mimetype == "text/html":
            for form in forms_of(house.path(rule), answer.text):
                found.setdefault(f"{urlsplit(form.action).path} {form.names}", form)
    for form in forms_of("/login", contextvars.Context().run(house.app.test_client().get, "/login").text):
        found.setdefault(form.action, form)
    return [form for form in found.values() if not form.action.endswith(ENDS_THE_WALK)]


def send(browser: Browser, form: Form, dice: random.Random, token: str) -> tuple[TestResponse, Any]:
    fields = [(name, token if name == "csrf_token" else value) for name, value in tampered(form, dice)]
    data, content_type = body(fields, dice)
    place = urlsplit(form.action)
    path = f"{place.path}?{place.query}" if place.query else place.path
    db.session.commit()
    options = {"data": data, "content_type": content_type, "buffered": True}
    return contextvars.Context().run(browser.client.post, path, **options), fields


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_a_bad_form_is_answered_in_words_and_never_half_saved(
    seed: int, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "SHORT_CONNECT_SECONDS", 1)
    dice, browser = random.Random(seed), house.browser()
    forms, token = every_form(house, browser), browser.token("/account")
    assert len(forms) > 35
    watcher, answered = Watcher(Path(str(db.engine.url.database))), Counter[int]()
    for number in range(INPUTS):
        form = dice.choice(forms)
        watcher.changed()
        answer, fields = send(browser, form, dice, token)
        answered[answer.status_code] += 1
        said = f"seed {seed}, input {number}: {form.action} {str(fields)[:2000]}"
        assert answer.status_code < 500 or answer.status_code == NOT_ANSWERED_BY_US, said
        if answer.status_code >= 400 and not urlsplit(form.action).path.startswith(MAY_NOTE_A_REFUSAL):
            assert not watcher.changed(), f"refused with {answer.status_code}, and yet something was saved: {said}"
        if answer.status_code in (400, 403) and "stale" in answer.text:
            browser = house.browser()  # another company was chosen or the session ended, as the form asked
            token = browser.token("/account")
    watcher.close()
    assert answered[422] + answered[400] + answered[409] > INPUTS // 10, answered
    assert_pages_answer(house)


def assert_pages_answer(house: House) -> None:
    """What was taken can be shown: every page and file answers."""
    browser = house.browser()
    for rule, status in expected(house).items():
        path = next(house.path(found) for found in house.rules() if found.rule == rule)
        assert browser.get(path).status_code in (status, 303, 404, 409), path

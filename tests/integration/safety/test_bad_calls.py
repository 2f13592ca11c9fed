"""Every call of the API, made up by schemathesis from the API's own description, as it should be and as it should not:
never a failure, each answer as described, and a refused call changes nothing."""

from __future__ import annotations

import contextvars
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from portal.blueprints.api import limits
from portal.blueprints.api.openapi import document
from portal.blueprints.api.operations import OPERATIONS
from portal.extensions import db
from portal.services import api_keys
from tests.integration.safety.house import House
from tests.integration.safety.states import Watcher

pytestmark = pytest.mark.timeout(3600)

FULL = os.environ.get("DRILLS") == "full"
EXAMPLES = 120 if FULL else 6
"""For each call in each mode."""

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
DESCRIBED = [found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()]


@pytest.fixture
def watcher(house: House) -> Iterator[Watcher]:
    made = Watcher(Path(str(db.engine.url.database)))
    yield made
    made.close()


def test_every_call_is_described() -> None:
    assert len(DESCRIBED) == len(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_any_call_is_answered_as_described_and_a_refused_one_changes_nothing(
    mode: GenerationMode, house: House, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS_A_WINDOW", 10**9)
    monkeypatch.setattr(api_keys, "use_is_to_be_noted", lambda _key: False)  # what is noted once a minute is no change
    answered = Counter[int]()
    for number, operation in enumerate(DESCRIBED):
        if mode is GenerationMode.NEGATIVE and not operation.definition.raw.get("parameters") and not operation.body:
            continue  # nothing of it can be wrong
        _attempt(operation.as_strategy(generation_mode=mode), house, watcher, answered, number)
    assert answered.total() > 100
    assert answered[200] + answered[201] > 20 or mode is GenerationMode.NEGATIVE
    assert answered[400] + answered[404] > 20


def _attempt(cases: Any, house: House, watcher: Watcher, answered: Counter[int], number: int) -> None:
    key = b64encode(f"{house.things.api_key}:".encode()).decode()

    @seed(number)
    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(case=cases)
    def attempt(case: schemathesis.Case) -> None:
        db.session.commit()
        watcher.changed()
        options = {"app": house.app, "headers": {"Authorization": f"Basic {key}"}}
        answer = contextvars.Context().run(case.call, **options)
        answered[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert not watcher.changed(), f"refused with {answer.status_code}, and yet something was saved"

    attempt()

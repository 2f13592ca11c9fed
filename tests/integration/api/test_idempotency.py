"""A POST with an Idempotency-Key is carried out once."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.models.access import IdempotentAnswer
from portal.models.customer import Customer
from portal.models.types import utcnow
from portal.services import customers
from tests.integration.api.conftest import told

BODY = {"name": "Harbor Lane Dental"}


def count() -> int:
    db.session.expire_all()
    return db.session.query(Customer).count()


def test_the_same_request_again_gets_the_first_answer(api):
    first = api.post("/customers", BODY, Idempotency_Key="one")
    again = api.post("/customers", BODY, Idempotency_Key="one")
    assert (again.status_code, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count() == 1


def test_another_request_under_the_key_is_refused(api):
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)
    refused = told(api.post("/customers", {"name": "Another"}, Idempotency_Key="one"), 409)
    assert (refused["param"], refused["code"]) == ("Idempotency-Key", "idempotency_key_used")
    told(api.post("/invoices", BODY, Idempotency_Key="one"), 409)
    assert count() == 1


def test_requests_without_a_key_or_under_other_keys_are_requests_of_their_own(api, with_key):
    for headers in ({}, {}, {"Idempotency_Key": "one"}, {"Idempotency_Key": "two"}):
        told(api.post("/customers", BODY, **headers), 201)
    assert count() == 4


def test_companies_do_not_share_keys(api, with_key):
    from tests.factories import make_company

    other = with_key(of=make_company("Another company"))
    first = told(api.post("/customers", BODY, Idempotency_Key="one"), 201)
    second = told(other.post("/customers", BODY, Idempotency_Key="one"), 201)
    assert first["id"] != second["id"]


def test_a_refused_request_leaves_its_key_free(api):
    told(api.post("/customers", {"name": ""}, Idempotency_Key="one"), 400)
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)


def test_a_request_that_crashed_blocks_nothing(api, monkeypatch):
    def crash(*_args, **_options):
        raise RuntimeError("the power went")

    monkeypatch.setitem(api.app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as patch:
        patch.setattr(customers.audit, "record", crash)
        answer = told(api.post("/customers", BODY, Idempotency_Key="one"), 500)
        assert answer["type"] == "api_error"
        assert "power" not in answer["message"]
    assert count() == 0
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)


def test_a_request_that_a_deadlock_took_back_may_be_sent_again(api, monkeypatch):
    def collide(*_args, **_options):
        raise OperationalError("UPDATE", {}, psycopg.errors.DeadlockDetected("deadlock detected"))

    monkeypatch.setitem(api.app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as patch:
        patch.setattr(customers.audit, "record", collide)
        answer = api.post("/customers", BODY, Idempotency_Key="one")
        assert (told(answer, 503)["code"], answer.headers["Retry-After"]) == ("collided", "1")
    assert count() == 0
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)


def test_after_a_day_a_key_is_forgotten(api):
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)
    db.session.query(IdempotentAnswer).update({"created_at": utcnow() - timedelta(hours=25)})
    told(api.post("/customers", BODY, Idempotency_Key="one"), 201)
    assert count() == 2
    assert db.session.query(IdempotentAnswer).count() == 1


def test_many_at_once_make_one(api):
    answers = []

    def send() -> None:
        answers.append(api.post("/customers", BODY, Idempotency_Key="one"))

    db.session.commit()
    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len(answers) == 6
    assert count() == 1


@pytest.mark.parametrize("backend", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_second_does_not_wait_for_ever(api, company, monkeypatch):
    monkeypatch.setattr("portal.services.idempotency.WAIT_AT_MOST", "'100ms'")
    company_id = company.id
    db.session.commit()
    with db.engine.connect() as first, first.begin():
        row = {"company_id": company_id, "key": "one", "request_digest": "x", "status": 0, "answer": "",
               "created_at": utcnow()}  # fmt: skip
        first.execute(IdempotentAnswer.__table__.insert().values(row))
        refused = told(api.post("/customers", BODY, Idempotency_Key="one"), 409)
    assert refused["code"] == "in_progress"
    assert count() == 0


@pytest.mark.parametrize("key", ["x" * 256, "caf\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_key_that_is_too_long_or_no_ascii_is_refused(api, key):
    assert told(api.post("/customers", BODY, Idempotency_Key=key), 400)["param"] == "Idempotency-Key"


def test_replays_keep_amounts_digit_by_digit(api, customer):
    payment = {"customer": customer["id"], "amount": 10}
    first = api.post("/payments", payment, Idempotency_Key="p")
    assert '"amount": 10.00' in first.text
    assert api.post("/payments", payment, Idempotency_Key="p").text == first.text

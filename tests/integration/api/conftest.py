"""A portal with an API key of each scope, and clients that call its API."""

from __future__ import annotations

import contextvars
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, has_app_context
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models.access import KeyScope
from portal.models.company import Company
from portal.services import api_keys
from tests.factories import ACTOR

DAY = 1767225600
"""1 January 2026, midnight UTC."""


@dataclass
class Api:
    """Calls the API with a key, each call in a context of its own as a server would make it."""

    app: Flask
    key: str

    def call(self, method: str, path: str, document: object = None, **headers: str) -> TestResponse:
        """Send a request below /api; a `document` that is no bytes is sent as JSON."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            given["Authorization"] = "Basic " + b64encode(f"{self.key}:".encode()).decode()
        if has_app_context():
            db.session.commit()  # lets go of the database: on SQLite a transaction holds it whole
        send = self.app.test_client().open
        options: dict[str, Any] = {"data": data, "content_type": "application/json"} if document is not None else {}
        return contextvars.Context().run(send, f"/api{path}", method=method, headers=given, **options)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, document: object = None, **headers: str) -> TestResponse:
        return self.call("POST", path, document if document is not None else {}, **headers)

    def patch(self, path: str, document: object) -> TestResponse:
        return self.call("PATCH", path, document)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)


def told(answer: TestResponse, status: int = 200) -> Any:
    """The body of an answer of this status, its numbers exact."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    return json.loads(answer.text, parse_float=Decimal)


KeyMaker = Callable[..., Api]


@pytest.fixture
def with_key(app: Flask, company: Company) -> KeyMaker:
    """Makes a caller with a new key of a company."""

    def make(scope: KeyScope = KeyScope.READ_WRITE, of: Company = company) -> Api:
        key = api_keys.create(of, f"{scope} key", scope, actor=ACTOR)
        db.session.commit()
        return Api(app, key.text)

    return make


@pytest.fixture
def api(with_key: KeyMaker) -> Api:
    """A caller that may read and write."""
    return with_key()


@pytest.fixture
def customer(api: Api) -> dict[str, Any]:
    """A customer made over the API."""
    return told(api.post("/customers", {"name": "Harbor Lane Dental", "currency": "usd"}), 201)


@pytest.fixture
def invoice(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    """An invoice over 98.50 of that customer."""
    return told(api.post("/invoices", invoice_of(customer["id"])), 201)


def invoice_of(customer_id: int, **changes: Any) -> dict[str, Any]:
    """The body of an invoice over 98.50."""
    return {
        "customer": customer_id, "date": DAY, "currency": "usd",
        "items": [{"name": "Service plan", "quantity": 2, "unit_cost": 50.25}],
        "discounts": [{"amount": 5}], "taxes": [{"amount": 3}],
    } | changes  # fmt: skip

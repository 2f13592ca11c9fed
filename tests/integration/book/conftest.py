"""The `portal` command as scripts call it, and a small book made with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from portal.cli.main import cli
from portal.extensions import db
from portal.models.company import Company

INVOICE = {
    "customer": 1, "number": "INV-0001", "date": 1767225600, "due_date": 1769817600, "currency": "usd",
    "purchase_order": "PO 88", "draft": False,
    "items": [{"name": "Service plan", "quantity": 2, "unit_cost": 50.25, "metadata": {"intacct_location": "100"}}],
    "discounts": [{"amount": 5}], "taxes": [{"amount": 3}],
}  # fmt: skip
PAYMENT = {
    "customer": "CUST-00001", "amount": 98.5, "currency": "usd", "method": "check", "reference": "4711",
    "date": 1767225600, "applied_to": [{"type": "invoice", "invoice": 1, "amount": 90}],
}  # fmt: skip

Portal = Callable[..., tuple[int, Any]]


@pytest.fixture
def portal(app: Flask, company: Company) -> Portal:
    """Runs a command with --json; answers its exit status and its last line as JSON, amounts exact."""
    db.session.commit()

    def run(line: str, document: object = None, *more: str) -> tuple[int, Any]:
        given = document if isinstance(document, str) else json.dumps(document)
        result = CliRunner().invoke(cli, [*line.split(), *more, "--json"], input=given, obj=app)
        db.session.expire_all()
        return result.exit_code, json.loads(result.stdout.splitlines()[-1], parse_float=Decimal)

    return run


@pytest.fixture
def book(portal: Portal) -> Portal:
    """`portal book ... --company northfield-supply` with a customer, an invoice of 98.50 and a payment of 98.50."""

    def run(line: str, document: object = None, *more: str) -> tuple[int, Any]:
        return portal(f"book {line} --company northfield-supply", document, *more)

    assert run("add customer", {"name": "Harbor Lane Dental", "currency": "usd"})[0] == 0
    assert run("add invoice", INVOICE)[0] == 0
    assert run("add payment", PAYMENT)[0] == 0
    return run

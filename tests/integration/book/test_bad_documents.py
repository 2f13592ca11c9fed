"""Documents on standard input that no book can take: misuse, named at its field, and nothing is saved."""

from __future__ import annotations

import pytest

from tests.integration.book.conftest import Portal


@pytest.fixture
def backend() -> str:
    """A body is judged before a database is asked; one of them is enough."""
    return "sqlite"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("", ""),
        ("[1]", ""),
        ('{"amount": NaN}', ""),
        ("[" * 100_000, ""),
        ('{"amount": 1e99999999999999999999}', ""),
        ({"customer": 1, "amount": 1, "colour": "red"}, "colour"),
        ({"customer": 99, "amount": 1}, "customer"),
        ({"customer": True, "amount": 1}, "customer"),
        ({"amount": 1}, "customer"),
        ({"customer": 1}, "amount"),
        ({"customer": 1, "amount": "ten"}, "amount"),
        ({"customer": 1, "amount": "9" * 5000}, "amount"),
        ({"customer": 1, "amount": True}, "amount"),
        ({"customer": 1, "amount": -1}, "amount"),
        ({"customer": 1, "amount": 0}, "amount"),
        ({"customer": 1, "amount": 1.001}, "amount"),
        ({"customer": 1, "amount": 1, "date": "tomorrow"}, "date"),
        ({"customer": 1, "amount": 1, "date": 10**30}, "date"),
        ({"customer": 1, "amount": 1, "date": -1}, "date"),
        ({"customer": 1, "amount": 1, "currency": 5}, "currency"),
        ({"customer": 1, "amount": 1, "metadata": []}, "metadata"),
        ({"customer": 1, "amount": 1, "applied_to": {}}, "applied_to"),
        ({"customer": 1, "amount": 1, "applied_to": [{"invoice": 1, "amount": 0}]}, "applied_to.0.amount"),
        ({"customer": 1, "amount": 1, "applied_to": [{"invoice": "INV-9", "amount": 1}]}, "applied_to.0.invoice"),
        ({"customer": 1, "amount": 1, "applied_to": [{"type": "bill", "amount": 1}]}, "applied_to.0.type"),
        ({"customer": 1, "amount": 1, "applied_to": [{"invoice": 1, "sum": 1}]}, "applied_to.0.sum"),
    ],
)
def test_a_bad_document_is_misuse_and_saves_nothing(book: Portal, document: object, field: str) -> None:
    status, answer = book("add payment", document)
    assert (status, answer["error"]["field"]) == (3, field)
    assert book("list payments")[1]["count"] == 1

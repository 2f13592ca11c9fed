"""The OpenAPI document says what the API does: every call, and bodies as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.blueprints.api.openapi import document
from tests.integration.api.conftest import Api, told


@pytest.fixture
def backend() -> str:
    return "sqlite"


def schema_of(name: str) -> dict[str, Any]:
    return document()["components"]["schemas"][name]


def resolve(told_: dict[str, Any], reference: str) -> Any:
    found: Any = told_
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(thing: Any) -> list[str]:
    if isinstance(thing, dict):
        own = [thing["$ref"]] if isinstance(thing.get("$ref"), str) else []
        return own + [found for value in thing.values() for found in references(value)]
    return [found for value in thing for found in references(value)] if isinstance(thing, list) else []


def faults(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Where a value is not what its schema says; an object must have no field that the schema does not allow for."""
    if "$ref" in schema:
        return faults(value, resolve(document(), schema["$ref"]), at)
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
             "null": type(None)}  # fmt: skip
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, kinds[kind]) for kind in types):
        return [f"{at}: {value!r} is no {types}"]
    found = [f"{at}: {value!r} is not {schema['const']!r}"] if value != schema.get("const", value) else []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if isinstance(value, list):
        found += [fault for item in value for fault in faults(item, schema["items"], f"{at}[]")]
    if isinstance(value, dict) and "properties" in schema:
        if not schema.get("additionalProperties"):
            found += [f"{at}.{name} is not described" for name in value if name not in schema["properties"]]
        found += [
            fault for name, part in schema["properties"].items() if name in value
            for fault in faults(value[name], part, f"{at}.{name}")
        ]  # fmt: skip
    return found


def test_it_is_served_to_everybody_and_whole(app, company):
    answer = Api(app, "").get("/openapi.json")
    assert json.loads(answer.text) == json.loads(json.dumps(document()))
    assert told(answer)["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_every_call_has_a_name_of_its_own():
    told_ = document()
    for reference in references(told_):
        assert resolve(told_, reference)
    names = [call["operationId"] for methods in told_["paths"].values() for call in methods.values()]
    assert len(names) == len(set(names))
    for path, methods in told_["paths"].items():
        for call in methods.values():
            named = {item["name"] for item in call["parameters"] if item["in"] == "path"}
            assert all(f"{{{name}}}" in path for name in named)
            assert path.count("{") == len(named)


def test_bodies_are_as_described(api, customer, invoice):
    applied = [{"type": "invoice", "invoice": invoice["id"], "amount": 10}]
    made = {
        "customer": customer,
        "invoice": invoice,
        "payment": told(api.post("/payments", {"customer": 1, "amount": 20, "applied_to": applied}), 201),
        "credit_note": told(api.post("/credit_notes", {"customer": 1, "items": [{"unit_cost": 5, "name": "A"}]}), 201),
        "balance": told(api.get("/customers/1/balance")),
        "event": told(api.get("/events?per_page=1"))[0],
        "error": told(api.get("/customers/99"), 404),
    }
    for name, body in made.items():
        described = schema_of(name)
        assert faults(json.loads(json.dumps(body, default=float)), described, name) == []
        if "id" in body and name != "event":
            assert set(described["properties"]) == set(body), name


def test_a_list_describes_its_filters_sorts_and_headers():
    listed = document()["paths"]["/invoices"]["get"]
    names = {item["name"] for item in listed["parameters"]}
    assert {"page", "per_page", "sort", "updated_after", "filter[status]", "filter[customer]"} <= names
    assert set(listed["responses"]["200"]["headers"]) == {"X-Total-Count", "Link"}

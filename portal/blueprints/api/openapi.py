"""The API's description in OpenAPI 3.1, made from the calls as they are declared."""

from __future__ import annotations

import re
from typing import Any

from portal.blueprints.api.failures import PREFIX, TYPES
from portal.blueprints.api.operations import OPERATIONS, Answer, Operation, operation
from portal.blueprints.api.schemas import SCHEMAS, many, ref
from portal.blueprints.api.schemas_usage import USAGE
from portal.models.access import KeyScope
from portal.queries.api_lists import MOST_PER_PAGE
from portal.services.idempotency import FIELD

VERSION = "1.0"
TAGS = (
    "Customers", "Invoices", "Credit notes", "Payments", "Events", "Imports", "Accounting sync", "Problems", "About",
)  # fmt: skip
_ABOUT = (
    "Customers, invoices, payments and credit notes of a company, and its accounting sync with Sage Intacct."
    " Authenticate by HTTP Basic: the API key is the user name, the password stays empty."
    " Ids are integers, dates UNIX seconds at midnight UTC, currencies lower case, amounts exact numbers."
)
_ARGUMENT = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_CAN_FAIL = {
    400: "The request cannot be taken; `param` names the field.",
    401: "The API key is missing, unknown or revoked.",
    403: "The key may only read.",
    404: "There is no such record in this company.",
    409: "The record's state forbids it, or an Idempotency-Key was used for another request.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}


@operation("GET", "/openapi.json", tag="About", open_to_all=True)
def show_document() -> Answer:
    """Describe this API in OpenAPI 3.1."""
    return Answer(document())


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for declared in sorted(OPERATIONS, key=lambda declared: TAGS.index(declared.tag)):
        paths.setdefault(address(declared), {})[declared.method.lower()] = _operation(declared)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"api_key": []}],
        "tags": [{"name": tag} for tag in TAGS],
        "paths": paths,
        "components": {
            "securitySchemes": {"api_key": {"type": "http", "scheme": "basic"}},
            "schemas": {**SCHEMAS, **USAGE},
            "responses": {str(status): _failure(status) for status in TYPES},
        },
    }


def address(declared: Operation) -> str:
    """The path as OpenAPI writes it: /customers/{customer_id}."""
    return _ARGUMENT.sub(r"{\1}", declared.path)


def _operation(declared: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": declared.name,
        "tags": [declared.tag],
        "summary": declared.summary,
        "parameters": _parameters(declared),
        "responses": _responses(declared),
    }
    if declared.more:
        told["description"] = declared.more
    if declared.open_to_all:
        told["security"] = []
    if declared.takes:
        needed = declared.takes not in ("reason", "tie_out_request")
        told["requestBody"] = {"required": needed, "content": _json(ref(declared.takes))}
    return told


def _responses(declared: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {"description": declared.summary}
    if declared.gives:
        told["content"] = _json(many(ref(declared.gives)) if declared.listing else ref(declared.gives))
    elif declared.open_to_all:
        told["content"] = _json({"type": "object"})
    if declared.listing:
        told["headers"] = {
            "X-Total-Count": {"schema": {"type": "integer"}, "description": "How many the whole list has."},
            "Link": {"schema": {"type": "string"}, "description": "self, first, previous, next and last page."},
        }
    failures = () if declared.open_to_all else _failures(declared)
    return {str(declared.status): told, **{str(s): {"$ref": f"#/components/responses/{s}"} for s in failures}}


def _failures(declared: Operation) -> list[int]:
    found = [401, 429]
    if declared.scope == KeyScope.READ_WRITE:
        found += [400, 403, 409]
    elif declared.listing:
        found.append(400)
    if "<" in declared.path:
        found.append(404)
    return sorted(found)


def _parameters(declared: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
        for name in _ARGUMENT.findall(declared.path)
    ]
    if declared.method == "POST":
        found.append({
            "name": FIELD, "in": "header", "schema": {"type": "string", "maxLength": 255},
            "description": "The same key and body within 24 hours get the first answer again; nothing is done twice.",
        })  # fmt: skip
    return [*found, *_list_parameters(declared)] if declared.listing else found


def _list_parameters(declared: Operation) -> list[dict[str, Any]]:
    if declared.listing is None:
        return []
    sorts = ", ".join(sorted(declared.listing.sorts))
    paging: list[tuple[str, dict[str, Any], str]] = [
        ("page", {"type": "integer", "minimum": 1, "default": 1}, "Which page."),
        ("per_page", {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": MOST_PER_PAGE},
         "How many on a page."),
        ("sort", {"type": "string", "default": "id"}, f"One of {sorts}; with ` desc` the other way round."),
        ("updated_after", {"type": "integer"}, "Only what changed at or after this time, in UNIX seconds."),
    ]  # fmt: skip
    paging += [(f"filter[{name}]", {"type": "string"}, "") for name in sorted(declared.listing.filters)]
    return [
        {"name": name, "in": "query", "schema": schema, **({"description": about} if about else {})}
        for name, schema, about in paging
    ]


def _failure(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {"description": _CAN_FAIL[status], "content": _json(ref("error"))}
    if status == 429:
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return told


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}

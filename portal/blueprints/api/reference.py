"""The API's reference as a page of the help, written from the OpenAPI document."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from portal.blueprints.access import needs
from portal.blueprints.api.openapi import document
from portal.models.company import Role

reference = Blueprint("api_reference", __name__, url_prefix="/help/api")


@reference.get("")
@needs(Role.VIEWER)
def show_reference() -> str:
    """Every call with its parameters, bodies and answers."""
    told = document()
    return render_template(
        "api_keys/reference.html",
        document=told,
        call_groups=[(tag["name"], _calls(told, tag["name"])) for tag in told["tags"]],
        schemas=told["components"]["schemas"],
        address=request.host_url.rstrip("/") + told["servers"][0]["url"],
    )


def _calls(told: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **call}
        for path, methods in told["paths"].items()
        for method, call in methods.items()
        if tag in call["tags"]
    ]

"""The guides of the catalogue, found by area or by a pasted message."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.help import setup_steps
from portal.blueprints.listing import text_arg
from portal.blueprints.urls import page_before
from portal.extensions import settings
from portal.models.company import Company, Role
from portal.problems import catalogue
from portal.problems import pasted as pasted_messages
from portal.queries.connections import find_book, find_connection
from portal.queries.runs import any_ended
from portal.services import integration_settings

area = Blueprint("help", __name__, url_prefix="/help")


@area.get("")
@needs(Role.VIEWER)
def show_help() -> str:
    """Where to begin: search by a message, or by area."""
    return _index("")


@area.get("/intacct")
@needs(Role.VIEWER)
def show_setup() -> str:
    """How Intacct is set up, as a checklist that the connection ticks."""
    company = current_company()
    connection, book = find_connection(company), find_book(company)
    choices = integration_settings.load(company.id)
    connected = connection is not None and connection.connected
    found = setup_steps.steps(connection, choices, imported=bool(book and any_ended(book, setup_steps.IMPORTS)))
    counted = [step for step in found if step.state != setup_steps.UNKNOWN]
    return render_template(
        "help/intacct.html",
        steps=found,
        done=sum(step.state == setup_steps.DONE for step in counted),
        countable=len(counted),
        needs=setup_steps.needs(connection),
        flows=setup_steps.flows(choices, connected),
        sender=setup_steps.sender_id(),
        edge_cases=setup_steps.EDGE_CASES,
        connected=connected,
        book=book,
        support_address=_support_address(company),
    )


@area.get("/troubleshooting")
@needs(Role.VIEWER)
def list_guides() -> str:
    """Every guide, or those that a few words lead to."""
    return _index(text_arg("q", 200))


@area.post("/troubleshooting")
@needs(Role.VIEWER)
def find_guide() -> str:
    """The guides that a pasted message leads to. It may hold secrets: no address carries it, no page repeats it."""
    return _index(request.form.get("message", ""), pasted=True)


@area.get("/troubleshooting/<slug>")
@needs(Role.VIEWER)
def show_guide(slug: str) -> str | Response:
    """One guide: what happened, what it blocks, how it is fixed and by whom."""
    guide = catalogue.GUIDES.get(slug)
    if guide is None:
        abort(404)
    related = [other for other in catalogue.GUIDES.values() if other.area == guide.area and other != guide]
    return render_template(
        "help/guide.html", guide=guide, related=related, back=page_before(""),
        support_address=_support_address(current_company()),
    )  # fmt: skip


def _support_address(company: Company) -> str:
    """Whom to ask: the company's own address, else the operator's."""
    return company.support_email or settings().support_email


def _index(words: str, *, pasted: bool = False) -> str:
    found = pasted_messages.find(words)
    parts = [(name, [guide for guide in found if guide.area == name]) for name in catalogue.AREAS]
    return render_template(
        "help/index.html",
        words=words.strip(),
        is_pasted=pasted,
        found=found,
        parts=[part for part in parts if part[1]],
        support_address=_support_address(current_company()),
    )

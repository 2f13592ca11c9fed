"""The guides of the catalogue, found by area or by a pasted message."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from portal.blueprints.access import needs
from portal.blueprints.listing import text_arg
from portal.blueprints.urls import page_before
from portal.models.company import Role
from portal.problems import catalogue

area = Blueprint("help", __name__, url_prefix="/help")


@area.get("")
@needs(Role.VIEWER)
def show_help() -> str:
    """Where to begin: search by a message, or by area."""
    return _index("")


@area.get("/troubleshooting")
@needs(Role.VIEWER)
def list_guides() -> str:
    """Every guide, or those that a pasted message leads to."""
    return _index(text_arg("q", 1000))


@area.get("/troubleshooting/<slug>")
@needs(Role.VIEWER)
def show_guide(slug: str) -> str | Response:
    """One guide: what happened, what it blocks, how it is fixed and by whom."""
    guide = catalogue.GUIDES.get(slug)
    if guide is None:
        abort(404)
    related = [other for other in catalogue.GUIDES.values() if other.area == guide.area and other != guide]
    return render_template("help/guide.html", guide=guide, related=related, back=page_before(""))


def _index(words: str) -> str:
    found = catalogue.search(words)
    parts = [(name, [guide for guide in found if guide.area == name]) for name in catalogue.AREAS]
    return render_template("help/index.html", words=words, found=found, parts=[part for part in parts if part[1]])

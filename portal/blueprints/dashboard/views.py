"""The dashboard."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.blueprints.access import current_company, needs
from portal.models.company import Role

area = Blueprint("dashboard", __name__)


@area.get("/")
@needs(Role.VIEWER)
def show_dashboard() -> str:
    """What is owed, what is late, what came in."""
    return render_template("dashboard/show.html", today=current_company().today())

"""Credit notes: list, show, write, issue, apply, un-apply, void."""

from portal.blueprints.credit_notes import (  # noqa: F401 - register their routes
    listing,
    views_applying,
    views_writing,
)
from portal.blueprints.credit_notes.views import area

__all__ = ["area"]

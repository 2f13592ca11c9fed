"""Payments: list, show, record, edit, apply, un-apply, void."""

from portal.blueprints.payments import (  # noqa: F401 - register their routes
    listing,
    views_applying,
    views_editing,
    views_recording,
)
from portal.blueprints.payments.views import area

__all__ = ["area"]

"""Payments: list, show, record, apply, un-apply, void."""

from portal.blueprints.payments import views_applying, views_recording  # noqa: F401 - register their routes
from portal.blueprints.payments.views import area

__all__ = ["area"]

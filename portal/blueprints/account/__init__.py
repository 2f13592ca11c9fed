"""Your account: name, look, password, and the companies you belong to."""

from portal.blueprints.account.views import area

__all__ = ["area"]

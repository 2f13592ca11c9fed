"""Settings of integrations: connect Intacct, choose what the accounting sync does."""

from portal.blueprints.settings import views_connecting  # noqa: F401 - registers its routes
from portal.blueprints.settings.views import area

__all__ = ["area"]

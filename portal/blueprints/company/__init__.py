"""Settings > Company: name, zone, currency, and how the company presents itself."""

from portal.blueprints.company.views import area

__all__ = ["area"]

"""Settings, API keys: made, shown once, revoked."""

from portal.blueprints.api_keys.views import area

__all__ = ["area"]

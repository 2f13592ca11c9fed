"""Whether the portal can serve: for a load balancer, a supervisor, a person with a browser."""

from portal.blueprints.health.views import area

__all__ = ["area"]

"""Whether the portal can serve, and how it fares: for a load balancer, a supervisor, a monitor."""

from portal.blueprints.health import views_metrics, views_ready
from portal.blueprints.health.views import area

__all__ = ["area", "views_metrics", "views_ready"]

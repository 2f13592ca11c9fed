"""The accounting sync's pages: how it stands, its runs, its problems, and its box on each document's page."""

from portal.blueprints.accounting_sync import (
    views_explain,
    views_preview,
    views_problem,
    views_problems,
    views_records,
    views_runs,
    views_tie_out,
)
from portal.blueprints.accounting_sync.views import area

__all__ = [
    "area",
    "views_explain",
    "views_preview",
    "views_problem",
    "views_problems",
    "views_records",
    "views_runs",
    "views_tie_out",
]

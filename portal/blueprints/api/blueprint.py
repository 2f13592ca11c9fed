"""The area of the API: no form tokens (nothing here listens to cookies), a key for every call."""

from __future__ import annotations

from flask import Blueprint

from portal.blueprints.api.failures import PREFIX, init_failures
from portal.blueprints.api.gate import guard
from portal.extensions import csrf

area = Blueprint("api", __name__, url_prefix=PREFIX)
csrf.exempt(area)
area.before_request(guard)
init_failures(area)

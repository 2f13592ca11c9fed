"""Bare extension instances, and what of the running application the lower layers may ask for."""

from __future__ import annotations

from typing import cast

import requests
from flask import current_app
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect

from portal.config import Settings
from portal.database import Base

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
bootstrap = Bootstrap5()


def settings() -> Settings:
    """The settings of the running application."""
    return cast(Settings, current_app.extensions["portal_settings"])


def intacct_http() -> requests.Session | None:
    """An HTTP session to use towards Intacct instead of the gateway's own: how tests reach a sandbox in-process."""
    make = current_app.extensions.get("portal_intacct_http")
    return make() if make else None

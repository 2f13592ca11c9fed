"""The pages about the API: its keys in the settings, its reference in the help."""

from __future__ import annotations

import contextvars
import re
from html import unescape

import pytest

from portal.blueprints.api.openapi import document
from portal.extensions import db
from portal.models.access import ApiKey
from portal.models.company import Role
from tests.factories import make_user
from tests.integration.api.conftest import Api, told


@pytest.fixture
def backend() -> str:
    return "sqlite"


class Pages:
    """A signed-in browser."""

    def __init__(self, app, email: str) -> None:
        self.client = app.test_client()
        self.post("/login", {"email": email, "password": "correct horse battery staple"})

    def get(self, path: str):
        db.session.commit()
        return contextvars.Context().run(self.client.get, path)

    def post(self, path: str, data: dict[str, str] | None = None, page: str = ""):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page or path).text)
        assert token
        fields = {**(data or {}), "csrf_token": token[1]}
        return contextvars.Context().run(self.client.post, path, data=fields)


@pytest.fixture
def admin(app, company) -> Pages:
    return Pages(app, make_user(company, Role.ADMIN).email)


def test_a_key_is_shown_once_and_works_until_it_is_revoked(app, admin):
    page = admin.post("/settings/api-keys", {"label": "Billing <system>", "scope": "read_write"})
    assert page.status_code == 201
    assert page.headers["Cache-Control"] == "no-store"
    text = re.search(r'id="new-key"[^>]* value="([^"]+)"', page.text)[1]
    assert "Billing &lt;system&gt;" in page.text
    api = Api(app, unescape(text))
    told(api.get("/customers"))

    again = admin.get("/settings/api-keys").text
    assert text not in again
    assert text[:13] in again
    assert text not in str(db.session.query(ApiKey).one().__dict__)

    assert "is refused" in admin.get("/settings/api-keys/1/revoke").text
    assert admin.post("/settings/api-keys/1/revoke").status_code == 303
    told(api.get("/customers"), 401)
    assert "Revoked" in admin.get("/settings/api-keys").text


def test_a_key_without_a_label_is_refused_and_what_was_chosen_stays(admin):
    page = admin.post("/settings/api-keys", {"label": " ", "scope": "read"})
    assert page.status_code == 422
    assert "Say what the key is for" in page.text
    assert '<option selected value="read">' in page.text
    assert db.session.query(ApiKey).count() == 0


def test_only_admins_see_keys(app, company):
    accountant = Pages(app, make_user(company, Role.ACCOUNTANT).email)
    assert accountant.get("/settings/api-keys").status_code == 403
    assert accountant.get("/help/api").status_code == 200


def test_the_reference_shows_every_call_and_loads_nothing_from_elsewhere(admin):
    page = admin.get("/help/api")
    assert page.status_code == 200
    for path, methods in document()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page.text
    sources = re.findall(r'(?:src|href)="(https?:)?//', page.text)
    assert sources == []
    ids = set(re.findall(r'\bid="([^"]+)"', page.text))
    links = set(re.findall(r'href="#([^"]+)"', page.text))
    assert links <= ids

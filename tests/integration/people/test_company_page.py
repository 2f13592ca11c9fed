"""The company's own details: its brand on pages, a colour that can be read, and what is settled once it books."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portal
from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company, Role, User
from portal.services import accents
from tests.factories import make_customer, make_invoice, make_user

PATH = "/settings/company"
GIVEN = {
    "name": "Northfield Supply",
    "timezone": "America/Chicago",
    "base_currency": "usd",
    "brand_name": "Northfield",
    "accent": "1A6B45",
    "support_email": "help@northfield.example",
}
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
CSS = Path(portal.__file__).parent / "static" / "portal.css"


def test_details_are_saved_shown_and_in_the_history(company: Company, admin: User, browser_of) -> None:
    browser = browser_of(admin)
    assert browser.post(PATH, GIVEN).location == PATH
    page = browser.get(PATH).text
    assert "The company is saved." in page
    assert "<span>Northfield<small>Northfield Supply</small></span>" in page
    assert "· Northfield</title>" in page
    assert 'content="Northfield: invoices' in page
    assert 'href="mailto:help@northfield.example"' in page
    db.session.expire_all()
    assert (company.accent, company.base_currency, company.slug) == ("#1a6b45", "USD", "northfield-supply")
    entry = db.session.query(AuditEntry).filter_by(subject="company", action="edited").one()
    assert entry.after["timezone"] == "America/Chicago"
    assert "name" not in entry.after


def test_brand_is_the_companys_own(company: Company, admin: User, browser_of) -> None:
    browser_of(admin).post(PATH, GIVEN)
    other = make_user(role=Role.VIEWER)
    for page in (browser_of(other).get("/").text, browser_of().get("/login").text):
        assert "Northfield" not in page
        assert "/accent/" not in page


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "The name is missing."),
        ("name", "x" * 1_000_000, "at most 100 characters"),
        ("name", "Bell\x07", "cannot be kept"),
        ("timezone", "Mars/Base", "Not a valid choice"),
        ("base_currency", "dollars", "three letters"),
        ("accent", "blue-ish", "That is no colour."),
        ("accent", "#ffcc00", "too light to be read"),
        ("accent", "#1a6b45;} body{display:none", "That is no colour."),
        ("support_email", "help", "That is not an e-mail address."),
    ],
)
def test_what_cannot_be_saved_is_told_at_its_field(field, value, reason, company, admin, browser_of) -> None:
    answer = browser_of(admin).post(PATH, {**GIVEN, "brand_name": "New brand", field: value})
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'aria-invalid="true"' in answer.text
    db.session.expire_all()
    assert company.brand_name == ""


def test_all_faults_are_told_at_once(company: Company, admin: User, browser_of) -> None:
    answer = browser_of(admin).post(PATH, GIVEN | {"name": "", "accent": "#ffcc00", "support_email": "help"})
    assert "3 things need a change" in answer.text


def test_base_currency_changes_until_the_first_document(company: Company, admin: User, browser_of) -> None:
    browser = browser_of(admin)
    assert browser.post(PATH, GIVEN | {"base_currency": "EUR"}).status_code == 303
    make_invoice(customer=make_customer(company))
    answer = browser.post(PATH, GIVEN | {"base_currency": "USD"})
    assert answer.status_code == 422
    assert "The base currency stays EUR" in answer.text
    assert browser.post(PATH, GIVEN | {"base_currency": "eur"}).status_code == 303


def test_accent_comes_as_a_stylesheet_of_its_own_that_may_be_kept(company: Company, admin: User, browser_of) -> None:
    browser = browser_of(admin)
    browser.post(PATH, GIVEN)
    page = browser.get("/").text
    assert 'href="/accent/1a6b45.css"' in page
    assert page.index("portal.css") < page.index("/accent/")
    answer = browser_of().get("/accent/1a6b45.css")
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--accent: light-dark(#1a6b45, #" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("colour", ["ffffff", "ffcc00", "1A6B45", "123", "xyzxyz", "1a6b45;", "1a6b45aa"])
def test_only_colours_that_can_be_read_are_served(colour, app, browser_of) -> None:
    assert browser_of().get(f"/accent/{colour}.css").status_code == 404


@given(COLOURS)
def test_every_accepted_colour_can_be_read_light_and_dark(colour: str) -> None:
    if accents.fault(colour):
        assert min(accents.contrast(colour, ground) for ground in accents.LIGHT_GROUNDS) < 4.5
        return
    shades = accents.palette(colour)
    for fill in (*shades.accent, *shades.hover):
        assert accents.contrast("#ffffff", fill) >= 4.5
    light, dark = shades.link
    assert all(accents.contrast(light, ground) >= 4.5 for ground in accents.LIGHT_GROUNDS)
    assert all(accents.contrast(dark, ground) >= 4.5 for ground in (*accents.DARK_GROUNDS, shades.soft[1]))
    assert accents.contrast(shades.accent[1], accents.DARK_GROUNDS[0]) >= 3


def test_contrast_is_the_one_of_wcag() -> None:
    assert accents.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert accents.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_grounds_are_those_of_the_design_layer() -> None:
    tokens = dict(re.findall(r"--(canvas|surface|sunken): light-dark\((.+?)\);", CSS.read_text(encoding="utf-8")))
    pairs = [tuple(value.split(", ")) for value in tokens.values()]
    assert {light for light, _ in pairs} == set(accents.LIGHT_GROUNDS)
    assert {dark for _, dark in pairs} == set(accents.DARK_GROUNDS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("#2450A8", "#2450a8"),
        ("2450a8", "#2450a8"),
        (" #abc ", "#aabbcc"),
        ("red", ""),
        ("#12345", ""),
        ("#1234567", ""),
    ],
)
def test_colours_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert accents.read(typed) == read

"""The demo: a company that sells stationery, its members, and its connection to the sandbox."""

from __future__ import annotations

from flask import Flask

from portal.cli.sandbox import Sandbox
from portal.extensions import db
from portal.models.company import Company, Role
from portal.services import companies, users
from portal.services.audit import Actor

COMPANY = "Fernhill Supplies"
LOGIN = {"email": "demo@fernhill.example", "password": "fernhill-demo"}
"""Known to everybody: the demo serves on this machine only and holds made-up records."""

_MEMBERS = (
    (LOGIN["email"], Role.ADMIN, "Dana Demo"),
    ("accountant@fernhill.example", Role.ACCOUNTANT, "Alex Accountant"),
    ("viewer@fernhill.example", Role.VIEWER, "Vic Viewer"),
)
_ACTOR = Actor("demo")


def prepare(_app: Flask, _box: Sandbox) -> Company:
    """The demo company with its members, connected to the sandbox; harmless when all is there. Commits."""
    company = companies.add(COMPANY, actor=_ACTOR)
    for email, role, name in _MEMBERS:
        users.add(email, company, role, password=LOGIN["password"], name=name, actor=_ACTOR)
    db.session.commit()
    return company

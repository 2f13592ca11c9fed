"""Which problems have which cause: the guide that a problem is shown with, as a condition of the database."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, select

from portal.extensions import db
from portal.models.company import Company
from portal.models.connection import Book
from portal.models.sync import Problem
from portal.problems.catalogue import GENERAL, GUIDES


def of_guide(slug: str) -> ColumnElement[bool]:
    """Problems that `guide_for` gives this guide: named by slug, else by code, else the general one."""
    own_words = Problem.guide.not_in(list(GUIDES))
    found = or_(Problem.guide == slug, own_words & (Problem.code == slug))
    if slug == GENERAL:
        found = or_(found, own_words & Problem.code.not_in(list(GUIDES)))
    return found


def of_settings(keys: Collection[str]) -> ColumnElement[bool]:
    """Problems whose guide names one of these integration settings as what mends it."""
    slugs = [slug for slug, guide in GUIDES.items() if guide.setting and guide.setting in keys]
    return or_(Problem.guide.in_(slugs), Problem.guide.not_in(list(GUIDES)) & Problem.code.in_(slugs))


def held_up_by(company: Company, keys: Collection[str]) -> int:
    """How many records of the present book have an open problem that one of these settings may have mended."""
    query = select(func.count(Problem.id)).join(Book, Book.id == Problem.book_id)
    query = query.where(Book.company_id == company.id, Book.active, Problem.closed_at.is_(None))
    return db.session.scalar(query.where(Problem.sync_row_id.is_not(None), of_settings(keys))) or 0

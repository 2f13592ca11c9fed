"""Reads of companies, members and who may do what."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.errors import NotFound
from portal.extensions import db
from portal.models.company import Company, Membership, User


def get_company(company_id: int) -> Company:
    """The company. Raises NotFound."""
    company = db.session.get(Company, company_id)
    if company is None:
        raise NotFound("There is no such company.", field="company")
    return company


def get_company_by_slug(slug: str) -> Company:
    """The company of this slug. Raises NotFound, naming it."""
    company = db.session.scalar(select(Company).where(Company.slug == slug.strip().lower()))
    if company is None:
        raise NotFound(f"There is no company {slug}. `portal companies list` shows them all.", field="company")
    return company


def list_companies() -> list[Company]:
    """All companies, by name."""
    return list(db.session.scalars(select(Company).order_by(Company.name, Company.id)))


def companies_of(user: User) -> list[Membership]:
    """The user's memberships with their companies, by the companies' names."""
    query = (
        select(Membership)
        .join(Membership.company)
        .options(contains_eager(Membership.company))
        .where(Membership.user_id == user.id)
        .order_by(Company.name, Company.id)
    )
    return list(db.session.scalars(query))


def members(company: Company | None = None) -> list[Membership]:
    """The members of a company (of all companies without one) with their users, by e-mail address."""
    query = (
        select(Membership)
        .join(Membership.user)
        .join(Membership.company)
        .options(contains_eager(Membership.user), contains_eager(Membership.company))
        .order_by(User.email, Company.slug)
    )
    if company is not None:
        query = query.where(Membership.company_id == company.id)
    return list(db.session.scalars(query))


def get_membership(company_id: int, user_id: int) -> Membership | None:
    """What the user is in the company, None for a stranger."""
    return db.session.scalar(
        select(Membership).where(Membership.company_id == company_id, Membership.user_id == user_id)
    )

"""Reads of API keys. The company comes first; another company's key is not found."""

from __future__ import annotations

from sqlalchemy import select

from portal.errors import NotFound
from portal.extensions import db
from portal.models.access import ApiKey
from portal.models.company import Company


def get_api_key(company: Company, key_id: int) -> ApiKey:
    """The company's key, in use or revoked. Raises NotFound."""
    key = db.session.get(ApiKey, key_id)
    if key is None or key.company_id != company.id:
        raise NotFound(f"There is no API key {key_id}.", field="id")
    return key


def list_api_keys(company: Company) -> list[ApiKey]:
    """All keys of the company: those in use first, the newest first."""
    query = select(ApiKey).where(ApiKey.company_id == company.id)
    return list(db.session.scalars(query.order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())))

"""Who did what: the audit entries of a record."""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company


def history(company: Company, subject: str, subject_id: int, *, limit: int = 200) -> list[AuditEntry]:
    """The newest entries of a record ("invoice", 12), newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.company_id == company.id, AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))

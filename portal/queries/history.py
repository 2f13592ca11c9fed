"""Who did what: the audit entries of a record, and what runs of the sync did with it."""

from __future__ import annotations

from sqlalchemy import select

from portal.extensions import db
from portal.models.audit import AuditEntry
from portal.models.company import Company
from portal.models.run import Run, RunItem, RunKind
from portal.models.sync import Kind
from portal.queries.sync_records import row_of

TOLD_BY_RUNS = ("created", "updated", "applied", "reversed", "deleted", "unlinked", "linked", "problem", "unknown")
"""Outcomes that no audit entry tells: what was sent, or could not be. What came from Intacct has its own entry."""

_IMPORTS = (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)


def history(company: Company, subject: str, subject_id: int, *, limit: int = 200) -> list[AuditEntry]:
    """The newest entries of a record ("invoice", 12), newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.company_id == company.id, AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def run_items(company: Company, kind: Kind, record_id: int, *, limit: int = 100) -> list[RunItem]:
    """What runs sent of a record or could not send, newest first; nothing for one that no book of Intacct knows."""
    row = row_of(company, kind, record_id)
    if row is None:
        return []
    # A preview does nothing; what an import created or updated is here, not in Intacct, and has its own entry.
    of_import = Run.kind.in_(_IMPORTS) & RunItem.outcome.in_(("created", "updated"))
    query = (
        select(RunItem)
        .join(Run, Run.id == RunItem.run_id)
        .where(RunItem.sync_row_id == row.id, RunItem.outcome.in_(TOLD_BY_RUNS))
        .where(Run.kind != RunKind.PREVIEW, ~of_import)
    )
    return list(db.session.scalars(query.order_by(RunItem.id.desc()).limit(limit)))

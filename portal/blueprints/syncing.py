"""How documents stand with Intacct, for pages that show a column or a box of it."""

from __future__ import annotations

from collections.abc import Collection

from portal.models.company import Company
from portal.models.sync import Kind
from portal.queries.sync_states import SyncState, states
from portal.services.wanted import active_book


def states_shown(company: Company, kind: Kind, record_ids: Collection[int]) -> dict[int, SyncState] | None:
    """The state of each record by id, or None where nothing is shown: the company has no Intacct book."""
    if active_book(company.id) is None:
        return None
    return states(company, kind, record_ids)


def state_shown(company: Company, kind: Kind, record_id: int) -> SyncState | None:
    """The state of one record, or None where nothing is shown."""
    found = states_shown(company, kind, [record_id])
    return found[record_id] if found else None

"""Which records a session sees: at an entity its own and the shared ones; at top level the entities' on request.

A line or a detail row is its header's. A location is seen from its own entity; an entity sees itself.
"""

from __future__ import annotations

from collections.abc import Callable

from .objects import OBJECTS
from .store import Record, Store

# Objects without an entity of their own: the field that holds their header's key, and the header's object.
_OWNERS = {
    "ARINVOICEITEM": ("RECORDKEY", "ARINVOICE"),
    "ARADJUSTMENTITEM": ("RECORDKEY", "ARADJUSTMENT"),
    "ARADVANCEITEM": ("RECORDKEY", "ARADVANCE"),
    "ARPYMTDETAIL": ("PARENTPAYMENTKEY", "ARPYMT"),
    "SODOCUMENTENTRY": ("DOCHDRNO", "SODOCUMENT"),
    "SODOCUMENTSUBTOTALS": ("DOCHDRNO", "SODOCUMENT"),
}


def entity_of(store: Store, name: str) -> Callable[[Record], str] | None:
    """A function that gives a record's entity ('' when it is shared), or None when all of the object is shared."""
    owner = _OWNERS.get(name)
    if owner is not None:
        field, header = owner
        rows = store.table(header).rows
        return lambda row: str(rows.get(row.get(field) or 0, {}).get("MEGAENTITYID") or "")
    if name == "LOCATION":
        return lambda row: str(row.get("ENTITY") or "")
    if "MEGAENTITYID" not in OBJECTS[name].fields:
        return None
    return lambda row: str(row.get("MEGAENTITYID") or "")


def sees(store: Store, name: str, row: Record, entity: str, private: bool) -> bool:
    """Whether a session at `entity` ('' top level, where `private` shows the entities' records) sees a record."""
    return bool(visible(store, name, [row], entity, private))


def visible(store: Store, name: str, rows: list[Record], entity: str, private: bool) -> list[Record]:
    """Those of the rows that a session sees."""
    # The company's structure is known at top level without being asked for.
    if not entity and (private or name == "LOCATION"):
        return rows
    owner = entity_of(store, name)
    if owner is None:
        return rows
    return [row for row in rows if owner(row) in ("", entity)]

"""What `inspect` says of an object: the names of its fields."""

from __future__ import annotations

from .results import Result


def field_names(result: Result) -> frozenset[str]:
    """The fields that the answer lists, whether or not it was asked for their details; none where it lists none."""
    if result.data is None:
        return frozenset()
    plain = (field.text for field in result.data.iter("Field") if not len(field))
    detailed = (field.findtext("Name") for field in result.data.iter("Field") if len(field))
    return frozenset(name.strip().upper() for name in (*plain, *detailed) if name and name.strip())

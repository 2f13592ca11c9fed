"""Runs of fields that many objects share, in the notation of `model.fields`."""

from __future__ import annotations

_SAVED = "WHENMODIFIED:t CREATEDBY:i MODIFIEDBY:i MEGAENTITYKEY:i MEGAENTITYID MEGAENTITYNAME RECORD_URL"
MASTER = " WHENCREATED:t " + _SAVED
AUDIT = " AUWHENCREATED:t " + _SAVED
DIMENSIONS = "".join(
    f" {name}DIMKEY:i {name}ID {name}NAME"
    for name in ("CLASS", "CUSTOMER", "VENDOR", "EMPLOYEE", "ITEM", "PROJECT", "CONTRACT", "TASK", "WAREHOUSE")
)

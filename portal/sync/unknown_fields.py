"""Which field Intacct does not know: the codes and texts of its answer differ, so the object itself is asked."""

from __future__ import annotations

from portal.intacct import functions
from portal.intacct.errors import IntacctError, UnknownField
from portal.intacct.gateway import Call
from portal.intacct.inspection import field_names
from portal.services.integration_rows import OBJECTS, CustomField
from portal.sync.context import RunContext

STAYS = "What was stored stays; nothing else was read or sent."


def told(ctx: RunContext, error: UnknownField) -> str:
    """Names the custom fields of the settings that Intacct does not have, or all of them where that cannot be told."""
    if not ctx.choices.custom_fields:
        return f"Intacct does not know a field that was asked for: {error.text.rstrip('.')}. {STAYS}"
    missing = [field for field in ctx.choices.custom_fields if not _has(ctx, field)]
    if not missing:
        listed = ", ".join(f"{field.object} {field.field}" for field in ctx.choices.custom_fields)
        return (
            f"Intacct does not know a field that was asked for: {error.text.rstrip('.')}. {STAYS} The custom fields of"
            f" the settings are {listed}: correct the one that is meant, then start again."
        )
    named = " and ".join(f"{field.field} of {OBJECTS.get(field.object, field.object)}" for field in missing)
    return (
        f"Intacct has no field {named}. {STAYS} Correct or remove it under custom fields in the integration settings,"
        " then start again."
    )


def _has(ctx: RunContext, field: CustomField) -> bool:
    """Whether the object has the field; a gateway that does not answer leaves it in doubt, and so not accused."""
    try:
        (result,) = ctx.read([Call("inspect", functions.inspect(field.object, detail=False))])
    except IntacctError:
        return True
    known = field_names(result) if result.error is None else frozenset()
    return not known or field.field.upper() in known

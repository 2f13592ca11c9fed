"""From a failure of Intacct's to the guide that helps, and to a sentence that names the record."""

from __future__ import annotations

from portal.intacct import errors
from portal.models.sync import Kind

_GUIDES: tuple[tuple[type[errors.IntacctError], str], ...] = (
    (errors.BatchKeyMissing, "payment_batch_key"),
    (errors.PeriodClosed, "closed_period"),
    (errors.DimensionError, "dimension"),
    (errors.PermissionRefused, "permission_missing"),
    (errors.Stale, "over_application"),
    (errors.UnknownField, "unknown_field"),
    (errors.NotFound, "gone_there"),
    (errors.Duplicate, "number_taken"),
    (errors.SchemaError, "schema"),
    (errors.EntityError, "entity_not_allowed"),
    (errors.ControlIdUsed, "cannot_tell"),
)

_PHRASES: tuple[tuple[str, str], ...] = (
    ("undeposited fund", "undeposited_foreign"),
    ("inactive", "inactive_customer"),
    ("illegal format for contactversion", "email_refused"),
    ("associated to the bank account", "bank_account_on_line"),
    ("only by entity owners", "other_entity"),
    ("entity-restricted user", "other_entity"),
    ("enable foreign-currency transactions", "foreign_currency"),
    ("demo company and has expired", "company_expired"),
)


def guide_of(error: errors.IntacctError) -> str:
    """The slug of the guide for a function that Intacct refused; `refused` for what no guide knows."""
    lowered = error.text.casefold()
    for phrase, slug in _PHRASES:
        if phrase in lowered:
            return slug
    for kind, slug in _GUIDES:
        if isinstance(error, kind):
            return slug
    return "refused"


def told(error: errors.IntacctError, kind: Kind, number: str) -> tuple[str, str]:
    """(guide, sentence) for a refused record: whose it is, Intacct's own words, and that nothing was posted."""
    named = f"{kind.value.replace('_', ' ')} {number}".strip()
    return guide_of(error), f"Intacct refused {named}: {error.text.rstrip('.')}. Nothing of it was posted."

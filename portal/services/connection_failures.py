"""What a person is told when Intacct cannot be asked: what happened, that nothing was saved, what to do."""

from __future__ import annotations

from urllib.parse import urlsplit

from portal.errors import InvalidInput, PortalError
from portal.extensions import settings
from portal.intacct import errors
from portal.services.connection_rights import Right
from portal.services.turns import NoTurn

_AGAIN = "Nothing was saved. Try again in some minutes."

# The error's class, a stable code, the field at fault ("" when no typed value is), and the words.
_WORDS: tuple[tuple[type[errors.IntacctError], str, str, str], ...] = (
    (
        errors.CredentialsError, "credentials", "password",
        "Intacct does not know this company ID, username or password (401). Nothing was saved. Check all three: the"
        " username is that of an active Web Services user, and its password may have expired.",
    ),
    (
        errors.SenderNotAuthorised, "sender_not_authorised", "company_id",
        "The Intacct company {company} does not let the sender ID {sender} in. Nothing was saved. In Intacct, open"
        " Company, Company info, Security, Web Services authorizations, add {sender}, then connect again.",
    ),
    (
        errors.EntityError, "entity_not_allowed", "entity_id",
        "Intacct does not know the entity “{entity}”, or does not let this user into it. Nothing was saved. Write the"
        " entity's ID as Intacct's list of entities shows it, or leave it empty to work at the top level.",
    ),
    (
        errors.SenderAuthError, "sender", "",
        "Intacct refused this portal's own sender ID {sender} or its password. Nothing was saved. Whoever runs the"
        " portal has to correct INTACCT_SENDER_ID and INTACCT_SENDER_PASSWORD.",
    ),
    (
        errors.ConnectFailed, "unreachable", "",
        "Intacct could not be reached at {host}. Nothing was saved. Check that this portal's machine gets there, then"
        " try again.",
    ),
    (errors.NoReply, "no_reply", "", "Intacct did not answer in time. " + _AGAIN),
    (errors.Maintenance, "maintenance", "", "Intacct is off-line for maintenance. " + _AGAIN),
    (
        NoTurn, "own_requests", "",
        "Other work of this portal has both places at this Intacct company now (Intacct takes two requests at once),"
        " and Intacct was not asked. " + _AGAIN,
    ),
    (errors.Throttled, "throttled", "", "Intacct takes no more calls just now (429). " + _AGAIN),
    (errors.BadReply, "bad_reply", "", "Intacct answered with something that is no answer{status}. " + _AGAIN),
    (
        errors.EndpointRefused, "endpoint", "",
        "Intacct named an address to call that is not its own, and it was not called. Nothing was saved. Whoever runs"
        " the portal has to check INTACCT_URL.",
    ),
)  # fmt: skip


def told(error: errors.IntacctError, *, company_id: str, entity_id: str) -> PortalError:
    """The failure for people: InvalidInput naming the field at fault, PortalError where no typed value is."""
    own = settings()
    values = {
        "company": company_id,
        "entity": entity_id,
        "sender": own.intacct_sender_id,
        "host": urlsplit(own.intacct_url).netloc,
        "status": f" (HTTP {error.http_status})" if error.http_status else "",
    }
    for kind, code, field, words in _WORDS:
        if isinstance(error, kind):
            return _failure(code, field, words.format(**values))
    said = f"Intacct said{values['status']}: {error.text.rstrip('.')}. {_AGAIN}"
    return PortalError(said, code="intacct")


def right_missing(right: Right) -> InvalidInput:
    """The refusal of a user whose role lacks an essential right."""
    return InvalidInput(
        f"Intacct does not let this user {right.label[0].lower()}{right.label[1:]}. {right.costs} Nothing was saved."
        f" {right.grant} Then connect again.",
        field="user_id",
        code="permission_missing",
    )


def _failure(code: str, field: str, text: str) -> PortalError:
    return InvalidInput(text, field=field, code=code) if field else PortalError(text, code=code)

"""What a person is told when Intacct cannot be worked with at all: the run ends with these words."""

from __future__ import annotations

from portal.intacct import errors
from portal.services.turns import NoTurn

GOES_ON = "What was stored stays; the next sync goes on from there."


def described(error: errors.IntacctError, sender_id: str) -> tuple[str, str]:
    """(code, text) for an error that ends a step or a run. Holds no secret."""
    for kind, code, text in _WORDS:
        if isinstance(error, kind):
            return code, text.format(text=error.text.rstrip("."), sender=sender_id, status=error.http_status or "")
    return "intacct", f"Intacct said: {error.text.rstrip('.')}. {GOES_ON}"


_WORDS: tuple[tuple[type[errors.IntacctError], str, str], ...] = (
    (
        errors.CredentialsError,
        "credentials",
        "Intacct does not know this company ID, username or password (401). Nothing was sent. Enter the password again"
        " in Settings, Integrations.",
    ),
    (
        errors.SenderAuthError,
        "sender",
        "Intacct refused this portal's own sender ID {sender} or its password. Nothing was sent. The operator of the"
        " portal has to correct INTACCT_SENDER_ID and INTACCT_SENDER_PASSWORD.",
    ),
    (
        errors.SenderNotAuthorised,
        "sender_not_authorised",
        "The Intacct company does not allow the sender ID {sender}. Nothing was sent. In Intacct, open Company,"
        " Security, Web Services authorizations, and add {sender}.",
    ),
    (
        errors.EndpointRefused,
        "endpoint_refused",
        "Intacct's reply named an address that is none of Intacct's, and the portal does not go there. Nothing was"
        " sent. Try again; if it stays so, whoever runs the portal has to look at INTACCT_URL and at any proxy.",
    ),
    (
        errors.EntityError,
        "entity_not_allowed",
        "Intacct does not let this user into the chosen entity: {text}. Nothing was sent.",
    ),
    (errors.SessionExpired, "session_expired", "Intacct ended the session twice in a row. " + GOES_ON),
    (
        errors.Maintenance,
        "maintenance",
        "Intacct is off-line for maintenance. Nothing was lost. " + GOES_ON,
    ),
    (
        NoTurn,
        "own_requests",
        "Other work of this portal had both places at this Intacct company all the time (Intacct takes two requests at"
        " once), so this run stopped. Nothing was lost, and there is nothing to do. " + GOES_ON,
    ),
    (
        errors.Throttled,
        "throttled",
        "Intacct takes no more calls just now (429). Nothing was lost. " + GOES_ON,
    ),
    (
        errors.ConnectFailed,
        "unreachable",
        "Intacct could not be reached. Nothing was sent. " + GOES_ON,
    ),
    (errors.TooLate, "too_late", "This worker was too slow to send what it had prepared. Nothing was sent. " + GOES_ON),
    (
        errors.NoReply,
        "no_reply",
        "Intacct did not answer. It is not known yet what it did with the last records sent; the portal looks again by"
        " itself, and nothing is sent twice. " + GOES_ON,
    ),
    (
        errors.BadReply,
        "bad_reply",
        "Intacct's answer could not be read ({text}). The portal looks again by itself, and nothing is sent twice. "
        + GOES_ON,
    ),
    (
        errors.PermissionRefused,
        "permission_missing",
        "The Intacct user lacks a right: {text}. Give its role Accounts Receivable (all) and General Ledger (read) in"
        " Intacct, then sync again. " + GOES_ON,
    ),
)

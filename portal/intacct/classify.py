"""From the errors of a reply to one failure: which class, which sentence, and whether anything may have run.

One code carries many texts (XL03000006, BL01001973), so a rule matches level, code and a distinctive phrase.
Most texts are seen in the field rather than documented; an unknown one becomes a `GatewayError` with its words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import errors as e
from .errors import Action, Executed, GatewayError, GatewayMessage, IntacctError, Level

ROLLED_BACK = "XL03000009"
_SUPPORT_ID = re.compile(r"\s*\[Support ID:[^\]]*\]")
# Sentences that only say that the sentence before them happened.
_WRAPPER = re.compile(
    r"(could not (create|update|save|delete|reverse|post|apply)\b.*|error while saving\b.*"
    r"|currently, we can't (create|update|delete|save)\b.*|error|there was an error processing the request\.?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Where:
    """What is known of the request beside its errors."""

    level: Level
    http_status: int = 200
    writing: bool = False
    in_session: bool = False
    # A dead session is answered with an authentication whose user is empty.
    nameless: bool = False


@dataclass(frozen=True)
class Rule:
    """`kind` for a message with this code (any, when empty) and phrase, at one of these levels (any, when empty)."""

    kind: type[GatewayError]
    phrase: str = ""
    code: str = ""
    levels: frozenset[Level] = frozenset()

    def fits(self, message: GatewayMessage, level: Level) -> bool:
        """Whether this rule is about `message`, found at `level`."""
        if self.levels and level not in self.levels:
            return False
        if self.code and self.code != message.errorno:
            return False
        return re.search(self.phrase, _all_text(message), re.IGNORECASE) is not None


_ENVELOPE = frozenset({Level.HTTP, Level.CONTROL, Level.AUTHENTICATION})
_HTTP = frozenset({Level.HTTP})

# Tried in this order on each message; the first that fits decides.
RULES = (
    Rule(e.Duplicate, r"transaction with the number .* already exists"),
    Rule(e.ControlIdUsed, r"control ?id\b.*\b(already|previously|duplicate|used|unique)|duplicate control ?id"),
    Rule(e.Throttled, code="GW-0010"),
    Rule(e.Throttled, r"rate limit exceeded"),
    Rule(e.Maintenance, r"service is temporarily off-?line|(down for|undergoing) .*maintenance"),
    Rule(e.SenderAuthError, r"partner id or password", levels=_ENVELOPE),
    Rule(e.SenderNotAuthorised, r"invalid web services authorization|sender id .* is not authorized"),
    Rule(e.SenderNotAuthorised, r"not authorized for xml transactions", levels=_ENVELOPE),
    Rule(e.SessionExpired, r"invalid session|session .*(expired|timed out|no longer valid)", code="XL03000006"),
    Rule(e.SessionExpired, code="invalidRequest", levels=_HTTP),
    Rule(e.CredentialsError, code="XMLGW_JPP0002"),
    Rule(e.CredentialsError, r"sign-in information is incorrect", levels=_ENVELOPE),
    Rule(e.EntityError, r"location|entity", levels=frozenset({Level.AUTHENTICATION})),
    Rule(e.SchemaError, code="XL03000003", levels=_ENVELOPE),
    Rule(e.SchemaError, code="GW-0011", levels=_ENVELOPE),
    Rule(e.RolledBack, code=ROLLED_BACK),
    Rule(e.UnknownField, r"fields cannot be queried|field requested is not valid", code="XL03000006"),
    Rule(e.UnknownField, r"fields cannot be queried|field requested is not valid", code="XL03000010"),
    Rule(e.UnknownField, code="DL02000001"),
    Rule(e.UnknownField, r"invalid fields list|could not find field|object definition \S+ not found"),
    Rule(e.PermissionRefused, code="PL04000005"),
    Rule(e.PermissionRefused, r"(do not|don't) have permission"),
    Rule(e.NotFound, code="DL03000005"),
    Rule(e.NotFound, r"with recordno = .* does not exist|cannot find \w+ with key|can't find this transaction"),
    Rule(e.BatchKeyMissing, r"provide a payment batch key"),
    Rule(e.PeriodClosed, r"periods? (is|are) closed|within a period that's been closed|closed period"),
    Rule(e.Stale, code="BL03000215"),
    Rule(e.Stale, r"already paid|there is no due on|exceeds (the )?(total amount due|credit available|unapplied)"),
    Rule(e.Duplicate, code="BL34000061"),
    Rule(e.Duplicate, code="PL05000104"),
    Rule(e.Duplicate, r"already exists"),
    Rule(
        e.DimensionError,
        r"^invalid .+ specified|enter an account number on line|no specified (location|department)",
    ),
    Rule(e.DimensionError, r"(location|department|project|customer|vendor|employee|item|class)\b.{0,60}\brequired"),
    Rule(e.DimensionError, r"project's customer is not"),
    Rule(e.Throttled, r"(please )?try again later"),
)


def messages_of(error_message: Any, redact: Callable[[str], str]) -> tuple[GatewayMessage, ...]:
    """The errors of an `errormessage` as zeep typed it (None: no errors), in their order, without our secrets."""
    if error_message is None:
        return ()
    return tuple(_message(error, redact) for error in error_message.error)


def failure(messages: Sequence[GatewayMessage], where: Where) -> GatewayError:
    """The failure that `messages` (specific first, wrappers after) amount to."""
    kind, decisive = _kind(messages, where)
    executed = _executed(kind, where)
    return kind(
        _sentence(messages) or f"Intacct refused the request without a reason (HTTP {where.http_status}).",
        code=decisive.errorno if decisive else f"HTTP {where.http_status}",
        level=where.level,
        errors=messages,
        http_status=where.http_status,
        executed=executed,
        action=_action(kind, executed, where),
    )


def _message(error: Any, redact: Callable[[str], str]) -> GatewayMessage:
    def clean(text: str | None) -> str:
        return redact(_SUPPORT_ID.sub("", html.unescape(text or "")).strip())

    return GatewayMessage(
        clean(error.errorno), clean(error.description), clean(error.description2), clean(error.correction)
    )


def _kind(messages: Sequence[GatewayMessage], where: Where) -> tuple[type[GatewayError], GatewayMessage | None]:
    own = [message for message in messages if message.errorno != ROLLED_BACK] or list(messages)
    for message in own:
        for rule in RULES:
            if rule.fits(message, where.level):
                return _seen_from(rule.kind, where), message
    decisive = own[0] if own else None
    return _by_status(where), decisive


def _seen_from(kind: type[GatewayError], where: Where) -> type[GatewayError]:
    if kind is e.EntityError and where.nameless:
        return e.SessionExpired
    if kind is e.SessionExpired and not where.in_session:
        return e.CredentialsError
    return kind


def _by_status(where: Where) -> type[GatewayError]:
    """The class of a failure whose texts no rule knows."""
    if where.http_status == 401:
        return e.CredentialsError
    if where.http_status == 429:
        return e.Throttled
    if where.http_status == 400:
        return e.SchemaError
    return e.SessionExpired if where.nameless else GatewayError


def _executed(kind: type[GatewayError], where: Where) -> Executed:
    if kind.usual_outcome != "refused":
        return kind.usual_outcome
    if where.level is Level.FUNCTION:
        return "refused"
    # A fault at the edge may have come after the work was done.
    return "unknown" if where.http_status >= 500 else "no"


def _action(kind: type[GatewayError], executed: Executed, where: Where) -> Action:
    if executed == "unknown":
        return Action.UNKNOWN_OUTCOME if where.writing else Action.RETRY_LATER
    return kind.usual_action


def _sentence(messages: Sequence[GatewayMessage]) -> str:
    """The most specific text of a chain: wrappers and the roll-back notice count only when there is nothing else."""
    sentences = [_own_text(message) for message in messages if message.errorno != ROLLED_BACK]
    sentences += [_own_text(message) for message in messages if message.errorno == ROLLED_BACK]
    said = [sentence for sentence in sentences if sentence]
    return next((text for text in said if not _WRAPPER.fullmatch(text)), said[0] if said else "")


def _own_text(message: GatewayMessage) -> str:
    """A message's sentence: in system failures the place of the number holds it."""
    prose = message.errorno if " " in message.errorno else ""
    return message.description2 or prose or message.description or message.correction


def _all_text(message: GatewayMessage) -> str:
    parts = (message.description2, message.description, message.correction, message.errorno)
    return "\n".join(part for part in parts if part)


def unread(text: str, status: int | None, *, writing: bool, executed: Executed | None = None) -> IntacctError:
    """The failure of a reply that is not the gateway's; 400, 401 and 429 are refusals whatever their body."""
    if status in (400, 401, 429):
        return failure((), Where(Level.HTTP, status, writing))
    action = Action.UNKNOWN_OUTCOME if writing else Action.RETRY_LATER
    code = f"HTTP {status}" if status and status >= 300 else "reply"
    return e.BadReply(text, code=code, http_status=status, action=action, executed=executed)

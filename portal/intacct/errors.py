"""Every way in which a call can fail, with Intacct's own words and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

# "no": certain that nothing of it ran. "refused": it ran into a permanent failure. "unknown": it may have run.
Executed = Literal["no", "unknown", "refused"]


class Action(StrEnum):
    """What may be done after a failure."""

    RETRY_LATER = "retry_later"
    SIGN_IN_AGAIN = "sign_in_again"
    FIX_AND_RETRY = "fix_and_retry"
    UNKNOWN_OUTCOME = "unknown_outcome"


class Level(StrEnum):
    """Where a failure was found, from the wire inwards."""

    TRANSPORT = "transport"
    HTTP = "http"
    CONTROL = "control"
    AUTHENTICATION = "authentication"
    FUNCTION = "function"


@dataclass(frozen=True)
class GatewayMessage:
    """One `error` of a reply, its texts as people may read them (entities resolved, support id taken off)."""

    errorno: str = ""
    description: str = ""
    description2: str = ""
    correction: str = ""


class IntacctError(Exception):
    """A failed call: `code` and `text` say what, `level` where, `action` and `executed` what follows from it."""

    usual_action: ClassVar[Action] = Action.FIX_AND_RETRY
    usual_level: ClassVar[Level] = Level.FUNCTION
    usual_outcome: ClassVar[Executed] = "refused"

    def __init__(
        self,
        text: str,
        *,
        code: str = "",
        level: Level | None = None,
        errors: Sequence[GatewayMessage] = (),
        http_status: int | None = None,
        executed: Executed | None = None,
        action: Action | None = None,
    ) -> None:
        self.text = text
        self.code = code
        self.level = level or self.usual_level
        self.errors = tuple(errors)
        self.http_status = http_status
        self.executed: Executed = executed or self.usual_outcome
        self.action = action or self.usual_action
        super().__init__(f"{code}: {text}" if code else text)


class GatewayError(IntacctError):
    """A failure without a class of its own."""


class SenderAuthError(GatewayError):
    """The sender ID or its password is wrong: the install's setting, not the company's."""


class CredentialsError(GatewayError):
    """Company, user or password is wrong, or the user is locked."""


class SenderNotAuthorised(GatewayError):
    """The company does not allow this sender ID in its Web Services authorizations."""


class SessionExpired(GatewayError):
    """The session is dead; the same request may go again in a new one."""

    usual_action = Action.SIGN_IN_AGAIN
    usual_outcome = "no"


class EntityError(GatewayError):
    """The entity is unknown, or closed to this user."""


class EndpointRefused(GatewayError):
    """A reply named an address that is not Intacct's: it is never called."""

    usual_level = Level.TRANSPORT
    usual_outcome = "no"


class SchemaError(GatewayError):
    """The request as a whole was refused as malformed."""


class PermissionRefused(GatewayError):
    """The user's role lacks a permission."""


class UnknownField(GatewayError):
    """A field or object does not exist in this company, or is not licensed."""


class NotFound(GatewayError):
    """No record has this key."""


class Duplicate(GatewayError):
    """Another record has this number, ID or name."""


class BatchKeyMissing(GatewayError):
    """The company files payments in summaries that users choose, and none was named."""


class PeriodClosed(GatewayError):
    """The date lies in a closed period."""


class DimensionError(GatewayError):
    """A location, department, account or other dimension is missing, unknown or does not fit."""


class Stale(GatewayError):
    """The record has changed there: paid, or less due than is to be paid."""


class RolledBack(GatewayError):
    """Another function of the same transaction failed, so nothing of it remains."""

    usual_outcome = "no"


class ControlIdUsed(GatewayError):
    """Intacct has seen this control id before: whether it did the work must be looked up."""

    usual_action = Action.UNKNOWN_OUTCOME
    usual_outcome = "unknown"


class Throttled(GatewayError):
    """Too many calls, or "try again later"."""

    usual_action = Action.RETRY_LATER
    usual_outcome = "no"


class Maintenance(Throttled):
    """Intacct is off-line for a while."""


class ConnectFailed(IntacctError):
    """The connection was never opened; nothing was sent."""

    usual_action = Action.RETRY_LATER
    usual_level = Level.TRANSPORT
    usual_outcome = "no"


class TooLate(IntacctError):
    """The moment before which the request had to leave has passed; it was not sent."""

    usual_action = Action.RETRY_LATER
    usual_level = Level.TRANSPORT
    usual_outcome = "no"


class NoReply(IntacctError):
    """Something was sent and no whole answer came back."""

    usual_action = Action.UNKNOWN_OUTCOME
    usual_level = Level.TRANSPORT
    usual_outcome = "unknown"


class BadReply(IntacctError):
    """An answer came that is not the gateway's: a fault page, cut or foreign XML."""

    usual_action = Action.UNKNOWN_OUTCOME
    usual_level = Level.HTTP
    usual_outcome = "unknown"

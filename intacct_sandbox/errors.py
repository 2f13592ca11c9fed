"""The three levels at which the gateway refuses a request, and the error elements that it then shows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

BUSINESS = "BL01001973"
SIGN_IN = "XL03000006"
SCHEMA = "XL03000003"
ROLLED_BACK = "XL03000009"


@dataclass(frozen=True)
class GatewayError:
    """One `error` element: code, short text, long text, and what to do about it."""

    errorno: str
    description2: str = ""
    correction: str = ""
    description: str = ""


class Refusal(Exception):
    """Something the gateway will not do; `errors` run from the specific cause to its wrappers."""

    def __init__(self, *errors: GatewayError) -> None:
        super().__init__(errors[0].description2 or errors[0].errorno)
        self.errors = errors


class ControlRefusal(Refusal):
    """The whole request is refused: sender, schema, policy, maintenance."""


class AuthenticationRefusal(Refusal):
    """Nobody is signed in: `user_id` and `company_id` are what the reply names (empty for a session)."""

    def __init__(self, *errors: GatewayError, user_id: str = "", company_id: str = "") -> None:
        super().__init__(*errors)
        self.user_id = user_id
        self.company_id = company_id


class FunctionRefusal(Refusal):
    """One function failed; `made` holds what a partly done `create` had made before."""

    def __init__(self, *errors: GatewayError, made: list[str] | None = None) -> None:
        super().__init__(*errors)
        self.made = made


class HttpRefusal(Refusal):
    """Refused at the edge, before the gateway itself: an HTTP status beside the error."""

    def __init__(self, status: int, *errors: GatewayError) -> None:
        super().__init__(*errors)
        self.status = status


def support_id() -> str:
    """A support id as Intacct shows it at the end of a text."""
    return f"[Support ID: {secrets.token_hex(3)}%7E{secrets.token_hex(4)}]"


def business(text: str, correction: str = "", code: str = BUSINESS) -> FunctionRefusal:
    """A function-level failure with one error."""
    return FunctionRefusal(GatewayError(code, text, correction))


def wrapped(refusal: FunctionRefusal, noun: str, verb: str = "create") -> FunctionRefusal:
    """The same failure followed by the wrapper that Intacct puts behind the specific cause."""
    wrapper = GatewayError(BUSINESS, f"Could not {verb} {noun} record! {support_id()}")
    return FunctionRefusal(*refusal.errors, wrapper, made=refusal.made)


def schema_refusal(*findings: str) -> ControlRefusal:
    """The request does not fit the schema: one error for each finding, for the whole request."""
    return ControlRefusal(*(GatewayError(SCHEMA, f"XML Parse schema error: {text}") for text in findings))


def processing_error() -> FunctionRefusal:
    """What readByQuery says of a field that it does not know: the field stays unnamed."""
    return FunctionRefusal(
        GatewayError("DL02000001", "There was an error processing the request.", description="Error")
    )

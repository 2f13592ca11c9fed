"""Errors that carry text for people: what happened, what was not done, what to do next."""

from __future__ import annotations


class PortalError(Exception):
    """Something a person can act on. `code` is stable for scripts; `field` names the input at fault, if one is."""

    code = "failed"
    http_status = 400

    def __init__(self, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code


class InvalidInput(PortalError):
    """A value that cannot be taken. Nothing was saved."""

    code = "invalid"
    http_status = 422

    def __init__(self, message: str, *, field: str = "", code: str = "", more: tuple[InvalidInput, ...] = ()) -> None:
        super().__init__(message, field=field, code=code)
        self.all: tuple[InvalidInput, ...] = (self, *more)
        """Every fault found in the same input, this one first, so that a form can show all at once."""


class NotFound(PortalError):
    """No such record in this company (another company's records are not found either)."""

    code = "not_found"
    http_status = 404


class NotAllowedNow(PortalError):
    """The record's state forbids it: applying more than is left, editing a void document, a stale page."""

    code = "not_allowed_now"
    http_status = 409


class Forbidden(PortalError):
    """The member's role does not include this."""

    code = "forbidden"
    http_status = 403


class Misused(PortalError):
    """A command called with a bad option, key or value."""

    code = "misused"


class Busy(PortalError):
    """Another run holds the book; `run_id` says which."""

    code = "busy"
    http_status = 409

    def __init__(self, message: str, *, run_id: int) -> None:
        super().__init__(message)
        self.run_id = run_id

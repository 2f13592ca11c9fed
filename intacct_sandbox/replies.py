"""A reply on its way: status, type, bytes, and how it is to be delivered."""

from __future__ import annotations

from dataclasses import dataclass

from .envelope import Control
from .errors import AuthenticationRefusal, GatewayError, Refusal
from .render import CONTENT_TYPE, control_block, document, element, errors_block

_PAGES = {
    500: "Internal Server Error",
    502: "Bad gateway",
    503: "Service Unavailable",
    524: "A timeout occurred",
}


@dataclass
class Reply:
    """What a client is to get. `delivery` is `send`, `drop` for a connection closed without a reply, or `cut` for one
    that is closed in the middle of it."""

    status: int
    body: bytes
    content_type: str = CONTENT_TYPE
    delivery: str = "send"
    delay: float = 0.0


def html(status: int) -> Reply:
    """A page of the content network in front of the gateway, not XML."""
    title = _PAGES[status]
    page = (
        f"<!DOCTYPE html><html><head><title>{status}: {title}</title></head>"
        f'<body><div class="cf-error-details"><h1>Error {status}</h1><p>{title}</p></div></body></html>'
    )
    return Reply(status, page.encode(), "text/html; charset=UTF-8")


def edge(status: int, *errors: GatewayError) -> Reply:
    """Refused at the edge: a control block that holds only its status."""
    inside = f"<control>{element('status', 'failure')}</control>{errors_block(errors)}"
    return Reply(status, document(inside))


def dropped() -> Reply:
    """A connection closed without a reply."""
    return Reply(0, b"", delivery="drop")


def control_failure(control: Control, refusal: Refusal) -> Reply:
    """The whole request refused: no operation."""
    inside = control_block(control, "failure") + errors_block(refusal.errors)
    return Reply(200, document(inside, control.indented))


def authentication_failure(control: Control, refusal: AuthenticationRefusal) -> Reply:
    """Nobody signed in: the error is a child of the operation, and there is no result."""
    who = element("userid", refusal.user_id) + element("companyid", refusal.company_id)
    block = f"<authentication>{element('status', 'failure')}{who}</authentication>"
    inside = f"{control_block(control)}<operation>{block}{errors_block(refusal.errors)}</operation>"
    return Reply(200, document(inside, control.indented))

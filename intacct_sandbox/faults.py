"""Faults on request: which calls are hit, and what happens to them.

`when` is a function's name (`create_invoice`, `create`, `query`, `getAPISession`), or `any`; or an object such as
`{"function": "create_invoice", "invoiceno": "INV-7"}`, where `function` may be left out, `object` is the object that a
generic function names, and every other key is an element (in any case) somewhere inside the function, or one of its
attributes, with that text; `"skip": n` lets the first n matches pass.

`times` is how many matches are hit (1 if left out; 0 for every one).

`what`, with further keys where they say so:

    401 400 429 500        refused at the edge, not executed (400 is GW-0011, 429 is GW-0010)
    502_html 503_html      an HTML page, not executed
    524_late               an HTML page with status 524 at once; executed before the reply, or `late_seconds` later
    slow                   executed; the reply comes after `seconds`
    truncated              executed; the reply is cut in its middle
    cut_off                executed; the connection ends in the middle of the reply
    two_roots              executed; the reply holds two root elements
    dropped_before         the connection is closed, not executed
    reply_lost             executed, then the connection is closed without a reply
    held_before            not executed until `POST /_control/release` (or `seconds` later; 60 if left out)
    held_after             executed; its reply waits likewise
    session_expired        the session is dead from now on (a request that signs in by itself is let through)
    maintenance            "The Service is Temporarily Off-line" (`level`: control or function; control if left out)
    try_again_later        a correction that says so (`level` likewise)
    rate_limit_text        a 200 body with "API rate limit exceeded" (`level` likewise; function if left out)
    function_error         this function fails with `errorno` and `text` (and `correction`), not executed
    schema_error           the whole request is refused as not fitting the schema
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .envelope import Element
from .errors import SCHEMA, GatewayError

WHATS = {
    "401",
    "400",
    "429",
    "500",
    "502_html",
    "503_html",
    "524_late",
    "slow",
    "truncated",
    "cut_off",
    "two_roots",
    "dropped_before",
    "reply_lost",
    "held_before",
    "held_after",
    "session_expired",
    "maintenance",
    "try_again_later",
    "rate_limit_text",
    "function_error",
    "schema_error",
}
_TEXTS = {
    "maintenance": GatewayError("BL01001973", "The Service is Temporarily Off-line"),
    "try_again_later": GatewayError("BL01001973", "The request could not be processed.", "Please Try Again Later"),
    "rate_limit_text": GatewayError("GW-0010", "API rate limit exceeded"),
    "schema_error": GatewayError(SCHEMA, "XML Parse schema error: Element: This element is not expected."),
}


@dataclass
class Fault:
    """One order to misbehave, with what is left of it."""

    when: dict[str, str]
    what: str
    times: int = 1
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    @property
    def level(self) -> str:
        """Where a textual fault shows: in the control block or in the function's result."""
        default = "function" if self.what in ("rate_limit_text", "function_error") else "control"
        return str(self.options.get("level", default))

    @property
    def inside_result(self) -> bool:
        """Whether only the matched function fails, not the whole request."""
        return self.what == "function_error" or (self.what in _TEXTS and self.level == "function")

    def error(self) -> GatewayError:
        """The error element that a textual fault shows."""
        if self.what == "function_error":
            get = self.options.get
            return GatewayError(
                str(get("errorno", "BL01001973")), str(get("text", "Fault on request.")), str(get("correction", ""))
            )
        return _TEXTS[self.what]

    def fits(self, function: Element) -> bool:
        """Whether this fault is meant for a function element."""
        name = self.when.get("function", "any")
        if name not in ("any", str(function.tag)):
            return False
        wanted = {key: value for key, value in self.when.items() if key != "function"}
        return all(_holds(function, key, value) for key, value in wanted.items())

    def hit(self) -> bool:
        """Count one match; False while it is to be let through or when the fault is used up."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times and self.hits >= self.times:
            return False
        self.hits += 1
        return True

    @property
    def spent(self) -> bool:
        """Whether every hit has been had."""
        return bool(self.times) and self.hits >= self.times


def _holds(function: Element, key: str, value: str) -> bool:
    if key == "object":
        named = [node.text or "" for node in function.iter("object")] + [str(child.tag) for child in function]
        return value.upper() in {text.strip().upper() for text in named}
    if function.get(key) == value:
        return True
    return any(
        str(node.tag).lower() == key.lower() and (node.text or "").strip() == value
        for node in function.iter()
        if isinstance(node.tag, str)
    )


def read_fault(order: dict[str, Any]) -> Fault:
    """A fault from its JSON form; ValueError says what is wrong with it."""
    options = dict(order)
    when, what = options.pop("when", "any"), str(options.pop("what", ""))
    if what not in WHATS:
        raise ValueError(f"unknown fault {what!r}; known: {', '.join(sorted(WHATS))}")
    place = {"function": when} if isinstance(when, str) else {key: str(value) for key, value in when.items()}
    skip = int(place.pop("skip", 0)) or int(options.pop("skip", 0))
    times = options.pop("times", 1)
    return Fault(place, what, int(times) if times else 0, skip, options)


class Faults:
    """The faults that are ordered, in order: the first that fits and is not spent is the one."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def order(self, orders: list[dict[str, Any]]) -> None:
        """Add faults; an empty list clears all."""
        read = [read_fault(order) for order in orders]
        self.ordered = [*self.ordered, *read] if read else []

    def for_request(self, functions: list[Element]) -> Fault | None:
        """The fault that hits a request as a whole, if any of its functions is meant."""
        for fault in self._alive():
            if not fault.inside_result and self._meant(fault, functions) and fault.hit():
                return fault
        return None

    @staticmethod
    def _meant(fault: Fault, functions: list[Element]) -> bool:
        if not functions:
            return fault.when == {"function": "any"}
        return any(fault.fits(function) for function in functions)

    def for_function(self, function: Element) -> Fault | None:
        """The fault that makes one function fail."""
        for fault in self._alive():
            if fault.inside_result and fault.fits(function) and fault.hit():
                return fault
        return None

    def _alive(self) -> list[Fault]:
        self.ordered = [fault for fault in self.ordered if not fault.spent]
        return list(self.ordered)

"""Events over the API: what happened to the documents, for systems that follow."""

from __future__ import annotations

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import found, listed
from portal.queries.events import EVENTS, event_body, get_event

TAG = "Events"


@operation(
    "GET", "/events", tag=TAG, gives="event", listing=EVENTS,
    more="Oldest first: to follow the book, ask for `updated_after` the newest timestamp that you have seen.",
)  # fmt: skip
def list_events() -> Answer:
    """List what happened to customers, invoices, payments and credit notes."""
    page = found(EVENTS)
    return listed(page, [event_body(entry) for entry in page.rows])


@operation("GET", "/events/<id:event_id>", tag=TAG, gives="event")
def retrieve_event(event_id: int) -> Answer:
    """Retrieve an event."""
    return Answer(event_body(get_event(current_company(), event_id)))

"""The tie-out over the API: the newest one, its documents, and making a new one."""

from __future__ import annotations

from flask import request

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import found, listed, sent_or_nothing, text_of
from portal.blueprints.api.starting import on_the_queue, request_tie_out
from portal.blueprints.api.sync_runs import TAG, run_body
from portal.errors import NotFound
from portal.queries import tie_out as queries
from portal.queries.api_tie_out import DOCUMENTS
from portal.queries.tie_out_bodies import document_body, tie_out_body


@operation(
    "GET", "/tie_out", tag=TAG, gives="tie_out",
    more="The newest one of now; with `as_of` (2026-03-31) that of the day. 404 before one was made.",
)  # fmt: skip
def retrieve_tie_out() -> Answer:
    """Retrieve the newest tie-out: both books' open balances and why they differ."""
    company = current_company()
    day = queries.parse_as_of(request.args.get("as_of", ""), company.today())
    tie_out = queries.newest(company, day)
    if tie_out is None:
        raise NotFound("No such tie-out was made yet. POST /tie_out makes one.", field="as_of")
    return Answer(tie_out_body(company, tie_out))


@operation(
    "GET", "/tie_out/documents", tag=TAG, gives="tie_out_document", listing=DOCUMENTS,
    more="Of the newest tie-out of now: the documents whose balances differ; with `filter[differs]=no` those that"
    " agree.",
)  # fmt: skip
def list_tie_out_documents() -> Answer:
    """List the documents of the newest tie-out, side by side."""
    page = found(DOCUMENTS)
    return listed(page, [document_body(row) for row in page.rows])


@operation(
    "POST", "/tie_out", tag=TAG, takes="tie_out_request", gives="sync_run", status=201,
    more="It is queued for a worker; one of the same day that is queued or running is answered instead.",
)  # fmt: skip
def create_tie_out() -> Answer:
    """Compare both books anew."""
    body = sent_or_nothing("as_of")
    day = queries.parse_as_of(text_of(body, "as_of"), current_company().today())
    run = request_tie_out(day)
    return Answer(run_body(run), 201, then=on_the_queue(run))

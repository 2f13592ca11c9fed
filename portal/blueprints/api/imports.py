"""Imports from Intacct over the API: what there was, one of them, and starting one."""

from __future__ import annotations

from portal.blueprints.api.gate import current_company
from portal.blueprints.api.operations import Answer, operation
from portal.blueprints.api.requests import found, listed, sent_or_nothing
from portal.blueprints.api.starting import on_the_queue, request_import
from portal.blueprints.api.sync_runs import run_body
from portal.errors import InvalidInput
from portal.models.base import JsonDict
from portal.models.run import Run
from portal.queries import imports, problems
from portal.queries.api_imports import IMPORTS, ImportType
from portal.queries.import_bodies import failures_body, figures_body
from portal.sync.problem_bodies import bodies

TAG = "Imports"
_OPTIONS = ("document_types", "open_only", "dated_from", "dated_to", "with_pdf")


@operation("GET", "/imports", tag=TAG, gives="import", listing=IMPORTS)
def list_imports() -> Answer:
    """List the imports and their previews, each with its counts."""
    page = found(IMPORTS)
    return listed(page, [import_body(run) for run in page.rows])


@operation("GET", "/imports/<id:run_id>", tag=TAG, gives="import")
def retrieve_import(run_id: int) -> Answer:
    """Retrieve an import with what could not be imported, and why."""
    run = imports.get_import(current_company(), run_id)
    return Answer(import_body(run) | {"failures": failures_body(run), "problems": bodies(problems.of_run(run))})


@operation(
    "POST", "/imports", tag=TAG, takes="import_request", gives="import", status=201,
    more="It is queued for a worker and waits while another run of the company is at work. With `preview` it reads the"
    " same and keeps nothing. The same request within a few seconds is answered with the same import.",
)  # fmt: skip
def create_import() -> Answer:
    """Start an import, or a preview of one."""
    body = sent_or_nothing("type", "preview", *_OPTIONS)
    if body.get("type") not in [value.value for value in ImportType]:
        raise InvalidInput("type must be customers or invoices.", field="type", code="missing")
    preview = body.get("preview", False)
    if not isinstance(preview, bool):
        raise InvalidInput("preview must be true or false.", field="preview", code="type")
    options = {name: body[name] for name in _OPTIONS if name in body}
    run = request_import(ImportType(body["type"]).kind, options, preview=preview)
    return Answer(import_body(run), 201, then=on_the_queue(run))


def import_body(run: Run) -> JsonDict:
    """The import without its failures."""
    kept = run_body(run)
    for name in ("read", "written", "linked", "waiting", "unknown"):
        del kept[name]
    return {**kept, "object": "import", **figures_body(run)}

"""Explaining a document: both sides' history on one time line, with the open amounts after each step."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.accounting_sync import words
from portal.blueprints.accounting_sync.boxes import record_url
from portal.blueprints.accounting_sync.views import area
from portal.blueprints.listing import text_arg
from portal.blueprints.telling import Told, tell
from portal.errors import NotFound
from portal.models.company import Role
from portal.models.sync import Act, Kind
from portal.queries import explain, sync_overview
from portal.queries.explain import Found, Step
from portal.queries.sync_overview import BothSides
from portal.queries.sync_records import Named, of_kind, row_of

_SENT = {
    Act.CREATE: "Created in Intacct",
    Act.UPDATE: "Updated in Intacct",
    Act.APPLY: "Applied in Intacct",
    Act.REVERSE: "Reversed in Intacct",
    Act.DELETE: "Deleted in Intacct",
}


@dataclass(frozen=True)
class Line:
    """One step as the page shows it. `off` says that the two sides differ after it."""

    step: Step
    told: Told | None
    text: str
    off: bool


@area.get("/explain")
@needs(Role.VIEWER)
def find_document() -> str | Response:
    """Look a document up by its number; a single one found is explained at once."""
    asked = text_arg("number").strip()
    found = explain.find(current_company(), asked) if asked else []
    if len(found) == 1:
        return redirect(url_for(".explain_document", kind=found[0].kind.value, record_id=found[0].record_id))
    return render_template("accounting_sync/find.html", asked=asked, found=[_choice(one) for one in found])


@area.get("/explain/<kind>/<id:record_id>")
@needs(Role.VIEWER)
def explain_document(kind: str, record_id: int) -> str:
    """Every step of the document on both sides, oldest first."""
    company = current_company()
    record = _record(kind, record_id)
    row = row_of(company, Kind(kind), record_id)
    sides = sync_overview.both_sides(row) if row is not None else None
    steps = explain.explain(company, Kind(kind), record_id)
    return render_template(
        "accounting_sync/explain.html",
        record=record,
        word=words.record_word(kind),
        lines=[_line(step, record.currency) for step in steps],
        sides=sides,
        left=_left(steps, sides),
        is_source=kind != Kind.INVOICE,
    )


def _record(kind: str, record_id: int) -> Named:
    """The document, if it is one of the company's. Raises NotFound."""
    record = of_kind(kind, [record_id]).get(record_id) if explain.has(current_company(), kind, record_id) else None
    if record is None:
        raise NotFound("There is no such document.")
    return record


def _choice(found: Found) -> dict[str, str]:
    return {
        "word": words.record_word(found.kind.value),
        "number": found.number,
        "customer": found.customer,
        "url": url_for(".explain_document", kind=found.kind.value, record_id=found.record_id),
        "record_url": record_url(found.kind.value, found.record_id),
    }


def _line(step: Step, currency: str) -> Line:
    off = step.here is not None and step.there is not None and step.here != step.there
    if step.entry is not None:
        return Line(step, tell(step.entry, currency), "", off)
    if step.posting is None:
        return Line(step, None, step.text or "Linked to what Intacct had already", off)
    said = _SENT[Act(step.posting.act)]
    return Line(step, None, f"{step.number}: {said[0].lower()}{said[1:]}" if step.number else said, off)


def _left(steps: list[Step], sides: BothSides | None) -> tuple[Decimal | None, Decimal | None]:
    """(open here, open there) now: as last read where Intacct has it, else as the steps left it."""
    last = steps[-1] if steps else None
    if sides is not None:
        return sides.here_left, sides.there_left
    return (last.here if last else None), (last.there if last else None)

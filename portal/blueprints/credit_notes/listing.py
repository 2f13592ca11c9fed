"""The list of credit notes, its file, and what is done to many of them at once."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from portal.blueprints.access import current_company, needs
from portal.blueprints.bulk import Bulk, do_bulk, show_bulk
from portal.blueprints.credit_notes.views import area
from portal.blueprints.documents import listed
from portal.blueprints.downloads import csv_stream
from portal.blueprints.filtering import Asked, asked
from portal.blueprints.syncing import states_shown
from portal.models.company import Role
from portal.models.sync import Kind
from portal.queries import credit_notes as queries
from portal.queries.credit_notes import CreditNoteFilter
from portal.queries.csv_export import credit_notes_csv
from portal.queries.words import WITH_REST, CreditNoteStatus

TABS = (
    ("", "All"),
    (CreditNoteStatus.DRAFT, "Draft"),
    (WITH_REST, "With a rest"),
    (CreditNoteStatus.APPLIED, "Applied"),
    (CreditNoteStatus.VOIDED, "Voided"),
)


def read_filter() -> Asked[CreditNoteFilter]:
    """The credit notes that the address asks for."""
    return asked(current_company(), CreditNoteFilter)


BULK = Bulk(
    "credit note", "credit notes", "Credit notes", "credit_notes.list_credit_notes", "credit_notes.show_credit_note",
    "credit_note_id", read_filter,
)  # fmt: skip


@area.get("")
@needs(Role.VIEWER)
def list_credit_notes() -> str:
    """Credit notes, newest first, narrowed by the filter in the address, with its count and sums."""
    company, wish = current_company(), read_filter()
    sums = queries.credit_note_sums
    page = queries.list_credit_notes(company, wish.wanted, sort=wish.sort, after=request.args.get("after", ""))
    return render_template(
        "credit_notes/list.html",
        tabs=TABS,
        page=page,
        list=listed(company, Kind.CREDIT_NOTE, wish, TABS, sums, "credit_notes.export_credit_notes"),
        sync=states_shown(company, Kind.CREDIT_NOTE, [note.id for note in page.items]),
        today=company.today(),
    )


@area.get("/csv")
@needs(Role.VIEWER)
def export_credit_notes() -> FlaskResponse:
    """The same credit notes as a file."""
    wish = read_filter()
    return csv_stream("credit-notes.csv", credit_notes_csv(current_company(), wish.wanted, wish.sort))


@area.get("/bulk")
@needs(Role.ACCOUNTANT)
def confirm_bulk() -> str | Response:
    """What issuing or voiding the chosen credit notes does, before it is done."""
    return show_bulk(BULK)


@area.post("/bulk")
@needs(Role.ACCOUNTANT)
def perform_bulk() -> tuple[str, int] | Response:
    """Issue or void the chosen credit notes, and tell what was done and what not."""
    return do_bulk(BULK)

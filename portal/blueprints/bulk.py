"""Doing one thing to many documents: what will be done is counted and summed first, then told one by one.

Areas give their `Bulk`; the page and what it does are the same for all. The address carries the choice: ticked rows
(`id`), or with `all` everything that the list's filter leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company
from portal.blueprints.filtering import Asked, ids_ticked
from portal.blueprints.forms import VoidForm
from portal.blueprints.listing import list_url
from portal.errors import InvalidInput
from portal.extensions import db
from portal.queries.filters import DocumentFilter
from portal.services import bulk
from portal.services.bulk import Act, Preview
from portal.services.checks import Faults

SHOWN_NUMBERS = 20


@dataclass(frozen=True)
class Bulk:
    """What the documents of an area are called, and where they stand."""

    one: str
    many: str
    title: str
    list_endpoint: str
    show_endpoint: str
    argument: str
    read: Callable[[], Asked[Any]]


def show_bulk(area: Bulk) -> str | Response:
    """How many documents over how much the act would be done to, and which are left out; nothing is done yet."""
    act, wanted = _act(), _chosen(area)
    if act is None or wanted is None:
        flash(f"Tick the {area.many} first, then choose what to do with them.", "warning")
        return redirect(list_url(area.list_endpoint), 303)
    return _page(area, act, bulk.preview(current_company(), act, wanted), VoidForm(formdata=None))


def do_bulk(area: Bulk) -> tuple[str, int] | Response:
    """Do what was stated; when the documents are no longer those, state it anew instead."""
    act, wanted = _act(), _chosen(area)
    if act is None or wanted is None:
        return redirect(list_url(area.list_endpoint), 303)
    form = VoidForm()
    preview = bulk.preview(current_company(), act, wanted)
    if request.form.get("stated") != stated(preview):
        return _page(area, act, preview, form, changed=True), 409
    try:
        reason = _checked(form.reason.data or "")
        picked = replace(wanted, ids=preview.ids)
        results = bulk.perform(current_company(), act, picked, actor=current_actor(), reason=reason)
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _page(area, act, preview, form), 422
    db.session.commit()
    refused = [result for result in results if result.error]
    return _done(area, act, preview, [result for result in results if not result.error], refused), 200


def stated(preview: Preview) -> str:
    """What a page stated, for the form to send back: a choice that has changed since is not acted on."""
    sums = ";".join(f"{row.currency} {row.total}" for row in preview.sums)
    return f"{len(preview.ids)}/{max(preview.ids, default=0)}/{sums}"


def _checked(reason: str) -> str:
    """The reason, checked once and not for each document."""
    faults = Faults()
    text = faults.text("reason", "The reason", reason, lines=True)
    faults.end()
    return text


def _act() -> Act | None:
    text = request.args.get("do", "")
    return Act(text) if text in list(Act) else None


def _chosen(area: Bulk) -> DocumentFilter | None:
    """The filter of the list, or of it the ticked rows; None when nothing is chosen."""
    wanted: DocumentFilter = area.read().wanted
    if request.args.get("all"):
        return wanted
    ids = ids_ticked()
    return type(wanted)(ids=ids) if ids else None


def _page(area: Bulk, act: Act, preview: Preview, form: VoidForm, *, changed: bool = False) -> str:
    return render_template(
        "shared/bulk.html",
        area=area,
        act=act.value,
        preview=preview,
        form=form,
        changed=changed,
        stated=stated(preview),
        back=list_url(area.list_endpoint),
        shown=SHOWN_NUMBERS,
    )


def _done(area: Bulk, act: Act, preview: Preview, done: list[bulk.Result], refused: list[bulk.Result]) -> str:
    return render_template(
        "shared/bulk_done.html",
        area=area,
        act=act.value,
        preview=preview,
        done=done,
        refused=refused,
        back=list_url(area.list_endpoint),
    )

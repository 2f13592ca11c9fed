"""Show and save the details of the company; serve its accent colour as a stylesheet."""

from __future__ import annotations

from dataclasses import fields

from flask import Blueprint, Response, abort, current_app, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.blueprints.access import current_actor, current_company, needs, public
from portal.blueprints.company.forms import CompanyForm
from portal.errors import InvalidInput
from portal.extensions import db, settings
from portal.models.company import Role
from portal.services import accents, company_details
from portal.services.company_details import CompanyData

area = Blueprint("company", __name__)

_FOR_GOOD = "public, max-age=31536000, immutable"  # the address names the colour: its content never changes


@area.get("/settings/company")
@needs(Role.ADMIN)
def show_company() -> str:
    """The details as they are."""
    company = current_company()
    given = {field.name: getattr(company, field.name) for field in fields(CompanyData)}
    return _page(CompanyForm(formdata=None, data=given))


@area.post("/settings/company")
@needs(Role.ADMIN)
def save_company() -> tuple[str, int] | AnyResponse:
    """Save them."""
    form = CompanyForm()
    if form.validate():
        try:
            company_details.edit(current_company(), form.company_data(), actor=current_actor())
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            db.session.commit()
            flash("The company is saved.", "success")
            return redirect(url_for(".show_company"), 303)
    return _page(form), 422


@area.get("/accent/<colour>.css")
@public
def show_accent(colour: str) -> Response:
    """The shades of one accent colour, for every page of who has it. Needs nothing from the database."""
    accent = accents.read(colour)
    if accent != f"#{colour}" or accents.fault(accent):
        abort(404)
    # Not by render_template, which looks up who is signed in.
    shades = current_app.jinja_env.get_template("company/accent.css").render(palette=accents.palette(accent))
    answer = make_response(shades)
    answer.mimetype = "text/css"
    answer.headers["Cache-Control"] = _FOR_GOOD
    return answer


def _page(form: CompanyForm) -> str:
    company = current_company()
    return render_template(
        "company/show.html",
        form=form,
        booked=company_details.is_booked(company),
        own_brand=settings().brand,
        own_support=settings().support_email,
    )

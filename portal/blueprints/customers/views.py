"""Show, add, edit, deactivate and activate customers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.customers.documents import TABS
from portal.blueprints.customers.forms import CustomerForm, form_of
from portal.blueprints.listing import text_arg
from portal.blueprints.stale import meanwhile, version_of
from portal.blueprints.syncing import state_shown
from portal.blueprints.telling import told
from portal.blueprints.urls import safe_path
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.sync import Kind
from portal.queries import customers as queries
from portal.queries.balances import balance_of
from portal.services import customers
from portal.services.records import STALE
from portal.services.terms import KNOWN

area = Blueprint("customers", __name__, url_prefix="/customers")

_ASKS_FOR_CUSTOMER = ("/invoices/new", "/payments/new", "/credit-notes/new")


@area.get("/<id:customer_id>")
@needs(Role.VIEWER)
def show_customer(customer_id: int) -> str:
    """A customer: what is due and left in each currency, and all its documents, a kind at a time."""
    company = current_company()
    customer = queries.get_customer(company, customer_id)
    show = text_arg("show", 20) if text_arg("show", 20) in TABS else "invoices"
    return render_template(
        "customers/show.html",
        customer=customer,
        balance=balance_of(company, customer),
        tabs=[(name, tab.title, tab.count(company, customer)) for name, tab in TABS.items()],
        show=show,
        page=TABS[show].page(company, customer, request.args.get("after", "")),
        sync=state_shown(company, Kind.CUSTOMER, customer.id),
        history=told(company, Kind.CUSTOMER, customer.id, customer.currency),
        today=company.today(),
    )


@area.post("/<id:customer_id>/deactivate")
@needs(Role.ACCOUNTANT)
def deactivate_customer(customer_id: int) -> Response:
    """Keep the customer out of new documents."""
    customer = queries.get_customer(current_company(), customer_id)
    try:
        customers.deactivate(customer, actor=current_actor())
    except NotAllowedNow as error:
        db.session.rollback()
        flash(error.message, "error")
    else:
        db.session.commit()
        flash(f"{customer.name} is inactive. What is owed can still be paid.", "success")
    return redirect(url_for(".show_customer", customer_id=customer_id), 303)


@area.post("/<id:customer_id>/activate")
@needs(Role.ACCOUNTANT)
def activate_customer(customer_id: int) -> Response:
    """Let the customer have new documents again."""
    customer = queries.get_customer(current_company(), customer_id)
    customers.activate(customer, actor=current_actor())
    db.session.commit()
    flash(f"{customer.name} is active again.", "success")
    return redirect(url_for(".show_customer", customer_id=customer_id), 303)


@area.get("/new")
@needs(Role.ACCOUNTANT)
def new_customer() -> str:
    """The empty form."""
    return _page(CustomerForm(formdata=None, data={"currency": current_company().base_currency}))


@area.post("/new")
@needs(Role.ACCOUNTANT)
def create_customer() -> tuple[str, int] | Response:
    """Add a customer; then on to what it was added for, or to its page."""
    form = CustomerForm()
    if form.validate():
        try:
            customer = customers.create(current_company(), form.customer_data(), actor=current_actor())
        except InvalidInput as error:
            db.session.rollback()
            form.add_errors(error)
        else:
            db.session.commit()
            flash(f"{customer.name} is customer {customer.number} now.", "success")
            return redirect(_after_adding(customer), 303)
    return _page(form), 422


@area.get("/<id:customer_id>/edit")
@needs(Role.ACCOUNTANT)
def edit_customer(customer_id: int) -> str:
    """The form with what the customer is now."""
    customer = queries.get_customer(current_company(), customer_id)
    return _page(form_of(customer), customer)


@area.post("/<id:customer_id>/edit")
@needs(Role.ACCOUNTANT)
def update_customer(customer_id: int) -> tuple[str, int] | Response:
    """Save the customer, unless somebody else saved it meanwhile."""
    company = current_company()
    customer = queries.get_customer(company, customer_id)
    form = CustomerForm()
    if not form.validate():
        return _page(form, customer), 422
    try:
        customers.edit(
            customer,
            form.customer_data(customer),
            actor=current_actor(),
            expected_version=version_of(form.version.data),
        )
    except InvalidInput as error:
        db.session.rollback()
        form.add_errors(error)
        return _page(form, customer), 422
    except NotAllowedNow as error:
        db.session.rollback()
        if error.code != STALE:
            form.active.errors = [*form.active.errors, error.message]
            return _page(form, customer), 422
        form.version.data = customer.version
        return _page(form, customer, stale=True), 409
    db.session.commit()
    flash(f"{customer.name} is saved.", "success")
    return redirect(url_for(".show_customer", customer_id=customer.id), 303)


def _after_adding(customer: Customer) -> str:
    """The page that asked for a new customer, with it chosen; else the customer's own."""
    own = url_for(".show_customer", customer_id=customer.id)
    asked = safe_path(request.args.get("next"), "")
    return f"{asked}?customer={customer.id}" if asked in _ASKS_FOR_CUSTOMER else own


def _page(form: CustomerForm, customer: Customer | None = None, *, stale: bool = False) -> str:
    changed = meanwhile(current_company(), "customer", customer.id) if customer and stale else None
    return render_template(
        "customers/form.html", form=form, customer=customer, stale=stale, meanwhile=changed, terms=KNOWN
    )

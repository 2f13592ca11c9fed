"""List, show, add and edit customers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.customers.forms import CustomerForm, form_of
from portal.blueprints.listing import text_arg
from portal.blueprints.stale import meanwhile, version_of
from portal.blueprints.syncing import state_shown, states_shown
from portal.blueprints.telling import tell
from portal.blueprints.urls import safe_path
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.sync import Kind
from portal.queries import customers as queries
from portal.queries.history import history
from portal.queries.invoices import InvoiceFilter, list_invoices
from portal.queries.payments import PaymentFilter, list_payments
from portal.services import customers

area = Blueprint("customers", __name__, url_prefix="/customers")

SHOWN_DOCUMENTS = 20
_ACTIVE = {"": None, "active": True, "inactive": False}


@area.get("")
@needs(Role.VIEWER)
def list_customers() -> str:
    """Customers by name, narrowed by the filter in the address."""
    company = current_company()
    show = text_arg("show")
    wanted = queries.CustomerFilter(text=text_arg("q"), active=_ACTIVE.get(show))
    page = queries.list_customers(company, wanted, after=request.args.get("after", ""))
    return render_template(
        "customers/list.html",
        page=page,
        wanted=wanted,
        show=show,
        count=queries.count_customers(company, wanted),
        balances={customer.id: queries.open_balances(company, customer) for customer in page.items},
        sync=states_shown(company, Kind.CUSTOMER, [customer.id for customer in page.items]),
    )


@area.get("/<id:customer_id>")
@needs(Role.VIEWER)
def show_customer(customer_id: int) -> str:
    """A customer with its newest invoices and payments."""
    company = current_company()
    customer = queries.get_customer(company, customer_id)
    return render_template(
        "customers/show.html",
        customer=customer,
        balances=queries.open_balances(company, customer),
        invoices=list_invoices(company, InvoiceFilter(customer_id=customer.id), limit=SHOWN_DOCUMENTS),
        payments=list_payments(company, PaymentFilter(customer_id=customer.id), limit=SHOWN_DOCUMENTS),
        sync=state_shown(company, Kind.CUSTOMER, customer.id),
        history=[tell(entry, customer.currency) for entry in history(company, "customer", customer.id, limit=50)],
        today=company.today(),
    )


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
        if error.code != "stale":
            raise
        db.session.rollback()
        form.version.data = customer.version
        return _page(form, customer, stale=True), 409
    db.session.commit()
    flash(f"{customer.name} is saved.", "success")
    return redirect(url_for(".show_customer", customer_id=customer.id), 303)


def _after_adding(customer: Customer) -> str:
    """The page that asked for a new customer, with it chosen; else the customer's own."""
    own = url_for(".show_customer", customer_id=customer.id)
    asked = safe_path(request.args.get("next"), "")
    return f"{asked}?customer={customer.id}" if asked in ("/invoices/new", "/payments/new") else own


def _page(form: CustomerForm, customer: Customer | None = None, *, stale: bool = False) -> str:
    changed = meanwhile(current_company(), "customer", customer.id) if customer and stale else None
    return render_template(
        "customers/form.html", form=form, customer=customer, stale=stale, meanwhile=changed, company=current_company()
    )

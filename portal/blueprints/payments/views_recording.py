"""Record a payment: the customer first, then the amount and the invoices that it pays."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company, needs
from portal.blueprints.applying import ApplyTable
from portal.blueprints.choosing import choose_customer
from portal.blueprints.listing import id_arg, text_arg
from portal.blueprints.moving import OLDEST_FIRST
from portal.blueprints.payments.forms import PaymentForm
from portal.blueprints.payments.views import area
from portal.blueprints.rendering import amount as shown
from portal.blueprints.rendering import typed_amount
from portal.errors import InvalidInput, NotAllowedNow, NotFound
from portal.extensions import db
from portal.models.company import Role
from portal.models.customer import Customer
from portal.models.payment import Payment, PaymentMethod
from portal.queries.customers import get_customer, open_balances
from portal.queries.invoices import owing
from portal.services import payments


@area.get("/new")
@needs(Role.ACCOUNTANT)
def new_payment() -> str:
    """First the customer, then the form; `invoice` fills in what is due on that one."""
    company = current_company()
    customer_id = id_arg("customer")
    if customer_id is None:
        return choose_customer("Record payment: from whom?", "Payments", url_for(".list_payments"))
    customer = get_customer(company, customer_id)
    currency = _currency(customer)
    table = ApplyTable(owing(company, customer.id, currency))
    form = PaymentForm(formdata=None, data={"date": company.today(), "method": PaymentMethod.CHECK})
    for row in table.rows:
        if row.invoice.id == id_arg("invoice"):
            table.fill(row.invoice.id, row.invoice.balance)
            form.amount.data = row.invoice.balance
            form.amount.raw_data = [typed_amount(row.invoice.balance, currency)]
    return _page(form, table, customer, currency)


@area.post("/new")
@needs(Role.ACCOUNTANT)
def record_payment() -> tuple[str, int] | Response:
    """Record the payment and put it on its invoices; `oldest_first` only fills in the amounts."""
    company = current_company()
    customer_id = id_arg("customer")
    if customer_id is None:
        raise NotFound("There is no such customer. Nothing was saved. Choose one, then enter the payment.")
    customer = get_customer(company, customer_id)
    currency = _currency(customer)
    form = PaymentForm()
    table = ApplyTable(owing(company, customer.id, currency), request.form)
    if request.form.get("action") == OLDEST_FIRST:
        table.oldest_first(form.typed_amount())
        return _page(form, table, customer, currency), 200
    payment = _save(form, table, customer, currency)
    if payment is None:
        return _page(form, table, customer, currency), 422
    left = f" {shown(payment.balance, currency)} {currency} is left to apply." if payment.balance else ""
    flash(f"{payment.number} is recorded.{left}", "success")
    return redirect(url_for(".show_payment", payment_id=payment.id), 303)


def _save(form: PaymentForm, table: ApplyTable, customer: Customer, currency: str) -> Payment | None:
    """Store what was typed; None, with the errors at their fields, when it cannot be taken."""
    fine = form.validate()
    if not table.validate(form.typed_amount()) or not fine:
        return None
    items = tuple((invoice.id, amount) for invoice, amount in table.items())
    data = form.payment_data(customer.id, currency, items)
    try:
        payment = payments.record(current_company(), data, actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        db.session.rollback()
        if not table.add_errors(error):
            _add_to_form(form, error)
        return None
    db.session.commit()
    return payment


def _add_to_form(form: PaymentForm, error: InvalidInput | NotAllowedNow) -> None:
    if isinstance(error, InvalidInput):
        form.add_errors(error)
    else:
        form.refuse(error.message)


def _currency(customer: Customer) -> str:
    """The currency in the address if the customer owes in it or uses it, else the customer's, else one it owes in."""
    owed = open_balances(current_company(), customer)
    asked = text_arg("currency", 3).upper()
    if asked in (*owed, customer.currency):
        return asked
    return customer.currency if customer.currency in owed or not owed else next(iter(owed))


def _page(form: PaymentForm, table: ApplyTable, customer: Customer, currency: str) -> str:
    company = current_company()
    balances = open_balances(company, customer)
    return render_template(
        "payments/form.html",
        form=form,
        table=table,
        customer=customer,
        currency=currency,
        currencies=sorted({*balances, customer.currency}),
        balances=balances,
        available=form.typed_amount(),
        today=company.today(),
    )

"""Pages that put what is left of a payment or credit note on invoices, and take it off again.

Payments and credit notes have the same pages; `Source` says what each area calls its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.access import current_actor, current_company
from portal.blueprints.applying import ApplyTable
from portal.blueprints.forms import DecimalField, PortalForm
from portal.blueprints.listing import id_arg
from portal.blueprints.rendering import amount as shown
from portal.blueprints.rendering import typed_amount
from portal.blueprints.syncing import state_shown
from portal.errors import InvalidInput, NotAllowedNow
from portal.extensions import db
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.models.sync import Kind
from portal.queries.invoices import get_invoice, owing
from portal.services import applying
from portal.services.allowed import require

OLDEST_FIRST = "oldest_first"

Money = Payment | CreditNote


@dataclass(frozen=True)
class Source:
    """An area whose documents are put on invoices: its words, its endpoints, and what they call the id."""

    word: str
    title: str
    list_endpoint: str
    show_endpoint: str
    argument: str
    kind: Kind

    def url(self, source: Money) -> str:
        """The page of one of its documents."""
        values: dict[str, Any] = {self.argument: source.id}
        return url_for(self.show_endpoint, **values)


class UnapplyForm(PortalForm):
    """How much of a payment or credit note comes off one invoice."""

    amount = DecimalField("Amount to take off", required="Enter the amount to take off.")


def show_apply(area: Source, source: Money) -> str:
    """The open invoices that the rest can go on; `invoice` in the address fills in that one."""
    table = _table(source)
    for row in table.rows:
        if row.invoice.id == id_arg("invoice"):
            table.fill(row.invoice.id, min(row.invoice.balance, source.balance))
    return _apply_page(area, source, table)


def do_apply(area: Source, source: Money) -> tuple[str, int] | Response:
    """Put the amounts on the invoices, all or none; `oldest_first` only fills them in."""
    table = ApplyTable(owing(current_company(), source.customer_id, source.currency), request.form)
    if request.form.get("action") == OLDEST_FIRST:
        table.oldest_first(source.balance)
        return _apply_page(area, source, table), 200
    if not _apply(source, table):
        return _apply_page(area, source, table), 422
    flash(f"{shown(table.sum, source.currency)} {source.currency} of {source.number} is applied.", "success")
    return redirect(area.url(source), 303)


def show_unapply(area: Source, source: Money, invoice_id: int) -> str:
    """How much comes off, and what that does, before it is done."""
    invoice, applied = get_invoice(current_company(), invoice_id), _applied(source, invoice_id)
    if not applied:
        raise NotAllowedNow(f"Nothing of this {area.word} lies on that invoice any more. Nothing was changed.")
    form = UnapplyForm(formdata=None)
    form.amount.raw_data = [typed_amount(applied, source.currency)]
    return _unapply_page(area, source, invoice, form)


def do_unapply(area: Source, source: Money, invoice_id: int) -> tuple[str, int] | Response:
    """Take the amount off the invoice; it becomes the source's rest."""
    invoice = get_invoice(current_company(), invoice_id)
    form = UnapplyForm()
    if not form.validate():
        return _unapply_page(area, source, invoice, form), 422
    try:
        applying.unapply(source, invoice, amount=form.amount.data, actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        if error.field != "amount":
            raise
        db.session.rollback()
        form.amount.errors = [*form.amount.errors, error.message]
        return _unapply_page(area, source, invoice, form), 422
    db.session.commit()
    flash(f"{shown(form.amount.data, source.currency)} {source.currency} is off {invoice.number} again.", "success")
    return redirect(area.url(source), 303)


def _table(source: Money) -> ApplyTable:
    return ApplyTable(owing(current_company(), source.customer_id, source.currency))


def _applied(source: Money, invoice_id: int) -> Decimal:
    return sum((row.amount for row in source.applications if row.invoice_id == invoice_id), Decimal(0))


def _apply(source: Money, table: ApplyTable) -> bool:
    """Put the table's amounts on their invoices; False, with the errors at their rows, when it cannot be."""
    require(source, "apply")
    if not table.validate(source.balance):
        return False
    if not table.items():
        table.errors.append("No invoice has an amount. Enter one, or fill them in oldest first.")
        return False
    try:
        applying.apply(source, table.items(), actor=current_actor())
    except (InvalidInput, NotAllowedNow) as error:
        if not table.add_errors(error):
            raise
        db.session.rollback()
        return False
    db.session.commit()
    return True


def _apply_page(area: Source, source: Money, table: ApplyTable) -> str:
    return render_template(
        "shared/apply.html",
        area=area,
        source=source,
        table=table,
        currency=source.currency,
        available=source.balance,
        worth=source.amount if isinstance(source, Payment) else source.total,
        today=current_company().today(),
        sync=state_shown(current_company(), area.kind, source.id),
    )


def _unapply_page(area: Source, source: Money, invoice: Invoice, form: UnapplyForm) -> str:
    return render_template(
        "shared/unapply.html",
        area=area,
        source=source,
        invoice=invoice,
        applied=_applied(source, invoice.id),
        form=form,
        sync=state_shown(current_company(), area.kind, source.id),
    )

"""create ARPYMT, create_arpayment, apply_arpayment, reverse_arpayment and the removal of drafts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from . import advances, receipts
from .company import Books, length
from .envelope import Element, text_of
from .errors import FunctionRefusal, business, wrapped
from .invoice_functions import found_by_key, needed_day, read_amount, read_day, read_rate
from .money import COUNTS, SOURCES, Application, Use, not_found
from .receipts import METHODS, Receipt
from .store import Record
from .values import ZERO, parse_date
from .work import Outcome, Work

# Credits that this sandbox does not keep: refused rather than passed over.
_UNKNOWN_CREDITS = ("TRX_TOTALDISCOUNTTOAPPLY",)


def customer_of(books: Books, customer_id: str) -> Record:
    """The customer with that ID, active or not."""
    customer = books.store.one("CUSTOMER", "CUSTOMERID", customer_id)
    if customer is None or not books.sees("CUSTOMER", customer):
        raise business(f"Invalid Customer '{customer_id}' specified.", "Provide a valid Customer.")
    return customer


def day_of(text: str, noun: str) -> date:
    """A date of an object function, `MM/DD/YYYY`."""
    try:
        return parse_date(text)
    except ValueError:
        raise business(f"The {noun} '{text}' is invalid.", code="PL03000006") from None


def place_of(books: Books, bank_id: str, undeposited: str, batch: str) -> tuple[Record | None, Record | None]:
    """Where the money goes: exactly one of a bank account and an undeposited funds account."""
    books.summary("payments", batch)
    if bank_id and undeposited:
        raise business("Provide either a bank account or an undeposited funds account, not both.")
    if not bank_id and not undeposited and not batch:
        raise business("Provide a bank account, an undeposited funds account, or a summary for the payment.")
    bank = books.dimension("CHECKINGACCOUNT", "Bank account", bank_id)
    return bank, books.dimension("GLACCOUNT", "Undeposited funds account", undeposited)


def create_payment(work: Work, node: Element) -> Record:
    """Post the ARPYMT that an object `create` describes; gives the new record."""
    try:
        return receipts.post(work.books, _receipt(work, upper(node)))
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Payment") from None


def upper(node: Element) -> Element:
    """The same element with upper-case names: object functions take any case."""
    for child in node.iter():
        if isinstance(child.tag, str):
            child.tag = child.tag.upper()
    return node


def _receipt(work: Work, node: Element) -> Receipt:
    books = work.books
    method = text_of(node, "PAYMENTMETHOD")
    if method not in METHODS:
        raise business(f"The payment method '{method}' is invalid.", f"Use one of: {', '.join(METHODS)}.")
    bank, undeposited = place_of(
        books, text_of(node, "FINANCIALENTITY"), text_of(node, "UNDEPOSITEDACCOUNTNO"), text_of(node, "PRBATCH")
    )
    customer_id, payer = text_of(node, "CUSTOMERID"), text_of(node, "PAYERNAME")
    if not customer_id and not payer:
        raise business("Provide a customer or a payer name for the payment.")
    details = node.findall("ARPYMTDETAILS/ARPYMTDETAIL")
    rest = _optional(node, "OVERPAYMENTAMOUNT")
    if not details and not rest:
        raise business("Provide at least one payment detail.", "Name the invoices to pay in ARPYMTDETAILS.")
    currency = books.currency(text_of(node, "CURRENCY"))
    receipt = Receipt(
        customer=customer_of(books, customer_id) if customer_id else None,
        method=method,
        received=day_of(text_of(node, "RECEIPTDATE"), "receipt date"),
        currency=currency,
        rate=read_rate(text_of(node, "EXCHANGE_RATE"), currency),
        bank=bank,
        undeposited=undeposited,
        number=length(text_of(node, "DOCNUMBER"), 45, "document number"),
        description=length(text_of(node, "DESCRIPTION"), 1000, "description"),
        payer=payer,
        rest=rest,
        draft=text_of(node, "ACTION").lower() == "draft",
        applications=[_application(detail) for detail in details],
        extra=_overpayment_place(books, node),
    )
    _check_sums(receipt)
    return receipt


def _overpayment_place(books: Books, node: Element) -> Record:
    location = books.dimension("LOCATION", "Location", text_of(node, "OVERPAYMENTLOCATIONID"))
    department = books.dimension("DEPARTMENT", "Department", text_of(node, "OVERPAYMENTDEPARTMENTID"))
    return {
        "OVERPAYMENTLOCATIONID": location and location["LOCATIONID"],
        "OVERPAYMENTDEPARTMENTID": department and department["DEPARTMENTID"],
        "PRBATCH": text_of(node, "PRBATCH") or None,
    }


def _optional(node: Element, name: str) -> Decimal:
    if not text_of(node, name):
        return ZERO
    amount = read_amount(node, name)
    if amount < 0:
        raise business(f"The amount '{text_of(node, name)}' is invalid.", "Amounts of a payment are positive.")
    return amount


def _check_sums(receipt: Receipt) -> None:
    if receipt.draft and receipt.rest:
        raise business("A draft payment cannot hold an overpayment here.")
    for application in receipt.applications:
        if application.asked <= 0:
            raise business("Provide a payment amount greater than zero for every detail.")


def _key(node: Element, name: str) -> int:
    text = text_of(node, name)
    if not text.isdecimal():
        raise not_found(text)
    return int(text)


def _application(detail: Element) -> Application:
    for name in _UNKNOWN_CREDITS:
        if text_of(detail, name):
            raise business(f"{name} is not available in this company.", "Leave it out.")
    debit = bool(text_of(detail, "POSADJKEY"))
    entry = "POSADJENTRYKEY" if debit else "ENTRYKEY"
    application = Application(
        target="ARADJUSTMENT" if debit else "ARINVOICE",
        key=_key(detail, "POSADJKEY" if debit else "RECORDKEY"),
        cash=_optional(detail, "TRX_PAYMENTAMOUNT"),
        entry=_key(detail, entry) if text_of(detail, entry) else None,
    )
    for kind in SOURCES.values():
        amount = _optional(detail, f"TRX_{kind.amount}")
        if amount:
            line = _key(detail, kind.entry) if text_of(detail, kind.entry) else None
            application.uses.append(Use(kind, _key(detail, kind.key), amount, line))
        elif text_of(detail, kind.key):
            raise business(f"{kind.key} is given without an amount.", f"Send TRX_{kind.amount} with it.")
    if any(use.kind.name == "INLINE" and not application.own_inline(use) for use in application.uses):
        raise business("An inline credit can be applied to its own invoice only.")
    return application


def create_arpayment(work: Work, node: Element) -> Outcome:
    """The legacy payment: what its items do not use stays as an overpayment."""
    work.books.allow("CREATE", "ARPYMT")
    try:
        record = receipts.post(work.books, _legacy_receipt(work, node))
    except FunctionRefusal as refusal:
        raise wrapped(refusal, "Payment") from None
    return Outcome(key=str(record["RECORDNO"]))


def _legacy_receipt(work: Work, node: Element) -> Receipt:
    books = work.books
    bank, undeposited = place_of(
        books, text_of(node, "bankaccountid"), text_of(node, "undepfundsacct"), text_of(node, "batchkey")
    )
    method = text_of(node, "paymentmethod") or "Printed Check"
    amount = read_amount(node, "paymentamount")
    items = [_legacy_item(item) for item in node.iterfind("arpaymentitem")]
    rest = amount - sum((item.cash for item in items), ZERO)
    currency = books.currency(text_of(node, "currency"))
    if amount <= 0 or rest < 0:
        raise business("The payment amount is less than the sum of its items.", "Correct the amounts.")
    return Receipt(
        customer=customer_of(books, text_of(node, "customerid")),
        method={"ACH": "Online ACH Debit", "Online": "Online ACH Debit"}.get(method, method),
        received=read_day(node, "datereceived") or books.today(),
        currency=currency,
        rate=read_rate(text_of(node, "exchrate"), currency),
        bank=bank,
        undeposited=undeposited,
        number=length(text_of(node, "refid"), 45, "reference"),
        rest=rest,
        applications=items,
    )


def _legacy_item(item: Element) -> Application:
    amount = read_amount(item, "amount")
    if amount <= 0:
        raise business(f"The amount '{text_of(item, 'amount')}' is invalid.", "Amounts of a payment are positive.")
    return Application("ARINVOICE", _key(item, "invoicekey"), amount)


def apply_arpayment(work: Work, node: Element) -> Outcome:
    """Put a credit memo, a negative invoice or a payment's rest on invoices; the key is the new application's."""
    work.books.allow("CREATE", "ARPYMT")
    books = work.books
    key = _key(node, "arpaymentkey")
    kind, source = _credit(books, key)
    items = [_legacy_item(item) for item in node.iterfind("arpaymentitems/arpaymentitem")]
    if not items:
        raise business("Provide at least one invoice to apply the payment to.")
    applications = [_targeted(books, item, Use(SOURCES[kind], key, item.cash)) for item in items]
    receipt = Receipt(
        customer=customer_of(books, source["CUSTOMERID"]),
        method=source.get("PAYMENTMETHOD") or "Printed Check",
        received=needed_day(node, "paymentdate"),
        currency=source["CURRENCY"],
        rate=source["EXCHANGE_RATE"],
        description=length(text_of(node, "memo"), 1000, "memo"),
        applications=applications,
        extra={"FINANCIALENTITY": source.get("FINANCIALENTITY")},
    )
    return Outcome(key=str(receipts.apply_credit(books, receipt)["RECORDNO"]))


def _targeted(books: Books, item: Application, use: Use) -> Application:
    """The item as an application of a credit; an invoicekey may also be a debit memo's."""
    target = item.target if books.store.get("ARINVOICE", item.key) is not None else "ARADJUSTMENT"
    return Application(target, item.key, uses=[use])


def _credit(books: Books, key: int) -> tuple[str, Record]:
    """Which kind of credit a key is, and its record."""
    payment = books.store.get("ARPYMT", key)
    if payment is not None and books.switches.apply_takes_payment and payment["STATE"] == COUNTS:
        return "OVERPAYMENT", payment
    adjustment = books.store.get("ARADJUSTMENT", key)
    if adjustment is not None and adjustment["TRX_TOTALENTERED"] < 0:
        return "ADJUSTMENT", adjustment
    advance = books.store.get("ARADVANCE", key)
    if advance is not None and advance["STATE"] == COUNTS:
        return "ADVANCE", advance
    invoice = books.store.get("ARINVOICE", key)
    if invoice is not None and invoice["RAWSTATE"] == "A" and invoice["TRX_TOTALENTERED"] < 0:
        return "NEGATIVEINVOICE", invoice
    raise not_found(key)


def reverse_arpayment(work: Work, node: Element) -> Outcome:
    """Void a payment, or an advance of which nothing is applied."""
    work.books.allow("UPDATE", "ARPYMT")
    day, key = needed_day(node, "datereversed"), node.get("key", "")
    if key.isdecimal() and work.store.get("ARADVANCE", int(key)) is not None:
        advances.void(work.books, found_by_key(work, node, "ARADVANCE"), day)
        return Outcome(key=key)
    payment = found_by_key(work, node, "ARPYMT")
    receipts.reverse(work.books, payment, day, text_of(node, "description"))
    return Outcome(key=str(payment["RECORDNO"]))


def delete_arpayment(work: Work, node: Element) -> Outcome:
    """Delete a draft payment."""
    work.books.allow("DELETE", "ARPYMT")
    payment = found_by_key(work, node, "ARPYMT")
    receipts.remove_draft(work.books, payment)
    return Outcome(key=str(payment["RECORDNO"]))

"""Putting money and credits on documents, and taking them off again.

One ARPYMTDETAIL row stands for one (line, source): cash of the payment itself, the rest of an earlier payment, a
credit memo, a negative invoice, or an inline credit (a negative line of the same invoice). A row counts while its
STATE is `C`; reversing a payment turns its rows to `V` with a new WHENMODIFIED and leaves their amounts as they were.
An amount without a line runs down the document's open lines in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from . import documents
from .company import Books
from .errors import FunctionRefusal, business
from .store import Record
from .values import ZERO, cents, format_amount

COUNTS, DRAFT, VOID = "C", "D", "V"


@dataclass(frozen=True)
class SourceKind:
    """A kind of credit: its key field, its amount field, and the object that it is taken from."""

    name: str
    amount: str
    object: str

    @property
    def key(self) -> str:
        """The detail's field for the record the credit comes from."""
        return f"{self.name}KEY"

    @property
    def entry(self) -> str:
        """The detail's field for that record's line."""
        return f"{self.name}ENTRYKEY"


# Credits that are the rest of received money, without lines that it is taken from.
RESTS = ("ARPYMT", "ARADVANCE")
SOURCES = {
    kind.name: kind
    for kind in (
        SourceKind("ADJUSTMENT", "ADJUSTMENTAMOUNT", "ARADJUSTMENT"),
        SourceKind("INLINE", "INLINEAMOUNT", "ARINVOICE"),
        SourceKind("OVERPAYMENT", "POSTEDOVERPAYMENTAMOUNT", "ARPYMT"),
        SourceKind("ADVANCE", "POSTEDADVANCEAMOUNT", "ARADVANCE"),
        SourceKind("NEGATIVEINVOICE", "NEGATIVEINVOICEAMOUNT", "ARINVOICE"),
    )
}


@dataclass
class Use:
    """A credit to be used: what kind, which record, how much, and of which of its lines (any if None)."""

    kind: SourceKind
    key: int
    amount: Decimal
    entry: int | None = None


@dataclass
class Application:
    """Money for one target: cash of the payment, and credits from elsewhere."""

    target: str
    key: int
    cash: Decimal = ZERO
    entry: int | None = None
    uses: list[Use] = field(default_factory=list)

    @property
    def asked(self) -> Decimal:
        """What reduces the target's balance; its own inline credit is already in its total."""
        return self.cash + sum((use.amount for use in self.uses if not self.own_inline(use)), ZERO)

    def own_inline(self, use: Use) -> bool:
        """Whether a credit is a negative line of the target itself."""
        return use.kind.name == "INLINE" and use.key == self.key


def not_found(key: object) -> FunctionRefusal:
    """The refusal of a record key that leads nowhere."""
    return business("Oops, we can't find this transaction; enter a valid one.", f"Check the record key {key}.")


def target_of(books: Books, application: Application, customer_id: str, currency: str) -> Record:
    """The document to be paid, checked: posted, this customer's, in this currency, and owing enough."""
    document = books.store.get(application.target, application.key)
    if document is None or not books.sees(application.target, document):
        raise not_found(application.key)
    shown = document.get("RECORDID") or application.key
    if customer_id and document["CUSTOMERID"] != customer_id:
        raise business(f"Transaction '{shown}' belongs to another customer than the payment.")
    if document["RAWSTATE"] != "A":
        raise business(f"Transaction '{shown}' is {document['STATE']} and cannot be paid.", "Choose a posted one.")
    if currency and document["CURRENCY"] != currency:
        raise business(f"The currency of the payment differs from that of transaction '{shown}'.")
    due = document["TRX_TOTALDUE"] - document["TRX_TOTALSELECTED"]
    if due <= 0 and application.asked > 0:
        raise business("Payment cannot be processed because one or more invoices are already paid.")
    if application.asked > due:
        text = f"The amount {format_amount(application.asked)} for transaction '{shown}' exceeds total amount due"
        raise business(f"{text} ({format_amount(due)})", "Pay no more than the amount due.")
    for use in application.uses:
        _check_use(books, application, use, document)
    return document


def _check_use(books: Books, application: Application, use: Use, document: Record) -> None:
    """A credit is used by its own entity, and an inline credit whole (unless the switch lets parts through)."""
    source = books.store.get(use.kind.object, use.key)
    if source is None or not books.sees(use.kind.object, source):
        raise not_found(use.key)
    owners = {row.get("MEGAENTITYID") for row in (source, document)} - {None, ""}
    if len(owners) > 1:
        text = "Credits can be applied only to invoices of the entity that owns them."
        raise business(text, "Apply it in its own entity.", "BL03002073")
    if application.own_inline(use) and books.switches.inline_whole:
        whole = _inline_credit(books, use)
        if use.amount != whole:
            shown = format_amount(whole)
            raise business(f"The inline credit can only be applied whole ({shown}).", f"Apply {shown}.")


def _inline_credit(books: Books, use: Use) -> Decimal:
    """What the invoice's negative lines still hold, or the one line that is named."""
    lines = documents.lines_of(books, use.kind.object, use.key)
    held = (line["TRX_TOTALPAID"] - line["TRX_AMOUNT"] for line in lines if use.entry in (None, line["RECORDNO"]))
    return sum((amount for amount in held if amount > 0), ZERO)


def apply(books: Books, payment: Record, application: Application, day: date, state: str = COUNTS) -> None:
    """Write the rows of one application, move lines, sources and totals. The target was checked before."""
    target, key = application.target, application.key
    if application.cash:
        for line, amount in _spread(books, application, application.cash):
            _row(books, payment, application, line, day, state, cash=amount)
    for use in application.uses:
        for line, amount in _spread(books, application, use.amount):
            for entry, part in _consume(books, use, amount):
                _row(books, payment, application, line, day, state, use=use, entry=entry, amount=part)
    documents.refresh(books, target, key, day)


def _spread(books: Books, application: Application, amount: Decimal) -> list[tuple[Record, Decimal]]:
    """The waterfall: which open lines of the target take how much."""
    lines = documents.lines_of(books, application.target, application.key)
    if application.entry is not None:
        lines = [line for line in lines if line["RECORDNO"] == application.entry]
        if not lines:
            raise not_found(application.entry)
    taken, rest = [], amount
    for line in lines:
        room = line["TRX_AMOUNT"] - line["TRX_TOTALPAID"] - line["TRX_TOTALSELECTED"]
        part = min(room, rest)
        if part > 0:
            taken.append((line, part))
            rest -= part
    if rest > 0:
        shown = format_amount(amount - rest)
        raise business(f"The amount {format_amount(amount)} exceeds total amount due ({shown}) on the line.")
    return taken


def _consume(books: Books, use: Use, amount: Decimal) -> list[tuple[int | None, Decimal]]:
    """Take an amount off a credit; gives the credit's lines that it came from (None for a payment's rest)."""
    source = books.store.get(use.kind.object, use.key)
    if source is None:
        raise not_found(use.key)
    if use.kind.object in RESTS:
        use_rest(books, use.kind.object, source, amount)
        return [(None, amount)]
    taken: list[tuple[int | None, Decimal]] = []
    rest = amount
    for line in documents.lines_of(books, use.kind.object, use.key):
        if use.entry not in (None, line["RECORDNO"]):
            continue
        part = min(line["TRX_TOTALPAID"] - line["TRX_AMOUNT"], rest)
        if part > 0:
            documents.pay_line(books, use.kind.object, line, -part)
            taken.append((int(line["RECORDNO"]), part))
            rest -= part
    if rest > 0:
        raise business(f"The credit amount {format_amount(amount)} exceeds the credit available.")
    documents.refresh(books, use.kind.object, use.key)
    return taken


def use_rest(books: Books, name: str, payment: Record, amount: Decimal) -> None:
    """Move a payment's or an advance's unapplied rest down (or up again with a negative amount)."""
    due = payment["TRX_TOTALDUE"] - amount
    if payment["STATE"] != COUNTS or due < 0:
        shown = format_amount(payment["TRX_TOTALDUE"])
        raise business(f"The amount {format_amount(amount)} exceeds the unapplied amount ({shown}) of the payment.")
    paid = payment["TRX_TOTALPAID"] + amount
    rate = payment["EXCHANGE_RATE"]
    books.adjust(
        name,
        payment["RECORDNO"],
        TRX_TOTALDUE=due,
        TOTALDUE=cents(due * rate),
        TRX_TOTALPAID=paid,
        TOTALPAID=payment["TOTALENTERED"] - cents(due * rate),
    )


def _row(
    books: Books,
    payment: Record,
    application: Application,
    line: Record,
    day: date,
    state: str,
    cash: Decimal | None = None,
    use: Use | None = None,
    entry: int | None = None,
    amount: Decimal = ZERO,
) -> None:
    invoice = application.target == "ARINVOICE"
    values: Record = {
        "RECORDKEY" if invoice else "POSADJKEY": application.key,
        "ENTRYKEY" if invoice else "POSADJENTRYKEY": line["RECORDNO"],
        "PARENTPAYMENTKEY": payment["RECORDNO"],
        "PAYMENTKEY": payment["RECORDNO"] if cash is not None else None,
        "PAYMENTDATE": day,
        "CURRENCY": payment["CURRENCY"],
        "BASECURR": payment["BASECURR"],
        "CUSTOMERID": payment["CUSTOMERID"],
        "MODULEKEY": "4.AR",
        "STATE": state,
    }
    rate = payment["EXCHANGE_RATE"]
    if cash is not None:
        values |= {"TRX_PAYMENTAMOUNT": cash, "PAYMENTAMOUNT": cents(cash * rate)}
    if use is not None:
        name = use.kind.amount
        values |= {use.kind.key: use.key, use.kind.entry: entry, f"TRX_{name}": amount, name: cents(amount * rate)}
        if use.kind.object in RESTS:
            values[f"POSTED{use.kind.key}"] = use.key
    books.create("ARPYMTDETAIL", **values)
    current = books.store.table(documents.ITEMS[application.target]).rows[line["RECORDNO"]]
    move = documents.select_line if state == DRAFT else documents.pay_line
    move(books, application.target, current, cash if cash is not None else amount)


def lies(books: Books, row: Record) -> bool:
    """Whether a row still holds money or credit, or earmarks it: of a payment that was reversed none does, though by
    a switch its rows need not say so."""
    payment = books.store.get("ARPYMT", row["PARENTPAYMENTKEY"])
    return row["STATE"] != VOID and (payment is None or payment["STATE"] != VOID)


def take_back(books: Books, row: Record) -> None:
    """Void one row: the target owes again, and the credit it used is free again."""
    target = "ARINVOICE" if row.get("RECORDKEY") is not None else "ARADJUSTMENT"
    key = row["RECORDKEY"] if target == "ARINVOICE" else row["POSADJKEY"]
    entry = row["ENTRYKEY"] if target == "ARINVOICE" else row["POSADJENTRYKEY"]
    amount = row.get("TRX_PAYMENTAMOUNT") or ZERO
    for kind in SOURCES.values():
        used = row.get(f"TRX_{kind.amount}")
        if used:
            amount += used
            _give_back(books, kind, row, used)
    line = books.store.table(documents.ITEMS[target]).rows[entry]
    move = documents.select_line if row["STATE"] == DRAFT else documents.pay_line
    move(books, target, line, -amount)
    documents.refresh(books, target, key)


def _give_back(books: Books, kind: SourceKind, row: Record, amount: Decimal) -> None:
    key = row[kind.key]
    if kind.object in RESTS:
        payment = books.store.get(kind.object, key)
        if payment is not None and payment["STATE"] == COUNTS:
            use_rest(books, kind.object, payment, -amount)
        return
    line = books.store.table(documents.ITEMS[kind.object]).rows[row[kind.entry]]
    documents.pay_line(books, kind.object, line, amount)
    documents.refresh(books, kind.object, key)

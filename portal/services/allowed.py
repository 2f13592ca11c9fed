"""What may be done with a document now: the one table that services enforce and pages show.

An action that is not allowed says why; one that is may carry a remark in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.errors import NotAllowedNow
from portal.models.base import Origin
from portal.models.credit_note import CreditNote
from portal.models.invoice import Invoice
from portal.models.payment import Payment
from portal.services.shared_receipts import shared_with

Document = Invoice | Payment | CreditNote
Rule = Callable[[Any], str]
"""Why not, for a document; empty when it may."""


@dataclass(frozen=True)
class Allowed:
    """Whether an action may be done. `reason` says why not, or what to know before it is."""

    yes: bool
    reason: str = ""
    code: str = ""


def actions(document: Document, *, synced: bool = False, by_sync: bool = False) -> dict[str, Allowed]:
    """Every action on `document` by name. `synced` says that Intacct has it, `by_sync` that a sync run asks."""
    return {name: _judge(document, name, synced, by_sync) for name in _TABLE[type(document)]}


def require(document: Document, action: str, *, field: str = "", by_sync: bool = False) -> None:
    """Raise NotAllowedNow (at `field`) with the table's reason unless `action` may be done."""
    answer = _judge(document, action, False, by_sync)
    if not answer.yes:
        raise NotAllowedNow(answer.reason, field=field, code=answer.code)


def takes_no_money(invoice: Invoice) -> str:
    """Why nothing can be put on the invoice, whatever is due; empty when something can."""
    if invoice.voided:
        return f"{invoice.number} is voided and takes no money."
    return f"{invoice.number} is a draft and takes no money. Issue it first." if invoice.draft else ""


def gives_nothing(source: Payment | CreditNote) -> str:
    """Why nothing of the payment or credit note can be applied, whatever is left; empty when something can."""
    if source.voided:
        return f"{source.number} is voided and cannot be applied."
    if isinstance(source, CreditNote) and source.draft:
        return f"{source.number} is a draft and cannot be applied. Issue it first."
    return ""


def _judge(document: Document, action: str, synced: bool, by_sync: bool) -> Allowed:
    if action == "void" and not by_sync and not document.voided and (reason := _theirs(document)):
        return Allowed(False, reason, "made_in_intacct")
    reason = _TABLE[type(document)][action](document)
    return Allowed(False, reason) if reason else Allowed(True, _remark(document, action, synced))


def _theirs(document: Document) -> str:
    if document.origin != Origin.INTACCT or isinstance(document, Invoice):
        return ""
    undo = "Reverse" if isinstance(document, Payment) else "Delete"
    others = shared_with(document) if isinstance(document, Payment) else []
    shared = f" It is one receipt there, shared with {' and '.join(others)}, whose part goes with it." if others else ""
    return f"{document.number} came from Intacct. {undo} it in Intacct; the next sync voids it here.{shared}"


def _remark(document: Document, action: str, synced: bool) -> str:
    if action not in ("edit", "void"):
        return ""
    if document.origin == Origin.INTACCT:
        return f"{document.number} came from Intacct. What you change here is not written back."
    if synced and action == "edit" and isinstance(document, Invoice) and document.balance < document.total:
        return f"Intacct has {document.number} and money lies on it: a change may have to be repeated there by hand."
    return ""


def _always(document: Document) -> str:
    return ""


def _kept(document: Document) -> str:
    return f"{document.number} is voided and cannot be changed any more." if document.voided else ""


def _draft(document: Invoice | CreditNote) -> str:
    return _kept(document) or ("" if document.draft else f"{document.number} is issued already.")


def _with_lines(document: Invoice | CreditNote) -> str:
    return _draft(document) or ("" if document.lines else f"{document.number} has no lines. Add one, then issue it.")


def _unissued(document: Invoice | CreditNote) -> str:
    return _kept(document) or ("" if document.draft else f"{document.number} is issued. Void it instead.")


def _owing(invoice: Invoice) -> str:
    return takes_no_money(invoice) or ("" if invoice.balance else f"Nothing is due on {invoice.number}.")


def _issued(invoice: Invoice) -> str:
    return _kept(invoice) or (f"{invoice.number} is a draft. Issue it first." if invoice.draft else "")


def _paid_at_all(invoice: Invoice) -> str:
    nothing = invoice.voided or invoice.balance == invoice.total
    return f"Nothing lies on {invoice.number}." if nothing else ""


def _unpaid(invoice: Invoice) -> str:
    money = "" if invoice.balance == invoice.total else f"Money lies on {invoice.number}. Un-apply it first."
    return _kept(invoice) or money


def _with_rest(source: Payment | CreditNote) -> str:
    return gives_nothing(source) or ("" if source.balance else f"All of {source.number} is applied.")


def _applied(source: Payment | CreditNote) -> str:
    return "" if source.applied else f"Nothing of {source.number} is applied."


def _unapplied(source: Payment | CreditNote) -> str:
    return _kept(source) or (f"{source.number} is applied. Un-apply it first." if source.applied else "")


_TABLE: Mapping[type[Document], Mapping[str, Rule]] = {
    Invoice: {
        "edit": _kept,
        "change_customer": _unpaid,
        "renumber": _kept,
        "issue": _with_lines,
        "duplicate": _always,
        "record_payment": _owing,
        "apply_credit": _owing,
        "unapply": _paid_at_all,
        "credit": _issued,
        "void": _kept,
        "delete_draft": _unissued,
    },
    Payment: {
        "edit": _kept,
        "change_customer": _unapplied,
        "renumber": _kept,
        "apply": _with_rest,
        "unapply": _applied,
        "void": _kept,
    },
    CreditNote: {
        "edit": _kept,
        "change_customer": _unapplied,
        "renumber": _kept,
        "issue": _with_lines,
        "duplicate": _always,
        "apply": _with_rest,
        "unapply": _applied,
        "void": _kept,
        "delete_draft": _unissued,
    },
}

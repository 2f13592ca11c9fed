"""The shapes of bodies, in JSON Schema: what the API's documentation shows, and what tests hold the answers to."""

from __future__ import annotations

from typing import Any

from portal.models.base import Origin
from portal.models.invoice import InvoiceStatus
from portal.models.payment import PaymentMethod
from portal.models.run import RunKind, RunState
from portal.models.sync import Kind
from portal.models.tie_out import Cause
from portal.queries.api_imports import ImportType
from portal.queries.dashboard import Age
from portal.queries.events import Subject
from portal.queries.sync_states import State
from portal.queries.words import CreditNoteStatus, PaymentStatus

Schema = dict[str, Any]


def text(about: str = "", **more: Any) -> Schema:
    """A text."""
    return {"type": "string", **_about(about), **more}


def whole(about: str = "", **more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", **_about(about), **more}


def amount(about: str = "", **more: Any) -> Schema:
    """An exact number."""
    return {"type": "number", **_about(about), **more}


def yes_no(about: str = "", **more: Any) -> Schema:
    """true or false."""
    return {"type": "boolean", **_about(about), **more}


def day(about: str = "", **more: Any) -> Schema:
    """A date."""
    return whole(f"{about}{' ' if about else ''}UNIX seconds at midnight UTC.", **more)


def moment(about: str = "", **more: Any) -> Schema:
    """A time that may not have come."""
    return {"type": ["integer", "null"], "description": f"{about}{' ' if about else ''}UNIX seconds.", **more}


def word(words: Any, about: str = "", **more: Any) -> Schema:
    """One of a set of words."""
    return text(about, enum=[str(item.value) for item in words], **more)


def thing(properties: dict[str, Schema], required: tuple[str, ...] = (), about: str = "") -> Schema:
    """An object. What clients cannot set is `readOnly`."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **_about(about), "properties": properties, **needed}


def many(item: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": item, **more}


def ref(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _about(text_: str) -> Schema:
    return {"description": text_} if text_ else {}


def _is(name: str) -> Schema:
    return {"const": name, "readOnly": True}


READ: Schema = {"readOnly": True}
_CURRENCY = text("A code of three letters, in lower case. Default: the customer's.", examples=["usd"])
_METADATA = {"type": "object", "description": "Free fields: text, numbers, true, false or null by name."}
_ID = whole(**READ)
_CUSTOMER_ID = {"type": ["integer", "string"], "description": "The customer: its id, or its number as text."}
_VERSION = whole("Rises with each change. Sent with a change, it refuses the change when somebody saved meanwhile.")
_COUNTS: Schema = {"type": "object", "description": "Counts by object."}
_VOID = {"voided_at": moment("When it was voided.", **READ), "void_reason": text(**READ)}
_COMMON = {
    "origin": word(Origin, "Where the record was born.", **READ),
    "metadata": _METADATA,
    "version": _VERSION,
    "created_at": moment(**READ),
    "updated_at": moment(**READ),
    "sync": {**ref("sync"), "readOnly": True},
}
_ITEM = thing(
    {
        "id": _ID,
        "object": _is("line_item"),
        "name": text(),
        "description": text(),
        "quantity": amount("Default 1."),
        "unit_cost": amount(),
        "amount": amount("Quantity by unit cost, in the currency's places; it may be left out."),
        "metadata": {
            **_METADATA,
            "description": "Free fields. intacct_account, intacct_location and intacct_department say what Intacct"
            " books the line on.",
        },
    },
    ("unit_cost",),
)
_ADJUSTMENTS = many(thing({"amount": amount()}, ("amount",)))
_LINES = {
    "items": many(ref("line_item")),
    "discounts": {**_ADJUSTMENTS, "description": "Taken off; kept as one sum."},
    "taxes": {**_ADJUSTMENTS, "description": "Added; kept as one sum."},
    "total": amount(**READ),
}
_APPLIED = thing(
    {
        "type": text("invoice; or credit_note, to put a credit note on an invoice by a payment of amount 0."),
        "credit_note": {
            "type": ["integer", "string"],
            "description": "The credit note: its id, or its number as text.",
        },
        "credit_note_number": text(**READ),
        "document_type": text("With a credit note: invoice."),
        "invoice": {"type": ["integer", "string"], "description": "The invoice: its id, or its number as text."},
        "invoice_number": text(**READ),
        "amount": amount(),
    },
    ("invoice", "amount"),
)

SCHEMAS: dict[str, Schema] = {
    "customer": thing(
        {
            "id": _ID,
            "object": _is("customer"),
            "number": text("Default: the next of CUST-00001."),
            "status": text("active or inactive.", **READ),
            "name": text(maxLength=100),
            "email": text("One address, or several with commas between."),
            "phone": text(),
            **{name: text() for name in ("address1", "address2", "city", "state", "postal_code", "country")},
            "currency": {**_CURRENCY, "description": "A code of three letters, in lower case. Default: the company's."},
            "payment_terms": text(examples=["NET 30"]),
            "active": yes_no(),
            **_COMMON,
        },
        ("name",),
    ),
    "invoice": thing(
        {
            "id": _ID,
            "object": _is("invoice"),
            "number": text("Default: the next of INV-00001.", maxLength=45),
            "status": word(InvoiceStatus, **READ),
            "customer": _CUSTOMER_ID,
            "date": day("Default: today where the company is."),
            "due_date": day("Default: what date and terms say."),
            "currency": _CURRENCY,
            "purchase_order": text(),
            "payment_terms": text("Default: the customer's."),
            "draft": yes_no("A draft owes nothing and is not sent to Intacct."),
            **_LINES,
            "balance": amount("What is still due.", **READ),
            **_VOID,
            **_COMMON,
        },
        ("customer",),
    ),
    "line_item": _ITEM,
    "payment": thing(
        {
            "id": _ID,
            "object": _is("payment"),
            "number": text("Default: the next of PMT-00001."),
            "status": word(PaymentStatus, **READ),
            "customer": _CUSTOMER_ID,
            "date": day("Default: today where the company is."),
            "currency": _CURRENCY,
            "amount": amount(),
            "balance": amount("What is not applied yet.", **READ),
            "method": word(PaymentMethod),
            "reference": text("Such as a check's number."),
            "applied_to": many(ref("application"), description="What the money is put on. A change replaces it whole."),
            "voided": yes_no(**READ),
            **_VOID,
            **_COMMON,
        },
        ("customer", "amount"),
    ),
    "application": _APPLIED,
    "credit_note": thing(
        {
            "id": _ID,
            "object": _is("credit_note"),
            "number": text("Default: the next of CN-00001.", maxLength=45),
            "status": word(CreditNoteStatus, **READ),
            "customer": _CUSTOMER_ID,
            "invoice": {"type": ["integer", "string", "null"], "description": "The invoice that it is made from."},
            "date": day("Default: today where the company is."),
            "currency": _CURRENCY,
            "draft": yes_no("A draft credits nothing and is not sent to Intacct."),
            **_LINES,
            "balance": amount("What is not applied yet.", **READ),
            "applied_to": many(ref("application"), description="Changed by payments of amount 0.", **READ),
            "voided": yes_no(**READ),
            **_VOID,
            **_COMMON,
        },
        ("customer",),
    ),
    "balance": thing(
        {
            "object": _is("balance"),
            "customer": whole(),
            "currency": text(),
            "total_outstanding": amount("Due on issued invoices."),
            "past_due_amount": amount(),
            "available_credits": amount("Left of payments."),
            "open_credit_notes": amount("Left of credit notes."),
            "past_due": yes_no(),
            "currencies": many({"type": "object"}, description="The same for every currency of the customer."),
        }
    ),
    "event": thing(
        {
            "id": _ID,
            "object": _is("event"),
            "type": text("A document and what happened to it.", examples=["invoice.created", "payment.voided"]),
            "timestamp": moment(),
            "user": text("Who did it."),
            "text": text(),
            "data": thing(
                {
                    "object": {
                        **thing({"id": whole(), "object": word(Subject)}, about="The document: what is new of it."),
                        "additionalProperties": True,
                    },
                    "previous": {"type": "object", "description": "What that was before."},
                }
            ),
        }
    ),
    "sync": thing(
        {
            "state": word(State),
            "reason": text(),
            "intacct_object": text(),
            "intacct_key": text(),
            "intacct_number": text(),
            "last_synced_at": moment(),
            "problem_id": {"type": ["integer", "null"]},
        },
        about="How the record stands with Intacct.",
    ),
    "sync_run": thing(
        {
            "id": _ID,
            "object": _is("sync_run"),
            "kind": word(RunKind),
            "status": word(RunState),
            "trigger": text("Who or what asked for it."),
            "read": {"type": "object", "description": "Counts by object."},
            "written": {"type": "object", "description": "Counts by object."},
            **{name: whole() for name in ("linked", "waiting", "unknown", "problem_count")},
            **{name: whole() for name in ("gateway_requests", "gateway_functions", "seconds")},
            "error": text(),
            "error_code": text(),
            "warnings": many(text()),
            "step": text(),
            "position": whole(),
            "total": whole(),
            **{name: moment() for name in ("created_at", "started_at", "ended_at")},
            "unchanged": whole("Only of a single run."),
            "skipped": whole("Only of a single run."),
            "problems": many(ref("problem"), description="Only of a single run."),
        }
    ),
    "import": thing(
        {
            "id": _ID,
            "object": _is("import"),
            "type": word(ImportType),
            "preview": yes_no("Counts of a preview say what would happen."),
            "options": {"type": "object", "description": "As in the request."},
            "kind": word(RunKind),
            "status": word(RunState),
            "trigger": text("Who or what asked for it."),
            **{name: _COUNTS for name in ("created", "updated", "linked", "failed", "not_in_ar", "payments")},
            "ambiguous": whole("Names that fit several customers here."),
            **{name: whole() for name in ("unchanged", "failed_count", "problem_count", "position", "total")},
            **{name: whole() for name in ("gateway_requests", "gateway_functions", "seconds")},
            **{name: text() for name in ("error", "error_code", "step")},
            "warnings": many(text()),
            **{name: moment() for name in ("created_at", "started_at", "ended_at")},
            "failures": many(
                thing({**{name: text() for name in ("object", "key", "code", "message")}, "raw": {"type": "object"}}),
                description="Only of a single import.",
            ),
            "problems": many(ref("problem"), description="Only of a single import."),
        }
    ),
    "import_request": thing(
        {
            "type": word(ImportType),
            "preview": yes_no("Default: false."),
            "document_types": many(text(), description="Of invoices: names of Order Entry definitions."),
            "open_only": yes_no("Of invoices. Default: true."),
            "dated_from": text("Of invoices, such as 2026-01-31."),
            "dated_to": text("Of invoices."),
            "with_pdf": yes_no("Of invoices. Default: false."),
        },
        ("type",),
    ),
    "problem": thing(
        {
            "id": _ID,
            "object": text("The kind of record, or Intacct's object where only Intacct has it."),
            "record": {
                "type": ["object", "null"],
                "properties": {"object": text(), "id": whole()},
                "description": "The record of this book that it is about, if one.",
            },
            "number": text("The record's number, or its key in Intacct."),
            **{name: text() for name in ("code", "title", "message", "guide")},
            "state": text("open, skipped or closed."),
            **{name: moment() for name in ("first_seen", "last_seen", "retry_at", "closed_at")},
            "closed_by": text("The run or the person that closed it."),
            "details": {"type": "object", "description": "What was seen in Intacct, and Intacct's own words."},
            "tries": whole(),
            "choices": many(thing({"name": text(), "label": text(), "needs": text("number, key or nothing.")})),
            "run_id": whole("Only in the answer to a retry."),
        }
    ),
    "tie_out": thing(
        {
            "id": _ID,
            "object": _is("tie_out"),
            "run_id": whole(),
            "as_of": moment("The day whose balances are compared; null for now."),
            "read_at": moment(),
            "currencies": many(
                thing(
                    {
                        "currency": _CURRENCY,
                        "here": amount("What invoices owe, less payments and credits not applied."),
                        "here_invoices": amount(),
                        "here_unapplied": amount(),
                        "intacct": amount("The same of Intacct's invoices, adjustments, payments and advances."),
                        "difference": amount("Here minus Intacct."),
                        "unexplained": amount("What of the difference has no cause."),
                        "documents": whole(),
                        "differing": whole(),
                        "causes": many(thing({"cause": word(Cause), "count": whole(), "amount": amount()})),
                        "aging": many(thing({"days_past_due": word(Age), "here": amount(), "intacct": amount()})),
                    }
                )
            ),
            "unread": many(text(), description="What could not be read, in sentences."),
        }
    ),
    "tie_out_document": thing(
        {
            "id": _ID,
            "object": _is("tie_out_document"),
            "type": word(Kind),
            "record_id": {"type": ["integer", "null"], "description": "Of this book; null where only Intacct has it."},
            **{name: text() for name in ("number", "intacct_object", "intacct_key", "intacct_number")},
            "customer": {"type": ["integer", "null"]},
            "customer_name": text(),
            "currency": _CURRENCY,
            "date": moment(),
            "intacct_date": moment(),
            **{name: amount() for name in ("here_total", "here_due", "intacct_total", "intacct_due", "difference")},
            "cause": text("Why the two differ; empty where they agree."),
            "reason": text(),
            "unexplained": amount(),
            "problem_id": {"type": ["integer", "null"]},
        },
        about="A document on both sides; payments and credits are negative.",
    ),
    "tie_out_request": thing({"as_of": text("Such as 2026-03-31. Default: now.")}),
    "reason": thing({"reason": text("Kept in the history.", maxLength=500)}),
    "resolution": thing({"choice": text("The name of one of the choices."), "to": text()}, ("choice",)),
    "error": thing(
        {
            "type": text(),
            "message": text("What happened, what was not done, what to do."),
            "param": {"type": ["string", "null"], "description": "The field at fault, such as items.0.quantity."},
            "code": text("Stable, for programs."),
            "errors": many({"type": "object"}, description="Every fault, where there are several."),
        },
        ("type", "message", "param"),
    ),
}

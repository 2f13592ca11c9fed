"""From a record of ours to the function that writes it, and back: pure, no session, no network.

What is sent is described in the gateway's own terms; what a posting must remember of it (`Built.facts`) is plain JSON,
so that a lost answer can be looked up by the values that were sent.
"""

from portal.sync.mapping.credits import (
    adjustment_lines,
    build_credit_note,
    build_delete,
    build_undo,
    credit_lines,
)
from portal.sync.mapping.customers import LONGEST_CUSTOMER_ID, build_customer
from portal.sync.mapping.invoices import build_invoice, build_invoice_update, invoice_facts
from portal.sync.mapping.lines import dimensions, document_lines
from portal.sync.mapping.payments import build_apply, build_payment, method_in, method_out
from portal.sync.mapping.records import (
    Built,
    CannotSend,
    CreditNoteRecord,
    Currencies,
    CustomerRecord,
    InvoiceRecord,
    LineRecord,
    Part,
    PaymentRecord,
)
from portal.sync.mapping.references import reference_in, stamp
from portal.sync.mapping.reversals import build_reverse

__all__ = [
    "LONGEST_CUSTOMER_ID",
    "Built",
    "CannotSend",
    "CreditNoteRecord",
    "Currencies",
    "CustomerRecord",
    "InvoiceRecord",
    "LineRecord",
    "Part",
    "PaymentRecord",
    "adjustment_lines",
    "build_apply",
    "build_credit_note",
    "build_customer",
    "build_delete",
    "build_invoice",
    "build_invoice_update",
    "build_payment",
    "build_reverse",
    "build_undo",
    "credit_lines",
    "dimensions",
    "document_lines",
    "invoice_facts",
    "method_in",
    "method_out",
    "reference_in",
    "stamp",
]

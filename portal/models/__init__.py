"""The tables. Importing this package registers every one of them with the metadata."""

from portal.models import (  # noqa: F401
    access,
    audit,
    company,
    connection,
    credit_note,
    customer,
    gateway_slot,
    inbox,
    invoice,
    invoice_pdf,
    payment,
    run,
    sums,
    sync,
    tie_out,
    usage,
)

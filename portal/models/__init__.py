"""The tables. Importing this package registers every one of them with the metadata."""

from portal.models import audit, company, connection, customer, invoice, payment, run, sync  # noqa: F401

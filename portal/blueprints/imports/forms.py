"""What an import of invoices is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.blueprints.forms import DateField, PortalForm, TextField


class ImportForm(PortalForm):
    """Nothing but its token: an import of customers takes no options."""

    def options(self) -> dict[str, Any]:
        """The options as `asking` takes them."""
        return {}


class InvoiceImportForm(ImportForm):
    """The document types, chosen from Intacct's list where it can be had, else typed; and which of their documents."""

    document_types = SelectMultipleField(
        "Document types", option_widget=CheckboxInput(), widget=ListWidget(), validate_choice=False
    )
    typed_types = TextField("Document types", max_length=500)
    open_only = BooleanField("Only open items", default=True)
    dated_from = DateField("Dated from")
    dated_to = DateField("Dated to")
    with_pdf = BooleanField("Keep Intacct's PDF of each invoice")

    def offer(self, types: Sequence[tuple[str, str]]) -> None:
        """Let these document types (name, label) be chosen."""
        self.document_types.choices = list(types)

    def options(self) -> dict[str, Any]:
        """The options as `asking` takes them."""
        typed = [name.strip() for name in (self.typed_types.data or "").split(",")]
        return {
            "document_types": [*(self.document_types.data or []), *(name for name in typed if name)],
            "open_only": bool(self.open_only.data),
            "dated_from": self.dated_from.data.isoformat() if self.dated_from.data else None,
            "dated_to": self.dated_to.data.isoformat() if self.dated_to.data else None,
            "with_pdf": bool(self.with_pdf.data),
        }

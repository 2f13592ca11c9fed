"""What imports may be sorted and filtered by in the API."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_

from portal.models.company import Company
from portal.models.run import Run, RunKind, RunState
from portal.queries.api_lists import Listing, word
from portal.queries.imports import is_preview, of_company


class ImportType(StrEnum):
    """What an import brings over."""

    CUSTOMERS = "customers"
    INVOICES = "invoices"

    @property
    def kind(self) -> RunKind:
        """The kind of its runs."""
        return RunKind(f"import_{self.value}")


class YesNo(StrEnum):
    """yes or no, as an address says it."""

    YES = "yes"
    NO = "no"


def _of_type(_company: Company, value: str) -> ColumnElement[bool]:
    kind = ImportType(value).kind
    return or_(Run.kind == kind, Run.subject["of"].as_string() == kind.value)


IMPORTS = Listing(
    rows=of_company,
    id=Run.id,
    changed=func.coalesce(Run.ended_at, Run.started_at, Run.created_at),
    sorts={"id": Run.id, "created_at": Run.created_at},
    filters={
        "status": word(RunState, lambda _company, value: Run.state == value),
        "type": word(ImportType, _of_type),
        "preview": word(YesNo, lambda _company, value: is_preview() if value == YesNo.YES else ~is_preview()),
    },
)

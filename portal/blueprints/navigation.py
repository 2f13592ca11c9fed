"""The left navigation: every area that exists, for those who may open it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from portal.blueprints.access import may_open


@dataclass(frozen=True)
class Entry:
    """One link. `endpoint` is shown once an area has registered it; `icon` is a name of Bootstrap's icons."""

    endpoint: str
    label: str
    icon: str
    group: str = ""

    @property
    def current(self) -> bool:
        """Whether the page now shown belongs to this entry: the same page, or the same area where it has one entry."""
        area = self.endpoint.partition(".")[0]
        return request.endpoint == self.endpoint or (request.blueprint == area and area not in _SHARED_AREAS)


ENTRIES = (
    Entry("dashboard.show_dashboard", "Dashboard", "house"),
    Entry("customers.list_customers", "Customers", "people"),
    Entry("invoices.list_invoices", "Invoices", "receipt"),
    Entry("payments.list_payments", "Payments", "cash-coin"),
    Entry("credit_notes.list_credit_notes", "Credit notes", "arrow-return-left"),
    Entry("imports.list_imports", "Imports", "download"),
    Entry("settings.list_integrations", "Integrations", "plug", "Settings"),
    Entry("accounting_sync.show_sync", "Accounting sync", "arrow-repeat", "Settings"),
    Entry("members.list_members", "Members", "person-gear", "Settings"),
    Entry("api_keys.list_api_keys", "API keys", "key", "Settings"),
    Entry("company.show_company", "Company", "building", "Settings"),
    Entry("help.show_help", "Help", "question-circle", "Support"),
)

_SHARED_AREAS = frozenset(
    area for area in (entry.endpoint.partition(".")[0] for entry in ENTRIES)
    if sum(entry.endpoint.startswith(area + ".") for entry in ENTRIES) > 1
)  # fmt: skip


def navigation() -> list[tuple[str, list[Entry]]]:
    """The entries to show, in groups: (heading, entries); the first group has no heading."""
    groups: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        if may_open(entry.endpoint):
            groups.setdefault(entry.group, []).append(entry)
    return list(groups.items())

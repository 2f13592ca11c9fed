"""The behaviours of a real company that nobody has confirmed, or that an administrator chooses."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .values import parse_date

UNIQUEID_MODES = ("received", "success", "ignored")


@dataclass(frozen=True)
class Switches:
    """All switches with the values that the sandbox starts with.

    uniqueid            what `uniqueid` true does to a function's control id: burnt on receipt, on success, or nothing
    strict_order        refuse elements out of schema order, and and/or with one child
    throttle            a third request at the same time is answered 429 (`concurrency` at once are let through)
    bad_login_401       a wrong user or password is answered by HTTP 401 instead of a 200
    multi_currency      foreign currencies are taken
    user_offset         the API user's time zone: stamps are shown, and filters read, in it
    apply_takes_payment `apply_arpayment` takes an ARPYMT's own key for its rest
    void_marks_rows     reversing a payment turns its rows to V as well; else only its header tells, and the rows stay
    cascade_reversal    reversing a payment whose rest was applied also undoes those applications; else it is refused
    user_summaries      objects (invoices, payments, adjustments) whose A/R summaries are user-specified
    auto_customer_ids   a customer without CUSTOMERID gets the next number
    auto_invoice_numbers an invoice without number gets the next one; else it stays without
    whenmodified_on_application  money put on an invoice moves the invoice's WHENMODIFIED
    null_whenmodified   objects whose never-changed records show an empty WHENMODIFIED
    denied              operations refused to the user: "READ GLACCOUNT", "CREATE *", "* ARPYMT"
    refused_functions   functions this company's gateway refuses ("getUserPermissions")
    closed_through      last day of the closed books (MM/DD/YYYY), or empty
    closed_modules      the same for one module: {"4.AR": "12/31/2025", "8.SO": "11/30/2025"}
    closed_periods      single closed spans for all modules: ["02/01/2026-02/28/2026"]
    custom_fields       custom fields by object, or by object and document type, which are there only with that
                        docparid: {"ARINVOICE": ["REGION_CODE"], "SODOCUMENT:Sales Invoice": ["ROUTE"]}
    order_edits_move_money  editing an Order Entry document that is partly paid moves the money to its new A/R record;
                        else, and always when it is paid in full, the edit is refused
    inline_whole        an inline credit is applied whole or not at all; else in any part
    audit_modes         what AUDITHISTORY notes: D deletions, C creations, M changes (reading it: `denied`)
    pdf_refused         what cannot be printed: invoice numbers, DOCIDs, or whole objects ("SODOCUMENT")
    session_hours       length of a session
    authorised_senders  senders that this company lets in
    """

    uniqueid: str = "received"
    strict_order: bool = False
    throttle: bool = False
    concurrency: int = 2
    bad_login_401: bool = False
    multi_currency: bool = False
    user_offset: str = "+00:00"
    apply_takes_payment: bool = True
    void_marks_rows: bool = True
    cascade_reversal: bool = True
    user_summaries: list[str] = field(default_factory=list)
    auto_customer_ids: bool = False
    auto_invoice_numbers: bool = False
    whenmodified_on_application: bool = True
    null_whenmodified: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    refused_functions: list[str] = field(default_factory=list)
    closed_through: str = ""
    closed_modules: dict[str, str] = field(default_factory=dict)
    closed_periods: list[str] = field(default_factory=list)
    order_edits_move_money: bool = True
    custom_fields: dict[str, list[str]] = field(default_factory=dict)
    inline_whole: bool = True
    audit_modes: list[str] = field(default_factory=lambda: ["D"])
    pdf_refused: list[str] = field(default_factory=list)
    session_hours: float = 12
    authorised_senders: list[str] = field(default_factory=lambda: ["invoiced"])

    def with_changes(self, changes: dict[str, Any]) -> Switches:
        """A copy with `changes`; ValueError names an unknown switch or a value of the wrong kind."""
        kinds = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(kinds))}")
            if not isinstance(value, (int, float) if kinds[name] in (int, float) else kinds[name]):
                raise ValueError(f"switch {name!r} takes a {kinds[name].__name__}")
        changed = replace(self, **changes)
        changed.check_dates()
        if changed.uniqueid not in UNIQUEID_MODES:
            raise ValueError(f"uniqueid is one of {', '.join(UNIQUEID_MODES)}")
        return changed

    def check_dates(self) -> None:
        """ValueError for a closed day or span that cannot be read."""
        for text in (self.closed_through, *self.closed_modules.values()):
            if text:
                parse_date(text)
        for span in self.closed_periods:
            first, _, last = span.partition("-")
            if parse_date(first) > parse_date(last):
                raise ValueError(f"closed period {span!r} ends before it begins")

    def as_dict(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)

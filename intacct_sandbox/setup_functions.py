"""What the company says of itself: financial setup, entities, the user's formats and permissions."""

from __future__ import annotations

from .company import BASE_CURRENCY
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError
from .render import data, element
from .sessions import ENTITIES_OF
from .store import Record
from .work import Outcome, Work

# Each policy with the object it stands for and the rights that its operations need.
_POLICIES = (
    ("Company", "Users", "USERINFO"),
    ("Company", "Locations", "LOCATION"),
    ("Company", "Departments", "DEPARTMENT"),
    ("Accounts Receivable", "Customers", "CUSTOMER"),
    ("Accounts Receivable", "Invoices", "ARINVOICE"),
    ("Accounts Receivable", "Adjustments", "ARADJUSTMENT"),
    ("Accounts Receivable", "Receive Payments", "ARPYMT"),
    ("Accounts Receivable", "AR Terms", "ARTERM"),
    ("General Ledger", "Accounts", "GLACCOUNT"),
    ("Cash Management", "Checking Accounts", "CHECKINGACCOUNT"),
)
_RIGHTS = (("READ", "List|View"), ("CREATE", "Add"), ("UPDATE", "Edit|Reverse"), ("DELETE", "Delete"))


def financial_setup(work: Work, function: Element) -> Outcome:
    """`getFinancialSetup`."""
    multi = "true" if work.books.switches.multi_currency else "false"
    inside = (
        element("baseCurrency", BASE_CURRENCY)
        + element("defaultBook", "ACCRUAL")
        + element("firstFiscalMonth", "1")
        + element("multiBaseCurrency", "false")
        + element("multiBook", "false")
        + element("multiCurrency", multi)
        + element("multiEntityShared", "true")
    )
    return Outcome(data=data(f"<financialSetup>{inside}</financialSetup>"))


def entity_details(work: Work, function: Element) -> Outcome:
    """`readEntityDetails`: the entities that the user may use."""
    allowed = ENTITIES_OF.get(work.signed.user_id)
    parts = []
    for row in work.store.rows("LOCATIONENTITY"):
        if row["STATUS"] == "T" and (allowed is None or row["LOCATIONID"] in allowed):
            parts.append(
                "<entity>"
                + element("id", row["LOCATIONID"])
                + element("name", row["NAME"])
                + element("recordno", row["RECORDNO"])
                + element("currency", row["CURRENCY"])
                + element("firstfiscalmonth", row["FIRSTMONTH"])
                + element("firstfiscaltaxmonth")
                + element("weekstart")
                + "</entity>"
            )
    return Outcome(data=data("".join(parts)))


def _user(work: Work, user_id: str, key: str) -> Record:
    if key:
        found = work.store.get("USERINFO", int(key)) if key.isdecimal() else None
    else:
        found = work.store.one("USERINFO", "LOGINID", user_id)
    if found is None:
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {key or user_id}"))
    return found


def user_formatting(work: Work, function: Element) -> Outcome:
    """`readUserFormatting`: how this user's dates and stamps are to be read."""
    user = _user(work, text_of(function, "userId") or work.signed.user_id, text_of(function, "key"))
    inside = (
        element("recordno", user["RECORDNO"])
        + element("locale", "en_US")
        + element("dateformat", "/mdY")
        + element("gmtoffset", work.books.switches.user_offset)
        + element("clock", "24")
    )
    return Outcome(data=data(f"<userformatting>{inside}</userformatting>"))


def user_permissions(work: Work, function: Element) -> Outcome:
    """`getUserPermissions`: rights by application and policy, as the `denied` switch leaves them."""
    _user(work, text_of(function, "userId"), "")
    grouped: dict[str, list[str]] = {}
    for application, policy, name in _POLICIES:
        rights = "|".join(shown for operation, shown in _RIGHTS if _granted(work, operation, name))
        inside = element("policyName", policy) + element("rights", rights)
        grouped.setdefault(application, []).append(f"<policy>{inside}</policy>")
    parts = [
        f"<appSubscription>{element('applicationName', application)}<policies>{''.join(policies)}</policies>"
        "</appSubscription>"
        for application, policies in grouped.items()
    ]
    return Outcome(data=data(f"<permissions>{''.join(parts)}</permissions>"))


def _granted(work: Work, operation: str, name: str) -> bool:
    try:
        work.books.allow(operation, name)
    except FunctionRefusal:
        return False
    return True

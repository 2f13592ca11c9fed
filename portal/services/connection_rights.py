"""What the portal needs of an Intacct user's role, what a refusal costs, and how it is granted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from portal.intacct.errors import PermissionRefused
from portal.intacct.results import Result
from portal.models.base import JsonDict


class RightState(StrEnum):
    """What is known of a right."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Right:
    """One right.

    `reads` are the objects whose rows prove it, `policy` the (application, policy) of Intacct's permission list that
    speaks of it, with the words it must hold. Without an `essential` right no connection is saved.
    """

    key: str
    label: str
    reads: tuple[str, ...]
    policy: tuple[str, str]
    words: tuple[str, ...]
    costs: str
    grant: str
    essential: bool = False


_AR = "Accounts Receivable"
_READ = ("List", "View")
_TYPED = "Nothing stops; their IDs are typed instead of chosen from a list, and checked by Intacct only."


def _ar(permission: str) -> str:
    return f"In Intacct, open Company, Roles, the role of this user, {_AR}, and tick {permission}."


RIGHTS = (
    Right("read_customers", "Read customers", ("CUSTOMER",), (_AR, "Customers"), _READ,
          "Customers cannot be told apart, so nothing can be synced.", _ar("Customers: List, View"), essential=True),
    Right("read_invoices", "Read invoices", ("ARINVOICE",), (_AR, "Invoices"), _READ,
          "What Intacct has cannot be seen, so nothing can be synced.", _ar("Invoices: List, View"), essential=True),
    Right("read_payments", "Read payments", ("ARPYMT", "ARPYMTDETAIL"), (_AR, "Receive Payments"), _READ,
          "Money received in Intacct cannot be seen, so nothing can be synced.",
          _ar("Receive Payments: List, View"), essential=True),
    Right("write_customers", "Add and edit customers", (), (_AR, "Customers"), ("Add", "Edit"),
          "Customers that exist only here do not get to Intacct, and their invoices wait.",
          _ar("Customers: Add, Edit")),
    Right("write_invoices", "Add and edit invoices", (), (_AR, "Invoices"), ("Add", "Edit"),
          "Invoices become problems when they are sent.", _ar("Invoices: Add, Edit, Delete and Reverse")),
    Right("write_payments", "Receive payments", (), (_AR, "Receive Payments"), ("Add",),
          "Payments become problems when they are sent.", _ar("Receive Payments: Add, Edit and Reverse")),
    Right("gl_accounts", "Read GL accounts", ("GLACCOUNT",), ("General Ledger", "Accounts"), _READ, _TYPED,
          "In Intacct, open Company, Roles, the role of this user, General Ledger, and tick Accounts: List, View."),
    Right("bank_accounts", "Read bank accounts", ("CHECKINGACCOUNT",), ("Cash Management", "Checking Accounts"), _READ,
          _TYPED, "In Intacct, open Company, Roles, the role of this user, Cash Management, and tick Checking Accounts:"
          " List, View."),
    Right("locations", "Read locations", ("LOCATION",), ("Company", "Locations"), _READ, _TYPED,
          "In Intacct, open Company, Roles, the role of this user, Company, and tick Locations: List, View."),
    Right("departments", "Read departments", ("DEPARTMENT",), ("Company", "Departments"), _READ, _TYPED,
          "In Intacct, open Company, Roles, the role of this user, Company, and tick Departments: List, View."),
)  # fmt: skip

PROBED = tuple(name for right in RIGHTS for name in right.reads)
"""The objects of which one row is asked."""

Policies = Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class RightShown:
    """A right with what is known of it, for pages and commands."""

    key: str
    label: str
    state: RightState
    costs: str
    grant: str


def policies_of(permissions: etree._Element | None) -> Policies:
    """The rights by (application, policy), in lower case, of a `getUserPermissions` answer; empty when it has none."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    if permissions is None:
        return found
    for application in permissions.iter("appSubscription"):
        for policy in application.iter("policy"):
            name = (_text(application, "applicationName"), _text(policy, "policyName"))
            found[name] = frozenset(word.strip() for word in _text(policy, "rights").split("|"))
    return found


def judge(reads: Mapping[str, Result | Exception], policies: Policies) -> dict[str, RightState]:
    """The state of each right by its key. A row that came, or was refused, counts for more than the list."""
    return {right.key: _state(right, reads, policies) for right in RIGHTS}


def shown(states: JsonDict) -> list[RightShown]:
    """All rights with what `states` says of them; "could not be checked" where it is silent."""
    return [
        RightShown(right.key, right.label, RightState(states.get(right.key, RightState.UNKNOWN)), right.costs,
                   right.grant)
        for right in RIGHTS
    ]  # fmt: skip


def refused_essential(states: Mapping[str, RightState]) -> Right | None:
    """The first right without which there is no connection, if one was refused."""
    return next((right for right in RIGHTS if right.essential and states[right.key] == RightState.REFUSED), None)


def _state(right: Right, reads: Mapping[str, Result | Exception], policies: Policies) -> RightState:
    answers = [reads.get(name) for name in right.reads]
    if any(isinstance(answer, PermissionRefused) for answer in answers):
        return RightState.REFUSED
    if answers and all(isinstance(answer, Result) for answer in answers):
        return RightState.GRANTED
    application, policy = right.policy
    words = policies.get((application.lower(), policy.lower()))
    if words is None:
        return RightState.UNKNOWN
    return RightState.GRANTED if {word.lower() for word in right.words} <= words else RightState.REFUSED


def _text(parent: etree._Element, name: str) -> str:
    return (parent.findtext(name) or "").strip().lower()

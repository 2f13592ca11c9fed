"""The guide to setting Intacct up, as a checklist: what to do there, and what the connection shows to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.extensions import settings
from portal.models.connection import Connection
from portal.models.run import RunKind
from portal.services import integration_settings
from portal.services.connection_rights import RightState
from portal.services.integration_settings import Choices

DONE, TODO, FAILED, UNKNOWN = "done", "todo", "failed", "unknown"


@dataclass(frozen=True)
class Step:
    """One step. `state` is done, todo, failed, or unknown where only a person can tell."""

    slug: str
    title: str
    state: str
    items: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Need:
    """A permission of the user's role: what it is used for, which rights show it, and what is seen of it."""

    module: str
    level: str
    used_for: str
    state: str


@dataclass(frozen=True)
class Flow:
    """One direction of data between the two books, and whether it is switched on."""

    what: str
    to_intacct: bool
    on: bool
    words: str


_NEEDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Accounts Receivable", "All",
     "Reads and writes customers, invoices, payments, adjustments and their applications.",
     ("read_customers", "read_invoices", "read_payments", "write_customers", "write_invoices", "write_payments")),
    ("General Ledger", "Read only", "Lists the GL accounts among which you choose.", ("gl_accounts",)),
    ("Order Entry", "Read only",
     "Reads the sales documents that are imported. Not needed where you import no invoices.", ()),
    ("Cash Management (optional)", "Read only",
     "Lists the bank accounts for deposits. Without it you type the account's ID.", ("bank_accounts",)),
)  # fmt: skip


def steps(connection: Connection | None, choices: Choices, imported: bool) -> list[Step]:
    """Every step with what is known of it."""
    connected = connection is not None and connection.connected
    signed_in = DONE if connected else TODO
    states = dict(connection.rights) if connection is not None and connected else {}
    return [
        Step("subscription", "Subscribe to Web Services", signed_in, (
            "In Intacct, open Company > Admin > Subscriptions.",
            "Find Web Services and switch it on. It is part of a company's subscription: where it is missing, ask"
            " your Sage account manager.",
        )),
        Step("user", "Add a Web Services user for the portal", signed_in, (
            "Open Company > Admin > Web Services Users and choose Add.",
            "User ID: a name of its own, such as portal_sync. User name and e-mail: those of whoever looks after"
            " the connection; Intacct sends the first password to this address.",
            "User type: Business. Admin privileges: Full, or a role with the permissions below. Status: Active.",
            "Tick “Keep this password until reset”, so that it does not expire, and “Enforce web services only”.",
            "Save. Sign in once with the password from the mail if Intacct asks you to change it.",
        ), "A user of its own shows in Intacct’s history what the portal did. Do not use a person’s user."),
        Step("permissions", "Let the user in: subscriptions and permissions", _rights(states, connected), (
            "On the user’s line, open Subscriptions and tick Accounts Receivable, General Ledger and Order Entry.",
            "Beside each, open Permissions and give what the table below says. With roles: give the role the same.",
        )),
        Step("sender", "Authorize the portal’s sender ID", signed_in, (
            "Open Company > Company Info > Security and choose Edit.",
            "Under Web Services authorizations choose Add, and enter the sender ID below exactly as it is written:"
            " capital and small letters count.",
            "Save the sender, then save the company.",
        )),
        Step("connect", "Connect", signed_in, (
            "Here, open Settings > Integrations > Intacct.",
            "Enter the company ID (Company > Company Info shows it), the user ID and its password. Entity ID: only"
            " where the portal is to work in one entity of a shared company; empty means the top level.",
            "Save. The portal signs in and asks what the user may do; what is refused is named with the way to"
            " grant it.",
        )),
        Step("configure", "Choose accounts and directions", _configured(choices, connected), (
            "Income account: for invoice lines that name none. Deposit to: the bank account, or undeposited funds.",
            "Location and department: where your company requires them on every line.",
            "Directions: what is written to Intacct, and what is read from it. Start of the sync: documents dated"
            " earlier are left alone.",
        )),
        Step("auto-sync", "Let it run by itself", DONE if choices.auto_sync and connected else TODO, (
            "Preview the sync once: Settings > Accounting sync > Preview sync shows what it would do and sends"
            " nothing.",
            "Run it as shown. When you trust it, switch Reconcile to Intacct on: it then runs about once an hour.",
        )),
        Step("imports", "Import what is there already", DONE if imported else TODO, (
            "Customers > Import > Intacct brings the whole customer list.",
            "Invoices > Import > Intacct brings outstanding Order Entry invoices of the types you choose, with"
            " what was paid on them. Invoices typed directly in Accounts Receivable are not imported.",
            "To have them come by themselves from then on, switch the reading of invoices on in the settings.",
        )),
        Step("usage", "Work with it", UNKNOWN, (
            "Each document’s page says whether Intacct has it, and why not if not.",
            "What could not be synced stands under Accounting sync > Problems, with its cause and its fix.",
            "At month end, Accounting sync > Tie-out sets both books beside each other and explains every"
            " difference.",
        )),
    ]  # fmt: skip


def needs(connection: Connection | None) -> list[Need]:
    """The permissions, each with what the connection shows of it."""
    states: Mapping[str, str] = dict(connection.rights) if connection is not None and connection.connected else {}
    return [Need(module, level, used_for, _all(states, keys)) for module, level, used_for, keys in _NEEDS]


def flows(choices: Choices, connected: bool) -> list[Flow]:
    """What goes which way, and whether it does now."""
    write_customers = choices.write_invoices or choices.write_payments
    rows = (
        ("Customers", True, write_customers, "as their documents need them"),
        ("Invoices", True, choices.write_invoices, "issued, changed or voided"),
        ("Payments", True, choices.write_payments, "with what they pay"),
        ("Credit notes", True, choices.write_credit_notes, "as A/R adjustments"),
        ("Payments", False, choices.read_payments, "received in Intacct"),
        ("Credits", False, choices.read_credits, "applied in part in Intacct"),
        ("Order Entry invoices", False, choices.read_invoices, "of the chosen types, with their customers"),
    )
    return [Flow(what, out, on and connected, words) for what, out, on, words in rows]


def sender_id() -> str:
    """What Intacct has to authorize."""
    return settings().intacct_sender_id


IMPORTS = (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES)


def _rights(states: Mapping[str, str], connected: bool) -> str:
    if not connected:
        return TODO
    return FAILED if RightState.REFUSED in states.values() else DONE


def _all(states: Mapping[str, str], keys: tuple[str, ...]) -> str:
    found = {states.get(key, RightState.UNKNOWN) for key in keys} or {RightState.UNKNOWN}
    if RightState.REFUSED in found:
        return RightState.REFUSED
    return RightState.GRANTED if found == {RightState.GRANTED} else RightState.UNKNOWN


def _configured(choices: Choices, connected: bool) -> str:
    if not connected:
        return TODO
    return TODO if integration_settings.missing(choices) else DONE


EDGE_CASES: tuple[tuple[str, str], ...] = (
    ("Customers are matched by name",
     "The same name, whatever its spaces and capitals, is the same customer. Of several the one whose customer ID is"
     " our number is taken; else you are asked. None: it is created on the other side."),
    ("Drafts stay here", "Issued invoices are written, and later those that changed. The first sync takes all."),
    ("An imported invoice is Intacct’s",
     "What you change on it here is not written back, and a later change there overwrites dates, lines and totals."
     " Payments that you record on it are sent."),
    ("A written invoice that you change",
     "It is updated in Intacct while nobody changed it there and nothing is applied. Else both versions are shown to"
     " you. One that is reversed or deleted there is a problem with its choices."),
    ("Order Entry edits", "An edited document gets a new A/R record in Intacct; the portal follows it with its money."),
    ("Bill-to contacts", "By choice the customer here is the bill-to contact: several for one customer of Intacct’s."),
    ("A number that is taken",
     "Where Intacct has another record of that number, both are shown: renumber ours, link them, or skip it."),
    ("A credit that settles a whole invoice",
     "It is not carried over in either direction, and shown as such, unless the setting for full credits is on."),
    ("Partial credits",
     "One applied in Intacct arrives as a payment of method “other”; a credit note applied here goes as an"
     " adjustment."),
    ("Which customers come",
     "The sync brings only customers that have invoices; the customer import brings the whole list, inactive ones as"
     " inactive."),
    ("A payment waits for its invoices", "It says what it waits for, and goes by itself once they are in Intacct."),
    ("Voids", "A payment voided here is reversed there; one of ours that is voided there is voided here."),
    ("Skipping", "A skipped record takes a reason and stays out of every sync until somebody takes it back."),
    ("Amounts agree to the cent", "A credit’s lines sum to its total, with discount and tax."),
    ("Entities", "A record keeps its entity: what the connection cannot see is neither written nor checked."),
)  # fmt: skip
"""The rules of the sync in plain words, in their order."""

"""Writing customers: matched by name first, created where Intacct has none, updated where ours changed."""

from __future__ import annotations

from collections.abc import Sequence

from portal.extensions import db
from portal.intacct.queries import Query, one_of
from portal.models.sync import Act, Kind, SyncRow
from portal.problems import ledger
from portal.sync import directory, links, sending
from portal.sync.candidates import candidates
from portal.sync.context import RunContext
from portal.sync.decide import Next
from portal.sync.directory import Entry, Match, Verdict
from portal.sync.mapping import CustomerRecord, build_customer
from portal.sync.sending import Ready
from portal.sync.snapshots import Snapshot, take

AT_ONCE = 500


def write(ctx: RunContext) -> None:
    """Send every customer that should be in Intacct and is not, or is there otherwise."""
    ids = candidates(ctx, Kind.CUSTOMER)
    if not ctx.begin_if("customers", len(ids)):
        return
    snapshots = take(ctx, Kind.CUSTOMER, ids)
    ctx.commit()
    _create(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.CREATE])
    _update(ctx, [snapshot for snapshot in snapshots if snapshot.decision.next == Next.UPDATE])


def _create(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    if not snapshots:
        return
    directory.refresh(ctx)
    waiting = list(snapshots)
    while waiting:
        chunk, waiting = _distinct_names(waiting)
        for start in range(0, len(chunk), AT_ONCE):
            part = chunk[start : start + AT_ONCE]
            directory.forget_deleted(ctx, [snapshot.name_key for snapshot in part])
            ids_there = _by_customer_id(ctx, [snapshot.number for snapshot in part])
            ready = [
                item for snapshot in part if (item := _judge(ctx, snapshot, ids_there.get(snapshot.number.casefold())))
            ]
            ctx.checkpoint()
            sending.send_all(ctx, ready)


def _distinct_names(snapshots: Sequence[Snapshot]) -> tuple[list[Snapshot], list[Snapshot]]:
    """Two new customers of one name must not go together: the second has to see the first in the directory."""
    seen: set[str] = set()
    now: list[Snapshot] = []
    later: list[Snapshot] = []
    for snapshot in snapshots:
        (later if snapshot.name_key in seen else now).append(snapshot)
        seen.add(snapshot.name_key)
    return now, later


def _by_customer_id(ctx: RunContext, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
    """The look before each send: customers there that have our numbers as CUSTOMERID."""
    query = Query("CUSTOMER", directory.FIELDS, one_of("CUSTOMERID", numbers), show_private=not ctx.entity)
    return {row["CUSTOMERID"].casefold(): row for row in ctx.rows(query)}


def _judge(ctx: RunContext, snapshot: Snapshot, same_id_there: dict[str, str] | None) -> Ready | None:
    if same_id_there is not None:
        links.remember_customer(
            ctx.book_id, int(same_id_there["RECORDNO"]), same_id_there["CUSTOMERID"], same_id_there["NAME"],
            active=same_id_there["STATUS"].casefold() in ("active", "t"), entity=same_id_there["MEGAENTITYID"],
        )  # fmt: skip
    row = db.session.get_one(SyncRow, snapshot.row_id)
    problem = ledger.open_problem(row.id)
    if problem is not None and problem.details.get("choice") == "create":
        named: list[Entry] = []
        same_id = directory.find(ctx, snapshot.name_key, snapshot.number)[1]
    else:
        named, same_id = directory.find(ctx, snapshot.name_key, snapshot.number)
    found = directory.match(snapshot.number, named, same_id)
    if found.verdict == Verdict.CREATE:
        return sending.ready(snapshot, Act.CREATE, lambda seq: build_customer(_record(snapshot), update=False))
    if found.verdict == Verdict.LINK and found.entry:
        link(ctx, row, found.entry)
    else:
        _ask(ctx, row, snapshot, found)
    return None


def link(ctx: RunContext, row: SyncRow, entry: Entry) -> None:
    """Link our customer to Intacct's of the same name; nothing is sent."""
    links.link_without_posting(row, str(entry.recordno), entry.customer_id, {"name": entry.name}, entry.entity)
    ctx.remember(row)
    ledger.close(row, ctx.by)
    ctx.count("linked.customers")
    ctx.item("linked", f"{entry.name} is {entry.customer_id} in Intacct.", row_id=row.id)


def _ask(ctx: RunContext, row: SyncRow, snapshot: Snapshot, found: Match) -> None:
    record = _record(snapshot)
    listed = ", ".join(entry.customer_id for entry in found.candidates)
    code, text = {
        Verdict.AMBIGUOUS: (
            "customer_ambiguous",
            f"Intacct has {len(found.candidates)} customers called {record.name} ({listed}). Nothing was sent."
            " Choose which of them is meant.",
        ),
        Verdict.NAME_LINKED: (
            "customer_name_linked",
            f"Intacct has a customer called {record.name} ({listed}), but it is linked to another customer here."
            " Nothing was sent. Create a second one there, or use that customer here.",
        ),
        Verdict.ID_TAKEN: (
            "customer_id_taken",
            f"Customer ID {record.number} belongs to {found.candidates[0].name if found.candidates else 'another'} in"
            " Intacct. Nothing was sent. Renumber this customer, or link the two.",
        ),
    }[found.verdict]
    details = {"candidates": [entry.__dict__ for entry in found.candidates]}
    ledger.report(row, code, text, details=details)
    ctx.count("problems")
    ctx.item("problem", text, row_id=row.id)


def _update(ctx: RunContext, snapshots: Sequence[Snapshot]) -> None:
    for start in range(0, len(snapshots), AT_ONCE):
        part = snapshots[start : start + AT_ONCE]
        query = Query(
            "CUSTOMER",
            directory.FIELDS,
            one_of("RECORDNO", [snapshot.key for snapshot in part]),
            show_private=not ctx.entity,
        )
        there = {row["RECORDNO"]: row for row in ctx.rows(query)}
        ready = [item for snapshot in part if (item := _judge_update(ctx, snapshot, there.get(snapshot.key)))]
        ctx.checkpoint()
        sending.send_all(ctx, ready)


def _judge_update(ctx: RunContext, snapshot: Snapshot, there: dict[str, str] | None) -> Ready | None:
    """A customer is updated while its name there is the one we last saw; another name is somebody's edit."""
    row = db.session.get_one(SyncRow, snapshot.row_id)
    record = _record(snapshot)
    if there is None:
        text = f"Customer {record.name} ({row.number_there}) is not in Intacct any more. Nothing was sent."
    elif snapshot.seen.get("name") not in (None, there["NAME"]) and there["NAME"] != record.name:
        text = (
            f"Customer {record.name} was renamed to {there['NAME']} in Intacct. The change made here was not sent."
            " Give both the same name, then retry."
        )
    elif ctx.entity and not there["MEGAENTITYID"]:
        text = f"Customer {record.name} belongs to the top level of Intacct; this connection may not change it."
    else:
        number = row.number_there
        sent = CustomerRecord(
            number, record.name, record.email, record.phone, record.address, record.currency, record.active
        )
        return sending.ready(snapshot, Act.UPDATE, lambda seq: build_customer(sent, update=True))
    ledger.report(row, "changed_here", text)
    ctx.count("problems")
    ctx.item("problem", text, row_id=row.id)
    return None


def _record(snapshot: Snapshot) -> CustomerRecord:
    assert isinstance(snapshot.record, CustomerRecord)
    return snapshot.record

"""What a preview does instead of sending: note what would be sent, and let later steps see it as if it were there.

And its counterpart: a run that sends what a preview showed, no more and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from portal.extensions import db
from portal.models.sync import Act, Kind, SyncRow
from portal.money import round_amount
from portal.sync import judging, links, shown
from portal.sync.context import NOT_THERE_YET, AsIf, Pretence, RunContext, StepFailed
from portal.sync.mapping import Built, CannotSend, CustomerRecord, PaymentRecord
from portal.sync.shown import AsShown

if TYPE_CHECKING:
    from portal.sync.sending import Ready


def pretend(ctx: RunContext, pretence: Pretence, items: Sequence[Ready]) -> Sequence[Ready]:
    """Note what would be sent of `items`; those that could be, in their order. Nothing is sent or kept."""
    would_go = []
    for item in items:
        row = db.session.get_one(SyncRow, item.row_id)
        try:
            built = item.build(1)
        except (CannotSend, ValueError) as error:
            judging.refuse(ctx, row, error)
            continue
        amount, currency = _money(item, built)
        ctx.item(
            judging.WRITTEN[item.act], row_id=row.id,
            details=shown.details(item.act, item.kind, item.number, built, amount, currency),
        )  # fmt: skip
        pretence.rows[row.ref] = _as_if(row, item, built)
        would_go.append(item)
    ctx.checkpoint()
    return would_go


def only_shown(ctx: RunContext, as_shown: AsShown, items: Sequence[Ready]) -> tuple[list[Ready], str]:
    """(what may be sent of `items`, why nothing after it may): each must be what the preview showed.

    A record that the preview did not show is left for the next sync. At one that would be posted otherwise than it was
    shown everything stops: what follows may rest on it.
    """
    may_go: list[Ready] = []
    for item in items:
        expected = as_shown.fingerprints.get((item.row_id, item.act.value))
        if expected is None:
            ctx.item("left", f"Preview {as_shown.preview_id} did not show it. It goes with the next sync.",
                     row_id=item.row_id)  # fmt: skip
        elif _now(item) == expected:
            may_go.append(item)
        else:
            return may_go, changed_since(as_shown, item.number)
    return may_go, ""


def changed_since(as_shown: AsShown, number: str) -> str:
    """Why a run as shown stopped."""
    return (
        f"{number} changed since preview {as_shown.preview_id}. It was not sent, nor was anything after it."
        " Make a new preview and run that one."
    )


def stop(text: str) -> StepFailed:
    """The end of a run as shown at a record that changed."""
    return StepFailed(text, "changed_since_preview")


def _now(item: Ready) -> str:
    try:
        return shown.fingerprint(item.act, item.build(1))
    except (CannotSend, ValueError):
        return ""


def _as_if(row: SyncRow, item: Ready, built: Built) -> AsIf:
    undoes_application = item.act == Act.REVERSE and item.kind == Kind.CREDIT_NOTE
    if item.act in (Act.REVERSE, Act.DELETE) and not undoes_application:
        return AsIf("", "", "", "")
    number = str(built.facts.get("number") or row.number_there)
    if item.act == Act.CREATE:
        key, total = f"{NOT_THERE_YET}{row.id}", str(built.facts.get("total", ""))
        inline = -sum((amount for text in built.facts.get("lines", ()) if (amount := Decimal(text)) < 0), Decimal(0))
        return AsIf(links.OBJECTS[Kind(row.kind)], key, number, item.hash, total, inline)
    return AsIf(row.object, row.key, number, item.hash)


def _money(item: Ready, built: Built) -> tuple[str, str]:
    """(amount, currency) that the act moves: a document's total, of an application what it puts on invoices."""
    record = item.snapshot.record
    if isinstance(record, CustomerRecord) or record is None:
        return "0", ""
    if item.act == Act.APPLY or (item.act == Act.REVERSE and item.kind == Kind.CREDIT_NOTE):
        amount = sum((Decimal(part) for part in built.facts["pairs"].values()), Decimal(0))
    elif isinstance(record, PaymentRecord):
        amount = sum((part.amount for part in record.parts), record.rest)
    else:
        amount = record.total
    return str(round_amount(amount, record.currency)), record.currency

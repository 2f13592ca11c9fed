"""Why a document's two balances differ: pure, from the facts of both sides to causes whose amounts are derived.

The difference of one document is the difference of its totals and of the money on it, source by source. Each of these
parts gets the cause that its own facts name; what no part accounts for stays unexplained. Nothing is made to fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from portal.models.sync import LEFT_WITH_INVOICE, SETTLES_IN_FULL, Hold, Kind
from portal.models.tie_out import Cause
from portal.money import ZERO, places
from portal.queries.sync_states import State


@dataclass(frozen=True)
class Amounts:
    """A document's total and what is open of it, signed: payments and credits are negative."""

    total: Decimal
    due: Decimal


@dataclass(frozen=True)
class Standing:
    """How a record of ours stands with Intacct: its sync state and, in words, why; the link, the hold, the problem."""

    state: State
    reason: str = ""
    linked: bool = False
    hold: str = Hold.NONE
    problem_id: int | None = None
    is_credit: bool = False
    came_from_there: bool = False


@dataclass(frozen=True)
class Put:
    """What lies of one payment or credit on an invoice: here, there, and there as it was last read (`known`).

    `standing` is that of the payment or credit here, None for one that only Intacct has. `shift` is how much more lies
    there than here on the day of an as-of tie-out than now: the two sides date it differently. `held` is the reason
    for which the pair is left as it is; `withheld` says that it is a credit which rule 8 keeps on its side.
    """

    name: str
    here: Decimal
    there: Decimal
    known: Decimal = ZERO
    shift: Decimal = ZERO
    standing: Standing | None = None
    is_gone: bool = False
    held: str = ""
    withheld: bool = False
    problem_id: int | None = None
    is_elsewhere: bool = False
    """Of a payment: it lies on an invoice that is not ours."""


@dataclass(frozen=True)
class Case:
    """A document on both sides; `here` or `there` is None where it is not counted on that side.

    `gone` says what happened there to a linked one that is not alive; `seen_total` is its total as last read, signed.
    `other_date` says that on the day asked for only one side's date has come.
    """

    kind: Kind
    name: str
    currency: str
    here: Amounts | None
    there: Amounts | None
    standing: Standing | None = None
    gone: str = ""
    seen_total: Decimal | None = None
    puts: tuple[Put, ...] = ()
    other_currency: bool = False
    other_date: bool = False
    cannot_read: str = ""
    """Why Intacct's side could not be read."""
    out_of_sight: str = ""
    """Why the connection does not see Intacct's side, on purpose (rule 15)."""
    doubt: str = ""
    """A finding that no cause may cover, such as a second record there that carries our reference."""

    @property
    def difference(self) -> Decimal:
        """Here minus there."""
        return (self.here.due if self.here else ZERO) - (self.there.due if self.there else ZERO)


@dataclass(frozen=True)
class Part:
    """A part of a difference with the cause of it."""

    cause: Cause
    amount: Decimal
    text: str = ""
    problem_id: int | None = None


@dataclass(frozen=True)
class Explained:
    """The one cause that a document is listed under, in words, and what of its difference has none."""

    cause: Cause | None
    text: str = ""
    unexplained: Decimal = ZERO
    problem_id: int | None = None
    parts: tuple[Part, ...] = field(default=())


def explain(case: Case) -> Explained:
    """The cause of a document's difference: that of its largest part. No cause where both sides agree."""
    if not case.difference:
        return Explained(None)
    parts = [] if case.doubt else [part for part in _parts(case) if part.amount]
    rest = case.difference - sum((part.amount for part in parts), ZERO)
    largest = _largest(parts)
    if largest is None:
        return Explained(Cause.UNEXPLAINED, case.doubt or _SEARCH, rest)
    said = [part.text for part in sorted(parts, key=lambda part: -abs(part.amount)) if part.text]
    said += [_SEARCH] if rest else []
    problem = next((part.problem_id for part in parts if part.problem_id and part.cause == largest), None)
    return Explained(largest, "; ".join(dict.fromkeys(said)), rest, problem, tuple(parts))


_SEARCH = "Nothing that the portal knows accounts for it. Open it on both sides"


def _largest(parts: Iterable[Part]) -> Cause | None:
    sums: dict[Cause, Decimal] = {}
    for part in parts:
        sums[part.cause] = sums.get(part.cause, ZERO) + part.amount
    # Causes that cancel each other out within one document are still its story: the largest single part decides then.
    ranked = sorted(sums, key=lambda cause: (-abs(sums[cause]), list(Cause).index(cause)))
    return ranked[0] if ranked else None


def _parts(case: Case) -> Iterable[Part]:
    if case.other_currency:
        yield Part(Cause.CURRENCY, case.difference, "the two sides hold it in different currencies")
    elif case.other_date:
        yield Part(Cause.OTHER_DATE, case.difference, "only one side's date is up to that day")
    elif case.out_of_sight:
        yield Part(Cause.SKIPPED, case.difference, case.out_of_sight)
    elif case.cannot_read:
        yield Part(Cause.PROBLEM, case.difference, case.cannot_read)
    elif case.standing is None:
        yield _only_there(case)
    elif case.there is None:
        yield from _missing_there(case, case.standing)
    elif case.here is None:
        yield from _named(case.standing, case.difference, Cause.CHANGED_HERE, "it is not open here any more")
    else:
        yield from _header(case, case.standing, case.here.total - case.there.total)
        sign = 1 if case.kind == Kind.INVOICE else -1
        for put in case.puts:
            yield from _money(case, put, sign)


def _only_there(case: Case) -> Part:
    if case.kind == Kind.PAYMENT:
        return Part(Cause.OVERPAYMENT, case.difference, "received in Intacct and not on any invoice yet")
    what = "invoice" if case.kind == Kind.INVOICE else "adjustment"
    return Part(Cause.NOT_OURS, case.difference, f"an {what} typed in Intacct")


def _missing_there(case: Case, standing: Standing) -> Iterable[Part]:
    if case.gone:
        yield Part(Cause.GONE_THERE, case.difference, f"{case.gone} in Intacct", standing.problem_id)
    elif case.kind == Kind.PAYMENT and standing.came_from_there and not _is_stopped(standing):
        yield Part(Cause.CHANGED_HERE, case.difference, "its money was taken off its invoice here")
    else:
        yield from _named(standing, case.difference, Cause.NOT_SYNCED)


def _is_stopped(standing: Standing) -> bool:
    """Whether a problem or a person holds it; else what came from Intacct has nothing to wait for."""
    return standing.state in (State.PROBLEM, State.SKIPPED)


def _header(case: Case, standing: Standing, amount: Decimal) -> Iterable[Part]:
    """The difference of the totals."""
    if not amount:
        return
    assert case.there is not None
    if abs(amount) <= Decimal(1).scaleb(-places(case.currency)):
        yield Part(Cause.CURRENCY, amount, "the totals differ by rounding")
    elif standing.came_from_there and case.kind == Kind.PAYMENT:
        yield Part(Cause.OVERPAYMENT, amount, "Intacct holds more of it than our invoices took")
    elif standing.state == State.SYNCED and case.seen_total is not None and case.seen_total != case.there.total:
        yield Part(Cause.CHANGED_THERE, amount, "its total was changed in Intacct")
    elif standing.state == State.SYNCED and standing.came_from_there:
        text = "it came from Intacct and was changed here since, which is not written back"
        yield Part(Cause.CHANGED_HERE, amount, text)
    elif standing.state == State.SYNCED:  # nothing of it is to be sent: it was linked to what was there already
        text = "linked to a record there with another total; neither side was overwritten"
        yield Part(Cause.SKIPPED, amount, text)
    else:
        yield from _named(standing, amount, Cause.CHANGED_HERE)


def _money(case: Case, put: Put, sign: int) -> Iterable[Part]:
    """What lies on the document of one source: what moved there since the last reading, then what we know of."""
    if put.shift:
        yield Part(Cause.OTHER_DATE, sign * put.shift, f"{put.name} is dated differently on the two sides")
    if put.is_elsewhere:
        cause = Cause.OVERPAYMENT if case.standing and case.standing.came_from_there else Cause.CHANGED_THERE
        yield Part(cause, sign * (put.there - put.here), "a part of it lies on an invoice that is not ours")
        return
    if put.standing is None:
        yield _not_here(put, sign * (put.there - put.here))
        return
    if put.is_gone:
        text = f"{put.name} was reversed or deleted in Intacct"
        yield Part(Cause.GONE_THERE, sign * (put.there - put.here), text, put.standing.problem_id)
        return
    if moved := put.there - put.known:
        yield Part(Cause.CHANGED_THERE, sign * moved, f"{put.name} was moved in Intacct since the last sync")
    yield from _put_here(put, sign * (put.known - put.here))


def _not_here(put: Put, amount: Decimal) -> Part:
    if put.problem_id is not None:
        return Part(Cause.PROBLEM, amount, f"{put.name} could not be stored here", put.problem_id)
    if put.withheld:
        return Part(Cause.CREDIT_WITHHELD, amount, f"{put.name} settles it in full and stays in Intacct")
    return Part(Cause.CHANGED_THERE, amount, f"{put.name} came in Intacct and is not read yet")


def _put_here(put: Put, amount: Decimal) -> Iterable[Part]:
    assert put.standing is not None
    if not amount:
        return
    if put.withheld and put.standing.state != State.PROBLEM:
        yield Part(Cause.CREDIT_WITHHELD, amount, f"{put.name} settles it in full and stays here")
        return
    if put.held and put.standing.state != State.PROBLEM:
        yield Part(Cause.SKIPPED, amount, f"{put.name}: {put.held}")
        return
    usual = Cause.CHANGED_HERE if put.standing.linked else Cause.NOT_SYNCED
    yield from _named(put.standing, amount, usual, name=put.name)


def _named(standing: Standing, amount: Decimal, usual: Cause, told: str = "", *, name: str = "") -> Iterable[Part]:
    """The cause that a record's sync state names; `usual` while it is to be sent. None for one that is in order."""
    cause = usual if standing.state == State.PENDING else _by_state(standing)
    if cause is None and not told:
        return
    text = standing.reason or told or _WORDS.get(cause or usual, "")
    yield Part(cause or usual, amount, f"{name}: {text}" if name and text else name or text, standing.problem_id)


_WORDS = {Cause.NOT_SYNCED: "goes with the next sync", Cause.CHANGED_HERE: "changed here; goes with the next sync"}


def _by_state(standing: Standing) -> Cause | None:
    if standing.state == State.EXCLUDED:
        return _excluded(standing)
    return {
        State.SKIPPED: Cause.SKIPPED,
        State.PROBLEM: Cause.PROBLEM,
        State.UNKNOWN: Cause.UNKNOWN,
        State.WAITING: Cause.WAITING,
        State.NOT_SYNCED: Cause.NOT_SYNCED,
    }.get(standing.state)


def _excluded(standing: Standing) -> Cause:
    if standing.hold == Hold.BEFORE_START or standing.reason == LEFT_WITH_INVOICE:
        return Cause.BEFORE_START
    if standing.reason == SETTLES_IN_FULL:
        return Cause.CREDIT_WITHHELD
    if standing.hold:
        return Cause.SKIPPED
    return Cause.CREDIT_WITHHELD if standing.is_credit else Cause.NOT_SYNCED

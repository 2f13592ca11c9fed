"""Why two balances differ, case by case: one cause for each document, its amount derived and never made to fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.models.sync import LEFT_WITH_INVOICE, Hold, Kind
from portal.models.tie_out import Cause
from portal.queries.sync_states import State
from portal.sync.tie_out.causes import Amounts, Case, Put, Standing, explain

INVOICE, PAYMENT, CREDIT = Kind.INVOICE, Kind.PAYMENT, Kind.CREDIT_NOTE
SYNCED = Standing(State.SYNCED, linked=True)
PENDING = Standing(State.PENDING)


def amounts(total: str, due: str) -> Amounts:
    return Amounts(D(total), D(due))


def case(here: Amounts | None, there: Amounts | None, standing: Standing | None, **more: object) -> Case:
    given_ = {"kind": INVOICE, "name": "INV-1", "currency": "USD"} | more
    return Case(here=here, there=there, standing=standing, **given_)  # type: ignore[arg-type]


WHOLE = amounts("100", "100")
OPEN_60 = amounts("100", "60")


def put(here: str, there: str, known: str, standing: Standing | None, **more: object) -> tuple[Put, ...]:
    return (Put("PMT-1", D(here), D(there), D(known), standing=standing, **more),)  # type: ignore[arg-type]


TABLE: list[tuple[str, Case, Cause | None, str]] = [
    ("both agree", case(WHOLE, WHOLE, SYNCED), None, "0"),
    ("not sent yet", case(WHOLE, None, PENDING), Cause.NOT_SYNCED, "0"),
    ("no connection", case(WHOLE, None, Standing(State.NOT_SYNCED)), Cause.NOT_SYNCED, "0"),
    ("waits", case(WHOLE, None, Standing(State.WAITING, "waits for C-1")), Cause.WAITING, "0"),
    ("outcome not known", case(WHOLE, None, Standing(State.UNKNOWN)), Cause.UNKNOWN, "0"),
    ("refused", case(WHOLE, None, Standing(State.PROBLEM, "Closed period", problem_id=7)), Cause.PROBLEM, "0"),
    ("skipped", case(WHOLE, None, Standing(State.SKIPPED, "by hand (ann)", hold=Hold.SKIPPED)), Cause.SKIPPED, "0"),
    ("before the start", case(WHOLE, None, Standing(State.EXCLUDED, hold=Hold.BEFORE_START)), Cause.BEFORE_START, "0"),
    ("left with its invoice", case(WHOLE, None, Standing(State.EXCLUDED, LEFT_WITH_INVOICE, hold=Hold.LEFT)),
     Cause.BEFORE_START, "0"),
    ("of a former book", case(WHOLE, None, Standing(State.EXCLUDED, hold=Hold.FORMER_BOOK)), Cause.SKIPPED, "0"),
    ("a credit that stays here", case(amounts("-20", "-20"), None, Standing(State.EXCLUDED, is_credit=True),
                                      kind=CREDIT), Cause.CREDIT_WITHHELD, "0"),
    ("reversed there", case(WHOLE, None, SYNCED, gone="reversed"), Cause.GONE_THERE, "0"),
    ("voided here", case(None, WHOLE, Standing(State.PENDING, linked=True)), Cause.CHANGED_HERE, "0"),
    ("typed there", case(None, WHOLE, None), Cause.NOT_OURS, "0"),
    ("an overpayment there", case(None, amounts("-30", "-30"), None, kind=PAYMENT), Cause.OVERPAYMENT, "0"),
    ("a credit typed there", case(None, amounts("-30", "-30"), None, kind=CREDIT), Cause.NOT_OURS, "0"),
    ("total changed here", case(amounts("130", "130"), WHOLE, Standing(State.PENDING, linked=True)),
     Cause.CHANGED_HERE, "0"),
    ("total changed there", case(WHOLE, amounts("90", "90"), SYNCED, seen_total=D(100)), Cause.CHANGED_THERE, "0"),
    ("imported, total changed here", case(WHOLE, amounts("90", "90"), replace(SYNCED, came_from_there=True)),
     Cause.CHANGED_HERE, "0"),
    ("linked to another total", case(WHOLE, amounts("90", "90"), SYNCED, seen_total=D(90)), Cause.SKIPPED, "0"),
    ("a cent of rounding", case(amounts("100.00", "100.00"), amounts("100.01", "100.01"), SYNCED), Cause.CURRENCY, "0"),
    ("a yen of rounding", case(WHOLE, amounts("101", "101"), SYNCED, currency="JPY"), Cause.CURRENCY, "0"),
    ("another currency", case(WHOLE, amounts("90", "90"), SYNCED, other_currency=True), Cause.CURRENCY, "0"),
    ("money to be sent", case(OPEN_60, WHOLE, SYNCED, puts=put("40", "0", "0", PENDING)), Cause.NOT_SYNCED, "0"),
    ("money to be applied", case(OPEN_60, WHOLE, SYNCED,
                                 puts=put("40", "0", "0", Standing(State.PENDING, linked=True))),
     Cause.CHANGED_HERE, "0"),
    ("money refused", case(OPEN_60, WHOLE, SYNCED, puts=put("40", "0", "0", Standing(State.PROBLEM, "No period"))),
     Cause.PROBLEM, "0"),
    ("money booked by hand", case(OPEN_60, WHOLE, SYNCED,
                                  puts=put("40", "0", "0", SYNCED, held="is to be booked by hand")),
     Cause.SKIPPED, "0"),
    ("money moved there", case(WHOLE, OPEN_60, SYNCED, puts=put("0", "40", "0", SYNCED)), Cause.CHANGED_THERE, "0"),
    ("money of theirs", case(WHOLE, OPEN_60, SYNCED, puts=put("0", "40", "0", None)), Cause.CHANGED_THERE, "0"),
    ("money that cannot be stored", case(WHOLE, OPEN_60, SYNCED, puts=put("0", "40", "0", None, problem_id=3)),
     Cause.PROBLEM, "0"),
    ("a credit of theirs in full", case(WHOLE, amounts("100", "0"), SYNCED,
                                        puts=put("0", "100", "0", None, withheld=True)), Cause.CREDIT_WITHHELD, "0"),
    ("money reversed there", case(OPEN_60, WHOLE, SYNCED, puts=put("40", "0", "40", SYNCED, is_gone=True)),
     Cause.GONE_THERE, "0"),
    ("dated differently", case(OPEN_60, WHOLE, SYNCED, puts=put("40", "40", "40", SYNCED, shift=D(-40))),
     Cause.OTHER_DATE, "0"),
    ("money of Intacct without a record of its own, taken off here",
     case(amounts("-40", "-40"), None, Standing(State.SYNCED, linked=True, came_from_there=True), kind=PAYMENT),
     Cause.CHANGED_HERE, "0"),
    ("a credit that settles in full and stays here",
     case(amounts("100", "0"), WHOLE, SYNCED, puts=put("100", "0", "0", SYNCED, withheld=True)),
     Cause.CREDIT_WITHHELD, "0"),
    ("nothing accounts for it", case(WHOLE, amounts("100", "93"), SYNCED), Cause.UNEXPLAINED, "7"),
    ("a part has no cause", case(OPEN_60, amounts("100", "93"), SYNCED, puts=put("40", "0", "0", PENDING)),
     Cause.NOT_SYNCED, "7"),
    ("in order and yet not there", case(WHOLE, None, SYNCED), Cause.UNEXPLAINED, "100"),
    ("a finding that no cause may cover", case(WHOLE, None, PENDING, doubt="twice"), Cause.UNEXPLAINED, "100"),
    ("cannot be read", case(WHOLE, None, SYNCED, cannot_read="no right"), Cause.PROBLEM, "0"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "cause", "rest"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_difference_has_its_cause(asked: Case, cause: Cause | None, rest: str) -> None:
    found = explain(asked)
    assert (found.cause, found.unexplained) == (cause, D(rest))
    assert sum((part.amount for part in found.parts), D(0)) + found.unexplained == asked.difference


def test_every_cause_is_in_the_table() -> None:
    assert {row[2] for row in TABLE} - {None} == set(Cause)


def test_a_payments_rest_is_told_by_where_its_money_lies() -> None:
    applied_here = put("30", "0", "0", Standing(State.PENDING, linked=True))
    found = explain(case(amounts("-80", "-50"), amounts("-80", "-80"), SYNCED, kind=PAYMENT, puts=applied_here))
    assert (found.cause, found.unexplained) == (Cause.CHANGED_HERE, 0)


def test_the_problem_of_the_largest_part_is_named() -> None:
    refused = put("40", "0", "0", Standing(State.PROBLEM, "Closed period", problem_id=9))
    found = explain(case(OPEN_60, WHOLE, SYNCED, puts=refused))
    assert (found.problem_id, found.text) == (9, "PMT-1: Closed period")


cents = some.integers(0, 100_000).map(lambda n: D(n) / 100)
standings = some.builds(
    Standing, state=some.sampled_from(State), linked=some.booleans(), hold=some.sampled_from(Hold),
    is_credit=some.booleans(), came_from_there=some.booleans(),
)  # fmt: skip
puts = some.builds(
    Put, name=some.just("PMT-1"), here=cents, there=cents, known=cents, standing=some.none() | standings,
    is_gone=some.booleans(), held=some.sampled_from(["", "by hand"]), is_elsewhere=some.booleans(),
)  # fmt: skip


@given(some.lists(puts, max_size=4), cents, cents, standings, some.sampled_from([INVOICE, PAYMENT]))
def test_causes_and_the_rest_always_sum_to_the_difference(
    laid: list[Put], total: D, total_there: D, standing: Standing, kind: Kind
) -> None:
    sign = 1 if kind == INVOICE else -1
    here = Amounts(sign * total, sign * (total - sum((one.here for one in laid), D(0))))
    there = Amounts(sign * total_there, sign * (total_there - sum((one.there for one in laid), D(0))))
    asked = case(here, there, standing, kind=kind, puts=tuple(laid))
    found = explain(asked)
    assert sum((part.amount for part in found.parts), D(0)) + found.unexplained == asked.difference
    assert (found.cause is None) == (asked.difference == 0)

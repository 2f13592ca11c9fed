"""`payment_rules`: which account a payment goes to by its method and currency; the closest rule wins."""

from __future__ import annotations

import pytest

from portal.sync import choices
from tests.factories import ACTOR, make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World, only_problem
from tests.integration.sync.scenes import ok

RULES = [
    {"method": "check", "currency": "", "deposit_to": "undeposited:1090"},
    {"method": "", "currency": "USD", "deposit_to": "bank:CHK-02"},
    {"method": "cash", "currency": "USD", "deposit_to": "undeposited:1090"},
]


def deposit_there(world: World, number: str = "PMT-1") -> tuple[str, str]:
    """(bank account, account of undeposited funds) of a payment in Intacct."""
    [there] = world.alive("ARPYMT", DOCNUMBER=number)
    return there["FINANCIALENTITY"], there["UNDEPOSITEDACCOUNTNO"]


@pytest.mark.parametrize(
    ("rules", "method", "goes_to"),
    [
        ([], "check", ("CHK-01", "")),
        (RULES[:1], "check", ("", "1090")),
        (RULES[:1], "wire", ("CHK-01", "")),
        (RULES[:2], "check", ("CHK-02", "")),
        (RULES, "cash", ("", "1090")),
        (RULES, "ach", ("CHK-02", "")),
        (RULES[::-1], "cash", ("", "1090")),
    ],
)
def test_the_closest_rule_says_where_a_payment_goes(
    world: World, rules: list[dict[str, str]], method: str, goes_to: tuple[str, str]
) -> None:
    world.choose(payment_rules=rules)
    invoice = make_invoice(customer=make_customer(world.company))
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1", method=method)
    ok(world.sync())
    assert deposit_there(world) == goes_to


def test_a_changed_rule_concerns_only_payments_not_yet_posted(world: World) -> None:
    invoice = make_invoice("200.00", customer=make_customer(world.company))
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1", method="check")
    ok(world.sync())
    world.choose(payment_rules=RULES[:1])
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-2", method="check")
    ok(world.sync())
    assert (deposit_there(world, "PMT-1"), deposit_there(world, "PMT-2")) == (("CHK-01", ""), ("", "1090"))


def test_a_rule_to_an_account_that_intacct_lost_is_a_problem_and_nothing_is_posted(world: World) -> None:
    world.choose(payment_rules=[{"method": "check", "currency": "", "deposit_to": "bank:GONE"}])
    make_payment(
        "100.00", on={make_invoice(customer=make_customer(world.company)): "100.00"}, number="PMT-1", method="check"
    )
    world.sync()
    [problem] = world.problems()
    assert "GONE" in problem.text
    assert world.alive("ARPYMT", DOCNUMBER="PMT-1") == []


def test_with_rules_alone_a_payment_that_none_fits_has_no_account(world: World) -> None:
    world.choose(deposit_to="", payment_rules=RULES[:1])
    invoice = make_invoice("200.00", customer=make_customer(world.company))
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-1", method="check")
    make_payment("100.00", on={invoice: "100.00"}, number="PMT-2", method="wire")
    world.sync()
    problem = only_problem(world, "deposit_account_missing")
    assert "PMT-2" in problem.text
    assert deposit_there(world) == ("", "1090")
    choices.skip(problem.row, "booked by hand", actor=ACTOR)

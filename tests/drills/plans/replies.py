"""Replies that go wrong, once for a batch of invoices and once for a batch of money."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.drills.plans.place import INVOICES, number
from tests.drills.plans.plan import add, plan
from tests.drills.plans.scenery import RUN_LEASE_SECONDS
from tests.drills.plans.stage import Stage

LAST_BATCH: Any = {"function": "create_invoice", "invoiceno": number(INVOICES - 1)}
MONEY: Any = {"function": "create", "docnumber": "NP-00"}
SYNCS_AT_MOST = 6


def _goes_wrong(stage: Stage, what: str, **options: Any) -> None:
    """The last batch of invoices is hit, then the batch of payments; syncs follow until both have been."""
    stage.worker()
    stage.sandbox.fault(what, LAST_BATCH, **options)
    stage.sandbox.fault(what, MONEY, **options)
    for _ in range(SYNCS_AT_MOST):
        stage.sync()
        if stage.sandbox.spent():
            return
    raise AssertionError(f"the faults were not met: {stage.sandbox.control('faults')}")


for what, name in {
    "reply_lost": "reply_lost_after_execution",
    "cut_off": "reply_cut_on_the_wire",
    "truncated": "reply_cut_in_half",
    "dropped_before": "request_dropped_before_execution",
    "401": "sign_in_refused_401",
    "500": "gateway_fails_500",
    "502_html": "gateway_answers_502_with_html",
    "maintenance": "intacct_under_maintenance",
    "session_expired": "session_expired_inside_a_batch",
}.items():
    add(name, partial(_goes_wrong, what=what))
add("throttled_429", partial(_goes_wrong, what="429", times=2))
add("throttled_429_for_longer_than_a_run_waits", partial(_goes_wrong, what="429", times=6))
add("gateway_gives_up_524_and_executes_late", partial(_goes_wrong, what="524_late", late_seconds=12))


@plan
def a_reply_slower_than_the_lease(stage: Stage) -> None:
    """The lease is kept while the worker waits: nobody takes the run up."""
    stage.worker()
    stage.worker()
    stage.sandbox.fault("slow", "create_invoice", seconds=RUN_LEASE_SECONDS * 2)
    assert stage.sync().claims == 1

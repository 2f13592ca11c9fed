"""What old runs say of records that waited is summed up once a day; what they did stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.extensions import db
from portal.models.run import Run, RunItem, RunKind
from portal.models.types import utcnow
from portal.queries import runs as queries
from portal.sync import old_items, previews
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import World
from tests.integration.sync.scenes import ok


def told(run_id: int) -> list[tuple[str, str, bool]]:
    query = db.select(RunItem).where(RunItem.run_id == run_id).order_by(RunItem.id)
    found = [(item.outcome, item.object, item.sync_row_id is not None) for item in db.session.scalars(query)]
    db.session.commit()
    return found


def test_what_waited_long_ago_is_summed_up_by_the_daily_sweep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_items, "RUNS_AT_ONCE", 1)
    customer = make_customer(world.company)
    make_invoice("10.00", customer=customer)
    old = []
    for _ in range(2):
        make_payment("10.00", customer=customer)
        make_payment("10.00", customer=customer)
        old.append(ok(world.sync()).id)
    shown = world.sync(RunKind.PREVIEW, subject=previews.subject()).id
    made = [entry for entry in told(old[0]) if entry[0] != "waiting"]
    assert made
    assert told(old[0]).count(("waiting", "", True)) == 2
    assert ("waiting", "2 payments", False) in told(old[1])
    before = told(shown)
    db.session.execute(db.update(Run).values(ended_at=utcnow() - old_items.KEPT_FOR - timedelta(minutes=1)))
    make_payment("10.00", customer=customer)
    recent = ok(world.sync()).id
    kept = told(recent)
    ok(world.sync(RunKind.SWEEP))
    assert told(old[0]) == [*made, ("waiting", "2 records", False)]
    assert sorted(told(old[1])) == [("waiting", "2 payments", False), ("waiting", "2 records", False)]
    assert (told(recent), told(shown)) == (kept, before)
    ok(world.sync(RunKind.SWEEP))
    assert told(old[0]) == [*made, ("waiting", "2 records", False)]
    assert queries.outcome_counts(db.session.get_one(Run, old[1])) == {"waiting": 2}, (
        "its page does not say that nothing was to do"
    )

"""The stores behind the portal go away: Valkey, with its data and without, and PostgreSQL."""

from __future__ import annotations

import signal
import time
from functools import partial

from tests.drills.plans import hands
from tests.drills.plans.place import number
from tests.drills.plans.plan import add, plan
from tests.drills.plans.stage import Stage

AWAY_SECONDS = 1.5


def _valkey_killed(stage: Stage, *, with_data: bool) -> None:
    """It dies while a run is at work, and its worker with it; another run is asked for while it is away."""
    stage.worker()
    stage.sandbox.fault("held_after", "create_invoice")
    first = stage.press()
    stage.until_held()
    stage.valkey.kill(with_data=with_data)
    stage.tell("Valkey is killed")
    stage.sandbox.calm()
    time.sleep(AWAY_SECONDS)
    assert stage.press() == first or stage.run(first).ended_at is not None
    stage.valkey.start()
    stage.tell("Valkey is back")
    stage.finish(first)


add("valkey_killed_and_back_with_its_data", partial(_valkey_killed, with_data=False))
add("valkey_killed_and_back_without_its_data", partial(_valkey_killed, with_data=True))


@plan
def valkey_loses_a_queued_run(stage: Stage) -> None:
    """The run waits in a queue that nobody reads, and the queue is lost."""
    run_id = stage.press()
    stage.valkey.kill(with_data=True)
    stage.valkey.start()
    stage.worker()
    assert stage.finish(run_id).state == "finished"


@plan
def database_connections_lost(stage: Stage) -> None:
    """While the reply is on its way, the server ends every connection."""
    stage.worker()
    stage.sandbox.fault("held_after", "create_invoice")
    run_id = stage.press()
    stage.until_held()
    stage.databases.disconnect(stage.database)
    stage.tell("every connection to the database is ended")
    stage.sandbox.calm()
    stage.finish(run_id)


def _postgresql_killed(stage: Stage) -> None:
    """The server dies while the reply is on its way, and comes back."""
    assert stage.server is not None
    stage.worker()
    stage.sandbox.fault("held_after", "create_invoice")
    run_id = stage.press()
    stage.until_held()
    stage.server.end(signal.SIGKILL)
    stage.tell("PostgreSQL is killed")
    stage.sandbox.calm()
    time.sleep(AWAY_SECONDS)
    stage.server.start()
    stage.tell("PostgreSQL is back")
    stage.finish(run_id)


add("postgresql_killed_and_back", _postgresql_killed, own_server=True)


@plan
def yesterdays_database_restored(stage: Stage) -> None:
    """Taken while the fate of some invoices was unknown; what was sent and edited since is forgotten here."""
    stage.worker()
    stage.sandbox.fault("reply_lost", "create_invoice")
    stage.sync()
    assert stage.open_postings() > 0
    with stage.standing_still():
        stage.databases.copy(stage.database, stage.database + "_yesterday")
    stage.sync()
    hands.edit_invoice(stage, number(14), purchase_order="PO 88")
    stage.sync()
    with stage.standing_still():
        stage.databases.drop(stage.database)
        stage.databases.copy(stage.database + "_yesterday", stage.database)
        stage.databases.drop(stage.database + "_yesterday")
    stage.tell("yesterday's database is restored")

"""Whatever happens, in whatever order: nothing is posted twice, nothing is lost, every difference is explained."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.sync.mapping import reference_in
from tests.drills import simulate
from tests.drills.checking import compared, disagreements, doubles
from tests.drills.simulate import Disagreement, live
from tests.drills.simulation import MODES
from tests.drills.simulation_house import House
from tests.drills.simulation_points import COMPARED, PASSED, SEED, STRUCK, packed, wanted_seeds


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"{MODES[seed % 3]}-{seed}") for seed in wanted_seeds()])
def test_both_books_agree_whatever_happened(
    house: House, seed: int, record_property: Callable[[str, object], None]
) -> None:
    record_property(SEED, seed)
    sim = live(house, seed)
    record_property(PASSED, packed(() if sim.deaths.spared else sim.deaths.passed))
    record_property(STRUCK, packed(sim.deaths.struck))
    record_property(COMPARED, compared(sim))


def test_the_simulation_sees_what_is_there_twice_and_what_is_lost(house: House) -> None:
    sim = live(house, 1, (), deadly=False)
    ours = [row for row in sim.there("ARINVOICE") if reference_in(row.get("DESCRIPTION") or "")]
    sim.act("create_invoice", customerid=ours[0]["CUSTOMERID"], invoiceno="TWICE", amount="1", date="03/01/2026")
    sim.act("edit_invoice", invoice_recordid="TWICE", fields={"DESCRIPTION": ours[0]["DESCRIPTION"]})
    assert "2 times" in " ".join(doubles(sim))
    sim.act("reverse_invoice", invoice_recordid="TWICE")
    assert doubles(sim) + disagreements(sim) == []
    unpaid = next(row for row in ours if not row["TRX_TOTALPAID"])
    sim.act("edit_invoice", invoice_key=unpaid["RECORDNO"], amount="7777")
    assert "7777" in " ".join(disagreements(sim))
    sim.act("reverse_invoice", invoice_key=unpaid["RECORDNO"])
    assert "nowhere" in " ".join(disagreements(sim))


def test_a_seed_lives_the_same_life_each_time(house: House) -> None:
    lives = [live(house, 11).log for _ in range(2)]
    assert lives[0] == lives[1]


def test_a_broken_promise_tells_the_command_that_replays_it(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate, "disagreements", lambda sim: ["INV-00001 is nowhere in Intacct"])
    with pytest.raises(Disagreement) as broken:
        live(house, 11)
    told = next(line for line in str(broken.value).splitlines() if line.startswith("replay: "))
    assert told == "replay: .venv/bin/python -m tests.drills.simulate --seed 11 --mode ignored"
    assert simulate.replay(house, simulate.asked(told.split()[4:])) == 1
    assert "BROKEN: INV-00001 is nowhere in Intacct" in capsys.readouterr().out

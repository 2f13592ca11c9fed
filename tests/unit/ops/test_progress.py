"""The bar that shows how far a run is."""

from __future__ import annotations

import pytest

from portal.cli.progress import bar


@pytest.mark.parametrize(
    ("step", "position", "total", "line"),
    [
        ("", 0, 0, "starting ..."),
        ("take_back", 0, 0, "take back ..."),
        ("invoices", 0, 10, "invoices  [........................] 0/10"),
        ("invoices", 5, 10, "invoices  [############............] 5/10"),
        ("invoices", 10, 10, "invoices  [########################] 10/10"),
        ("invoices", 12, 10, "invoices  [########################] 10/10"),
    ],
)
def test_the_bar_shows_how_far_a_step_is(step: str, position: int, total: int, line: str) -> None:
    assert bar(step, position, total) == line

"""docs/operating.md names every setting, every figure and every place of the log that there is."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
GUIDE = (TOP / "docs" / "operating.md").read_text(encoding="utf-8")


def source(*parts: str) -> str:
    return TOP.joinpath("portal", *parts).read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    settings = set(re.findall(r'read\.\w+\(\s*"([A-Z_]+)"', source("config.py")))
    assert len(settings) > 15
    assert {name for name in settings if f"`{name}`" not in GUIDE} == set()


def test_every_figure_is_explained_and_none_that_is_not_there() -> None:
    written = source("blueprints", "health", "measures.py") + source("blueprints", "health", "views_metrics.py")
    figures = set(re.findall(r'"(portal_[a-z_]+)"', written))
    explained = set(re.findall(r"`(portal_[a-z_]+)", GUIDE))
    assert len(figures) > 20
    assert {name for name in figures if name not in explained and f"{name}_sum" not in explained} == set()
    assert {name for name in explained if name.removesuffix("_sum") not in figures} == set()


def test_every_part_of_readiness_is_named() -> None:
    parts = re.findall(r'^    "([a-z]+)": _', source("blueprints", "health", "views_ready.py"), re.M)
    assert len(parts) == 5
    assert [name for name in parts if f"`{name}`" not in GUIDE] == []


def test_the_commands_for_operators_are_named() -> None:
    for command in ("portal db upgrade", "portal db backup", "portal keys rotate", "portal keys check", "portal tick"):
        assert command in GUIDE

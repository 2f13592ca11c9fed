"""A company connected to a sandbox in this process, and imports of it."""

from __future__ import annotations

from typing import Any

from portal.extensions import db
from portal.imports import asking
from portal.imports.steps import STEPS
from portal.models.run import Run, RunItem, RunKind
from portal.sync import engine
from tests.integration.sync.conftest import MovedClock, World, clock, world

__all__ = ["MovedClock", "World", "clock", "import_", "items", "preview", "world"]


def import_(world: World, kind: RunKind = RunKind.IMPORT_CUSTOMERS, **options: Any) -> Run:
    """Ask for an import and wait for its end."""
    return _performed(world, asking.ask(world.book, kind, options, trigger="test"))


def preview(world: World, kind: RunKind = RunKind.IMPORT_CUSTOMERS, **options: Any) -> Run:
    """Ask for the preview of an import and wait for its end."""
    return _performed(world, asking.ask_preview(world.book, kind, options, trigger="test"))


def items(run: Run) -> list[RunItem]:
    """What the run noted, oldest first."""
    found = list(db.session.scalars(db.select(RunItem).where(RunItem.run_id == run.id).order_by(RunItem.id)))
    db.session.commit()
    return found


def _performed(world: World, run: Run) -> Run:
    run_id = run.id
    db.session.commit()
    engine.perform(run_id, STEPS)
    db.session.expire_all()
    found = db.session.get_one(Run, run_id)
    db.session.refresh(found)
    db.session.commit()
    return found

"""What a step of a simulation draws from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.extensions import db
from tests.drills.simulation import NothingToDo


def pick(chance: random.Random, found: Sequence[Any]) -> Any:
    if not found:
        raise NothingToDo
    return chance.choice(found)


def some_money(chance: random.Random, most: Decimal = Decimal(200)) -> Decimal:
    """An amount above zero up to `most`, often all of it."""
    if chance.random() < 0.4:
        return most
    return max(Decimal(chance.randint(1, int(most * 100))) / 100, Decimal("0.01"))


def living(model: Any, **fields: Any) -> list[Any]:
    found = db.session.scalars(db.select(model).filter_by(**fields).order_by(model.id)).all()
    return [record for record in found if not record.voided]

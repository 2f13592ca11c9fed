"""Notes on problems: what somebody found out or agreed on, for those who look next."""

from __future__ import annotations

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.inbox import ProblemNote
from portal.models.sync import Problem
from portal.services.audit import Actor

LONGEST = 2000


def add(problem: Problem, text: str, *, actor: Actor) -> ProblemNote:
    """Write a note. Raises InvalidInput (field `text`) for an empty or too long one."""
    plain = text.strip()
    if not plain:
        raise InvalidInput("The note is empty. Nothing was saved.", field="text")
    if len(plain) > LONGEST:
        raise InvalidInput(f"A note may have at most {LONGEST:,} characters. Nothing was saved.", field="text")
    note = ProblemNote(problem_id=problem.id, author=actor.text, text=plain)
    db.session.add(note)
    db.session.flush()
    return note

"""The catalogue: for each known failure what happened, what it blocks, how it is fixed, by whom, and what then happens.

Problems and failed runs name a guide by its slug. Unknown codes get the general guide, with Intacct's own words.
"""

from __future__ import annotations

from collections.abc import Iterable

from portal.problems import catalogue_customers, catalogue_documents, catalogue_intacct, catalogue_runs
from portal.problems.guide import Guide

GENERAL = "refused"

AREAS = ("Customers", "Invoices", "Payments", "Intacct's rules", "Connection", "The line to Intacct")
"""The parts of the troubleshooting index, in its order."""

GUIDES: dict[str, Guide] = {
    guide.slug: guide
    for part in (catalogue_customers, catalogue_documents, catalogue_intacct, catalogue_runs)
    for guide in part.GUIDES
}


def guide_for(slug: str, code: str = "") -> Guide:
    """The guide of a problem: by its slug, else by its code, else the general one."""
    return GUIDES.get(slug) or GUIDES.get(code) or GUIDES[GENERAL]


def search(words: str) -> list[Guide]:
    """The guides that a pasted message or a few words lead to, best first: every guide for no words at all."""
    wanted = _words(words)
    if not wanted:
        return list(GUIDES.values())
    scored = [(_score(guide, wanted, words.casefold()), guide) for guide in GUIDES.values()]
    best = max((score for score, _ in scored), default=0)
    # A pasted message shares common words with many guides: only those near the best one are worth reading.
    kept = [(score, guide) for score, guide in scored if score and score * 2 >= best]
    return [guide for _, guide in sorted(kept, key=lambda pair: -pair[0])]


def _score(guide: Guide, wanted: Iterable[str], whole: str) -> int:
    said = [phrase for phrase in guide.phrases if phrase.casefold() in whole]
    title, text = _words(guide.title), _words(" ".join((guide.happened, *guide.phrases)))
    return 20 * len(said) + sum(3 * (word in title) + (word in text) for word in wanted)


def _words(text: str) -> set[str]:
    plain = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return {word for word in plain.split() if len(word) > 2 and word not in _COMMON}


_COMMON = frozenset(
    ("the", "and", "for", "was", "not", "nothing", "this", "that", "with", "from", "has", "have", "its", "there",
     "here", "intacct", "invoice", "payment", "customer")
)  # fmt: skip

"""Every failure that the portal can name has a guide, and every guide says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.intacct import errors
from portal.problems import matching, outages, pasted
from portal.problems.catalogue import AREAS, GENERAL, GUIDES, guide_for, search
from portal.problems.guide import Guide

TOP = Path(__file__).resolve().parents[3]
NAMING_CALLS = {"problem", "report", "report_there", "CannotSend", "StepFailed"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def codes_in(path: Path) -> Iterator[str]:
    """The codes that a module names: in the calls that open problems or end runs, and in tables of (code, text)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in NAMING_CALLS:
            yield from (text for argument in node.args if (text := _code(argument)))
        if isinstance(node, ast.Call):
            named = [word.value for word in node.keywords if word.arg == "error_code"]
            yield from (text for value in named if (text := _code(value)))
        if isinstance(node, ast.Dict):
            pairs = [value.elts for value in node.values if isinstance(value, ast.Tuple) and len(value.elts) == 2]
            yield from (text for first, _ in pairs if (text := _code(first)))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _code(node: ast.expr) -> str:
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return text if CODE.fullmatch(text) else ""


def raised() -> set[str]:
    """Every code that the sync, the imports and the problems raise."""
    sources = [path for part in ("sync", "imports", "problems") for path in (TOP / "portal" / part).rglob("*.py")]
    return {code for path in sources for code in codes_in(path)}


def test_every_code_that_is_raised_has_a_guide() -> None:
    found = raised()
    assert {"number_taken", "customer_ambiguous", "cannot_store", "not_connected", "workers_died"} <= found
    assert found - set(GUIDES) == set()


def test_every_refusal_and_every_outage_leads_to_a_guide() -> None:
    slugs = {slug for _, slug in matching._GUIDES} | {slug for _, slug in matching._PHRASES}
    codes = {code for _, code, _ in outages._WORDS} | {outages.described(errors.RolledBack("no"), "x")[0]}
    assert (slugs | codes | {"unexpected", "credentials_keys"}) - set(GUIDES) == set()


def error_classes(kind: type[errors.IntacctError] = errors.IntacctError) -> Iterator[type[errors.IntacctError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from error_classes(sub)


@pytest.mark.parametrize("kind", list(error_classes()), ids=lambda kind: kind.__name__)
def test_every_class_of_error_that_the_client_raises_has_a_guide_of_its_own(kind: type[errors.IntacctError]) -> None:
    slug = pasted.slug_of(kind("it says so"))
    if kind in (errors.GatewayError, errors.RolledBack):  # unknown words; and what we never ask for
        assert slug == GENERAL
    else:
        assert slug in set(GUIDES) - {GENERAL}


def test_an_unknown_code_gets_the_general_guide() -> None:
    assert guide_for("nothing_like_it", "BL99999999").slug == GENERAL
    assert guide_for("BL01001973", "number_taken").slug == "number_taken"


@pytest.mark.parametrize("guide", GUIDES.values(), ids=str)
def test_a_guide_says_what_happened_what_it_blocks_and_what_to_do(guide: Guide) -> None:
    sentences = (guide.happened, guide.blocks, guide.heals, *guide.steps)
    assert guide.steps
    assert guide.fixer
    assert guide.area in AREAS
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in sentences), sentences
    assert not guide.title.endswith(".")
    assert "please" not in " ".join(sentences).casefold()
    assert "  " not in " ".join((guide.title, *sentences))


@pytest.mark.parametrize(
    ("pasted", "slug"),
    [
        ("non-200 status code: 401", "credentials"),
        ("BL02000051: Undeposited fund account cannot be used for foreign currency", "undeposited_foreign"),
        ("Please provide a payment batch key.", "payment_batch_key"),
        ("A transaction with the number 'INV-7' already exists.", "number_taken"),
        ("Intacct invoice with recordno = 88, does not exist even though it was imported", "imported_gone"),
        ("PL04000005", "permission_missing"),
        ("DL02000001 error", "unknown_field"),
        ("Transaction requires a value for dimension Department", "dimension"),
        ("429 Too Many Requests", "throttled"),
        ("paid on both sides", "paid_both_sides"),
    ],
)
def test_a_pasted_message_finds_its_guide_first(pasted: str, slug: str) -> None:
    assert search(pasted)[0].slug == slug


def test_searching_for_nothing_shows_all_and_for_nonsense_none() -> None:
    assert len(search("  ")) == len(GUIDES)
    assert search("xyzzy plugh") == []


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (errors.BatchKeyMissing("Provide a payment batch key"), "payment_batch_key"),
        (errors.PeriodClosed("The period is closed"), "closed_period"),
        (errors.DimensionError("Invalid location"), "dimension"),
        (errors.GatewayError("The customer is inactive"), "inactive_customer"),
        (errors.GatewayError("Undeposited funds cannot be used", code="BL02000051"), "undeposited_foreign"),
        (errors.GatewayError("Something new", code="ZZ1"), GENERAL),
    ],
)
def test_a_refusal_is_matched_to_its_guide(error: errors.IntacctError, slug: str) -> None:
    assert matching.guide_of(error) == slug

"""Replies spoilt at random: whatever comes, a call ends in an error with words, a run ends in words, and a later sync
with sound replies puts everything right, once."""

from __future__ import annotations

import io
import os
import random
from copy import deepcopy
from typing import Any

import pytest
import requests
from lxml import etree

from portal.extensions import db
from portal.intacct.errors import IntacctError
from portal.intacct.gateway import Gateway
from portal.models.run import RunState
from tests.factories import make_customer, make_invoice, make_payment
from tests.integration.sync.conftest import MovedClock, World, clock, world
from tests.integration.sync.scenes import ok
from tests.unit.intacct.fake_gateway import Http, failed, gateway, read_call, results, rows, signed_in, write_call

__all__ = ["clock", "world"]

FULL = os.environ.get("DRILLS") == "full"
REPLIES = [
    results(rows("r-1", "<CUSTOMER><RECORDNO>1</RECORDNO><NAME>Harbor</NAME></CUSTOMER>", total=1)).body,
    results(failed("r-1", ("BL01001973", "Could not create"), ("XL03000006", "no"))).body,
    results(failed("w-1", ("DL02000001", "There was an error"))).body,
    signed_in().body,
]
PIECES = [b"", b"<", b">", b"&", b"&amp;", b"&#0;", b"]]>", b"<!--", b"<?x?>", b"\xff", b"\x00", b"success", b"failure",
          b"-1", b"9" * 5000, b"NaN", b"1e999", b'"', b"'", b"<data>", b"</data>", b"<result>", b"</response>",
          b"<![CDATA[", "\N{RIGHT-TO-LEFT OVERRIDE}".encode(), "\N{SNOWMAN}".encode() * 50]  # fmt: skip

TEXTS = ["", " ", "0", "-1", "9" * 30, "9" * 5000, "NaN", "1e999", "true", "success", "failure", "aborted", "Paid", "V",
         "02/30/2026", "2026-13-01T00:00:00+99:99", "\N{ARABIC-INDIC DIGIT ONE}", "=1+1", "<script>",
         "x" * 70_000]  # fmt: skip


def spoilt(body: bytes, dice: random.Random) -> bytes:
    """The body with one to four things wrong: cut, doubled, swapped, replaced."""
    for _ in range(dice.randint(1, 4)):
        at, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
        end = min(end, at + dice.choice([0, 1, 8, 60, 5000]))
        body = dice.choice([
            lambda b, at, end: b[:at] + dice.choice(PIECES) + b[end:],
            lambda b, at, end: b[:end] + b[at:end] + b[end:],
            lambda b, at, end: b[:at] + bytes(dice.randrange(256) for _ in range(min(3, end - at))) + b[end:],
            lambda b, at, end: b[:end],
            lambda b, at, end: _retagged(b, dice),
        ])(body, at, end) or b"<"  # fmt: skip
    return body


def misstated(body: bytes, dice: random.Random) -> bytes:
    """The body, still well-formed, with one to four elements changed, dropped or doubled."""
    root = etree.fromstring(body)
    for _ in range(dice.randint(1, 4)):
        element = dice.choice(list(root.iter()))
        parent = element.getparent()
        act = dice.choice(("text", "text", "drop", "double", "attribute"))
        if act == "text" and not len(element):
            element.text = dice.choice(TEXTS)
        elif act == "drop" and parent is not None:
            parent.remove(element)
        elif act == "double" and parent is not None:
            parent.append(deepcopy(element))
        elif element.attrib:
            element.set(dice.choice(list(element.attrib)), dice.choice(TEXTS))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _retagged(body: bytes, dice: random.Random) -> bytes:
    """One element's content exchanged for something else."""
    parts = body.split(b">")
    place = dice.randrange(len(parts))
    head, bracket, tag = parts[place].partition(b"<")
    if bracket:
        parts[place] = dice.choice([*PIECES, head * 2]) + bracket + tag
    return b">".join(parts)


@pytest.mark.parametrize("seed", range(40 if FULL else 8))
def test_a_spoilt_reply_is_an_error_with_words_or_a_result(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        reply = Http(spoilt(dice.choice(REPLIES).encode(), dice), dice.choice([200, 200, 200, 400, 500]))
        line, _ = gateway(signed_in(), reply)
        assert said_by(line, reading=dice.random() < 0.5)


def said_by(line: Gateway, *, reading: bool) -> str:
    """What a call answers, or the words of its error."""
    try:
        if reading:
            return str([list(result.rows()) for result in line.read([read_call()])])
        return str(line.write([write_call()]))
    except IntacctError as error:
        return error.text


def spoil_some(world: World, monkeypatch: pytest.MonkeyPatch, dice: random.Random, share: float) -> None:
    """Let a share of all replies arrive spoilt."""
    inner = world.adapter.inner
    real = inner.send

    def send(request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        made = real(request, *args, **kwargs)
        body = made.raw.read()
        if dice.random() < share:
            body = dice.choice((spoilt, misstated, misstated))(body, dice)
        made.raw = io.BytesIO(body)
        return made

    monkeypatch.setattr(inner, "send", send)


@pytest.mark.parametrize("seed", range(30 if FULL else 6))
def test_runs_among_spoilt_replies_end_in_words_and_nothing_is_lost_or_doubled(
    seed: int, world: World, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = make_customer(world.company, "Acme", number="C-1")
    invoices = [make_invoice(f"{amount}.00", customer=customer, number=f"INV-{amount}") for amount in (100, 200, 300)]
    make_payment("50.00", on={invoices[0]: "50.00"}, number="PMT-1")
    db.session.commit()
    with monkeypatch.context() as spoiling:
        spoil_some(world, spoiling, random.Random(seed), share=0.3)
        for _ in range(4):
            run = world.sync()
            assert RunState(run.state).ended
            assert run.error or run.state != RunState.FAILED
            clock.advance(minutes=5)
    clock.advance(hours=2)
    world.sync()
    clock.advance(hours=2)
    run = world.sync()
    if run.state != RunState.FINISHED:  # what a spoilt reply made up is a person's to decide: it is told, not guessed
        assert world.problems()
        return
    ok(run)
    for number in ("INV-100", "INV-200", "INV-300"):
        assert len(world.alive("ARINVOICE", RECORDID=number)) == 1, number
    assert len(world.alive("ARPYMT", DOCNUMBER="PMT-1")) == 1

"""Replies that mean harm: nothing is fetched for them, memory stays bounded, and they are refused in words."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.intacct.errors import BadReply, IntacctError
from portal.intacct.gateway import Gateway
from portal.intacct.queries import Query
from tests.integration.safety.hostile import ELSEWHERE, GOOD, HEAD, MEGABYTE, answering, bounded, line_to
from tests.integration.safety.servers import Peer, rogue
from tests.unit.intacct.fake_gateway import read_call, results, rows


def doctype(inside: str, use: str = "") -> bytes:
    """A good reply with a document type."""
    body = results(rows("r-1", f"<CUSTOMER><NAME>{use}</NAME></CUSTOMER>")).body
    return body.replace("<response>", f"<!DOCTYPE response {inside}><response>", 1).encode()


def laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return doctype(f'[<!ENTITY l0 "lol">{levels}]', "&l9;")


def blow_up() -> bytes:
    return doctype(f'[<!ENTITY a "{"a" * 100_000}">]', "&a;" * 100_000)


def in_attribute() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    return doctype(f'[<!ENTITY l0 "lol">{levels}<!ATTLIST response x CDATA "&l8;">]')


@pytest.mark.parametrize("bomb", [laughs, blow_up, in_attribute])
def test_an_entity_bomb_is_refused_and_costs_little(bomb: Callable[[], bytes]) -> None:
    with bounded(), rogue(answering(bomb())) as server, pytest.raises(BadReply):
        line_to(server, read_timeout=10).read([read_call()])


def test_nothing_is_fetched_that_a_reply_refers_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(ELSEWHERE)
    with rogue(lambda peer: peer.http(ELSEWHERE)) as other:
        away = f"http://127.0.0.1:{other.port}/x"
        for place in (secret.as_uri(), str(secret), away, away.replace("http", "ftp")):
            references = (
                doctype(f'[<!ENTITY e SYSTEM "{place}">]', "&e;"),
                doctype(f'[<!ENTITY % p SYSTEM "{place}">%p;]'),
                doctype(f'PUBLIC "-//X//X" "{place}"'),
                doctype(f'SYSTEM "{place}"'),
                doctype(f'[<!ENTITY e PUBLIC "x" "{place}">]', "&e;"),
                _with_include(place),
                _with_stylesheet(place),
            )
            for reply in references:
                with rogue(answering(reply)) as server:
                    told = _told(line_to(server, read_timeout=10))
                    assert ELSEWHERE.decode() not in told
        assert other.met == 0


def _with_include(place: str) -> bytes:
    space = "http://www.w3.org/2001/XInclude"
    include = f'<CUSTOMER><NAME><i:include xmlns:i="{space}" parse="text" href="{place}"/></NAME>'
    return results(rows("r-1", f"{include}</CUSTOMER>")).body.encode()


def _with_stylesheet(place: str) -> bytes:
    return GOOD.replace(HEAD, HEAD + f'<?xml-stylesheet href="{place}"?>'.encode())


def _told(line: Gateway) -> str:
    try:
        return str([list(result.rows()) for result in line.read([read_call()])])
    except IntacctError as error:
        return f"{error} {error.errors}"


def _rows_of_nothing() -> bytes:
    return results(rows("r-1", "<C/>" * 3_000_000)).body.encode()


def _results_of_nothing() -> bytes:
    return results("<result/>" * 900_000).body.encode()


def _errors_of_nothing() -> bytes:
    many = "<error/>" * 900_000
    body = results("<result><status>failure</status><function>f</function><controlid>r-1</controlid>"
                   f"<errormessage>{many}</errormessage></result>").body  # fmt: skip
    return body.encode()


def _attributes() -> bytes:
    many = " ".join(f'a{n}=""' for n in range(900_000))
    return results(rows("r-1", f"<C {many}/>")).body.encode()


def _deep() -> bytes:
    return results(rows("r-1", "<C>" * 100_000 + "</C>" * 100_000)).body.encode()


def _long_text() -> bytes:
    return results(rows("r-1", f"<C>{'x' * 12 * MEGABYTE}</C>")).body.encode()


def _huge() -> bytes:
    return HEAD + b"<response>" + b" " * 40 * MEGABYTE


@pytest.mark.parametrize(
    "make", [_rows_of_nothing, _results_of_nothing, _errors_of_nothing, _attributes, _deep, _long_text, _huge]
)
def test_a_reply_that_would_fill_memory_is_refused(make: Callable[[], bytes]) -> None:
    reply = make()
    with bounded(), rogue(answering(reply)) as server, pytest.raises(BadReply) as caught:
        line_to(server, read_timeout=30).read([read_call()])
    assert caught.value.text


def test_a_compressed_bomb_is_refused_before_it_is_large() -> None:
    once = gzip.compress(GOOD + b" " * 300 * MEGABYTE, compresslevel=1)
    twice = gzip.compress(once)
    for body, coding in ((once, "gzip"), (twice, "gzip, gzip")):
        with bounded(), rogue(answering(body, f"Content-Encoding: {coding}")) as server, pytest.raises(BadReply):
            line_to(server, read_timeout=30).read([read_call()])


def test_an_endless_reply_is_given_up_at_the_largest_size() -> None:
    def endless(peer: Peer) -> None:
        peer.read_http()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        while not peer.over.is_set():
            peer.send(b" " * MEGABYTE)

    with bounded(), rogue(endless) as server, pytest.raises(BadReply, match="more than 32 MB"):
        line_to(server, read_timeout=30).read([read_call()])


WRONG_TEXTS = [
    GOOD.decode().encode("utf-16"), GOOD.replace(b"UTF-8", b"UTF-7"), GOOD.replace(b"UTF-8", b"IBM037"),
    GOOD.replace(b"UTF-8", b"no-such-thing"), GOOD.decode().encode("utf-32"), b"\xef\xbb\xbf" + b"\xff\xfe<a/>",
    GOOD.replace(b"LANTERN", b"\xff\xfe\xfd"), GOOD.replace(b"LANTERN", b"\x00"), GOOD.replace(b"LANTERN", b"&#0;"),
    GOOD.replace(b"LANTERN", b"&#xD800;"), b"", b"\x00" * 1000, GOOD[:-20], GOOD + GOOD, b"<a/>", GOOD[1:],
    GOOD.replace(b"<response>", b'<response xmlns="urn:other">'),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG_TEXTS)))
def test_what_is_no_reply_in_utf_8_is_refused_in_words(number: int) -> None:
    with rogue(answering(WRONG_TEXTS[number])) as server, pytest.raises(BadReply) as caught:
        line_to(server, read_timeout=5).read([read_call()])
    assert caught.value.text


def test_pages_that_never_end_or_go_in_circles_are_not_followed() -> None:
    numbers = iter([1, 2, 2])

    def circle(peer: Peer) -> None:
        asked = peer.read_http().decode()
        control_id = asked.split('controlid="')[1].split('"')[0]
        row = f"<CUSTOMER><RECORDNO>{next(numbers)}</RECORDNO></CUSTOMER>"
        peer.http(results(rows(control_id, row, total=9, remaining=5)).body.encode())

    with rogue(circle) as server, pytest.raises(BadReply, match="not in the order"):
        list(line_to(server, read_timeout=5).query(Query("CUSTOMER", (), page_size=1)))


@pytest.mark.parametrize(
    "number", ["\N{SUPERSCRIPT TWO}", "9" * 5000, "-1", "1e3", "\N{ARABIC-INDIC DIGIT ONE}", "0x1"]
)
def test_a_record_number_that_is_none_is_refused(number: str) -> None:
    def step(peer: Peer) -> None:
        control_id = peer.read_http().decode().split('controlid="')[1].split('"')[0]
        peer.http(results(rows(control_id, f"<CUSTOMER><RECORDNO>{number}</RECORDNO></CUSTOMER>")).body.encode())

    with rogue(step) as server, pytest.raises(BadReply):
        list(line_to(server, read_timeout=5).query(Query("CUSTOMER", ())))

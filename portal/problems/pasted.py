"""The guide for a message that somebody pasted: matched as live failures are, by code and level, then by phrase."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from portal.intacct import classify
from portal.intacct.classify import Where
from portal.intacct.errors import GatewayMessage, IntacctError, Level
from portal.problems import catalogue, matching, outages
from portal.problems.guide import Guide

LONGEST = 20_000
OWN_FROM_SPACES = 3
"""A phrase of so many words tells its guide by itself."""

_ERROR = re.compile(r"<error>(.*?)</error>", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"\b(?:[A-Z]{2}\d{8}|XMLGW_JPP\d{4}|GW-\d{4}|invalidRequest)\b")
_STATUS = re.compile(r"\b(?:status code|HTTP)[: ]+(\d{3})\b", re.IGNORECASE)
_LEVELS = (Level.FUNCTION, Level.AUTHENTICATION, Level.CONTROL, Level.HTTP)


def find(text: str) -> list[Guide]:
    """The guides that a pasted message or a few words lead to, the certain one first; every guide for no words."""
    text = text[:LONGEST]
    certain = _certain(text) or _unknown(text)
    rest = [guide for guide in catalogue.search(text) if guide is not certain]
    return [certain, *rest] if certain is not None else rest


def slug_of(error: IntacctError) -> str:
    """The guide of any failure of Intacct's: of a refused record, or of what ends a run."""
    slug = matching.guide_of(error)
    return slug if slug != catalogue.GENERAL else _ends_a_run(error) or slug


def _ends_a_run(error: IntacctError) -> str:
    code, _ = outages.described(error, "")
    return code if code != "intacct" else ""


def _certain(text: str) -> Guide | None:
    """The guide whose own sentence the text holds; else that of the failure that it is, as the gateway client would
    have understood it."""
    if own := _own_sentence(text.casefold()):
        return own
    for error in _failures(text):
        slug = slug_of(error)
        if slug != catalogue.GENERAL:
            return catalogue.GUIDES[slug]
    return None


def _unknown(text: str) -> Guide | None:
    """A message with one of Intacct's codes that no guide knows: the general guide, not one that shares words."""
    return catalogue.GUIDES[catalogue.GENERAL] if _CODE.search(text) else None


def _own_sentence(folded: str) -> Guide | None:
    """The portal's messages hold sentences of its own, which no other failure has."""
    said = [
        (len(phrase), guide)
        for guide in catalogue.GUIDES.values()
        for phrase in guide.phrases
        if phrase.count(" ") >= OWN_FROM_SPACES and phrase.casefold() in folded
    ]
    return max(said, key=lambda pair: pair[0])[1] if said else None


def _failures(text: str) -> Iterator[IntacctError]:
    """The text as a failure, at the level of a whole reply, else at each level: a bare message does not say its own."""
    messages = _messages(text)
    status = _STATUS.search(text)
    http_status = int(status.group(1)) if status else 200
    for level in [_level_of(text)] if _ERROR.search(text) else _LEVELS:
        yield classify.failure(messages, Where(level, http_status, in_session=True))


def _messages(text: str) -> tuple[GatewayMessage, ...]:
    whole = [_one(part) for part in _ERROR.findall(text)]
    if whole:
        return tuple(whole)
    plain = html.unescape(text).strip()
    codes = _CODE.findall(plain) or [""]
    words = _CODE.sub("", plain).strip(" :-\n")
    return tuple(GatewayMessage(code, "", words) for code in dict.fromkeys(codes))


def _one(part: str) -> GatewayMessage:
    names = ("errorno", "description", "description2", "correction")
    found = {name: re.search(rf"<{name}>(.*?)</{name}>", part, re.DOTALL | re.IGNORECASE) for name in names}
    return GatewayMessage(*(html.unescape(match.group(1)).strip() if match else "" for match in found.values()))


def _level_of(reply: str) -> Level:
    """Where in a whole reply the failure stands: before any operation, before any result, or in a result."""
    before = reply[: reply.casefold().find("<error>")].casefold()
    if "<result>" in before:
        return Level.FUNCTION
    return Level.AUTHENTICATION if "<operation>" in before else Level.CONTROL

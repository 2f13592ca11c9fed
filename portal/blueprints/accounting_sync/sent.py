"""What was sent for a record and what came back, for people: one element a line, secrets blanked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from portal.intacct.wirelog import BLANK, SECRET_TAGS
from portal.models.sync import Posting, SyncRow
from portal.sync.sending import control_id


@dataclass(frozen=True)
class Sent:
    """One attempt: the posting, its control id, the function's body and Intacct's answer as text."""

    posting: Posting
    control: str
    body: str
    answer: str


def as_sent(row: SyncRow, found: Sequence[Posting]) -> list[Sent]:
    """The attempts as people read them. Bodies hold no sign-in; were one in there, it would be blanked."""
    return [
        Sent(posting, control_id(row.ref, posting.seq), _xml(posting.body), _json(posting.answer)) for posting in found
    ]


def _xml(body: str) -> str:
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    tree = etree.fromstring(body.encode(), parser)
    for element in tree.iter(etree.Element):
        if etree.QName(element).localname.lower() in SECRET_TAGS:
            element.text = BLANK
    return etree.tostring(tree, pretty_print=True, encoding="unicode").strip()


def _json(answer: Mapping[str, Any]) -> str:
    return json.dumps(_masked(answer), indent=2, ensure_ascii=False) if answer else ""


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: BLANK if key.lower() in SECRET_TAGS else _masked(part) for key, part in value.items()}
    return [_masked(part) for part in value] if isinstance(value, list) else value

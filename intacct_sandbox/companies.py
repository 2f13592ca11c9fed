"""Several companies behind one address, as Intacct's own gateway has them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .company import COMPANY_ID
from .core import SandboxCore

_NAMED = re.compile(rb"<(companyid|sessionid)>\s*([^<]*?)\s*</")


class Companies:
    """Finds the company that a request is for: by the company ID of its login, or by its session."""

    def __init__(self, cores: Sequence[SandboxCore]) -> None:
        self._first = cores[0]
        self._cores = {core.books.company_id: core for core in cores}

    def named(self, company_id: str) -> SandboxCore | None:
        """The company of this ID; the first one for an empty ID."""
        return self._cores.get(company_id.upper()) if company_id else self._first

    def of(self, body: bytes) -> SandboxCore:
        """The company that a request is for; the first one, which then refuses it, when it is for none."""
        if len(self._cores) == 1:
            return self._first
        found = _NAMED.search(body)
        name, value = (found[1], found[2].decode("utf-8", "replace")) if found else (b"", "")
        if name == b"sessionid":
            return next((core for core in self._cores.values() if _knows(core, value)), self._first)
        return self.named(value) or self._first


def _knows(core: SandboxCore, session_id: str) -> bool:
    return core.books.store.get("_SESSION", session_id) is not None


def company_ids(count: int) -> list[str]:
    """The IDs of so many companies: the usual one, then that with a number."""
    return [COMPANY_ID, *(f"{COMPANY_ID}-{number}" for number in range(2, count + 1))]

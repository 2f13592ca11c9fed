"""Which addresses may be called: Intacct's own over TLS, and the one we were configured with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import EndpointRefused

# One reading of an address for every parser: no user part, no backslash, no spaces, which URL parsers read differently.
_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?(?:/[^\s\\@]*)?", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_INTACCT = ".intacct.com"


@dataclass(frozen=True)
class Address:
    """Scheme, host and port of a gateway address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises `EndpointRefused` when `url` is not a plain http(s) address."""
        match = _ADDRESS.fullmatch(url)
        if match is None:
            raise EndpointRefused(f"{url!r} is not an address that can be called.", code="endpoint")
        scheme, host, port = match[1], match[2].lower(), match[3]
        return cls(scheme, host, int(port) if port else _DEFAULT_PORTS[scheme])


@dataclass(frozen=True)
class AllowedHosts:
    """The addresses that may be called: `home` (scheme, host and port), Intacct's hosts, and `extra` host[:port]s."""

    home: Address
    extra: frozenset[str] = frozenset()

    def check(self, url: str) -> str:
        """`url` itself. Raises `EndpointRefused` when it may not be called."""
        address = Address.of(url)
        if address == self.home or self._is_intacct(address) or self._is_extra(address):
            return url
        raise EndpointRefused(
            f"The reply named {url!r} as its endpoint, which is not an address of Sage Intacct.", code="endpoint"
        )

    def _is_intacct(self, address: Address) -> bool:
        return address.scheme == "https" and address.port == 443 and address.host.endswith(_INTACCT)

    def _is_extra(self, address: Address) -> bool:
        return not self.extra.isdisjoint({address.host, f"{address.host}:{address.port}"})

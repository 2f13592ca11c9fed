"""Signing in with e-mail address and password: slowed down by account and by network address.

In three steps, so that no transaction is open while the password is checked (which takes long on purpose): claim a
try, commit; check; note the success, commit. A failure needs no third step: the try is counted.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from sqlalchemy import select

from portal.extensions import db
from portal.models.company import User
from portal.services import throttle, users
from portal.services.throttle import Claim, Limit

FREE_TRIES_OF_AN_ACCOUNT = 5
FREE_TRIES_OF_AN_ADDRESS = 20
_IPV6_NETWORK = 64  # one customer of a provider has at least so many addresses


@dataclass(frozen=True)
class Try:
    """A try to sign in, under the two limits that count it."""

    email: str
    account: Limit
    place: Limit
    claim: Claim

    @property
    def wait_seconds(self) -> int:
        """How long to wait before it may be made; 0 for one that was counted and may be made now."""
        return self.claim.wait_seconds


def begin(email: str, address: str) -> Try:
    """Count a try to sign in from a network address."""
    account, place = account_limit(email), Limit(f"address {network(address)}", FREE_TRIES_OF_AN_ADDRESS)
    return Try(email, account, place, throttle.claim(account, place))


def account_limit(email: str) -> Limit:
    """The limit of an account, the same whether it exists or not. People type passwords here too: a digest is kept."""
    mark = hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()
    return Limit(f"account {mark}", FREE_TRIES_OF_AN_ACCOUNT)


def check(email: str, password: str) -> users.Known | None:
    """The account that this password opens, after the same time whether there is one. Ends its reading transaction."""
    known = users.look_up(email)
    db.session.rollback()  # nothing was written; the slow part must hold no row, and on SQLite no database
    return known if users.fits(known, password) else None


def succeed(attempt: Try, known: users.Known, password: str) -> User | None:
    """Note the success and answer the user; None when the account was changed in the very moment."""
    renewed = users.renewed_hash(known, password)
    query = select(User).where(User.id == known.user_id).with_for_update()
    user = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if user is None or not user.active or user.password_hash != known.password_hash:
        return None
    if renewed:
        user.password_hash = renewed
    throttle.clear(attempt.account.subject)
    throttle.take_back(attempt.place.subject, attempt.claim.counts[attempt.place.subject])
    db.session.flush()
    return user


def network(address: str) -> str:
    """The network that tries are counted under: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)

"""Users, what they may do in a company, and their passwords (argon2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company, Membership, Role, User
from portal.services import audit, password_rules
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.password_rules import LONGEST_PASSWORD

hasher = PasswordHasher()
_ADDRESS = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+")


def add(email: str, company: Company, role: str, *, password: str = "", name: str = "", actor: Actor) -> Membership:
    """Make somebody a member of `company`. Who is one already stays as they are: role and password do not change.

    `password` is needed for a new user only. Raises InvalidInput with every fault.
    """
    faults = Faults()
    address = check_address(faults, email)
    if role not in list(Role):
        faults.add("role", f"A role is one of {', '.join(Role)}.", "role")
    name = faults.text("name", "The name", name)
    faults.end()
    user = find_by_email(address)
    if user is None:
        user = _new_user(address, name, password)
    present = db.session.scalar(
        select(Membership).where(Membership.company_id == company.id, Membership.user_id == user.id)
    )
    if present is not None:
        return present
    membership = Membership(company_id=company.id, user_id=user.id, role=role)
    db.session.add(membership)
    db.session.flush()
    audit.record(
        company.id, actor, "member", membership.id, "added", text=address, after={"email": address, "role": role}
    )
    return membership


@dataclass(frozen=True)
class Known:
    """What is known of an account that somebody wants into; `user_id` 0 stands for nobody."""

    user_id: int
    password_hash: str = field(repr=False)


def authenticate(email: str, password: str) -> User | None:
    """The active user of this e-mail address and password, else None, after the same time either way."""
    known = look_up(email)
    if not fits(known, password):
        return None
    user = db.session.get_one(User, known.user_id)
    if renewed := renewed_hash(known, password):
        user.password_hash = renewed
        db.session.flush()
    return user


def look_up(email: str) -> Known:
    """The active account of an e-mail address, or one that no password opens."""
    user = find_by_email(email.strip())
    return Known(user.id, user.password_hash) if user is not None and user.active else Known(0, _hash_of_nobody())


def fits(known: Known, password: str) -> bool:
    """Whether the password opens the account. As slow for nobody's as for somebody's; touches no database."""
    try:
        hasher.verify(known.password_hash, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False
    return known.user_id != 0


def renewed_hash(known: Known, password: str) -> str:
    """The hash to store instead when the way of hashing has changed since; else empty."""
    return hasher.hash(password) if hasher.check_needs_rehash(known.password_hash) else ""


def find_by_email(email: str) -> User | None:
    """The user of this e-mail address, in any case."""
    return db.session.scalar(select(User).where(User.email == email.lower()))


def hash_password(password: str, *, email: str = "", name: str = "") -> str:
    """The argon2 hash to store. Raises InvalidInput (field `password`) for a password that is not taken."""
    if wrong := password_rules.fault(password, email=email, name=name):
        raise InvalidInput(wrong, field="password")
    return hasher.hash(password)


def is_address(text: str) -> bool:
    """Whether the text has the form of one e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


def _new_user(email: str, name: str, password: str) -> User:
    user = User(email=email, name=name, password_hash=hash_password(password, email=email, name=name))
    db.session.add(user)
    db.session.flush()
    return user


def check_address(faults: Faults, email: str) -> str:
    """An e-mail address as accounts keep it, in lower case; faults are noted at the field `email`."""
    # Only its form is looked at: a portal on an inner network has users at hosts that the outside does not know.
    address = faults.text("email", "The e-mail address", email, required=True).lower()
    if address and not is_address(address):
        faults.add("email", "That is not an e-mail address. Write it as name@company.example.", "email")
    return address


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return hasher.hash("nobody has this password")

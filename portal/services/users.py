"""Users, what they may do in a company, and their passwords (argon2)."""

from __future__ import annotations

import re
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company, Membership, Role, User
from portal.services import audit
from portal.services.audit import Actor
from portal.services.checks import Faults

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1000
hasher = PasswordHasher()
_ADDRESS = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+")


def add(email: str, company: Company, role: str, *, password: str = "", name: str = "", actor: Actor) -> Membership:
    """Make somebody a member of `company`. Who is one already stays as they are: role and password do not change.

    `password` is needed for a new user only. Raises InvalidInput with every fault.
    """
    faults = Faults()
    address = _address(faults, email)
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


def authenticate(email: str, password: str) -> User | None:
    """The active user of this e-mail address and password, else None, after the same time either way."""
    user = find_by_email(email.strip().lower())
    if len(password) > LONGEST_PASSWORD:
        return None
    known = user.password_hash if user is not None else _hash_of_nobody()
    try:
        hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return None
    if user is None or not user.active:
        return None
    if hasher.check_needs_rehash(user.password_hash):
        user.password_hash = hasher.hash(password)
        db.session.flush()
    return user


def find_by_email(email: str) -> User | None:
    """The user of this e-mail address, in any case."""
    return db.session.scalar(select(User).where(User.email == email.lower()))


def hash_password(password: str) -> str:
    """The argon2 hash to store. Raises InvalidInput (field `password`) when the password is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(f"A password has at least {SHORTEST_PASSWORD} characters.", field="password")
    if len(password) > LONGEST_PASSWORD:
        raise InvalidInput(f"A password has at most {LONGEST_PASSWORD:,} characters.", field="password")
    return hasher.hash(password)


def _new_user(email: str, name: str, password: str) -> User:
    user = User(email=email, name=name, password_hash=hash_password(password))
    db.session.add(user)
    db.session.flush()
    return user


def _address(faults: Faults, email: str) -> str:
    # Only its form is looked at: a portal on an inner network has users at hosts that the outside does not know.
    address = faults.text("email", "The e-mail address", email, required=True).lower()
    if address and not _ADDRESS.fullmatch(address):
        faults.add("email", "That is not an e-mail address. Write it as name@company.example.", "email")
    return address


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return hasher.hash("nobody has this password")

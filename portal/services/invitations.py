"""Invitations by mail: made, sent again, taken back, accepted. The link works for seven days and once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from portal.errors import InvalidInput, NotAllowedNow, NotFound
from portal.extensions import db
from portal.models.access import Invitation
from portal.models.company import Company, Membership, Role, User
from portal.models.types import utcnow
from portal.services import audit, outgoing, users
from portal.services.audit import Actor
from portal.services.checks import Faults
from portal.services.members import hold
from portal.services.tokens import digest, new_token

GOOD_FOR = timedelta(days=7)
MOST_OPEN = 100
ACCEPT_PATH = "/invitations/"

GONE = (
    "This invitation is good no more: it was accepted or taken back, a newer one was sent, or its seven days are over."
    " You were not made a member. Ask an admin of the company to send it again."
)


def invite(company: Company, email: str, role: str, *, actor: Actor) -> Invitation:
    """Invite somebody by mail. Raises InvalidInput with every fault, also for a member and for one invited already."""
    faults = Faults()
    address = users.check_address(faults, email)
    if role not in list(Role):
        faults.add("role", f"A role is one of {', '.join(Role)}.", "role")
    faults.end()
    hold(company)
    _refuse_known(company, address)
    invitation = Invitation(
        company_id=company.id, email=address, role=role, digest="", invited_by=actor.text, expires_at=utcnow()
    )
    _send(company, invitation)
    audit.record(
        company.id, actor, "invitation", invitation.id, "sent", text=address, after={"email": address, "role": role}
    )
    return invitation


def resend(company: Company, invitation_id: int, *, actor: Actor) -> Invitation:
    """Send a new link, good for seven days; the one before is good no more. Raises NotFound, NotAllowedNow."""
    invitation = _held(company, invitation_id)
    _send(company, invitation)
    audit.record(company.id, actor, "invitation", invitation.id, "sent again", text=invitation.email)
    return invitation


def withdraw(company: Company, invitation_id: int, *, actor: Actor) -> Invitation:
    """Take an invitation back; its link is good no more. Raises NotFound, NotAllowedNow."""
    invitation = _held(company, invitation_id)
    invitation.withdrawn_at = utcnow()
    db.session.flush()
    audit.record(company.id, actor, "invitation", invitation.id, "taken back", text=invitation.email)
    return invitation


def find_open(token: str) -> Invitation:
    """The invitation that this link accepts. Raises NotFound when it is good no more."""
    query = select(Invitation).where(
        Invitation.digest == digest(token),
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > utcnow(),
    )
    invitation = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if invitation is None:
        raise NotFound(GONE)
    return invitation


def join(token: str, user: User) -> Membership:
    """Accept for a signed-in user with the invited address. Raises NotFound, NotAllowedNow for another address."""
    invitation = _held_open(token)
    if user.email != invitation.email:
        raise NotAllowedNow(
            f"This invitation is for {invitation.email}, and you are signed in as {user.email}. Nothing was changed."
            " Sign out, then open the link again."
        )
    return _accept(invitation, user)


def join_as_new(token: str, name: str, password: str) -> Membership:
    """Accept for somebody without an account, which is made. Raises NotFound, InvalidInput (`name`, `password`),
    NotAllowedNow when the address has an account by now."""
    invitation = _held_open(token)
    if users.find_by_email(invitation.email) is not None:
        raise NotAllowedNow(f"{invitation.email} has an account already. Sign in with its password, then join.")
    faults = Faults()
    name = faults.text("name", "Your name", name)
    try:
        hashed = users.hash_password(password, email=invitation.email, name=name)
    except InvalidInput as error:
        faults.found.append(error)
    faults.end()
    user = User(email=invitation.email, name=name, password_hash=hashed)
    db.session.add(user)
    db.session.flush()
    return _accept(invitation, user)


def _accept(invitation: Invitation, user: User) -> Membership:
    """The membership; who is a member already by another way stays what they are."""
    invitation.accepted_at = utcnow()
    query = select(Membership).where(
        Membership.company_id == invitation.company_id, Membership.user_id == user.id
    )  # fmt: skip
    membership = db.session.scalar(query)
    if membership is None:
        membership = Membership(company_id=invitation.company_id, user_id=user.id, role=invitation.role)
        db.session.add(membership)
    db.session.flush()
    audit.record(
        invitation.company_id, Actor(user.email, user.id), "member", membership.id, "joined",
        text=user.email, after={"email": user.email, "role": membership.role, "invited_by": invitation.invited_by},
    )  # fmt: skip
    return membership


def _send(company: Company, invitation: Invitation) -> None:
    token = new_token()
    invitation.digest = digest(token)
    invitation.expires_at = utcnow() + GOOD_FOR
    db.session.add(invitation)
    db.session.flush()
    outgoing.write(
        "invitation", invitation.email, f"{invitation.invited_by} invites you to {company.name}", company=company,
        link=f"{ACCEPT_PATH}{token}", about={"kind": "invitation", "id": invitation.id},
        invited_by=invitation.invited_by, role=invitation.role, email=invitation.email, days=GOOD_FOR.days,
    )  # fmt: skip


def _held_open(token: str) -> Invitation:
    """The open invitation, asked for again once the company is held: somebody may accept it in the same moment."""
    hold(db.session.get_one(Company, find_open(token).company_id))
    return find_open(token)


def _held(company: Company, invitation_id: int) -> Invitation:
    hold(company)
    query = select(Invitation).where(Invitation.company_id == company.id, Invitation.id == invitation_id)
    invitation = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if invitation is None:
        raise NotFound("There is no such invitation in this company.", field="id")
    if invitation.accepted_at or invitation.withdrawn_at:
        what = "accepted" if invitation.accepted_at else "taken back"
        raise NotAllowedNow(f"The invitation of {invitation.email} was {what} meanwhile. Nothing was changed.")
    return invitation


def _refuse_known(company: Company, address: str) -> None:
    member = select(Membership.id).join(Membership.user).where(
        Membership.company_id == company.id, User.email == address
    )  # fmt: skip
    if db.session.scalar(member) is not None:
        raise InvalidInput(f"{address} is a member already.", field="email", code="member")
    still_open = (
        Invitation.company_id == company.id, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )  # fmt: skip
    if db.session.scalar(select(Invitation.id).where(*still_open, Invitation.email == address)) is not None:
        raise InvalidInput(f"{address} is invited already. Send that invitation again instead.", field="email")
    if (db.session.scalar(select(func.count()).where(*still_open)) or 0) >= MOST_OPEN:
        raise InvalidInput(f"{MOST_OPEN} invitations are open. Take some back before you send more.", field="email")

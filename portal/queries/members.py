"""Reads for the members page: members by name, and the invitations that wait, with where their mails are."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.errors import NotFound
from portal.extensions import db
from portal.models.access import Invitation, OutgoingMail
from portal.models.company import Company, Membership
from portal.models.types import utcnow


@dataclass(frozen=True)
class Invited:
    """An invitation that is neither accepted nor taken back, with the newest mail for it."""

    invitation: Invitation
    mail: OutgoingMail | None

    @property
    def expired(self) -> bool:
        """Whether its seven days are over."""
        return self.invitation.expires_at <= utcnow()

    @property
    def state(self) -> str:
        """failed, expired, waiting or sent: the first that holds."""
        if self.mail is not None and self.mail.given_up_at:
            return "failed"
        if self.expired:
            return "expired"
        return "waiting" if self.mail is not None and not self.mail.sent_at else "sent"


def get_member(company: Company, member_id: int) -> Membership:
    """A member of the company, with the user. Raises NotFound."""
    query = (
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(Membership.company_id == company.id, Membership.id == member_id)
    )
    member = db.session.scalar(query)
    if member is None:
        raise NotFound("There is no such member in this company.")
    return member


def invited(company: Company) -> list[Invited]:
    """The invitations that nobody accepted yet, the newest first."""
    query = select(Invitation).where(
        Invitation.company_id == company.id, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    invitations = list(db.session.scalars(query.order_by(Invitation.id.desc())))
    mails = _newest_mails(company, {invitation.email for invitation in invitations})
    return [Invited(invitation, mails.get(invitation.id)) for invitation in invitations]


def _newest_mails(company: Company, addresses: set[str]) -> dict[int, OutgoingMail]:
    """The newest mail of each invitation, by the invitation's id."""
    query = select(OutgoingMail).where(OutgoingMail.company_id == company.id, OutgoingMail.recipient.in_(addresses))
    mails = db.session.scalars(query.order_by(OutgoingMail.id))
    return {mail.about["id"]: mail for mail in mails if mail.about.get("kind") == "invitation"}

"""Members of a company: their roles, and who leaves. A company always keeps an admin."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.errors import InvalidInput, NotAllowedNow, NotFound
from portal.extensions import db
from portal.models.company import Company, Membership, Role, User
from portal.services import audit
from portal.services.audit import Actor


def hold(company: Company) -> None:
    """Let nobody else change the members of this company until the transaction ends.

    Not the whole row: rows that refer to the company can still be written meanwhile.
    """
    db.session.execute(select(Company.id).where(Company.id == company.id).with_for_update(key_share=True))


def change_role(company: Company, member_id: int, role: str, *, actor: Actor) -> Membership:
    """Give a member another role. Raises NotFound, InvalidInput (`role`), NotAllowedNow for the last admin."""
    if role not in list(Role):
        raise InvalidInput(f"A role is one of {', '.join(Role)}.", field="role", code="role")
    member = _held_member(company, member_id)
    if member.role == role:
        return member
    if role != Role.ADMIN:
        _refuse_last_admin(member, "An admin has to stay: give that role to somebody else first.")
    before = member.role
    member.role = role
    db.session.flush()
    audit.record(
        company.id, actor, "member", member.id, "role changed",
        text=member.user.email, before={"role": before}, after={"role": role},
    )  # fmt: skip
    return member


def remove(company: Company, member_id: int, *, actor: Actor) -> str:
    """End a membership, and with it at once what the person's sessions could open here. Answers the e-mail address.

    The user, other memberships and all that the person did stay. Raises NotFound, NotAllowedNow for the last admin.
    """
    member = _held_member(company, member_id)
    _refuse_last_admin(member, "An admin has to stay: make somebody else an admin first.")
    email = member.user.email
    audit.record(
        company.id, actor, "member", member.id, "removed", text=email, before={"email": email, "role": member.role}
    )
    db.session.delete(member)
    db.session.flush()
    return email


def is_last_admin(member: Membership) -> bool:
    """Whether nobody else can manage the company: no other admin whose account is switched on."""
    if member.role != Role.ADMIN:
        return False
    others = (
        select(func.count())
        .select_from(Membership)
        .join(Membership.user)
        .where(
            Membership.company_id == member.company_id,
            Membership.role == Role.ADMIN,
            Membership.id != member.id,
            User.active.is_(True),
        )
    )
    return not db.session.scalar(others)


def _refuse_last_admin(member: Membership, way_out: str) -> None:
    if is_last_admin(member):
        raise NotAllowedNow(
            f"{member.user.email} is the only admin of {member.company.name}. Nothing was changed. {way_out}",
            field="role",
            code="last_admin",
        )


def _held_member(company: Company, member_id: int) -> Membership:
    hold(company)
    query = select(Membership).where(Membership.company_id == company.id, Membership.id == member_id)
    member = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if member is None:
        raise NotFound("This member is not in the company, or no longer. Nothing was changed.", field="id")
    return member

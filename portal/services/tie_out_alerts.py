"""Who is told of a daily tie-out, and when: whenever a rest has no cause, and when the difference passes a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from portal.errors import InvalidInput
from portal.extensions import db
from portal.models.company import Company, Membership, Role, User
from portal.models.tie_out import TieOutAlert
from portal.money import ZERO, is_exact, parse_decimal, places
from portal.queries.tie_out import Total
from portal.services import audit, outgoing
from portal.services.audit import Actor
from portal.services.checks import MAX_AMOUNT, show

PAGE = "/settings/accounting-sync/tie-out"


@dataclass(frozen=True)
class Alert:
    """The company's choice. Without a `limit` only an unexplained rest is told of."""

    mails: bool = True
    limit: Decimal | None = None


def load(company_id: int) -> Alert:
    """What the company chose; mails of an unexplained rest where it chose nothing."""
    row = db.session.get(TieOutAlert, company_id)
    return Alert(row.mails, row.limit) if row else Alert()


def change(company: Company, *, mails: bool, limit: str, actor: Actor) -> Alert:
    """Choose when mails go out. Raises InvalidInput (field `limit`) for what is no amount."""
    before, after = load(company.id), Alert(mails, _limit(limit, company.base_currency))
    if before == after:
        return after
    row = db.session.get(TieOutAlert, company.id)
    if row is None:
        row = TieOutAlert(company_id=company.id)
        db.session.add(row)
    row.mails, row.limit = after.mails, after.limit
    audit.record_change(company.id, actor, "tie_out_alert", company.id, "edited", _plain(before), _plain(after))
    db.session.flush()
    return after


def _limit(text: str, currency: str) -> Decimal | None:
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    try:
        limit = parse_decimal(plain)
    except ValueError:
        limit = Decimal(-1)
    if limit < 0 or limit > MAX_AMOUNT or not is_exact(limit, currency):
        raise InvalidInput(
            f"The limit is an amount with at most {places(currency)} decimals, such as 1000.00, or empty for none."
            " Nothing was saved.",
            field="limit",
        )
    return limit


def _plain(alert: Alert) -> dict[str, str | bool]:
    return {"mails": alert.mails, "limit": "" if alert.limit is None else str(alert.limit)}


def tell(company: Company, totals: Sequence[Total]) -> int:
    """Write a mail to every admin if the day's tie-out gives reason to. How many mails that are."""
    alert = load(company.id)
    reasons = reasons_of(alert, totals)
    if not alert.mails or not reasons:
        return 0
    admins = db.session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company.id, Membership.role == Role.ADMIN, User.active)
        .order_by(User.id)
    ).all()
    for email in admins:
        outgoing.write(
            "tie_out", email, f"{company.name}: {reasons[0]}", company=company, link=PAGE,
            about={"kind": "tie_out", "company": company.id}, reasons=reasons, lines=[_line(total) for total in totals],
        )  # fmt: skip
    return len(admins)


def reasons_of(alert: Alert, totals: Sequence[Total]) -> list[str]:
    """Why somebody should look, in sentences; the unexplained first."""
    found = [
        f"{show(abs(total.unexplained), total.currency)} between the portal and Intacct have no explanation"
        for total in totals
        if total.unexplained != ZERO
    ]
    if alert.limit is not None:
        found += [
            f"the difference to Intacct is {show(abs(total.difference), total.currency)}, more than the limit of"
            f" {show(alert.limit, total.currency)}"
            for total in totals
            if abs(total.difference) > alert.limit
        ]
    return found


def _line(total: Total) -> dict[str, str]:
    names = ("here", "there", "difference", "unexplained")
    return {name: show(getattr(total, name), total.currency) for name in names}

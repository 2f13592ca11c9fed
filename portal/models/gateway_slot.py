"""Whose turn it is at an Intacct company: at most two requests at once, from all processes together."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model

AT_ONCE = 2
"""Intacct takes two connections of a company at once and answers a third with 429 (GW-0010) [told by partners; the
vendor publishes no number]."""


class GatewaySlot(Model):
    """One of the places at an Intacct company. `token` says who has it until `lease_until` (milliseconds on the
    database's clock); a place whose lease is over is free."""

    __tablename__ = "gateway_slot"

    intacct_company_id: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)

"""What Intacct's gateway was asked for, by company and day: kept sums that many processes add to."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model

CHECK, LISTS = "check", "lists"
"""Purposes outside runs: signing in to see what a user may do, and reading the lists that settings are chosen from."""


class GatewayUsage(Model):
    """What one purpose (a run's kind, `check` or `lists`) cost on one of the company's own days. `functions` are what
    Intacct counts; `milliseconds` is the time that the requests took."""

    __tablename__ = "gateway_usage"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger, default=0)
    functions: Mapped[int] = mapped_column(BigInteger, default=0)
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)


class GatewayFailure(Model):
    """Requests of a day that failed as a whole, by the kind of error (`Throttled`, `NoReply`, ...)."""

    __tablename__ = "gateway_failure"

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    error: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger, default=0)

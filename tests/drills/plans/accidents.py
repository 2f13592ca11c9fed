"""Accidents made on purpose, which the proof must notice: else it proves nothing."""

from __future__ import annotations

from sqlalchemy import select

from intacct_sandbox import sessions
from portal.extensions import db
from portal.intacct.gateway import Call, Gateway, Sender
from portal.models.sync import Posting
from portal.services import connection, gateways
from tests.drills.plans.place import number
from tests.drills.plans.plan import add
from tests.drills.plans.stage import Stage


def _posted_again(stage: Stage, what: str, new: str) -> None:
    """The frozen body of a posting goes out once more, under another number and control id."""
    stage.worker()
    stage.sync()
    with stage.portal():
        found, book = connection.get(stage.company())
        login = gateways.line(found, book.intacct_company_id, book.entity).login
        body = db.session.scalars(select(Posting.body).where(Posting.body.contains(what))).one()
    gateway = Gateway(stage.sandbox.url, Sender(sessions.SENDER_ID, sessions.SENDER_PASSWORD), login)
    result = gateway.write([Call("again", body.replace(what, what + new))])["again"]
    assert result.error is None, result.error
    stage.tell("it is posted again")


def an_invoice_is_posted_again(stage: Stage) -> None:
    """Intacct has it twice then."""
    _posted_again(stage, f"<invoiceno>{number(20)}", "-AGAIN")


add("an_invoice_doubled_on_purpose", an_invoice_is_posted_again, expects=f"Invoice {number(20)} was posted 2 times")

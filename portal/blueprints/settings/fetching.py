"""Asking Intacct from a page: the transaction ends before the network is touched, and a new one keeps the answer."""

from __future__ import annotations

from portal.extensions import db
from portal.jobs.metering import metered
from portal.models.company import Company
from portal.models.usage import CHECK, LISTS
from portal.services import connection, gateways, intacct_lists
from portal.services.connection import Checked, LoginData


def refresh_lists(company: Company) -> None:
    """Read the lists that settings are chosen from. Commits. Raises PortalError when Intacct cannot be asked."""
    found, book = connection.get(company)
    line = gateways.line(found, book.intacct_company_id, book.entity)
    db.session.commit()
    with metered(company.id, LISTS):
        fetched = intacct_lists.fetch(line)
    intacct_lists.store(connection.get(company)[0], fetched)
    db.session.commit()


def checked(company: Company, login: LoginData) -> Checked:
    """Try a sign-in with no transaction open. Raises InvalidInput or PortalError, as `connection.check` does."""
    with metered(company.id, CHECK):
        return connection.check(login)

"""The details of a company."""

from __future__ import annotations

from wtforms import SelectChoice, SelectField

from portal.blueprints.forms import PortalForm, TextField
from portal.services.companies import timezones
from portal.services.company_details import CompanyData


def _zones() -> list[SelectChoice]:
    return [SelectChoice(zone, zone.replace("_", " ")) for zone in sorted(timezones())]


class CompanyForm(PortalForm):
    """The details; what they may hold is for the service to say."""

    name = TextField("Name")
    timezone = SelectField("Time zone", choices=_zones)
    base_currency = TextField("Base currency")
    brand_name = TextField("Brand name")
    accent = TextField("Accent colour")
    support_email = TextField("Support address")

    def company_data(self) -> CompanyData:
        """What was typed."""
        return CompanyData(
            name=self.name.data or "",
            timezone=self.timezone.data or "",
            base_currency=self.base_currency.data or "",
            brand_name=self.brand_name.data or "",
            accent=self.accent.data or "",
            support_email=self.support_email.data or "",
        )

"""Whether a company's month at Intacct's gateway stays within its allowance, and what would help where it does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from portal.models.base import JsonDict
from portal.models.company import Company
from portal.models.run import RunKind
from portal.queries import gateway_usage as queries
from portal.queries.bodies import seconds
from portal.queries.gateway_usage import Asked, Month
from portal.services import integration_settings
from portal.services.integration_settings import Choices

WORTH_SAVING = 0.05
"""What costs less than this share of the month is not worth a word."""


@dataclass(frozen=True)
class Outlook:
    """A month beside what the company may use in it and has chosen."""

    month: Month
    choices: Choices

    @property
    def allowance(self) -> int | None:
        """The functions that the company may use in a month; None where nobody entered them."""
        return self.choices.monthly_allowance

    @property
    def advice(self) -> list[str]:
        """What would help, where the forecast exceeds the allowance."""
        return _advice(self.month, self.choices) if self.over else []

    @property
    def share(self) -> int | None:
        """How much of the allowance is used so far, in whole per cent."""
        return None if not self.allowance else 100 * self.month.total.functions // self.allowance

    @property
    def over(self) -> int:
        """By how many functions the forecast exceeds the allowance; 0 where it does not, or is unknown."""
        return max((self.month.forecast or 0) - self.allowance, 0) if self.allowance else 0

    @property
    def words(self) -> str:
        """The forecast in a sentence."""
        forecast = self.month.forecast
        if self.month.is_over:
            return f"The month came to {self.month.total.functions:,} functions."
        if forecast is None:
            return "A forecast needs one whole day."
        at = f"about {forecast:,} by the month's end, at {round(self.month.pace or 0):,} a day"
        if not self.allowance:
            return f"It will be {at}."
        if self.over:
            return f"It will be {at}: {self.over:,} more than the allowance of {self.allowance:,}."
        return f"It will be {at}: within the allowance of {self.allowance:,}."


def outlook(company: Company, month: dt.date | None = None) -> Outlook:
    """The company's month; without one the present one."""
    return Outlook(queries.month_of(company, month), integration_settings.load(company.id))


def _advice(month: Month, choices: Choices) -> list[str]:
    """What would make the month cheaper, what costs most first."""
    least = WORTH_SAVING * month.total.functions
    said = [_about(purpose, asked.functions, choices) for purpose, asked in month.purposes.items()
            if asked.functions >= least]  # fmt: skip
    last = "Each record that is sent counts one, whatever is switched off. Or agree on a larger allowance with Intacct."
    return [sentence for sentence in said if sentence] + [last]


def _about(purpose: str, functions: int, choices: Choices) -> str:
    if purpose == RunKind.SYNC:
        return f"Syncs took {functions:,} functions. {_fewer_syncs(choices)}"
    if purpose in (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES):
        prints = " Bring the PDF along costs one for each invoice; switch it off." if choices.import_pdfs else ""
        return f"Imports took {functions:,}. One is needed once; another one costs as much again.{prints}"
    if purpose == RunKind.PREVIEW:
        return f"Previews took {functions:,}: each asks all that a sync asks. Preview less often."
    if purpose == RunKind.TIE_OUT:
        return f"Tie-outs took {functions:,}. One a day is made by itself; make fewer by hand."
    return ""


def _fewer_syncs(choices: Choices) -> str:
    said = []
    if choices.auto_sync:
        said.append("Switch Reconcile to Intacct off and sync by hand once or twice a day.")
    if choices.read_invoices and len(choices.invoice_document_types) > 1:
        said.append(
            f"Read fewer document types: each of the {len(choices.invoice_document_types)} is asked for in every sync."
        )
    said += [] if said else ["Sync less often."]
    return " ".join(said)


def body(company: Company, found: Outlook) -> JsonDict:
    """The month as the API and the command line print it; days without a request are left out."""
    month = found.month
    return {
        "object": "gateway_usage",
        "company": company.slug,
        "month": f"{month.first:%Y-%m}",
        **_asked(month.total),
        "today": _asked(month.days.get(month.today, Asked())),
        "days": [{"day": seconds(day), **_asked(asked)} for day, asked in month.days.items() if asked.requests],
        "purposes": [{"purpose": purpose, **_asked(asked)} for purpose, asked in month.purposes.items()],
        "allowance": found.allowance,
        "forecast": month.forecast,
        "over": found.over,
        "words": found.words,
        "advice": found.advice,
    }


def _asked(asked: Asked) -> JsonDict:
    return {"requests": asked.requests, "functions": asked.functions}

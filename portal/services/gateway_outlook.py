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
    """A month of a company beside what it may use in it and has chosen."""

    company: Company
    month: Month
    choices: Choices

    @property
    def allowance(self) -> int | None:
        """The functions that the company may use in a month; None where nobody entered them."""
        return self.choices.monthly_allowance

    @property
    def advice(self) -> list[str]:
        """What would help, where the forecast exceeds the allowance."""
        return _advice(self) if self.over else []

    @property
    def share(self) -> int | None:
        """How much of the allowance is used so far, in whole per cent."""
        return None if not self.allowance else 100 * self.month.total.functions // self.allowance

    @property
    def over(self) -> int:
        """By how many functions the forecast, or what is used already, exceeds the allowance; 0 where none does."""
        most = max(self.month.forecast or 0, self.month.total.functions)
        return max(most - self.allowance, 0) if self.allowance else 0

    @property
    def has_exceeded(self) -> bool:
        """Whether more is used already than is allowed."""
        return bool(self.allowance) and self.month.total.functions > (self.allowance or 0)

    @property
    def words(self) -> str:
        """The forecast in a sentence or two."""
        month = self.month
        if month.counted_since is None or month.counted_since > month.last:
            return _uncounted(month.counted_since)
        if month.first > month.today:
            return "The month has not begun."
        if month.is_over:
            began = f" Counting began on {month.counted_since:%-d %b %Y}." if month.counted_since > month.first else ""
            return f"The month came to {month.total.functions:,} functions.{began}"
        if month.forecast is None:
            return "A forecast needs one whole day." + (f" {self._used_up()}" if self.has_exceeded else "")
        imports = " Imports are not carried forward." if month.has_imports else ""
        at = f"about {month.forecast:,} by the month's end, at {round(month.pace or 0):,} a day"
        if self.has_exceeded:
            return f"{self._used_up()} It will be {at}.{imports}"
        if self.over:
            return f"It will be {at}: {self.over:,} more than the allowance of {self.allowance:,}.{imports}"
        if self.allowance:
            return f"It will be {at}: within the allowance of {self.allowance:,}.{imports}"
        return f"It will be {at}.{imports}"

    def _used_up(self) -> str:
        used = self.month.total.functions
        return f"{used - (self.allowance or 0):,} more than the allowance of {self.allowance:,} are used already."


def _uncounted(since: dt.date | None) -> str:
    return f"Nothing was counted before {since:%-d %b %Y}." if since else "Nothing has been counted yet."


def outlook(company: Company, month: dt.date | None = None) -> Outlook:
    """The company's month; without one the present one."""
    return Outlook(company, queries.month_of(company, month), integration_settings.load(company.id))


def _advice(found: Outlook) -> list[str]:
    """What would make the month cheaper, what costs most first."""
    least = WORTH_SAVING * found.month.total.functions
    said = [_about(purpose, asked.functions, found) for purpose, asked in found.month.purposes.items()
            if asked.functions >= least]  # fmt: skip
    last = "Each record that is sent counts one, whatever is switched off. Or agree on a larger allowance with Intacct."
    return [sentence for sentence in said if sentence] + [last]


def _about(purpose: str, functions: int, found: Outlook) -> str:
    if purpose == RunKind.SYNC:
        return f"Syncs took {functions:,} functions. {_fewer_syncs(found)}"
    if purpose in (RunKind.IMPORT_CUSTOMERS, RunKind.IMPORT_INVOICES):
        prints = " Bring the PDF along costs one for each invoice; switch it off." if found.choices.import_pdfs else ""
        return f"Imports took {functions:,}. One is needed once; another one costs as much again.{prints}"
    if purpose == RunKind.PREVIEW:
        return f"Previews took {functions:,}: each asks all that a sync asks. Preview less often."
    if purpose == RunKind.TIE_OUT:
        return f"Tie-outs took {functions:,}. One a day is made by itself; make fewer by hand."
    return ""


def _fewer_syncs(found: Outlook) -> str:
    """What syncing less often would save: only what a sync asks whatever has changed."""
    looks, choices = queries.looks_of_syncs(found.company, found.month), found.choices
    if looks.functions < WORTH_SAVING * found.month.total.functions:
        return "Nearly all are for records that were sent or had changed: syncing less often would save little."
    syncs = "one sync" if looks.requests == 1 else f"{looks.requests:,} syncs"
    said = [f"{looks.functions:,} of them are what {syncs} asked whatever had changed."]
    if choices.auto_sync:
        said.append("Switch Reconcile to Intacct off and sync by hand once or twice a day.")
    if choices.read_invoices and len(choices.invoice_document_types) > 1:
        said.append(
            f"Read fewer document types: each of the {len(choices.invoice_document_types)} is asked for in every sync."
        )
    said += [] if len(said) > 1 else ["Sync less often."]
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

"""A tie-out as the API and the command line print it. Amounts are exact, days and times UNIX seconds."""

from __future__ import annotations

from portal.models.base import JsonDict
from portal.models.company import Company
from portal.models.tie_out import TieOut, TieOutDocument
from portal.money import round_amount
from portal.queries import tie_out as queries
from portal.queries.bodies import seconds
from portal.queries.tie_out import Total


def tie_out_body(company: Company, tie_out: TieOut) -> JsonDict:
    """Both sides by currency, with what each cause makes of the difference, and what could not be read."""
    return {
        "id": tie_out.id,
        "object": "tie_out",
        "run_id": tie_out.run_id,
        "as_of": seconds(tie_out.as_of),
        "read_at": seconds(tie_out.read_at),
        "currencies": [_currency(company, tie_out, total) for total in queries.totals(tie_out)],
        "unread": list(tie_out.unread),
    }


def _currency(company: Company, tie_out: TieOut, total: Total) -> JsonDict:
    currency = total.currency
    names = ("here", "here_invoices", "here_unapplied", "difference", "unexplained")
    today = tie_out.as_of or company.today()
    return {
        "currency": currency.lower(),
        **{name: round_amount(getattr(total, name), currency) for name in names},
        "intacct": round_amount(total.there, currency),
        "documents": total.documents,
        "differing": total.differing,
        "causes": [
            {"cause": one.cause, "count": one.count, "amount": round_amount(one.amount, currency)}
            for one in queries.causes(tie_out, currency)
        ],
        "aging": [
            {
                "days_past_due": one.age.value,
                "here": round_amount(one.here, currency),
                "intacct": round_amount(one.there, currency),
            }
            for one in queries.aging(tie_out, currency, today)
        ],
    }


def document_body(row: TieOutDocument) -> JsonDict:
    """A document side by side. Amounts are signed: payments and credits are negative."""
    side = {name: getattr(row, name) for name in ("here_total", "here_due", "there_total", "there_due", "difference")}
    return {
        "id": row.id,
        "object": "tie_out_document",
        "type": row.kind,
        "record_id": row.record_id,
        "number": row.number,
        "intacct_object": row.object,
        "intacct_key": row.key,
        "intacct_number": row.number_there,
        "customer": row.customer_id,
        "customer_name": row.customer_name,
        "currency": row.currency.lower(),
        "date": seconds(row.date),
        "intacct_date": seconds(row.date_there),
        **{name.replace("there_", "intacct_"): amount for name, amount in side.items()},
        "cause": row.cause,
        "reason": row.text,
        "unexplained": row.unexplained,
        "problem_id": row.problem_id,
    }

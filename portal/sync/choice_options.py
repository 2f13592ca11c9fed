"""The choices that the rules offer, by the code of the problem."""

from __future__ import annotations

from dataclasses import dataclass

from portal.models.sync import Problem
from portal.sync import open_days


@dataclass(frozen=True)
class Option:
    """A choice as people see it. `needs` says what it takes: nothing, a record's `key` there, or a new `number`."""

    name: str
    label: str
    hint: str
    needs: str = ""


RENUMBER = Option("renumber", "Renumber here", "It is sent under the new number.", "number")
LINK = Option("link", "Link to that record", "Nothing is sent; both are the same from now on.", "key")
SKIP = Option("skip", "Skip", "It stays out of every sync until you take it back.")
LEAVE = Option("leave", "Leave as it is", "Both sides stay as they are, and nothing more is sent for it.")
VOID_HERE = Option("void_here", "Void it here too", "Its money becomes rest that can be applied elsewhere.")
POST_AGAIN_AS = Option("post_again", "Post again under a new number", "Intacct gets a new record.", "number")
POST_AGAIN = Option("post_again", "Post it again", "Only where you have seen that Intacct does not have it.")
CREATE_SECOND = Option("create_second", "Create a second one there", "Intacct gets another customer of that name.")
USE_THAT = Option("use", "Use that customer here", "Documents of this customer move to the customer linked to it.")

BOOKED_THERE = Option("booked_there", "It is booked there", "Somebody has booked that money in Intacct by hand.")
POST_IT = Option("post_it", "Post it", "The payment goes to Intacct whole, with that money on the invoice.")

CREATE_AGAIN = Option("post_again", "Create it there again", "It goes to Intacct with the next sync.")
POST_ON_OPEN_DAY = Option(
    "post_on_open_day", "Post on the first open day", "It keeps its date here; its posting date in Intacct differs."
)

VOID_MONEY_HERE = Option("void_here", "Void it here too", "What it pays is open here again, as it is in Intacct.")
POST_MONEY_AGAIN = Option(
    "post_again", "Post it again", "Intacct gets it anew with the next sync, with what it pays here."
)

_OPTIONS: dict[str, tuple[Option, ...]] = {
    "number_taken": (RENUMBER, LINK, SKIP),
    "customer_ambiguous": (LINK, CREATE_SECOND, SKIP),
    "customer_name_linked": (CREATE_SECOND, USE_THAT, SKIP),
    "customer_id_taken": (RENUMBER, LINK, SKIP),
    "changed_here": (LEAVE,),
    "changed_there": (LEAVE,),
    "reversed_there": (VOID_HERE, POST_AGAIN_AS, LEAVE),
    "gone_there": (VOID_HERE, POST_AGAIN_AS, LEAVE),
    "money_gone_there": (VOID_MONEY_HERE, POST_MONEY_AGAIN, LEAVE),
    "imported_gone": (VOID_HERE, SKIP),
    "cannot_tell": (LINK, POST_AGAIN, LEAVE),
    "paid_both_sides": (VOID_HERE, LEAVE),
    "by_hand": (BOOKED_THERE, POST_IT),
    "customer_gone": (CREATE_AGAIN, LEAVE),
    open_days.CLOSED: (POST_ON_OPEN_DAY, LEAVE),
}
_OPTIONS_THERE: dict[str, tuple[Option, ...]] = {
    "customer_ambiguous_here": (
        Option("pick", "It is that customer here", "The two are the same from now on.", "customer"),
        Option("create_here", "Create another one here", "A second customer of that name."),
    ),
}
"""Of records that are only in Intacct."""


def options(problem: Problem) -> tuple[Option, ...]:
    """The choices that the problem's rule names; Retry and Skip are there beside them for every record."""
    if problem.sync_row_id is None:
        return _OPTIONS_THERE.get(problem.code, ())
    found = _OPTIONS.get(problem.guide, _OPTIONS.get(problem.code, ()))
    return tuple(option for option in found if not (option is LINK and problem.details.get("no_link")))

"""Guides: why a whole run ended early."""

from __future__ import annotations

from portal.problems.guide import ACCOUNTANT, ADMIN, AFTER_RETRY, BY_ITSELF, INTACCT_ADMIN, NOBODY, OPERATOR, Guide

CONNECTION, LINE = "Connection", "The line to Intacct"
_STAYS = "What was stored before stays stored."

GUIDES = (
    Guide(
        slug="credentials",
        area=CONNECTION,
        title="Intacct does not know the company ID, username or password (401)",
        happened="Signing in was refused: one of the three is wrong, or the user is locked. Nothing was sent.",
        blocks="The whole sync, until somebody enters the right ones.",
        steps=(
            "In Intacct, make sure that the user exists, is active and is not locked, and that its password still"
            " holds.",
            "The company ID is the one that you enter when you sign in to Intacct; in Intacct, Company > Company Info"
            " shows it as ID. It is not the company's name.",
            "Enter company ID, username and password in Settings, Integrations, Intacct, and save: they are checked.",
            "Sync again.",
        ),
        fixer=ADMIN,
        heals="Not by itself: each sync fails until the right password is entered.",
        setting="connection",
        phrases=(
            "non-200 status code: 401",
            "XL03000006",
            "XMLGW_JPP0002",
            "Sign-in information is incorrect",
            "Invalid credentials",
        ),
    ),
    Guide(
        slug="sender",
        area=CONNECTION,
        title="Intacct refused this portal's own sender ID",
        happened="Every install signs its requests with a Web Services sender ID. Intacct does not know this one, or"
        " its password is wrong. Nothing was sent.",
        blocks="The syncs of every company of this install.",
        steps=(
            "Correct INTACCT_SENDER_ID and INTACCT_SENDER_PASSWORD in the portal's environment.",
            "Start the portal again and sync.",
        ),
        fixer=OPERATOR,
        heals="Not by itself.",
        phrases=("sender ID", "senderid", "XL03000006 sender"),
    ),
    Guide(
        slug="sender_not_authorised",
        area=CONNECTION,
        title="The Intacct company has not allowed this portal's sender ID",
        happened="Intacct lets a sender in only when the company lists it. Nothing was sent.",
        blocks="The whole sync of this company.",
        steps=(
            "In Intacct, open Company, Company Info, Security, and edit Web Services authorizations.",
            "Add the sender ID that the message names, and save.",
            "Sync again.",
        ),
        fixer=INTACCT_ADMIN,
        heals="Not by itself.",
        phrases=("XL03000007", "Web Services authorizations", "is not authorized to make Web Services requests"),
    ),
    Guide(
        slug="not_connected",
        area=CONNECTION,
        title="No Intacct company is connected",
        happened="There is nowhere to send to. Nothing was sent, and nothing is lost: everything recorded here goes"
        " once a company is connected.",
        blocks="The whole sync.",
        steps=("Connect an Intacct company in Settings, Integrations.",),
        fixer=ADMIN,
        heals="Not by itself.",
        setting="connection",
        phrases=("No Intacct company is connected",),
    ),
    Guide(
        slug="session_expired",
        area=LINE,
        title="Intacct ended the session twice in a row",
        happened=f"The portal signed in again once by itself, and that session ended too. {_STAYS}",
        blocks="Only this run.",
        steps=(
            "Wait for the next sync, or sync again.",
            "If it comes back, make sure that nobody else signs in as the portal's Intacct user.",
        ),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("XL03000006 session", "session"),
    ),
    Guide(
        slug="maintenance",
        area=LINE,
        title="Intacct is off-line for maintenance",
        happened=f"Intacct answers nothing while it is being maintained. {_STAYS}",
        blocks="Nothing for good: all that was to be sent waits.",
        steps=("Wait. Sage announces maintenance on its status page.",),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("maintenance", "offline", "off-line"),
    ),
    Guide(
        slug="throttled",
        area=LINE,
        title="Intacct takes no more calls just now (429)",
        happened="Too many calls reached this Intacct company at once, from here or from elsewhere. The portal waited"
        f" and tried again several times, then stopped. {_STAYS}",
        blocks="Nothing for good: what was not sent waits.",
        steps=(
            "Wait for the next sync.",
            "If it comes back often, move other programs that call Intacct to other hours.",
        ),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("429", "too many requests", "try again later", "rate limit", "throttl"),
    ),
    Guide(
        slug="own_requests",
        area=LINE,
        title="This portal's own requests were in the way",
        happened="Intacct takes two requests at once from one company, so the portal sends no third. Other runs"
        f" or pages of this portal had both places all the time that this one waited, so it stopped. {_STAYS}",
        blocks="Nothing for good: what was not sent waits.",
        steps=(
            "Do nothing: the next sync goes on.",
            "If it comes back often, see whether several companies of this portal are connected to the same Intacct"
            " company and sync at the same time.",
        ),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("had both places at this Intacct company",),
    ),
    Guide(
        slug="unreachable",
        area=LINE,
        title="Intacct could not be reached",
        happened="The connection was refused or never opened. Nothing was sent.",
        blocks="Nothing for good: all that was to be sent waits.",
        steps=(
            "Wait for the next sync.",
            "If it comes back, let the operator check that this machine may reach Intacct's address on port 443.",
        ),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("connection refused", "could not be reached", "name or service not known"),
    ),
    Guide(
        slug="too_late",
        area=LINE,
        title="The worker was too slow to send",
        happened="A request may leave only within 30 seconds after it was prepared, so that nobody sends it twice."
        " This one missed that moment and was not sent.",
        blocks="Nothing for good: it goes with the next sync.",
        steps=(
            "Wait for the next sync.",
            "If it comes back, the machine is overloaded: let the operator look at it.",
        ),
        fixer=NOBODY,
        heals=BY_ITSELF,
        phrases=("too slow to send",),
    ),
    Guide(
        slug="no_reply",
        area=LINE,
        title="Intacct did not answer",
        happened="Something was sent and no whole answer came back (timed out, 524, cut off). It is not known yet"
        " what Intacct did with the last records. The portal looks, and sends nothing twice.",
        blocks="Only the records whose answer is missing. They are shown as unknown until the portal has looked.",
        steps=(
            "Wait: the portal looks again by itself, usually within a minute, at the latest after 20.",
            "Post nothing of it in Intacct by hand meanwhile.",
        ),
        fixer=NOBODY,
        heals="Yes. What Intacct has is linked; what it certainly does not have is sent again.",
        phrases=("did not answer", "timed out", "timeout", "524", "read timed out"),
    ),
    Guide(
        slug="bad_reply",
        area=LINE,
        title="Intacct's answer could not be read",
        happened="A fault page or a cut-off answer came instead of Intacct's own. It is not known yet what Intacct"
        " did with the last records. The portal looks, and sends nothing twice.",
        blocks="Only the records whose answer is missing. They are shown as unknown until the portal has looked.",
        steps=(
            "Wait: the portal looks again by itself.",
            "If it comes back, let the operator check whether a proxy stands between this machine and Intacct.",
        ),
        fixer=NOBODY,
        heals="Yes. What Intacct has is linked; what it certainly does not have is sent again.",
        phrases=("could not be read", "502", "503", "bad gateway"),
    ),
    Guide(
        slug="intacct",
        area=LINE,
        title="Intacct refused the request",
        happened="Intacct answered the whole request with an error that this portal has no guide of its own for."
        f" {_STAYS}",
        blocks="The whole sync, as long as it lasts.",
        steps=(
            "Read Intacct's own words on the run's page.",
            "Sync again. If it comes back, give the words to your Intacct administrator.",
        ),
        fixer=INTACCT_ADMIN,
        heals=AFTER_RETRY,
        phrases=("Intacct said",),
    ),
    Guide(
        slug="unexpected",
        area=LINE,
        title="The portal itself failed",
        happened=f"A fault of this portal, not of your data or of Intacct. {_STAYS}",
        blocks="This run. The next one tries again.",
        steps=(
            "Sync again.",
            "If it comes back, give the run's number to the operator: the log holds the rest.",
        ),
        fixer=OPERATOR,
        heals="Often: the next sync goes on from there.",
        phrases=("The portal itself failed",),
    ),
    Guide(
        slug="workers_died",
        area=LINE,
        title="The workers of this run died",
        happened=f"The run was taken up ten times, and each time the process that carried it out ended. {_STAYS}",
        blocks="This run. The next one tries again.",
        steps=(
            "Let the operator look at the worker's log: usually the machine ran out of memory.",
            "Sync again.",
        ),
        fixer=OPERATOR,
        heals="Not as long as its cause lasts.",
        phrases=("its worker ended each time",),
    ),
    Guide(
        slug="credentials_keys",
        area=CONNECTION,
        title="The stored password cannot be read any more",
        happened="The key with which it was encrypted (CREDENTIALS_KEYS) is not among those of this install. Nothing"
        " was sent.",
        blocks="The whole sync of this company.",
        steps=(
            "Put the former key back behind the new one in CREDENTIALS_KEYS, or enter the password again in Settings,"
            " Integrations, Intacct.",
        ),
        fixer=OPERATOR,
        heals="Not by itself.",
        setting="connection",
        phrases=("cannot be decrypted", "CREDENTIALS_KEYS"),
    ),
    Guide(
        slug="endpoint_refused",
        area=LINE,
        title="Intacct's reply named a strange address",
        happened="After signing in, Intacct says at which address the session goes on. This one is none of Intacct's"
        " and not the one that the portal was set up with, so nothing was sent there.",
        blocks="The whole sync, until the replies name an address of Intacct's again.",
        steps=(
            "Sync again: a passing fault goes by itself.",
            "If it stays, compare INTACCT_URL in the portal's environment with Intacct's own address.",
            "Look for a proxy between the portal and Intacct that changes replies.",
        ),
        fixer=OPERATOR,
        heals=BY_ITSELF,
        phrases=("endpoint", "none of Intacct's hosts"),
    ),
    Guide(
        slug="changed_since_preview",
        area=LINE,
        title="A record changed after the preview",
        happened="The run was to send exactly what a preview showed, and stopped at the first record that would now be"
        " posted otherwise. What stands before it was sent as shown; that record and all after it were not.",
        blocks="Nothing: the records go with the next sync, or with a new preview.",
        steps=("Make a new preview, look at what changed, and run that one.", "Or press Sync Now."),
        fixer=ACCOUNTANT,
        heals="With the next sync.",
        phrases=("changed since preview",),
    ),
)

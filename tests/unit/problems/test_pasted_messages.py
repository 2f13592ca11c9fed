"""A pasted message leads to the guide that its live failure would have."""

from __future__ import annotations

import pytest

from portal.problems import pasted
from portal.problems.catalogue import GUIDES

REPLY = (
    "<response><control><status>success</status></control><operation><authentication><status>{auth}</status>"
    "</authentication>{result}<errormessage><error><errorno>{code}</errorno><description></description>"
    "<description2>{text}</description2><correction></correction></error></errormessage></operation></response>"
)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("non-200 status code: 401", "credentials"),
        ("XL03000006 Sign-in information is incorrect", "credentials"),
        ("XL03000006 Incorrect Intacct XML Partner ID or password.", "sender"),
        ("BL01001973 Invalid Project '10064' specified", "dimension"),
        ("DL02000001 There was an error processing the request", "unknown_field"),
        ("Please provide a payment batch key", "payment_batch_key"),
        ("GW-0010", "throttled"),
        ("HTTP 429", "throttled"),
        ("PL04000005 You do not have permission for operation CREATE on type arpymt", "permission_missing"),
        ("BL03000018 Illegal format for Contactversion : Primary Email Address", "email_refused"),
        ("The account number 1010 is associated to the Bank account CHK-01", "bank_account_on_line"),
        ("BL03002073 credits may be applied only by entity owners", "other_entity"),
        ("PL04000055 This company is a demo company and has expired.", "company_expired"),
        ("Enable foreign-currency transactions, and try again", "foreign_currency"),
        ("PL03000006 The transaction date 'Array' is invalid.", "refused"),
        ("A transaction with the number 'INV-1' already exists.", "number_taken"),
        ("The Service is Temporarily Off-line", "maintenance"),
        ("The date falls within a period that's been closed", "closed_period"),
        ("Intacct invoice with recordno = 88, does not exist even though it was imported", "imported_gone"),
    ],
)  # fmt: skip
def test_a_message_finds_its_guide_first(text: str, slug: str) -> None:
    assert pasted.find(text)[0].slug == slug


def test_a_whole_reply_is_read_at_its_own_level_however_long_it_is() -> None:
    padding = "<!-- " + "x" * 5000 + " -->"
    function = "<result><status>failure</status></result>"
    batch = REPLY.format(auth="success", result=function, code="BL01001973", text="Please provide a payment batch key")
    assert pasted.find(padding + batch)[0].slug == "payment_batch_key"
    sign_in = REPLY.format(auth="failure", result="", code="XL03000006", text="Sign-in information is incorrect")
    assert pasted.find(sign_in)[0].slug == "credentials"


def test_no_words_show_every_guide_and_odd_ones_break_nothing() -> None:
    assert len(pasted.find("")) == len(GUIDES)
    for odd in ("<error>", "<error></error>", "\x00", "((((", "a" * 50_000, "&#xZZ;"):
        pasted.find(odd)

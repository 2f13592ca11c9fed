"""Guides: invoices and payments that differ on the two sides, or lack something before they can be sent."""

from __future__ import annotations

from portal.problems.guide import (
    ACCOUNTANT,
    ADMIN,
    AFTER_CHOICE,
    AFTER_EDIT,
    AFTER_RETRY,
    AFTER_SETTING,
    INTACCT_USER,
    Guide,
)

INVOICES, PAYMENTS = "Invoices", "Payments"

GUIDES = (
    Guide(
        slug="income_account_missing",
        area=INVOICES,
        title="No income account is set",
        happened="Every line goes to a GL account in Intacct. A line of this invoice names none, and no income"
        " account is chosen for such lines. Nothing of the invoice was sent.",
        blocks="All invoices with lines that name no account, and the payments on them.",
        steps=(
            "Choose the income account in the integration settings.",
            "Or write the account on the lines of this invoice.",
        ),
        fixer=ADMIN,
        heals=AFTER_SETTING,
        setting="income_account",
        phrases=("no income account is set",),
    ),
    Guide(
        slug="deposit_account_missing",
        area=PAYMENTS,
        title="No deposit account is set",
        happened="Intacct books a payment to a bank account or to undeposited funds, and none is chosen. Nothing of"
        " the payment was sent.",
        blocks="All payments recorded here.",
        steps=("In the integration settings, choose the bank account or the account for undeposited funds.",),
        fixer=ADMIN,
        heals=AFTER_SETTING,
        setting="deposit_to",
        phrases=("has no account to go to",),
    ),
    Guide(
        slug="number_taken",
        area=INVOICES,
        title="The number is in use in Intacct",
        happened="Another record in Intacct carries this number and was not made by this portal. Nothing was sent,"
        " and the record there was not changed.",
        blocks="This record, and payments that wait for it.",
        steps=(
            "Compare the two: customer, date and total of each stand with the problem.",
            "If they are the same business event, link them: what differs then stays as it is on each side, and the"
            " tie-out shows it. If not, and hardly ever where the customers differ, renumber this one or skip it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("already exists", "A transaction with the number", "BL01001973", "duplicate"),
    ),
    Guide(
        slug="changed_here",
        area=INVOICES,
        title="Changed here, but it can no longer be changed in Intacct",
        happened="A change made here could not be carried over: the record was changed in Intacct too, or money lies"
        " on it there. Neither side was overwritten.",
        blocks="Only this change. What was sent before stays in Intacct.",
        steps=(
            "Compare both versions, which stand with the problem.",
            "Make the same change in Intacct, or undo it here; then retry. Or leave both as they are.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_RETRY,
        phrases=("was changed here", "was voided here", "is applied to it"),
    ),
    Guide(
        slug="changed_there",
        area=INVOICES,
        title="Changed in Intacct, but not here",
        happened="Somebody changed in Intacct what this portal had sent. Nothing was changed here.",
        blocks="Nothing. The two books differ by this change until it is made on both sides.",
        steps=(
            "Compare both versions, which stand with the problem.",
            "Make the same change here, or have it undone in Intacct. Or leave both as they are.",
        ),
        fixer=ACCOUNTANT,
        heals="Yes, once both sides say the same: the next sync sees it.",
        phrases=("was changed in Intacct",),
    ),
    Guide(
        slug="reversed_there",
        area=INVOICES,
        title="Reversed in Intacct",
        happened="Somebody reversed this invoice in Intacct. It is still open here.",
        blocks="This invoice, and payments on it that were not sent yet.",
        steps=(
            "Find out why it was reversed.",
            "Void it here too, or post it again under a new number, or leave it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("was reversed in Intacct",),
    ),
    Guide(
        slug="gone_there",
        area=INVOICES,
        title="The record does not exist in Intacct any more",
        happened="The record that this one is linked to was deleted in Intacct. Nothing was changed here.",
        blocks="This record, and payments on it that were not sent yet.",
        steps=(
            "Find out in Intacct's audit history who deleted it, and why.",
            "Void it here too, or post it again under a new number, or leave it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("does not exist", "not found"),
    ),
    Guide(
        slug="money_gone_there",
        area=PAYMENTS,
        title="A payment or credit note was deleted in Intacct",
        happened="Somebody deleted in Intacct what this portal had posted there, with all that it paid. Here nothing"
        " was changed: it still lies on its invoices, which owe more in Intacct until you decide.",
        blocks="This record. What is still to be applied of it waits for your decision.",
        steps=(
            "Find out in Intacct's audit history who deleted it, and why.",
            "It was a mistake there: post it again. The money never came: void it here too. Somebody booked it in"
            " Intacct anew by hand: void it here, and theirs takes its place.",
            "Or leave both as they are.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("was deleted in Intacct",),
    ),
    Guide(
        slug="imported_gone",
        area=INVOICES,
        title="An imported invoice does not exist in Intacct any more",
        happened="The invoice was imported from Order Entry. Now neither its A/R record nor its document is there:"
        " somebody deleted the document. An edit would have given it a new A/R record, which the portal follows by"
        " itself. Nothing was changed here.",
        blocks="This invoice, and payments recorded here on it that were not sent yet.",
        steps=(
            "Find out in Intacct's audit history who deleted the document, and why.",
            "Void the invoice here too; or skip it, and it stays here as it is.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("even though it was imported",),
    ),
    Guide(
        slug="credit_of_nothing",
        area=INVOICES,
        title="A credit note of nothing",
        happened="The credit note credits nothing, and an A/R adjustment in Intacct needs lines that are worth"
        " something. Nothing of it was sent.",
        blocks="Only this credit note.",
        steps=(
            "Open the credit note and correct its lines or its discount; it then goes with the next sync.",
            "Or void it, or skip it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("an adjustment needs lines above zero",),
    ),
    Guide(
        slug="lines_removed",
        area=INVOICES,
        title="Intacct cannot take lines off an invoice",
        happened="This invoice has fewer lines than it has in Intacct, which can change and add lines but not remove"
        " them. The change was not sent.",
        blocks="Only this change. The invoice stays in Intacct as it was.",
        steps=(
            "Put the lines back with an amount of zero.",
            "Or void this invoice and issue a new one.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("cannot take lines off",),
    ),
    Guide(
        slug="invoice_reversed_there",
        area=PAYMENTS,
        title="The payment pays an invoice that was reversed in Intacct",
        happened="The invoice is not open in Intacct any more, so it takes no money there. Nothing of the payment was"
        " sent.",
        blocks="This payment.",
        steps=(
            "Take the payment off that invoice, or decide first what becomes of the invoice.",
            "Apply the money to the right invoice; it then goes with the next sync.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("which was reversed in Intacct",),
    ),
    Guide(
        slug="paid_both_sides",
        area=PAYMENTS,
        title="Paid on both sides",
        happened="Money for the same invoice was booked here and in Intacct. What did not fit any more was not sent"
        " and was not applied twice.",
        blocks="This payment. The invoice is paid on both sides.",
        steps=(
            "Check whether it is one payment booked twice, or two payments.",
            "One: void the one here, or reverse the other one in Intacct. Two: leave both; the rest can be applied"
            " elsewhere.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("paid on both sides", "was paid on both sides"),
    ),
    Guide(
        slug="by_hand",
        area=PAYMENTS,
        title="Money that was left out of Intacct with its invoice",
        happened="A payment lies on an invoice that was skipped or left alone. That part of it was not sent, so that"
        " somebody could book it in Intacct by hand. Now the invoice is sent again.",
        blocks="That part of the payment.",
        steps=(
            "Look in Intacct whether somebody booked it on the invoice.",
            "Choose here: it is booked there, or post it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("to be booked by hand",),
    ),
    Guide(
        slug="over_application",
        area=PAYMENTS,
        title="Intacct expects less on this invoice than was to be applied",
        happened="The invoice changed in Intacct while the payment was on its way. Nothing of the payment was posted.",
        blocks="This payment.",
        steps=(
            "Retry: the next sync reads the invoice first.",
            "If it comes back, compare what is due in Intacct with what is applied here.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_RETRY,
        phrases=("greater than the amount due", "exceeds", "overpay"),
    ),
    Guide(
        slug="cannot_tell",
        area=PAYMENTS,
        title="It cannot be told whether Intacct has this record",
        happened="Its answer was lost on the way, and what was found in Intacct is not certainly it. It is not sent"
        " again before somebody decides, so that nothing is posted twice.",
        blocks="This record, and payments that wait for it.",
        steps=(
            "Look in Intacct for a record of the same customer, date and total.",
            "It is there: link the two. It is not there: post it again. Unsure: leave it.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("cannot be told whether",),
    ),
    Guide(
        slug="cannot_store",
        area=PAYMENTS,
        title="A payment of Intacct's could not be stored here",
        happened="Intacct has money on one of the invoices that this book cannot take as it is. Nothing was changed"
        " here; the payment is read again.",
        blocks="Only this payment. The invoice shows a higher balance here than in Intacct until then.",
        steps=(
            "Read what the message says about the amount or the invoice.",
            "Correct the invoice here, or the payment in Intacct. It is read again by itself.",
        ),
        fixer=ACCOUNTANT,
        heals="Yes, once its cause is gone: it is read again after 1, 2, 4 and up to 24 hours.",
        phrases=("could not be stored here",),
    ),
    Guide(
        slug="value_refused",
        area=INVOICES,
        title="The record holds a value that Intacct cannot take",
        happened="A number, date or text of this record does not fit into the field that Intacct has for it. Nothing"
        " of it was sent.",
        blocks="This record, and payments that wait for it.",
        steps=("Read in the message which value it is.", "Edit the record, then retry."),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("Intacct cannot take this record",),
    ),
    Guide(
        slug="foreign_currency",
        area=INVOICES,
        title="Intacct does not keep this currency",
        happened="The document is in a currency that the Intacct company does not keep; it keeps its own only."
        " Nothing of it was sent, because it would have been booked as the same number of another currency.",
        blocks="This document and the payments on it.",
        steps=(
            "In Intacct, switch foreign currencies on, or book the document by hand and skip it here.",
            "In Settings, Integrations, check the connection again, so that the portal learns of it.",
            "Retry.",
        ),
        fixer=ADMIN,
        heals=AFTER_RETRY,
        phrases=("but the Intacct company keeps",),
    ),
    Guide(
        slug="undeposited_foreign",
        area=PAYMENTS,
        title="Undeposited funds take no foreign currency",
        happened="Intacct does not book a payment in a foreign currency to undeposited funds (BL02000051). Nothing of"
        " it was posted.",
        blocks="Payments in other currencies than the base currency of the Intacct company.",
        steps=(
            "In the integration settings, add a rule under Other deposit accounts: any method, that currency, a bank"
            " account in it.",
            "Retry.",
        ),
        fixer=ADMIN,
        heals=AFTER_SETTING,
        setting="payment_rules",
        phrases=("BL02000051", "undeposited fund"),
    ),
    Guide(
        slug="payment_batch_key",
        area=PAYMENTS,
        title="Intacct wants a payment batch key",
        happened="The Intacct company collects payments in summaries that people open themselves. A payment sent from"
        " outside names none, so Intacct refused it. Nothing of it was posted.",
        blocks="All payments.",
        steps=(
            "In Intacct, open Accounts Receivable, then Configure Accounts Receivable.",
            "Under Accounting Settings, find Summary Frequency, and set Payments to Daily or Monthly.",
            "Save.",
            "Here, retry the payments.",
        ),
        fixer=INTACCT_USER,
        heals=AFTER_RETRY,
        phrases=("payment batch key", "batchkey", "batch key"),
    ),
)

"""Guides: customers that could not be matched or written."""

from __future__ import annotations

from portal.problems.guide import ACCOUNTANT, AFTER_CHOICE, AFTER_EDIT, AFTER_RETRY, INTACCT_USER, Guide

AREA = "Customers"

GUIDES = (
    Guide(
        slug="customer_ambiguous_here",
        area=AREA,
        title="Several customers here have the name of a customer in Intacct",
        happened="The import read a customer whose name several customers here have, and none of them has its number.",
        blocks="That customer was not linked, and its invoices wait. All others were imported.",
        steps=(
            "Open the problem and pick the customer here that is meant.",
            "None of them is? Rename the ones here so that the names differ, then import again.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
    ),
    Guide(
        slug="customer_ambiguous",
        area=AREA,
        title="Several customers in Intacct have this name",
        happened="Customers are matched by name. Intacct has more than one of this name that is linked to nobody"
        " here, so the portal cannot know which one is meant. Nothing was sent.",
        blocks="The customer, its invoices, and the payments on them.",
        steps=(
            "Compare the customers listed with the problem: their IDs, and whether they are active.",
            "Choose the right one to link it; or create another one there; or skip this customer.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("customers called",),
    ),
    Guide(
        slug="customer_name_linked",
        area=AREA,
        title="The customer of this name in Intacct belongs to another one here",
        happened="Intacct has one customer of this name, and it is linked to a different customer of this portal. Two"
        " customers here would share one there, so nothing was sent.",
        blocks="The customer, its invoices, and the payments on them.",
        steps=(
            "Decide whether the two customers here are the same business.",
            "If they are: use the linked one, and its documents move to it. If not: create a second one in Intacct.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("linked to another customer here",),
    ),
    Guide(
        slug="customer_id_taken",
        area=AREA,
        title="The customer number is another customer's ID in Intacct",
        happened="A customer's number becomes its customer ID in Intacct. That ID is in use there under another name."
        " Nothing was sent, and the customer there was not changed.",
        blocks="The customer, its invoices, and the payments on them.",
        steps=(
            "Look at the customer in Intacct that has this ID.",
            "If it is the same business, link the two. If not, give the customer here another number.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("customer id", "belongs to"),
    ),
    Guide(
        slug="customer_number_too_long",
        area=AREA,
        title="The customer number is too long for Intacct",
        happened="Intacct takes at most 20 characters as a customer ID, and this number has more. Nothing was sent.",
        blocks="The customer, its invoices, and the payments on them.",
        steps=("Open the customer and give it a number of at most 20 characters.",),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("give the customer a shorter number",),
    ),
    Guide(
        slug="customer_gone",
        area=AREA,
        title="The customer was deleted in Intacct",
        happened="Intacct no longer has the record that this customer is linked to. Nothing was changed here.",
        blocks="Documents of this customer that Intacct does not have yet.",
        steps=(
            "Ask whoever keeps customers in Intacct whether it was deleted on purpose.",
            'Choose "Create it there again" to have the next sync create it, or leave it as it is.',
            "Where Intacct then says that a contact of that name already exists, delete the left-over contact under"
            " Company, Contacts, and retry.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_CHOICE,
        phrases=("customer was deleted in intacct",),
    ),
    Guide(
        slug="inactive_customer",
        area=AREA,
        title="The customer is inactive in Intacct",
        happened="Intacct takes no new documents for an inactive customer. Nothing of this record was posted.",
        blocks="The records of this customer that Intacct does not have yet.",
        steps=(
            "In Intacct, open Accounts Receivable, Customers, and set the customer to active.",
            "Retry. Afterwards it may be set to inactive again.",
        ),
        fixer=INTACCT_USER,
        heals=AFTER_RETRY,
        phrases=("inactive",),
    ),
)

"""Guides: rules of the Intacct company by which it refuses a record."""

from __future__ import annotations

from portal.problems.guide import (
    ACCOUNTANT,
    ADMIN,
    AFTER_EDIT,
    AFTER_RETRY,
    AFTER_SETTING,
    INTACCT_ADMIN,
    INTACCT_USER,
    OPERATOR,
    Guide,
)

AREA = "Intacct's rules"

GUIDES = (
    Guide(
        slug="refused",
        area=AREA,
        title="Intacct refused the record",
        happened="Intacct answered with a refusal that this portal has no guide of its own for. Its words stand with"
        " the problem. Nothing of the record was posted.",
        blocks="This record, and payments that wait for it.",
        steps=(
            "Read Intacct's own words: they usually name the field or the rule.",
            "Correct the record here or the setting in Intacct, then retry.",
            "If the words do not help, give them with their code to your Intacct administrator.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_RETRY,
    ),
    Guide(
        slug="closed_period",
        area=AREA,
        title="The accounting period is closed in Intacct",
        happened="The date of this record lies in a period that is closed. Nothing of it was posted.",
        blocks="All records dated in that period.",
        steps=(
            "Either have the period opened in Intacct: General Ledger, Books, Open.",
            'Or choose "Post on the first open day" on the problem: the record keeps its date here, and only its'
            " posting date in Intacct differs.",
            "Or give the record a date in an open period.",
            "Retry.",
        ),
        fixer=INTACCT_USER,
        heals=AFTER_RETRY,
        phrases=("period is closed", "closed period", "open period", "books are closed"),
    ),
    Guide(
        slug="dimension",
        area=AREA,
        title="A location, department or account is missing or does not fit",
        happened="Intacct wants a dimension (such as a department) on lines of this account, or does not know the one"
        " that was sent. It refused the record whole.",
        blocks="All records whose lines go to the same account without that dimension.",
        steps=(
            "Choose the location or department for new lines in the integration settings, or write it on the lines.",
            "If the message names an account or dimension that does not exist, correct it on the lines.",
            "Retry.",
        ),
        fixer=ADMIN,
        heals=AFTER_SETTING,
        setting="department_id",
        phrases=(
            "dimension",
            "requires a value for",
            "invalid department",
            "invalid location",
            "department is missing",
        ),
    ),
    Guide(
        slug="permission_missing",
        area=AREA,
        title="The Intacct user lacks a right",
        happened="The user that this portal signs in with may not do what was asked (PL04000005). Nothing of it was"
        " done.",
        blocks="Everything that needs this right.",
        steps=(
            "In Intacct, open Company, Admin, Roles, and the role of the portal's user.",
            "Give it Accounts Receivable (all) and General Ledger (read), then save.",
            "Check the connection in Settings, Integrations, and retry.",
        ),
        fixer=INTACCT_ADMIN,
        heals=AFTER_RETRY,
        phrases=("PL04000005", "permission", "not authorized to perform", "You do not have"),
    ),
    Guide(
        slug="unknown_field",
        area=AREA,
        title="Intacct does not know a field",
        happened="A field or object that was asked for does not exist in this Intacct company, or is not licensed"
        " there (DL02000001). Nothing was changed.",
        blocks="What uses this field.",
        steps=(
            "Find the field's name in the message.",
            "If it is a custom field of the settings, correct it there. If not, the Intacct subscription may lack the"
            " application that owns it.",
            "Retry.",
        ),
        fixer=ADMIN,
        heals=AFTER_RETRY,
        phrases=("DL02000001", "unknown field", "is not a valid field", "could not be found on object"),
    ),
    Guide(
        slug="schema",
        area=AREA,
        title="Intacct could not read the record",
        happened="Intacct called what was sent for this record malformed. The record was refused alone; the others of"
        " its batch were sent.",
        blocks="This record, and payments that wait for it.",
        steps=(
            "Look for unusual characters or very long texts in the record, shorten them, then retry.",
            "If it comes back, give the record's number and Intacct's words to the operator of this portal.",
        ),
        fixer=OPERATOR,
        heals=AFTER_RETRY,
        phrases=("schema", "XL03000009", "malformed", "is not a valid value"),
    ),
    Guide(
        slug="entity_not_allowed",
        area="Connection",
        title="Intacct does not let the user into the entity",
        happened="The entity of the connection does not exist in this Intacct company, or its user may not work in"
        " it. Nothing was sent.",
        blocks="The whole sync.",
        steps=(
            "In Intacct, open the portal's user and allow it the entity, or find out the entity's right ID.",
            "Enter it in Settings, Integrations, Intacct, and save: the connection is checked.",
        ),
        fixer=INTACCT_ADMIN,
        heals=AFTER_RETRY,
        setting="connection",
        phrases=("entity", "location access"),
    ),
    Guide(
        slug="email_refused",
        area=AREA,
        title="Intacct refuses an e-mail address",
        happened="Intacct takes one plain address in a contact's field. The address of this customer has another form."
        " Nothing of the customer was sent.",
        blocks="The customer, its invoices, and the payments on them.",
        steps=(
            "Open the customer and correct the e-mail address: name@company.example.",
            "Several addresses go with commas between; Intacct gets them as they are written.",
            "Retry.",
        ),
        fixer=ACCOUNTANT,
        heals=AFTER_EDIT,
        phrases=("Illegal format for Contactversion", "BL03000018"),
    ),
    Guide(
        slug="bank_account_on_line",
        area=AREA,
        title="A line names the account of a bank",
        happened="The GL account of an invoice line belongs to a bank account in Intacct, which invoices may not use."
        " Nothing of the invoice was sent.",
        blocks="This invoice, and the payments on it; every invoice, where it is the income account of the settings.",
        steps=(
            "Choose an income account on the line, or in the integration settings if the line names none.",
            "Retry.",
        ),
        fixer=ADMIN,
        heals=AFTER_SETTING,
        setting="income_account",
        phrases=("is associated to the Bank account",),
    ),
    Guide(
        slug="other_entity",
        area=AREA,
        title="The two records belong to different entities",
        happened="Intacct lets a credit or a payment settle only invoices of its own entity, and lets an entity's user"
        " change only that entity's records. Nothing was changed there.",
        blocks="This record. The others go on.",
        steps=(
            "Look up in Intacct to which entity each of the two records belongs.",
            "Connect the portal at the top level, or book this one in Intacct by hand and skip it here.",
        ),
        fixer=INTACCT_ADMIN,
        heals=AFTER_RETRY,
        phrases=("BL03002073", "only by entity owners", "from an entity-restricted user"),
    ),
    Guide(
        slug="company_expired",
        area=AREA,
        title="The Intacct company has expired",
        happened="Intacct has closed this company: a demo or trial company whose time is over. Nothing was sent.",
        blocks="The whole sync of this company.",
        steps=(
            "Ask your Sage account manager to open the company again.",
            "Or connect another Intacct company in Settings, Integrations.",
        ),
        fixer=INTACCT_ADMIN,
        heals=AFTER_RETRY,
        phrases=("PL04000055", "demo company and has expired"),
    ),
)

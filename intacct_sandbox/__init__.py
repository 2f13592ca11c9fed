"""A faithful local Sage Intacct XML gateway, for demos and tests. Imports nothing of the portal.

    cli, server, control, page   the `intacct-sandbox` command and its web server; what steers it; what shows it
    core                         the gateway without sockets: bytes in, a reply out
    envelope, shapes, render, replies, errors, faults     requests, replies, refusals, misbehaviour on request
    functions                    every function by name, on top of reads, query_reads, *_functions
    query, sqlish, filters, columns, paging, aggregates, formats    the two query languages over the objects' fields
    model, notation, objects, order_objects, inspection, printing   what the objects are, told and printed
    company, visibility, dimensions, documents, money, advances, receipts, acts    the books, and what is done to them
    orders, order_lines, moving, mirror, order_acts      Order Entry, on top of the books
    store, persist, clock, switches, seed*, many          records, their file, time, unconfirmed behaviour, seeds

What Intacct does not document was decided as follows (switches.py holds what can be turned):

- A reversed invoice keeps its number, so the number stays taken; its counter-record is `Reversal of NUMBER` with
  PARENTINVOICEKEY, a negative total and, like the original, STATE Reversed, RAWSTATE V and nothing due.
- A reversed payment and its counter-record (negative total, PARENTPAYMENTKEY) read STATE V. Its detail rows turn to
  STATE V with a new WHENMODIFIED and keep their amounts; there are no counter-rows.
- Money that an ARPYMT does not put on invoices stays on it as its TOTALDUE. Applying it, or a credit memo, makes an
  ARPYMT of RECORDTYPE `ro` without cash, whose key `apply_arpayment` answers and whose rows name the source.
- Of several lines an amount runs down the open ones in order. A negative line is an inline credit of its own invoice
  only (INLINEKEY, or one line of it by INLINEENTRYKEY), applied whole or not at all (a switch lets parts through); the
  header's totals are always the sums of its lines, so 120 - 20 paid with 100 and the credit leaves no line open.
- CUSTOMER.TOTALDUE is what posted invoices and adjustments leave open; payments' rests do not lower it.
- An Order Entry document posts when its definition does (UPDATES_GL) and it is not a draft, submitted or declined. Its
  invoice has the DOCNO as RECORDID and MODULEKEY 8.SO, and is changed, reversed and deleted in Order Entry only.
- Every edit of a posted document deletes its invoice (AUDITHISTORY tells) and posts another; money on the old one is
  written anew under the same payments, and voided rows keep the old key. An edit is refused (BL03000215) when the
  document is closed, converted or paid in full, or would owe less than is paid, or (by a switch) has any money on it.
- The totals of a document mirror its invoice without moving its WHENMODIFIED; one that does not post shows its own
  total as due. `create_sotransaction` answers the DOCID. Custom fields of one document type need its docparid.
- `inspect` and `lookup` list what `read` takes. A PDF is one page; drafts and what `pdf_refused` names have none.
- A json or csv answer of a single function is the bare text; among several functions it stands in that one's `data`.
- Closed periods hold back postings, changes and deletions dated in them, in all modules or one (three switches).
- A line that lacks what its account requires is refused by name; a project of another customer likewise. Vendors,
  employees, contracts, warehouses and tasks are not kept here: any id is taken.
- An entity's session sees shared records and its own, lines and locations included, and can use no others. A credit
  of one entity does not pay the invoice of another (BL03002073).
- An advance's TOTALDUE is what is not applied of it; it is taken back by `reverse_arpayment` while nothing is.
- A function that is not here fails by itself; an element that does not fit refuses the whole request.
"""

"""A faithful local Sage Intacct XML gateway, for demos and tests. Imports nothing of the portal.

    cli, server, control, page   the `intacct-sandbox` command and its web server; what steers it; what shows it
    core                         the gateway without sockets: bytes in, a reply out
    envelope, shapes, render, replies, errors, faults     requests, replies, refusals, misbehaviour on request
    functions                    every function by name, on top of reads, *_functions
    query, sqlish, filters, columns, model, objects       the two query languages over the objects' fields
    company, documents, money, receipts, acts             the books and what may be done to them
    store, persist, clock, switches, seed                 records, their file, time, unconfirmed behaviour, first data

What Intacct does not document was decided as follows (switches.py holds what can be turned):

- A reversed invoice keeps its number, so the number stays taken; its counter-record is `Reversal of NUMBER` with
  PARENTINVOICEKEY, a negative total and, like the original, STATE Reversed, RAWSTATE V and nothing due.
- A reversed payment and its counter-record (negative total, PARENTPAYMENTKEY) read STATE V. Its detail rows turn to
  STATE V with a new WHENMODIFIED and keep their amounts; there are no counter-rows.
- Money that an ARPYMT does not put on invoices stays on it as its TOTALDUE. Applying it, or a credit memo, makes an
  ARPYMT of RECORDTYPE `ro` without cash, whose key `apply_arpayment` answers and whose rows name the source.
- Of several lines an amount runs down the open ones in order. A negative line is an inline credit of its own invoice
  only (INLINEKEY); the header's totals are always the sums of its lines.
- CUSTOMER.TOTALDUE is what posted invoices and adjustments leave open; payments' rests do not lower it.
- A function that is not here fails by itself; an element that does not fit refuses the whole request.
"""

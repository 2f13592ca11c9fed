"""Whatever stands in whichever element, the answer is a reply, and a refused write leaves no trace."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.unit.sandbox.sandbox_client import (
    apply,
    detail,
    envelope,
    equal,
    invoice,
    payment,
    query,
    read_by_query,
    reverse_invoice,
    reverse_payment,
)

ODD = ("", "-1", "9" * 60, "²", "1e5", "NaN", "'", "02/30/2026", "12/31/9999 23:59:59", "é" * 2000)
BODIES = {
    "create_invoice": invoice("F-1", "5", "-1", term="Net 30", currency="USD"),
    "create ARPYMT": payment(
        detail(5013, "5", "<ENTRYKEY>3</ENTRYKEY><INLINEKEY>5013</INLINEKEY><TRX_INLINEAMOUNT>1</TRX_INLINEAMOUNT>"),
        more="<OVERPAYMENTAMOUNT>5</OVERPAYMENTAMOUNT>",
    ),
    "apply_arpayment": apply(5002, (5013, "3")),
    "reverse_arpayment": reverse_payment(5002),
    "reverse_invoice": reverse_invoice(5013),
    "query": query(
        "ARINVOICE",
        "RECORDNO STATE DUE_IN_DAYS",
        f"<and>{equal('RECORDNO', 5)}<between><field>WHENMODIFIED</field><value>01/01/2026</value>"
        "<value>01/01/2027</value></between><in><field>TRX_TOTALDUE</field><value>5</value></in></and>",
        order="DUE_IN_DAYS",
    ),
    "readByQuery": read_by_query("CUSTOMER", "STATUS = 'T' AND RECORDNO in (1,2)"),
    "read": "<read><object>ARINVOICE</object><keys>5013</keys><fields>*</fields></read>",
    "create CUSTOMER": (
        "<create><CUSTOMER><CUSTOMERID>Z1</CUSTOMERID><NAME>z</NAME><TERMNAME>Net 30</TERMNAME>"
        "<CREDITLIMIT>5</CREDITLIMIT><STATUS>active</STATUS></CUSTOMER></create>"
    ),
    "update_invoice": (
        '<update_invoice key="5013"><invoiceno>Q</invoiceno><updateinvoiceitems><updatelineitem line_num="1">'
        "<amount>7</amount></updatelineitem></updateinvoiceitems></update_invoice>"
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_odd_value_anywhere_is_answered(core, name):
    leaves = sum(1 for node in etree.fromstring(BODIES[name]).iter() if not len(node))
    kept = core.snapshot()
    for place in range(leaves):
        for odd in ODD:
            body = etree.fromstring(BODIES[name])
            [node for node in body.iter() if not len(node)][place].text = odd
            reply = core.handle(envelope(etree.tostring(body, encoding="unicode")))
            root = etree.fromstring(reply.body)
            if root.findtext(".//result/status") != "success":
                assert core.snapshot()["tables"] == kept["tables"], (name, place, odd)
            core.restore(kept)

"""`retrievepdf`: a document printed as a small PDF of one page, in base64."""

from __future__ import annotations

from base64 import b64encode

from . import documents, order_lines
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError, business
from .render import data, element
from .store import Record
from .values import format_amount, format_date
from .work import Outcome, Work

_SOURCES = {"ARINVOICE": ("RECORDNO", "RECORDNO"), "SODOCUMENT": ("DOCID", "DOCID")}
_MOST_LINES = 45


def retrieve_pdf(work: Work, function: Element) -> Outcome:
    """One document's PDF; refused for an unknown or unposted one, or where the `pdf_refused` switch names it."""
    asked = function.find("ARINVOICE") if function.find("ARINVOICE") is not None else function.find("SODOCUMENT")
    if asked is None:
        raise business("Provide an ARINVOICE or a SODOCUMENT to retrieve.")
    name = str(asked.tag)
    work.books.allow("READ", name)
    key = text_of(asked, _SOURCES[name][0])
    record = _found(work, name, key)
    _check_printable(work, name, record)
    tag, field = name.lower(), _SOURCES[name][1]
    pdf = b64encode(page(_text(work, name, record))).decode()
    inside = f"<{tag}>{element(field.lower(), record[field])}{element('pdfdata', pdf)}</{tag}>"
    return Outcome(data=data(inside, listtype=tag, count=1))


def _found(work: Work, name: str, key: str) -> Record:
    if name == "SODOCUMENT":
        record = work.store.one(name, "DOCID", key)
    else:
        record = work.store.get(name, int(key)) if key.isdecimal() else None
    if record is None or not work.visible(name, record, private=True):
        raise FunctionRefusal(GatewayError("DL03000005", f"No record exits for the recordkey {key}"))
    return record


def _number(name: str, record: Record) -> str:
    return str(record["DOCID"] if name == "SODOCUMENT" else record.get("RECORDID") or record["RECORDNO"])


def _check_printable(work: Work, name: str, record: Record) -> None:
    number = _number(name, record)
    if {name, number} & set(work.books.switches.pdf_refused):
        raise business(
            f"The PDF of transaction '{number}' could not be created.",
            "Assign a printed document template to the transaction, and try again.",
        )
    if name == "ARINVOICE" and record["RAWSTATE"] == "D":
        raise business(f"Transaction '{number}' is a draft and cannot be printed.", "Post it first.")


def _text(work: Work, name: str, record: Record) -> list[str]:
    key = record["RECORDNO"]
    if name == "SODOCUMENT":
        rows = [(row["ITEMDESC"], row["TRX_VALUE"]) for row in order_lines.lines_of(work.books, key)]
        rows += [(row["DESCRIPTION"], row["TRX_TOTAL"]) for row in order_lines.subtotals_of(work.books, key)]
        customer, amount = record["CUSTVENDNAME"], record["TRX_TOTAL"]
    else:
        lines = documents.lines_of(work.books, name, key)
        rows = [(row["ENTRYDESCRIPTION"] or row["ACCOUNTTITLE"], row["TRX_AMOUNT"]) for row in lines]
        customer, amount = record["CUSTOMERNAME"], record["TRX_TOTALENTERED"]
    return [
        _number(name, record),
        str(customer),
        f"Date {format_date(record['WHENCREATED'])}   Due {format_date(record['WHENDUE'])}",
        "",
        *(f"{format_amount(value):>14}   {text}" for text, value in rows[:_MOST_LINES]),
        "",
        f"{format_amount(amount):>14}   Total {record['CURRENCY']}",
    ]


def page(lines: list[str]) -> bytes:
    """A whole PDF file of one page with these lines of text (letters beyond Latin-1 print as `?`)."""
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    stream = f"BT /F1 10 Tf 14 TL 56 780 Td\n{shown}ET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    )
    body, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")

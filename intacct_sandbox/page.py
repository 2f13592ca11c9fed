"""The page at `/`: invoices, payments and customers as they arrive, newest first, without any script."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from . import model
from .core import SandboxCore
from .objects import OBJECTS
from .store import Record

NEWEST = 100

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: #1d2733; background: #f3f5f7; }
header { background: #14532d; color: #fff; padding: 1.1rem 2rem; }
header h1 { margin: 0; font-size: 1.3rem; }
header p { margin: .25rem 0 0; color: #dcfce7; }
main { max-width: 78rem; margin: 0 auto; padding: 1.25rem 2rem 3rem; }
section { background: #fff; border: 1px solid #dbe1e7; border-radius: 8px; margin: 1.25rem 0; overflow-x: auto; }
h2 { font-size: 1.05rem; margin: 0; padding: .8rem 1rem; border-bottom: 1px solid #dbe1e7; }
h2 small { color: #55616e; font-weight: 400; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .45rem .75rem; border-bottom: 1px solid #eef1f4; white-space: nowrap; }
th { color: #4a5562; font-size: .82rem; font-weight: 600; }
td.amount, th.amount { text-align: right; font-variant-numeric: tabular-nums; }
tr.new { background: #f0fdf4; }
.mark { background: #166534; color: #fff; border-radius: 4px; padding: .05rem .4rem; font-size: .75rem; }
p.none { padding: .8rem 1rem; margin: 0; color: #55616e; }
"""

_INVOICES = (
    ("Number", "RECORDID"),
    ("Customer", "CUSTOMERNAME"),
    ("Date", "WHENCREATED"),
    ("Due", "WHENDUE"),
    ("State", "STATE"),
    ("Total", "TRX_TOTALENTERED"),
    ("Paid", "TRX_TOTALPAID"),
    ("Open", "TRX_TOTALDUE"),
)
_PAYMENTS = (
    ("Document", "DOCNUMBER"),
    ("Customer", "CUSTOMERNAME"),
    ("Date", "RECEIPTDATE"),
    ("Method", "PAYMENTMETHOD"),
    ("State", "DISPLAYSTATE"),
    ("Amount", "TRX_TOTALENTERED"),
    ("Applied", "TRX_TOTALPAID"),
    ("Rest", "TRX_TOTALDUE"),
)
_CUSTOMERS = (("ID", "CUSTOMERID"), ("Name", "NAME"), ("Terms", "TERMNAME"), ("Status", "STATUS"), ("Owes", "TOTALDUE"))


def render(core: SandboxCore) -> str:
    """The whole page."""
    now = core.clock.now().strftime("%d %b %Y %H:%M:%S UTC")
    parts = [
        _section(core, "Invoices", "ARINVOICE", _INVOICES, "AUWHENCREATED"),
        _section(core, "Payments", "ARPYMT", _PAYMENTS, "AUWHENCREATED"),
        _section(core, "Customers", "CUSTOMER", _CUSTOMERS, "WHENCREATED"),
    ]
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="10"><title>Intacct sandbox: not the real Intacct</title>'
        f"<style>{STYLE}</style></head><body><header><h1>Intacct sandbox: not the real Intacct</h1>"
        f"<p>Company {escape(core.books.company_id)}, as of {now}. A local stand-in for demos and tests; "
        "nothing here reaches Sage. The page renews itself every ten seconds.</p></header>"
        f"<main>{''.join(parts)}</main></body></html>"
    )


def _section(core: SandboxCore, title: str, name: str, columns: tuple[tuple[str, str], ...], created: str) -> str:
    table = core.books.store.table(name)
    keys = table.ordered()[::-1][:NEWEST]
    shown = "".join(_row(core, name, table.rows[key], columns, created) for key in keys)
    head = "".join(f"<th{_class(name, field)}>{label}</th>" for label, field in columns)
    count = f"{len(table.rows)} in all" + (f", the newest {NEWEST} shown" if len(table.rows) > NEWEST else "")
    body = f"<table><thead><tr>{head}<th>Key</th></tr></thead><tbody>{shown}</tbody></table>"
    if not shown:
        body = f'<p class="none">No {title.lower()} yet.</p>'
    return f"<section><h2>{title} <small>{count}</small></h2>{body}</section>"


def _class(name: str, field: str) -> str:
    return ' class="amount"' if OBJECTS[name].fields[field].kind == "money" else ""


def _row(core: SandboxCore, name: str, row: Record, columns: tuple[tuple[str, str], ...], created: str) -> str:
    new = _is_new(row.get(created), core.started)
    texts = [_text(core, name, row, field) for _, field in columns]
    if new:
        texts[0] += ' <span class="mark">new</span>'
    cells = "".join(f"<td{_class(name, field)}>{text}</td>" for (_, field), text in zip(columns, texts, strict=True))
    style = ' class="new"' if new else ""
    return f'<tr id="{name}-{row["RECORDNO"]}"{style}>{cells}<td>{row["RECORDNO"]}</td></tr>'


def _is_new(stamp: Any, started: datetime) -> bool:
    return isinstance(stamp, datetime) and stamp >= started


def _text(core: SandboxCore, name: str, row: Record, field: str) -> str:
    kind, value = OBJECTS[name].fields[field].kind, row.get(field)
    if kind == "money":
        return "" if value is None else f"{value:,.2f}"
    return escape(model.show(kind, value, core.books.offset))

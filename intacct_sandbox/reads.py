"""The older reading functions: readByQuery, readMore, read, readByName. (`query` is in query_reads.py.)"""

from __future__ import annotations

import secrets

from . import formats, visibility
from .columns import Column, Columns
from .envelope import Element, text_of
from .errors import FunctionRefusal, GatewayError, business, processing_error
from .filters import select
from .model import Lines, ObjectType, Record
from .objects import OBJECTS
from .render import data
from .sqlish import SqlReader
from .values import xml_text
from .work import Outcome, Work

LARGEST_READ_PAGE = 1000
LARGEST_KEYS = 100
DEFAULT_PAGE = 100
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@"


def object_type(name: str) -> ObjectType:
    """The object of that name in any case; FunctionRefusal when this company has none."""
    kind = OBJECTS.get(name.strip().upper())
    if kind is None:
        raise FunctionRefusal(GatewayError("Query Failed", f"Object definition {name} not found"))
    return kind


def docparid_of(work: Work, function: Element) -> str:
    """The document type whose custom fields apply, if one is named; one that does not exist is refused."""
    docparid = text_of(function, "docparid")
    if docparid and work.store.one("SODOCUMENTPARAMS", "DOCID", docparid) is None:
        raise business(f"Invalid Transaction definition '{docparid}' specified.", "Provide a valid docparid.")
    return docparid


def _listed_columns(columns: Columns, name: str, asked: str, groups: bool) -> list[Column]:
    """The columns of a comma list, or all; the reply to an unknown name does not say which one."""
    wanted = [part.strip() for part in asked.split(",") if part.strip()]
    if not wanted or wanted == ["*"]:
        wanted = columns.all_names(name, groups)
    found = [columns.find(name, field, stored=True) for field in wanted]
    if any(column is None for column in found):
        raise processing_error()
    return [column for column in found if column is not None]


def _page_size(text: str) -> int:
    if not text:
        return DEFAULT_PAGE
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_READ_PAGE:
        raise business(f"The page size '{text}' is invalid.", f"Use a page size from 1 to {LARGEST_READ_PAGE}.")
    return int(text)


def read_by_query(work: Work, function: Element) -> Outcome:
    """`readByQuery`: the first page; what remains is kept for readMore, in this session."""
    form, kind = formats.asked(function), object_type(text_of(function, "object"))
    work.books.allow("READ_BY_QUERY", kind.name)
    size = _page_size(text_of(function, "pagesize"))
    docparid = docparid_of(work, function)
    columns = work.columns(docparid)
    condition = SqlReader(kind.name, columns, text_of(function, "query")).condition()
    fields = text_of(function, "fields") or "*"
    _listed_columns(columns, kind.name, fields, groups=True)
    found = select(work.store, kind.name, condition)
    rows = visibility.visible(work.store, kind.name, found, work.signed.location_id, private=False)
    keys = [row["RECORDNO"] for row in rows]
    result_id = ""
    if len(keys) > size:
        result_id = "".join(secrets.choice(_ALPHABET) for _ in range(36))
    state = {
        "OBJECT": kind.name,
        "FIELDS": fields,
        "DOCPARID": docparid,
        "FORM": form,
        "KEYS": keys,
        "SIZE": size,
        "DONE": 0,
        "SESSION": work.signed.session_id,
        "ID": result_id,
    }
    return _next_page(work, state)


def _next_page(work: Work, state: Record) -> Outcome:
    name, done, keys = state["OBJECT"], state["DONE"], state["KEYS"]
    page = keys[done : done + state["SIZE"]]
    remaining = len(keys) - done - len(page)
    if remaining:
        work.store.put("_RESULT", state["ID"], {**state, "DONE": done + len(page)})
    elif work.store.get("_RESULT", state["ID"]) is not None:
        work.store.remove("_RESULT", state["ID"])
    columns = _listed_columns(work.columns(state.get("DOCPARID", "")), name, state["FIELDS"], groups=True)
    rows = [row for key in page if (row := work.store.get(name, key)) is not None]
    return formats.outcome(
        state.get("FORM", "xml"),
        name.lower(),
        [column.name for column in columns],
        [[column.show(row) for column in columns] for row in rows],
        listtype=name.lower(),
        count=len(rows),
        totalcount=len(keys),
        numremaining=remaining,
        resultId=state["ID"],
    )


def read_more(work: Work, function: Element) -> Outcome:
    """`readMore`: the next page of a result of this session; a finished or foreign one is refused."""
    result_id, name = text_of(function, "resultId"), text_of(function, "object").upper()
    if result_id:
        state = work.store.get("_RESULT", result_id)
    else:
        mine = [row for row in work.store.rows("_RESULT") if row["SESSION"] == work.signed.session_id]
        open_ = [row for row in mine if row["OBJECT"] == name]
        state = open_[-1] if open_ else None
    if state is None or state["SESSION"] != work.signed.session_id:
        raise business(f"The result '{result_id or name}' does not exist or has no more records.")
    return _next_page(work, state)


def read(work: Work, function: Element) -> Outcome:
    """`read`: records by RECORDNO; keys that do not exist are left out, without an error."""
    kind = object_type(text_of(function, "object"))
    keys = [int(key) if key.isdecimal() else -1 for key in _keys(function)]
    rows = [row for key in keys if (row := work.store.get(kind.name, key)) is not None]
    return _read(work, function, kind, rows)


def read_by_name(work: Work, function: Element) -> Outcome:
    """`readByName`: records by their ID field."""
    kind = object_type(text_of(function, "object"))
    if not kind.id_field:
        raise business(f"The object {kind.name} cannot be read by name.", "Read it by its record number.")
    keys = _keys(function)
    rows = [row for key in keys if (row := work.store.one(kind.name, kind.id_field, key)) is not None]
    return _read(work, function, kind, rows)


def _keys(function: Element) -> list[str]:
    keys = [key.strip() for key in text_of(function, "keys").split(",") if key.strip()]
    if len(keys) > LARGEST_KEYS:
        raise business(f"At most {LARGEST_KEYS} keys can be read at once.", "Send fewer keys.")
    return keys


def _read(work: Work, function: Element, kind: ObjectType, rows: list[Record]) -> Outcome:
    form = formats.asked(function)
    work.books.allow("READ", kind.name)
    asked = text_of(function, "fields") or "*"
    whole = asked == "*"
    docparid = docparid_of(work, function)
    columns = work.columns(docparid)
    if not whole:
        _known_or_prose(columns, kind.name, asked)
    shown = _listed_columns(columns, kind.name, asked, groups=True)
    seen = [row for row in rows if work.visible(kind.name, row, private=True)]
    if form != "xml":
        texts = [[column.show(row) for column in shown] for row in seen]
        names = [column.name for column in shown]
        return formats.outcome(form, kind.name, names, texts, listtype=kind.name, count=len(seen))
    inside = "".join(_nested(work, kind, row, shown, docparid if whole else None) for row in seen)
    return Outcome(data=data(inside, listtype=kind.name, count=len(seen)))


def _known_or_prose(columns: Columns, name: str, asked: str) -> None:
    """`read` names an unknown field in the error number itself, and says nothing else."""
    for field in asked.split(","):
        if field.strip() and columns.find(name, field) is None:
            if name == "SODOCUMENT":
                text = f"SODocumentManager: Could not find field information for {field.strip()}"
                raise FunctionRefusal(GatewayError(text))
            raise FunctionRefusal(GatewayError(f"Invalid fields list {field.strip()}"))


def _nested(work: Work, kind: ObjectType, row: Record, columns: list[Column], docparid: str | None) -> str:
    """One record; with its owned lines unless `docparid` is None."""
    inside = nest([(column.name.split("."), column.show(row)) for column in columns])
    if docparid is not None:
        inside += "".join(_owned(work, owned, row, docparid) for owned in kind.lines)
    return f"<{kind.name}>{inside}</{kind.name}>"


def _owned(work: Work, owned: Lines, row: Record, docparid: str) -> str:
    columns = _listed_columns(work.columns(docparid), owned.target, "*", groups=False)
    rows = work.store.where(owned.target, owned.key, row["RECORDNO"])
    names = [column.name for column in columns]
    inside = formats.rows_xml(owned.element, names, [[column.show(line) for column in columns] for line in rows])
    return f"<{owned.group}>{inside}</{owned.group}>"


def nest(cells: list[tuple[list[str], str]]) -> str:
    """Dotted names as nested groups; a group's cells come together where its first one stands."""
    parts: list[str] = []
    done: set[str] = set()
    for path, text in cells:
        if len(path) == 1:
            parts.append(f"<{path[0]}>{xml_text(text)}</{path[0]}>")
        elif path[0] not in done:
            done.add(path[0])
            inner = [(other[1:], value) for other, value in cells if len(other) > 1 and other[0] == path[0]]
            parts.append(f"<{path[0]}>{nest(inner)}</{path[0]}>")
    return "".join(parts)

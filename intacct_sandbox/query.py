"""The `query` function: filters as elements, ordering, paging by offset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import aggregates
from .aggregates import Aggregate
from .columns import Column, Columns
from .envelope import Element, text_of
from .errors import SIGN_IN, FunctionRefusal, GatewayError, business, schema_refusal
from .filters import Compare, Condition, Every, Not, Some
from .values import truth

OPERATORS = {
    "equalto": "=",
    "notequalto": "!=",
    "lessthan": "<",
    "lessthanorequalto": "<=",
    "greaterthan": ">",
    "greaterthanorequalto": ">=",
    "like": "like",
    "notlike": "not like",
    "between": "between",
    "in": "in",
    "notin": "not in",
    "isnull": "null",
    "isnotnull": "not null",
}
LARGEST_PAGE = 2000
LARGEST_IN = 1000


def check_shape(function: Element, strict: bool) -> None:
    """What the schema holds against a query before it is run: page bounds, filter elements, child counts."""
    found = []
    for name, low, high in (("pagesize", 1, LARGEST_PAGE), ("offset", 0, None)):
        text = text_of(function, name)
        if text and not (text.isdecimal() and int(text) >= low and (high is None or int(text) <= high)):
            found.append(f"Element '{name}': '{text}' is not a valid value.")
    for node in function.iterfind("filter/*"):
        found += _filter_findings(node, strict)
    if strict and len(function.findall("filter/*")) > 1:
        found.append("Element 'filter': Exactly one child element is expected.")
    if found:
        raise schema_refusal(*found)


def _filter_findings(node: Element, strict: bool) -> list[str]:
    """Junctions hold junctions and operators; operators hold fields and values."""
    name = str(node.tag)
    if name in ("and", "or"):
        found = [finding for child in node for finding in _filter_findings(child, strict)]
        return [f"Element '{name}': Missing child element(s).", *found] if strict and len(node) < 2 else found
    if name not in OPERATORS:
        return [f"Element '{name}': This element is not expected."]
    odd = [str(child.tag) for child in node if child.tag not in ("field", "value")]
    return [f"Element '{tag}': This element is not expected." for tag in odd]


def invalid_field(name: str, field: str) -> FunctionRefusal:
    """The refusal of a field that the object does not have."""
    if "." in field:
        text = f"The following fields cannot be queried: [ {name.lower()}: [{field}] ]"
        return FunctionRefusal(GatewayError(SIGN_IN, text))
    return FunctionRefusal(GatewayError("XL03000010", f"Field requested is not valid: {name.lower()}.{field}"))


class QueryReader:
    """Reads one query's select, filter and order against an object's columns."""

    def __init__(self, name: str, columns: Columns, function: Element) -> None:
        self._name = name
        self._columns = columns
        self._function = function
        self._folded = truth(text_of(function, "options/caseinsensitive"))

    def column(self, field: str) -> Column:
        """The column of a field name, or the refusal that names it."""
        found = self._columns.find(self._name, field)
        if found is None:
            raise invalid_field(self._name, field)
        return found

    def selected(self) -> list[Column | Aggregate]:
        """What to show, in the order asked for: columns, and figures over them."""
        found: list[Column | Aggregate] = []
        for node in self._function.iterfind("select/*"):
            name, field = str(node.tag), (node.text or "").strip()
            if name != "field" and name not in aggregates.NAMES:
                raise schema_refusal(f"Element '{name}': This element is not expected.")
            if not field:
                raise business("Provide at least one field in select.", "Name the fields to return.")
            column = self.column(field)
            found.append(column if name == "field" else Aggregate(name, column))
            if isinstance(found[-1], Aggregate):
                found[-1].check()
        if not found:
            raise business("Provide at least one field in select.", "Name the fields to return.")
        return found

    def condition(self) -> Condition | None:
        """The filter as a condition; None when there is none."""
        nodes = self._function.findall("filter/*")
        if not nodes:
            return None
        parts = tuple(part for node in nodes for part in self._parts(node))
        return parts[0] if len(parts) == 1 else Every(parts)

    def _parts(self, node: Element) -> list[Condition]:
        if node.tag in ("and", "or"):
            parts = tuple(part for child in node for part in self._parts(child))
            if not parts:
                return []
            return [Every(parts) if node.tag == "and" else Some(parts)] if len(parts) > 1 else [parts[0]]
        return [self._compare(node)]

    def _compare(self, node: Element) -> Condition:
        column = self.column(text_of(node, "field"))
        op = OPERATORS[str(node.tag)]
        texts = [value.text or "" for value in node.iterfind("value")]
        _check_count(str(node.tag), op, len(texts))
        values = tuple(self._value(column, op, text) for text in texts)
        negated, bare = op.startswith("not "), op.removeprefix("not ")
        compare = Compare(column, bare, values, self._folded)
        return Not(compare) if negated else compare

    def _value(self, column: Column, op: str, text: str) -> Any:
        if op in ("like", "not like"):
            return text
        try:
            return self._columns.parse(column, text, stored=False)
        except ValueError:
            raise business(f"Invalid value '{text}' for field {column.name} in the filter.") from None

    def order(self) -> list[tuple[Column, bool]]:
        """The columns to sort by, each with whether it descends; empty when no order was asked for."""
        return [
            (self.column(text_of(node, "field")), node.find("descending") is not None)
            for node in self._function.iterfind("orderby/order")
        ]


def _check_count(tag: str, op: str, count: int) -> None:
    bare = op.removeprefix("not ")
    wanted = {"null": (0, 0), "between": (2, 2), "in": (1, LARGEST_IN)}.get(bare, (1, 1))
    if not wanted[0] <= count <= wanted[1]:
        raise business(f"The operator {tag} was given {count} values.", "Send the number of values the operator takes.")


def sort_rows(rows: list[Any], order: list[tuple[Column, bool]]) -> list[Any]:
    """Rows in the order asked for; nulls come first ascending, last descending."""
    if order and order[0][0].own == "RECORDNO":
        return rows[::-1] if order[0][1] else rows
    for column, descending in reversed(order):
        rows = sorted(rows, key=_sort_key(column), reverse=descending)
    return rows


def _sort_key(column: Column) -> Callable[[Any], tuple[bool, Any]]:
    def key(row: Any) -> tuple[bool, Any]:
        value = column.value(row)
        return (value is not None, 0 if value is None else value)

    return key

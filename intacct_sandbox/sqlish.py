"""The condition text of readByQuery: a small SQL-like grammar over stored values.

condition  = conjunction ("OR" conjunction)*
conjunction = negation ("AND" negation)*
negation   = "NOT" negation | "(" condition ")" | comparison
comparison = FIELD ("IS" "NOT"? "NULL" | "NOT"? "IN" "(" VALUE ("," VALUE)* ")" | "NOT"? "LIKE" VALUE | OP VALUE)
"""

from __future__ import annotations

import re
from typing import Any

from .columns import Column, Columns
from .errors import FunctionRefusal, GatewayError, processing_error
from .filters import Compare, Condition, Every, Not, Some

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|''|[^'\\])*')|(?P<op><=|>=|<>|!=|=|<|>)|(?P<mark>[(),])|(?P<word>[^\s(),'<>=!]+))"
)
_QUOTED = re.compile(r"\\(.)|''")


def _refuse(text: str) -> FunctionRefusal:
    return FunctionRefusal(GatewayError("Query Failed", f"Error in the query near '{text}'"))


class Tokens:
    """The words of a condition, read one by one."""

    def __init__(self, text: str) -> None:
        self._items: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise _refuse(text[place : place + 20])
            kind = str(found.lastgroup)
            self._items.append((kind, found[kind]))
            place = found.end()
        self._next = 0

    def peek(self) -> tuple[str, str]:
        """The next token and its kind; empty at the end."""
        return self._items[self._next] if self._next < len(self._items) else ("", "")

    def take(self) -> tuple[str, str]:
        """The next token, consumed."""
        token = self.peek()
        self._next += 1
        return token

    def took(self, *words: str) -> bool:
        """Consume `words` if they come next, in any case."""
        ahead = self._items[self._next : self._next + len(words)]
        if [text.upper() for kind, text in ahead if kind != "text"] != list(words):
            return False
        self._next += len(words)
        return True


class SqlReader:
    """Reads one condition against an object's columns."""

    def __init__(self, name: str, columns: Columns, text: str) -> None:
        self._name = name
        self._columns = columns
        self._tokens = Tokens(text)

    def condition(self) -> Condition | None:
        """The whole condition; None for an empty text. FunctionRefusal when it cannot be read."""
        if self._tokens.peek()[0] == "":
            return None
        found = self._some()
        if self._tokens.peek()[0]:
            raise _refuse(self._tokens.peek()[1])
        return found

    def _some(self) -> Condition:
        parts = [self._every()]
        while self._tokens.took("OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Condition:
        parts = [self._negation()]
        while self._tokens.took("AND"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _negation(self) -> Condition:
        if self._tokens.took("NOT"):
            return Not(self._negation())
        if self._tokens.took("("):
            inner = self._some()
            if not self._tokens.took(")"):
                raise _refuse(self._tokens.peek()[1])
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        kind, field = self._tokens.take()
        # A relationship's field cannot be filtered here, and an unknown one stays unnamed in the reply.
        column = self._columns.find(self._name, field, stored=True) if kind == "word" else None
        if column is None or (not column.own and "." in column.name):
            raise processing_error()
        if self._tokens.took("IS", "NOT", "NULL"):
            return Not(Compare(column, "null"))
        if self._tokens.took("IS", "NULL"):
            return Compare(column, "null")
        negated = self._tokens.took("NOT")
        compare = self._operator(column)
        return Not(compare) if negated else compare

    def _operator(self, column: Column) -> Condition:
        if self._tokens.took("IN"):
            return Compare(column, "in", tuple(self._list(column)))
        if self._tokens.took("LIKE"):
            return Compare(column, "like", (self._text(),))
        kind, op = self._tokens.take()
        if kind != "op":
            raise _refuse(op)
        return Compare(column, {"<>": "!="}.get(op, op), (self._value(column),))

    def _list(self, column: Column) -> list[Any]:
        if not self._tokens.took("("):
            raise _refuse(self._tokens.peek()[1])
        values = [self._value(column)]
        while self._tokens.took(","):
            values.append(self._value(column))
        if not self._tokens.took(")"):
            raise _refuse(self._tokens.peek()[1])
        return values

    def _text(self) -> str:
        kind, token = self._tokens.take()
        if kind == "text":
            return _QUOTED.sub(lambda found: found[1] or "'", token[1:-1])
        if kind == "word":
            return token
        raise _refuse(token)

    def _value(self, column: Column) -> Any:
        text = self._text()
        try:
            return self._columns.parse(column, text, stored=True)
        except ValueError:
            raise _refuse(text) from None

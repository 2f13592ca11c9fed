"""What a function's code is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import visibility
from .columns import Columns
from .company import Books
from .envelope import Control, Element
from .objects import OBJECTS
from .sessions import SignedIn
from .store import Record, Store


@dataclass
class Work:
    """One request at work: the books, who is signed in, and where the gateway can be reached."""

    books: Books
    control: Control
    signed: SignedIn
    endpoint: str

    @property
    def store(self) -> Store:
        """The records."""
        return self.books.store

    def columns(self, docparid: str = "") -> Columns:
        """The columns as this user sees them; `docparid` brings the custom fields of one document type."""
        books = self.books
        custom = {name: books.custom_fields(name, docparid) for name in OBJECTS}
        return Columns(books.store, books.offset, books.today(), custom)

    def visible(self, name: str, row: Record, private: bool = False) -> bool:
        """Whether the session sees a record: its own entity's and shared ones; all with `private` at top level."""
        return visibility.sees(self.store, name, row, self.signed.location_id, private)


@dataclass
class Outcome:
    """A function's success: the key of a legacy function, or a rendered `data` element, or neither.

    `bare` is the whole reply's text, of `content_type`, when this is the request's only function.
    """

    key: str | None = None
    data: str = ""
    bare: str | None = None
    content_type: str = ""


Handler = Callable[[Work, Element], Outcome]

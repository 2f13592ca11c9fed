"""Lists as files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from flask import Response, stream_with_context

from portal.extensions import db

_MARK = "\ufeff"
"""Tells Excel that the file is UTF-8."""


def csv_stream(filename: str, pieces: Iterator[str]) -> Response:
    """The pieces as a download that is sent while it is read. What is wrong with the filter is found before it begins.

    The transaction ends between two pieces: a slow reader must not hold the database.
    """
    first = list(islice(pieces, 2))

    def text() -> Iterator[str]:
        yield _MARK
        for piece in chain(first, pieces):
            db.session.rollback()
            yield piece

    answer = Response(stream_with_context(text()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer

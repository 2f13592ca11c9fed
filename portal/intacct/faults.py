"""From what requests and zeep raise to one failure that says whether anything may have run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from lxml import etree
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import TransportError

from .classify import unread
from .departure import Departure
from .errors import Action, ConnectFailed, IntacctError, NoReply
from .received import Unreadable

# Enough of a fault page to recognise it by.
EXCERPT = 500


@contextmanager
def translated(departure: Departure, *, writing: bool, redact: Callable[[str], str]) -> Iterator[None]:
    """Turn the errors of one exchange into an `IntacctError`.

    The originals are not chained: they hold the request with its passwords, and the reply.
    """
    try:
        yield
    except requests.RequestException as error:
        raise _connection(error, departure, writing, redact) from None
    except TransportError as error:
        raise _page(error, writing, redact) from None
    except Unreadable as error:
        raise unread(error.text, error.status, writing=writing) from None
    except (ZeepError, etree.LxmlError) as error:
        text = f"Intacct's reply could not be read ({type(error).__name__})."
        raise unread(text, None, writing=writing) from None


def _connection(
    error: requests.RequestException, departure: Departure, writing: bool, redact: Callable[[str], str]
) -> IntacctError:
    if _never_opened(error, departure):
        return ConnectFailed(redact(f"Intacct could not be reached ({_reason(error)})."), code="connect")
    action = Action.UNKNOWN_OUTCOME if writing else Action.RETRY_LATER
    code = "timeout" if isinstance(error, requests.Timeout) else "dropped"
    said = "did not answer in time" if code == "timeout" else "broke the connection off"
    return NoReply(redact(f"Intacct {said} ({_reason(error)})."), code=code, action=action)


def _never_opened(error: requests.RequestException, departure: Departure) -> bool:
    """Our own connections know whether they wrote; of others only a failed connect is proof."""
    if departure.begun:
        return False
    if departure.watched or isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, (NewConnectionError, ConnectTimeoutError))


def _reason(error: requests.RequestException) -> str:
    """The innermost cause in a few words; it names hosts, never bodies."""
    cause: object = error.args[0] if error.args else type(error).__name__
    if isinstance(cause, MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    if isinstance(cause, ProtocolError):
        cause = cause.args[-1]
    # urllib3 puts the name of the connection object before its sentence.
    return str(cause).rpartition("): ")[2][:EXCERPT]


def _page(error: TransportError, writing: bool, redact: Callable[[str], str]) -> IntacctError:
    status: int = error.status_code
    excerpt = (error.content or b"")[:EXCERPT].decode("utf-8", "replace").strip()
    text = f"Intacct answered HTTP {status} without a gateway document."
    return unread(redact(f"{text} It begins: {excerpt}" if excerpt else text), status, writing=writing)

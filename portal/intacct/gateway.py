"""The door to Intacct: sign in, read with care for retries, write exactly as asked and never twice."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from requests import Session as HttpSession
from urllib3.util import Retry
from zeep import Client

from .binding import SCHEMA, HttpReply
from .calls import Call, Login, Sender, Session
from .departure import Departure, departing
from .endpoints import Address, AllowedHosts
from .envelope import Answer, Stamps, judge, opened_session, request_values
from .errors import Action, BadReply, EndpointRefused, IntacctError, NoReply, SessionExpired
from .faults import translated
from .paging import pages, rows_of_all
from .queries import Page, Query
from .results import Result
from .schema import BINDING, document
from .tally import Tally
from .transport import NO_RETRY, READ_RETRY, GatewayTransport, http_session
from .values import is_key
from .wirelog import Redactor, WireLog

__all__ = ["Call", "Gateway", "Login", "Result", "Sender", "Session"]

# Renewed this long before its end, so that a batch does not run into it.
RENEW_BEFORE = timedelta(seconds=120)


class Gateway:
    """One company's line to Intacct, for one thread.

    `url` is called to sign in; a session's own endpoint afterwards, when it is one of Intacct's hosts, the host of
    `url`, or in `allowed_hosts` (host or host:port). Timeouts are seconds. `http` replaces our own HTTP sessions, and
    with them the retries of reads. `on_session` is told each new session. `turn` is entered around each request: it may
    wait until others at the company have ended, and may raise an `IntacctError` instead.
    """

    def __init__(
        self,
        url: str,
        sender: Sender,
        login: Login,
        *,
        session: Session | None = None,
        on_session: Callable[[Session], None] | None = None,
        http: HttpSession | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        write_timeout: float = 120,
        wire_log: WireLog | None = None,
        allowed_hosts: frozenset[str] = frozenset(),
        read_retry: Retry = READ_RETRY,
        turn: Callable[[], AbstractContextManager[None]] = nullcontext,
        tally: Tally | None = None,
        patience: float | None = None,
    ) -> None:
        self._hosts = AllowedHosts(Address.of(url), allowed_hosts)
        self._url, self._sender, self._login = url, sender, login
        self._session, self._on_session = session, on_session
        self._turn = turn
        self._wire_log = wire_log if wire_log is not None else WireLog()
        self._redact = Redactor()
        self._hide(sender.password, login.password, session.session_id if session else "")
        tries = 1 + int(read_retry.read or 0)
        self._read_within, self._write_within = (
            tries * (connect_timeout + read_timeout),
            connect_timeout + write_timeout,
        )
        self._until = None if patience is None else time.monotonic() + patience
        self._reader = self._client(http or http_session(read_retry), (connect_timeout, read_timeout))
        self._writer = self._client(http or http_session(NO_RETRY), (connect_timeout, write_timeout))
        self._renew_at: float | None = None
        self._clock: datetime | None = None
        self.tally = tally if tally is not None else Tally()

    @property
    def requests(self) -> int:
        """Requests so far, of all gateways that share the tally."""
        return self.tally.cost.requests

    @property
    def functions(self) -> int:
        """Functions so far, likewise."""
        return self.tally.cost.functions

    @property
    def clock(self) -> datetime | None:
        """Intacct's clock: the newest stamp of a reply (UTC), None before the first."""
        return self._clock

    @property
    def session(self) -> Session | None:
        """The session in use, its `expires_at` as the last reply moved it."""
        return self._session

    def open_now(self) -> Session:
        """The session in use; signs in where there is none or it is about to end. Raises as `sign_in` does."""
        if self._session is None or self._is_ending(self._session):
            return self.sign_in()
        return self._session

    def share(self, other: Gateway) -> None:
        """Go on in the session of another gateway of the same login, which ends when its newest reply said."""
        if other._session is not None:
            self._hide(other._session.session_id)
            self._session, self._renew_at = other._session, other._renew_at

    def sign_in(self) -> Session:
        """Open a new session and use it from now on.

        Raises `CredentialsError`, `SenderAuthError`, `SenderNotAuthorised`, `EntityError`, `EndpointRefused`,
        `ConnectFailed` or another `IntacctError`; signing in changes no book, so `executed` is always "no".
        """
        try:
            session = self._open_session()
        except IntacctError as error:
            error.executed = "no"
            raise
        self._session = session
        if self._on_session is not None:
            self._on_session(session)
        return session

    def read(self, calls: Sequence[Call]) -> list[Result]:
        """The results of functions that change nothing, in the order of `calls`; a function's failure is in its result.

        Signs in when needed; connection faults, 5xx and 429 are tried again with a pause. Raises an `IntacctError`
        when the request as a whole failed, `BadReply` also when a call was left without a result.
        """
        self.open_now()
        try:
            answer = self._call(calls, writing=False)
        except SessionExpired:
            self.sign_in()
            answer = self._call(calls, writing=False)
        missing = [call.control_id for call in calls if call.control_id not in answer.results]
        if missing or answer.doubled:
            raise BadReply("The reply does not hold one result for each call.", code="reply")
        return [answer.results[call.control_id] for call in calls]

    def write(self, calls: Sequence[Call], *, leave_before: float | None = None) -> dict[str, Result]:
        """Send functions that change books, once, whatever happens; results by control id.

        After `leave_before` (a moment of `departure.clock`) the request is not sent: `TooLate`. A failed function has
        its error in its result, one without a result `NoReply`. Raises an `IntacctError` for the whole request; its
        `executed` tells whether any of it may have run. An expired session raises `SessionExpired`.
        """
        self.open_now()
        answer = self._call(calls, writing=True, leave_before=leave_before)
        return {call.control_id: _written(answer, call) for call in calls}

    def query(self, query: Query) -> Iterator[Page]:
        """The pages of a query in the order of RECORDNO, one request each; at least one, which may be empty.

        Raises the `IntacctError` of a page that failed, `BadReply` when rows do not come in that order.
        """
        return pages(query, lambda call: self.read([call])[0])

    def query_all(self, queries: Sequence[Query]) -> list[list[dict[str, str]]]:
        """All rows of each query; their first pages are one request. Raises as `query` does."""
        return rows_of_all(queries, self.read)

    def _is_ending(self, session: Session) -> bool:
        """By the life that the last reply gave it; before any, by comparing its end with our own clock."""
        if self._renew_at is not None:
            return time.monotonic() >= self._renew_at
        return session.expires_at is not None and session.expires_at - RENEW_BEFORE <= datetime.now(UTC)

    def _open_session(self) -> Session:
        call = Call("getAPISession", "<getAPISession/>")
        answer = self._exchange(self._reader, self._login, self._url, [call], writing=False)
        result = answer.results.get(call.control_id)
        if result is None:
            raise BadReply("The reply does not answer the sign-in.", code="reply")
        if result.error is not None:
            raise result.error
        session = opened_session(result, answer.stamps)
        self._hide(session.session_id)
        self._check_host(session.endpoint)
        self._note(answer.stamps)
        return session

    def _call(self, calls: Sequence[Call], *, writing: bool, leave_before: float | None = None) -> Answer:
        session = self._session
        if session is None:
            raise SessionExpired("There is no open session.", code="session")
        client = self._writer if writing else self._reader
        answer = self._exchange(client, session, session.endpoint, calls, writing=writing, leave_before=leave_before)
        self._note(answer.stamps)
        if answer.stamps.session_until is not None:
            self._session = replace(session, expires_at=answer.stamps.session_until)
        return answer

    def _exchange(
        self,
        client: Client,
        who: Login | Session,
        address: str,
        calls: Sequence[Call],
        *,
        writing: bool,
        leave_before: float | None = None,
    ) -> Answer:
        _check_control_ids(calls)
        self._check_host(address)
        values = request_values(self._sender, who, uuid.uuid4().hex, calls, unique=writing)
        with self.tally.watched():
            departure = Departure(leave_before, self._within(writing))
            reply = self._post(client, address, values, departure, len(calls), writing)
            return judge(reply, writing=writing, in_session=isinstance(who, Session), redact=self._redact)

    def _post(
        self,
        client: Client,
        address: str,
        values: dict[str, object],
        departure: Departure,
        functions: int,
        writing: bool,
    ) -> HttpReply:
        service = client.create_service(BINDING, address)
        with self._turn(), departing(departure), translated(departure, writing=writing, redact=self._redact):
            departure.check()
            with self.tally.request(functions):
                reply: HttpReply = service.call(**values)
            return reply

    def _within(self, writing: bool) -> float:
        within = self._write_within if writing else self._read_within
        if self._until is None:
            return within
        left = self._until - time.monotonic()
        if left <= 0:
            raise NoReply("Intacct did not answer in time.", code="timeout", action=Action.RETRY_LATER, executed="no")
        return min(within, left)

    def _client(self, http: HttpSession, timeout: tuple[float, float]) -> Client:
        transport = GatewayTransport(http, timeout)
        return Client(document(), transport=transport, plugins=[self._wire_log], settings=SCHEMA)

    def _hide(self, *secrets: str) -> None:
        self._redact.hide(*secrets)
        self._wire_log.hide(*secrets)

    def _check_host(self, address: str) -> None:
        try:
            self._hosts.check(address)
        except EndpointRefused as error:  # what a reply named may carry what we sent
            raise EndpointRefused(self._redact(error.text), code=error.code) from None

    def _note(self, stamps: Stamps) -> None:
        if stamps.now is None:
            return
        self._clock = stamps.now if self._clock is None else max(self._clock, stamps.now)
        if stamps.session_until is not None:
            life = stamps.session_until - stamps.now - RENEW_BEFORE
            self._renew_at = time.monotonic() + life.total_seconds()


def _check_control_ids(calls: Sequence[Call]) -> None:
    ids = [call.control_id for call in calls]
    if not ids or len(set(ids)) != len(ids):
        raise ValueError("a request needs calls, each with a control id of its own")


def _written(answer: Answer, call: Call) -> Result:
    result = answer.results.get(call.control_id)
    if result is None:
        text = "Intacct's reply does not say what became of this record."
        return Result(call.control_id, error=NoReply(text, code="reply"))
    if call.control_id in answer.doubled:
        text = "Intacct's reply gives this record two results."
        return Result(call.control_id, error=BadReply(text, code="reply"))
    if result.error is None and result.key and not is_key(result.key):
        # Kept, it would be asked for in every later sync, and each of them refused.
        text = "Intacct's reply gives this record a number that is none."
        return Result(call.control_id, error=BadReply(text, code="reply"))
    return result

"""The gateway without sockets: bytes of a request in, a reply out, one request at a time."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import acts, replies, sessions
from . import query as queries
from .clock import SandboxClock
from .company import COMPANY_ID, Books
from .envelope import Call, Control, Element, Request, parse_document, read_control, read_request, refuse_policy
from .errors import (
    ROLLED_BACK,
    AuthenticationRefusal,
    ControlRefusal,
    FunctionRefusal,
    GatewayError,
    HttpRefusal,
    business,
)
from .faults import Fault, Faults
from .functions import FUNCTIONS
from .persist import StateFile
from .render import Result, control_block, data, document, element, result_block
from .replies import Reply
from .seed import plant
from .sessions import SignedIn
from .store import Store
from .switches import Switches
from .traffic import Concurrency, Holds
from .work import Work

DEFAULT_ENDPOINT = "http://127.0.0.1:8001/ia/xml/xmlgw.phtml"
_EDGE = {
    "400": GatewayError("GW-0011", "Invalid Request [Request ID: sandbox]"),
    "401": GatewayError("XMLGW_JPP0002", "Sign-in information is incorrect. Please check your request."),
    "429": GatewayError("GW-0010", "Too many requests. Please try again later."),
    "500": GatewayError("GW-0001", "Internal server error"),
}
_ROLLED_BACK = GatewayError(
    ROLLED_BACK, "The entire transaction in this operation has been rolled back due to an error."
)
_SECRETS = re.compile(rb"<(password|sessionid)\b[^>]*>.*?</\1\s*>", re.DOTALL)
_KEPT_BODIES = 200


class SandboxCore:
    """One company's gateway. `handle` is safe to call from many threads."""

    def __init__(
        self,
        seed: str = "demo",
        clock: SandboxClock | None = None,
        endpoint: str = DEFAULT_ENDPOINT,
        state: Path | None = None,
        switches: Switches | None = None,
        company_id: str = COMPANY_ID,
    ) -> None:
        self.lock = threading.RLock()
        self.holds = Holds(self.lock)
        self.concurrency = Concurrency()
        self.clock = clock or SandboxClock()
        self.endpoint = endpoint
        self.faults = Faults()
        self.books = Books(Store(), self.clock, switches or Switches(), company_id)
        self.requests: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.bodies: deque[str] = deque(maxlen=_KEPT_BODIES)
        self._late: list[tuple[datetime, Element, Control, bool]] = []
        self._state = StateFile(state) if state else None
        self.started = self.clock.now()
        self._start(seed)

    def _start(self, seed: str) -> None:
        facts = self._state.facts() if self._state else {}
        if self._state is None or not facts:
            self.reset(seed)
            return
        self.books.store.load(self._state.tables(), facts["counters"])
        self.books.switches = Switches(**facts["switches"])

    # What tests and the demo do from outside

    def reset(self, seed: str = "demo") -> None:
        """Start over with a seed (`demo` or `empty`): records, sessions, control ids, faults and counts."""
        with self.lock:
            self.books.store.load({}, {})
            self.books.switches = Switches()
            self.faults = Faults()
            self.requests.clear()
            self.functions.clear()
            self.bodies.clear()
            self._late.clear()
            self.holds.release()
            self.concurrency.reset()
            plant(self.books, seed)
            self.started = self.clock.now()
            self._rewrite()

    def snapshot(self) -> dict[str, Any]:
        """Everything that the company holds, to be given to `restore` later."""
        with self.lock:
            store = self.books.store
            return {"tables": store.copy(), "counters": dict(store.counters), "switches": self.books.switches}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to a snapshot, as a restored database would."""
        with self.lock:
            self.books.store.load(snapshot["tables"], snapshot["counters"])
            self.books.switches = snapshot["switches"]
            self._rewrite()

    def switch(self, **changes: Any) -> Switches:
        """Change switches; ValueError names an unknown one."""
        with self.lock:
            self.books.switches = self.books.switches.with_changes(changes)
            self.save()
            return self.books.switches

    def act(self, **order: Any) -> dict[str, Any]:
        """Have a user inside Intacct do something (acts.py lists what); answers the keys."""
        with self.lock:
            self.run_late()
            answer = acts.act(self.books, order)
            self.save()
            return answer

    def save(self) -> None:
        """Write what has changed to the state file, if there is one."""
        store = self.books.store
        if self._state is not None:
            changed = [(name, key, store.get(name, key)) for name, key in store.dirty]
            facts = {"counters": store.counters, "switches": self.books.switches.as_dict()}
            self._state.save(changed, facts)
        store.dirty.clear()

    def _rewrite(self) -> None:
        store = self.books.store
        if self._state is not None:
            self._state.clear()
        store.dirty = {(name, key) for name, table in store.tables.items() for key in table.rows}
        self.save()

    def close(self) -> None:
        """Close the state file."""
        with self.lock:
            if self._state is not None:
                self._state.close()
                self._state = None

    # One request

    def handle(self, body: bytes, in_flight: int = 1, endpoint: str = "") -> Reply:
        """Answer one request. `in_flight` counts the requests being answered at this moment, this one included."""
        with self.lock:
            self.run_late()
            self.requests["all"] += 1
            self.bodies.append(_SECRETS.sub(rb"<\1>***</\1>", body).decode("utf-8", "replace"))
            switches = self.books.switches
            if switches.throttle and in_flight > switches.concurrency:
                self.requests["throttled"] += 1
                return replies.edge(429, _EDGE["429"])
            try:
                root = parse_document(body)
            except ControlRefusal as refusal:
                return replies.control_failure(Control(), refusal)
            reply = self._deliver(root, read_control(root), endpoint or self.endpoint)
            self.save()
            return reply

    @property
    def has_late_work(self) -> bool:
        """Whether a cut-off request is still to be finished."""
        return bool(self._late)

    def run_late(self) -> None:
        """Do what a cut-off request left to be done, as of the moment when it was due."""
        with self.lock:
            now = self.clock.now()
            due = sorted((item for item in self._late if item[0] <= now), key=lambda item: item[0])
            self._late = [item for item in self._late if item[0] > now]
            for moment, root, control, admitted in due:
                with self.clock.at(moment):
                    self._execute(root, control, self.endpoint, None, admitted)
            if due:
                self.save()

    def _deliver(self, root: Element, control: Control, endpoint: str) -> Reply:
        functions = [node for node in root.iterfind("operation/content/function/*") if isinstance(node.tag, str)]
        for function in functions:
            self.functions[str(function.tag)] += 1
        fault = self.faults.for_request(functions)
        if fault is None:
            return self._execute(root, control, endpoint)
        self.requests[f"fault:{fault.what}"] += 1
        early = self._before(fault, root, control)
        if early is not None:
            return early
        admitted = fault.what == "held_before" and self._admit_late(root, control)
        self._hold("held_before", fault, functions)
        reply = _after(fault, self._execute(root, control, endpoint, fault, admitted))
        self._hold("held_after", fault, functions)
        return reply

    def _hold(self, what: str, fault: Fault, functions: list[Element]) -> None:
        if fault.what == what:
            names = tuple(str(function.tag) for function in functions)
            self.holds.wait(what, names, float(fault.options.get("seconds", 60)))

    def _before(self, fault: Fault, root: Element, control: Control) -> Reply | None:
        """The replies of faults that keep a request from being executed (now)."""
        if fault.what in _EDGE:
            return replies.edge(int(fault.what), _EDGE[fault.what])
        if fault.what in ("502_html", "503_html"):
            return replies.html(int(fault.what[:3]))
        if fault.what == "dropped_before":
            return replies.dropped()
        if fault.what in ("maintenance", "try_again_later", "rate_limit_text", "schema_error"):
            return replies.control_failure(control, ControlRefusal(fault.error()))
        late = float(fault.options.get("late_seconds", 0))
        if fault.what == "524_late" and late:
            admitted = self._admit_late(root, control)
            self._late.append((self.clock.now() + timedelta(seconds=late), root, control, admitted))
            return replies.html(524)
        return None

    def _admit_late(self, root: Element, control: Control) -> bool:
        """A request that is received now burns its control ids now, though its work comes later."""
        if self.books.switches.uniqueid != "received" or not control.refuses_repeats:
            return False
        nodes = root.iterfind("operation/content/function")
        ids = [node.get("controlid", "") for node in nodes]
        if any(self.books.store.get("_CONTROLID", ident) for ident in ids):
            return False
        for ident in ids:
            self._burn(ident)
        return True

    def _execute(
        self, root: Element, control: Control, endpoint: str, fault: Fault | None = None, admitted: bool = False
    ) -> Reply:
        try:
            sessions.check_sender(control)
            refuse_policy(control)
            request = read_request(root, control, self.books.switches.strict_order)
            for call in request.calls:
                if call.name == "query":
                    queries.check_shape(call.element, self.books.switches.strict_order)
            expired = fault is not None and fault.what == "session_expired"
            if expired and request.login.sessionid:
                self._forget_session(request.login.sessionid)
            signed = sessions.sign_in(self.books, control, request.login)
            results = self._run(request, signed, endpoint, admitted)
        except ControlRefusal as refusal:
            return replies.control_failure(control, refusal)
        except AuthenticationRefusal as refusal:
            return replies.authentication_failure(control, refusal)
        except HttpRefusal as refusal:
            return replies.edge(refusal.status, *refusal.errors)
        if len(results) == 1 and results[0].bare is not None:
            return Reply(200, results[0].bare.encode(), results[0].content_type)
        return Reply(200, _whole(control, self.books.company_id, signed, results))

    def _forget_session(self, session_id: str) -> None:
        if self.books.store.get("_SESSION", session_id) is not None:
            self.books.store.remove("_SESSION", session_id)

    def _run(self, request: Request, signed: SignedIn, endpoint: str, admitted: bool) -> list[Result]:
        books = self.books
        user = books.store.one("USERINFO", "LOGINID", signed.user_id) or {}
        books.user_id, books.user_key = signed.user_id, user.get("RECORDNO")
        books.entity = books.store.one("LOCATIONENTITY", "LOCATIONID", signed.location_id)
        work = Work(books, request.control, signed, endpoint)
        burnt: list[str] = []
        results: list[Result] = []
        books.store.begin()
        try:
            for call in request.calls:
                result = self._run_one(work, call, request, admitted, burnt)
                results.append(result)
                if result.status == "failure" and request.transaction:
                    books.store.rollback()
                    results = _aborted(request, results)
                    break
        except BaseException:
            books.store.rollback()
            raise
        finally:
            books.store.commit()
        self._burn_all(request, results, burnt)
        return results

    def _run_one(self, work: Work, call: Call, request: Request, admitted: bool, burnt: list[str]) -> Result:
        result = Result(call.name, call.controlid)
        mark = work.store.mark()
        try:
            if request.control.refuses_repeats and not admitted:
                self._refuse_repeat(call.controlid, burnt)
                burnt.append(call.controlid)
            outcome = self._call(work, call, len(request.calls))
            result.key, result.data = outcome.key, outcome.data
            result.bare, result.content_type = outcome.bare, outcome.content_type
        except FunctionRefusal as refusal:
            result.status, result.errors = "failure", refusal.errors
            if refusal.made is not None:
                result.data = data("".join(refusal.made), listtype="objects", count=len(refusal.made))
            else:
                work.store.rollback(mark)
        return result

    def _call(self, work: Work, call: Call, together: int) -> Any:
        handler = FUNCTIONS.get(call.name)
        if handler is None or call.name in work.books.switches.refused_functions:
            raise business(f"The function {call.name} is not available in this company.")
        fault = self.faults.for_function(call.element)
        if fault is not None:
            raise FunctionRefusal(fault.error())
        if call.name == "getAPISession" and together > 1:
            raise business("getAPISession cannot be used with other functions in one request.")
        return handler(work, call.element)

    # Control ids

    def _refuse_repeat(self, controlid: str, burnt: list[str]) -> None:
        mode = self.books.switches.uniqueid
        if mode == "ignored":
            return
        if controlid in burnt or self.books.store.get("_CONTROLID", controlid) is not None:
            text = f"Function control id already used: '{controlid}' has already been executed."
            raise business(text, "Use a unique control id for every function.")

    def _burn(self, controlid: str) -> None:
        self.books.store.put("_CONTROLID", controlid, {"AT": self.clock.now()})

    def _burn_all(self, request: Request, results: list[Result], burnt: list[str]) -> None:
        """Remember the ids of this request: all that were received, or those whose function succeeded."""
        mode = self.books.switches.uniqueid
        if mode == "ignored" or not request.control.refuses_repeats:
            return
        done = {result.controlid for result in results if result.status == "success"}
        for controlid in burnt:
            if mode == "received" or controlid in done:
                self._burn(controlid)


def _aborted(request: Request, results: list[Result]) -> list[Result]:
    """The results of a rolled-back transaction: one failure, all others aborted."""
    failed = results[-1]
    failed.errors = (*failed.errors, _ROLLED_BACK)
    failed.data = ""
    return [
        failed if place == len(results) - 1 else Result(call.name, call.controlid, "aborted", errors=(_ROLLED_BACK,))
        for place, call in enumerate(request.calls)
    ]


def _whole(control: Control, company_id: str, signed: SignedIn, results: list[Result]) -> bytes:
    authentication = (
        element("status", "success")
        + element("userid", signed.user_id)
        + element("companyid", company_id)
        + element("locationid", signed.location_id)
        + element("sessiontimestamp", signed.started.isoformat())
        + element("sessiontimeout", signed.expires.isoformat())
    )
    shown = "".join(result_block(result) for result in results)
    operation = f"<operation><authentication>{authentication}</authentication>{shown}</operation>"
    return document(control_block(control) + operation, control.indented)


def _after(fault: Fault, reply: Reply) -> Reply:
    """What a fault does to the reply of work that was done."""
    if fault.what == "524_late":
        return replies.html(524)
    if fault.what == "reply_lost":
        return replies.dropped()
    if fault.what == "slow":
        reply.delay = float(fault.options.get("seconds", 1))
    if fault.what == "cut_off":
        reply.delivery = "cut"
    if fault.what == "truncated":
        reply.body = reply.body[: max(len(reply.body) * 2 // 3, 1)]
    if fault.what == "two_roots":
        reply.body += b"<response/>"
    return reply

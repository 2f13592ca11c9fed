"""Control of the sandbox on loopback, as JSON: faults, clock, switches, records, and acts of a user inside Intacct.

Where there are several companies, `?company=ID` says which one is meant; else it is the first.

POST /_control/faults     [{"when": ..., "what": ..., "times": n}, ...] adds; [] clears (vocabulary: faults.py)
GET  /_control/faults     what is still ordered
GET  /_control/held       the requests that a fault holds now: [{"what", "functions"}, ...]
POST /_control/release    lets them go
GET  /_control/concurrency   {"now", "highest"}: requests being answered at once, and the most since the last reset
POST /_control/clock      {"now": ISO} | {"advance_seconds": n} | {"real": true}
GET  /_control/clock      {"now": ISO}
POST /_control/reset      {"seed": "demo"|"empty"}
POST /_control/switches   {name: value, ...} (names: switches.py); GET shows all
POST /_control/act        {"do": ..., ...} (acts: acts.py)
POST /_control/plant      {"customers": n, "invoices": n}: many records at once, for measuring
GET  /_control/records/OBJECT[?FIELD=text&...]    records with all their fields
GET  /_control/requests[?bodies=n]   how many requests and functions came in, and the last bodies, secrets masked
POST /_control/snapshot {"name"}  and  POST /_control/restore {"name"}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from . import many, model
from .core import SandboxCore
from .errors import FunctionRefusal
from .objects import OBJECTS

_snapshots: dict[tuple[int, str], dict[str, Any]] = {}


def respond(core: SandboxCore, request: Request) -> Response:
    """Answer one control request; 400 with the reason when it cannot be done."""
    parts = request.path.split("/")[2:]
    handler = _ROUTES.get((request.method, parts[0]))
    if handler is None:
        raise NotFound("No such control.")
    try:
        with core.lock:
            core.run_late()
            answer = handler(core, request, parts[1:])
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"{type(error).__name__}: {error}") from None
    except FunctionRefusal as refusal:
        raise BadRequest(str(refusal)) from None
    return Response(json.dumps(answer, indent=1), content_type="application/json")


def _json(request: Request) -> Any:
    text = request.get_data(as_text=True)
    return json.loads(text) if text.strip() else {}


def _order_faults(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    orders = _json(request)
    core.faults.order(orders if isinstance(orders, list) else [orders])
    return _faults(core, request, rest)


def _faults(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return [
        {"when": fault.when, "what": fault.what, "times": fault.times, "skip": fault.skip, "hits": fault.hits}
        for fault in core.faults.ordered
    ]


def _held(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return core.holds.shown()


def _release(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return {"released": core.holds.release()}


def _concurrency(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return {"now": core.concurrency.now, "highest": core.concurrency.highest}


def _set_clock(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    order = _json(request)
    if order.get("real"):
        core.clock.real()
    if "now" in order:
        core.clock.set(datetime.fromisoformat(str(order["now"]).replace("Z", "+00:00")))
    if "advance_seconds" in order:
        core.clock.advance(float(order["advance_seconds"]))
    return _clock(core, request, rest)


def _clock(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return {"now": core.clock.now().isoformat()}


def _reset(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    core.reset(str(_json(request).get("seed", "demo")))
    return {"reset": True}


def _switch(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return core.switch(**_json(request)).as_dict()


def _switches(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return core.books.switches.as_dict()


def _act(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    return core.act(**_json(request))


def _plant(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    order = _json(request)
    made = many.plant(core.books, int(order.get("customers", 0)), int(order.get("invoices", 0)))
    core.save()
    return made


def _records(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    name = rest[0].upper() if rest else ""
    if name not in OBJECTS:
        raise NotFound(f"No object {name!r}.")
    shown = [shown_record(core, name, row) for row in core.books.store.rows(name)]
    wanted = {key.upper(): value for key, value in request.args.items() if key != "company"}
    return [row for row in shown if all(row.get(key) == value for key, value in wanted.items())]


def shown_record(core: SandboxCore, name: str, row: model.Record) -> dict[str, str]:
    """A record with all its fields as texts, as results show them."""
    kind, offset = OBJECTS[name], core.books.offset
    return {field.name: model.show(field.kind, row.get(field.name), offset) for field in kind.fields.values()}


def _requests(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    wanted = int(request.args.get("bodies", 0))
    bodies = list(core.bodies)[-wanted:] if wanted else []
    return {
        "requests": core.requests["all"],
        "counts": dict(core.requests),
        "functions": dict(core.functions),
        "bodies": bodies,
    }


def _snapshot(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    name = str(_json(request).get("name", ""))
    _snapshots[id(core), name] = core.snapshot()
    return {"snapshot": name}


def _restore(core: SandboxCore, request: Request, rest: list[str]) -> Any:
    name = str(_json(request).get("name", ""))
    core.restore(_snapshots[id(core), name])
    return {"restored": name}


_Control = Callable[[SandboxCore, Request, list[str]], Any]
_ROUTES: dict[tuple[str, str], _Control] = {
    ("POST", "faults"): _order_faults,
    ("GET", "faults"): _faults,
    ("GET", "held"): _held,
    ("POST", "release"): _release,
    ("GET", "concurrency"): _concurrency,
    ("POST", "clock"): _set_clock,
    ("GET", "clock"): _clock,
    ("POST", "reset"): _reset,
    ("POST", "switches"): _switch,
    ("GET", "switches"): _switches,
    ("POST", "act"): _act,
    ("POST", "plant"): _plant,
    ("GET", "records"): _records,
    ("GET", "requests"): _requests,
    ("POST", "snapshot"): _snapshot,
    ("POST", "restore"): _restore,
}

"""Who may open what. Every route states it with `@public` or `@needs(role)`; one that states nothing is refused.

The guard runs before everything else of a request, so that a form sent after the session ended leads to the login
page and not to a complaint about its token.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from portal import logs
from portal.errors import Forbidden
from portal.extensions import db, login_manager
from portal.models.company import Company, Membership, Role, User
from portal.services import ended_sessions
from portal.services.audit import Actor

IDLE_MINUTES = 120
"""Long enough for a form left open over lunch."""
ABSOLUTE_MINUTES = 12 * 60
_NOTE_USE_EVERY_SECONDS = 60

_OPEN_ENDPOINTS = frozenset({"static", "bootstrap.static"})

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Access:
    """What a route asks of who opens it; no role means that everybody may, or every program that `admits` lets in."""

    role: Role | None
    admits: Callable[[], None] | None = None


def public(view: View) -> View:
    """Everybody may open this, signed in or not."""
    view.access = Access(None)  # type: ignore[attr-defined]
    return view


def needs(role: Role) -> Callable[[View], View]:
    """Members of the company with this role, or one that includes it, may open this."""

    def mark(view: View) -> View:
        view.access = Access(role)  # type: ignore[attr-defined]
        return view

    return mark


def programs(admits: Callable[[], None]) -> Callable[[View], View]:
    """Programs may open this, not people: those that `admits` lets in, which refuses by `abort`."""

    def mark(view: View) -> View:
        view.access = Access(None, admits)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(endpoint: str) -> Access | None:
    """What the route states, or None when it states nothing."""
    if endpoint in _OPEN_ENDPOINTS:
        return Access(None)
    access = getattr(current_app.view_functions.get(endpoint), "access", None)
    return access if isinstance(access, Access) else None


def init_access(app: Flask) -> None:
    """Guard every request of `app`, before the check of form tokens."""
    login_manager.user_loader(_load_user)
    app.before_request_funcs.setdefault(None, []).insert(0, _guard)


def current_member() -> Membership:
    """The signed-in user's membership in the chosen company. Raises Forbidden for a user without any."""
    member: Membership | None = g.get("member")
    if member is None:
        member = g.member = _chosen_membership(current_user)
        logs.bind(company=member.company.slug)
    return member


def current_company() -> Company:
    """The company whose book this request reads and writes."""
    return current_member().company


def my_companies() -> list[Membership]:
    """The memberships of the signed-in user, by the companies' names."""
    return sorted(current_user.memberships, key=lambda member: (member.company.name.casefold(), member.company_id))


def current_actor() -> Actor:
    """Who the audit rows of this request name."""
    return Actor(current_user.email, current_user.id)


def can(role: str) -> bool:
    """Whether the member may do what `role` may; for templates that leave out what would be refused."""
    return Role(current_member().role).includes(Role(role))


def may_open(endpoint: str) -> bool:
    """Whether the endpoint exists and the member's role is enough for it."""
    access = access_of(endpoint)
    return access is not None and (access.role is None or can(access.role))


def sign_in(user: User) -> None:
    """Begin a new session for `user`; nothing of the one before it stays."""
    session.clear()
    session["id"] = secrets.token_urlsafe(16)
    session["began"] = session["used"] = _now()
    if user.memberships:
        session["company"] = user.memberships[0].company_id
    login_user(user)


def keep_session(user: User) -> None:
    """Let this session go on when all of the user's have just been ended by a higher epoch."""
    login_user(user)


def choose_company(member: Membership) -> None:
    """Work in this member's company from now on. Forms of pages that are still open elsewhere are stale then: what
    they would save is meant for the company before."""
    session["company"] = member.company_id
    session.pop("csrf_token", None)
    g.member = member


def signed_in_user() -> User | None:
    """The user of a session that lasts, for public pages that do more for somebody who is signed in."""
    if not current_user.is_authenticated or _session_over():
        return None
    user: User = db.session.get_one(User, current_user.id)
    return user


def sign_out() -> None:
    """Take the session out of this browser."""
    logout_user()
    session.clear()


def end_session() -> None:
    """End the session for good: no copy of its cookie lets anybody in again. Commits."""
    if current_user.is_authenticated and "id" in session:
        ended_sessions.end(session["id"], timedelta(minutes=ABSOLUTE_MINUTES))
        db.session.commit()
    sign_out()


def _load_user(session_user: str) -> User | None:
    """The user of a session cookie, unless signed out of it, or everywhere (the epoch rose), since."""
    if ended_sessions.has_ended(session.get("id", "")):
        return None
    user_id, _, epoch = session_user.partition(".")
    user = db.session.get(User, int(user_id)) if user_id.isdecimal() else None
    return user if user is not None and user.active and str(user.session_epoch) == epoch else None


def _guard() -> Response | None:
    if request.endpoint is None:
        return None  # no such page, or not by this method: the error page says so
    access = access_of(request.endpoint)
    if access is None:
        abort(403)
    if access.admits is not None:
        access.admits()
    if access.role is None:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    if ended := _session_over():
        sign_out()
        flash(ended, "info")
        return _to_login()
    if not Role(current_member().role).includes(access.role):
        raise Forbidden(f"This needs the role {access.role}; yours is {current_member().role}. An admin can change it.")
    return None


def _to_login() -> Response:
    """To the login page, and back to this one after it; what a form would have changed is not repeated."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("auth.show_login", next=wanted if wanted != "/" else None), 303)


def _session_over() -> str:
    """Why the session has ended, in words, or nothing while it lasts."""
    now = _now()
    if now - session.get("used", 0) > IDLE_MINUTES * 60:
        return f"You were signed out after {IDLE_MINUTES} minutes without use. Sign in to go on where you were."
    if now - session.get("began", 0) > ABSOLUTE_MINUTES * 60:
        return f"You were signed out after {ABSOLUTE_MINUTES // 60} hours. Sign in to go on where you were."
    if now - session["used"] > _NOTE_USE_EVERY_SECONDS:
        session["used"] = now
    return ""


def _chosen_membership(user: User) -> Membership:
    """The membership the session chose; the first where it chose none or is a member there no longer."""
    if not user.memberships:
        raise Forbidden("You are not a member of any company. Ask the person who runs this portal to add you to one.")
    chosen = session.get("company")
    found = next((member for member in user.memberships if member.company_id == chosen), None)
    if found is None:
        found = user.memberships[0]
        choose_company(found)
        if chosen is not None:
            flash(f"You are no longer a member of the company you worked in. This is {found.company.name}.", "warning")
    return found


def _now() -> int:
    return int(time.time())

"""Failed sign-ins slow the next ones down: by account, by address, in every web process alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from flask import Flask
from freezegun import freeze_time

from portal.extensions import db
from portal.models.access import SignInFailures
from portal.models.company import Role, User
from portal.models.types import utcnow
from portal.services import sign_in, throttle, users
from portal.services.throttle import Limit
from tests.factories import PASSWORD, make_user
from tests.integration.web.conftest import Browser

EMAIL = "ada@northfield.example"
BOTH = pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])


def fail(browser: Browser, times: int = 1, email: str = EMAIL, address: str = "198.51.100.7"):
    """Sign in with a wrong password; the last answer."""
    for _ in range(times):
        answer = log_in(browser, "wrong", email, address)
    return answer


def log_in(browser: Browser, password: str, email: str = EMAIL, address: str = "198.51.100.7"):
    return browser.post("/login", {"email": email, "password": password}, headers={"X-Forwarded-For": address})


def test_waits_grow_from_one_minute_to_fifteen() -> None:
    assert [throttle.wait_minutes(failures, 5) for failures in range(1, 12)] == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]
    assert throttle.wait_minutes(10**6, 5) == 15


def test_after_five_failures_the_account_waits_and_is_told_how_long(admin: User, browser_of) -> None:
    browser = browser_of()
    with freeze_time("2026-11-23 10:00:00") as clock:
        assert fail(browser, 5).status_code == 422
        answer = log_in(browser, PASSWORD)
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "60"
        assert "You are not signed in. Wait 60 seconds, then try again." in answer.text
        clock.tick(59)
        assert "Wait 1 second," in log_in(browser, PASSWORD).text
        clock.tick(1)
        assert log_in(browser, PASSWORD).status_code == 303


def test_each_further_failure_doubles_the_wait(admin: User, browser_of) -> None:
    browser = browser_of()
    with freeze_time("2026-11-23 10:00:00") as clock:
        fail(browser, 5)
        for minutes in (1, 2, 4, 8, 15, 15):
            assert fail(browser).headers["Retry-After"] == str(minutes * 60)
            clock.tick(timedelta(minutes=minutes))
            assert fail(browser).status_code == 422


def test_what_is_tried_during_a_wait_does_not_make_it_longer(admin: User, browser_of) -> None:
    browser = browser_of()
    with freeze_time("2026-11-23 10:00:00") as clock:
        fail(browser, 5)
        assert fail(browser, 30, address="203.0.113.9").status_code == 429
        clock.tick(60)
        assert log_in(browser, PASSWORD).status_code == 303


@BOTH
def test_success_clears_the_account(admin: User, browser_of) -> None:
    browser = browser_of()
    fail(browser, 4)
    assert log_in(browser, PASSWORD).status_code == 303
    assert fail(browser_of(), 5).status_code == 422


def test_waiting_account_says_nothing_about_whether_it_exists(admin: User, browser_of) -> None:
    browser = browser_of()
    texts = []
    for email in (EMAIL, "nobody@northfield.example"):
        with freeze_time(utcnow()):  # the answer says how many seconds are left
            fail(browser, 5, email)
            answer = log_in(browser, PASSWORD, email)
        texts.append((answer.status_code, answer.text.replace(email, "X")))
    assert texts[0][0] == texts[1][0] == 429
    assert texts[0] == texts[1]


def test_one_address_that_tries_many_accounts_waits_and_others_do_not(admin: User, browser_of) -> None:
    browser = browser_of()
    for number in range(20):
        assert fail(browser, 1, f"person{number}@northfield.example").status_code == 422
    assert log_in(browser, PASSWORD).status_code == 429
    assert log_in(browser, PASSWORD, address="203.0.113.9").status_code == 303


@BOTH
def test_colleagues_behind_one_address_do_not_count_against_each_other(admin: User, browser_of) -> None:
    for _ in range(22):
        assert log_in(browser_of(), PASSWORD).status_code == 303
    assert db.session.get(SignInFailures, "address 198.51.100.7").count == 0


def test_client_cannot_choose_the_address_it_is_counted_under(admin: User, browser_of) -> None:
    browser = browser_of()
    for number in range(20):
        fail(browser, 1, f"person{number}@northfield.example", address=f"192.0.2.{number}, 198.51.100.7")
    assert log_in(browser, PASSWORD, address="192.0.2.99, 198.51.100.7").status_code == 429


def test_stranger_without_a_proxy_is_counted_under_the_own_address(admin: User, browser_of) -> None:
    browser = browser_of()
    browser.post(
        "/login", {"email": EMAIL, "password": "wrong"}, headers={"X-Forwarded-For": "192.0.2.1"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
    )  # fmt: skip
    assert db.session.get(SignInFailures, "address 203.0.113.9").count == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_provider_cannot_hand_out_new_addresses_for_each_try(address: str, network: str) -> None:
    assert sign_in.network(address) == network


@BOTH
def test_many_tries_at_the_same_moment_all_count(app: Flask) -> None:
    barrier = Barrier(8)

    def attempt() -> int:
        with app.app_context():
            barrier.wait()
            wait = throttle.claim(Limit("account x", 5), Limit("address y", 20)).wait_seconds
            db.session.commit()
            return wait

    with ThreadPoolExecutor(8) as pool:
        waits = [done.result() for done in [pool.submit(attempt) for _ in range(8)]]
    assert sum(wait == 0 for wait in waits) == 5
    assert db.session.get(SignInFailures, "account x").count == 5


@BOTH
def test_failures_are_forgotten_after_a_day(app: Flask) -> None:
    with freeze_time("2026-11-23 10:00:00") as clock:
        for _ in range(4):
            throttle.claim(Limit("account x", 5))
        db.session.commit()
        clock.tick(timedelta(days=1, seconds=1))
        throttle.claim(Limit("account x", 5))
        assert db.session.get(SignInFailures, "account x").count == 1
        clock.tick(timedelta(days=1, seconds=1))
        assert throttle.forget_old() == 1
        assert db.session.query(SignInFailures).count() == 0


def test_success_does_not_end_a_wait_that_others_began(app: Flask) -> None:
    place = Limit("address y", 3)
    own = throttle.claim(place)
    throttle.claim(place)
    throttle.claim(place)  # the third failure: others wait now
    throttle.take_back("address y", own.counts["address y"])
    assert throttle.claim(place).wait_seconds > 0


def test_no_address_that_somebody_typed_is_kept(admin: User, browser_of) -> None:
    fail(browser_of(), 1, "my-password-by-mistake")
    assert not [row for row in db.session.query(SignInFailures) if "my-password" in row.subject]


def test_password_is_hashed_anew_when_the_way_of_hashing_changed(
    admin: User, browser_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = admin.password_hash
    db.session.commit()
    monkeypatch.setattr(users, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert log_in(browser_of(), PASSWORD).status_code == 303
    db.session.expire_all()
    assert admin.password_hash != before
    assert "t=2" in admin.password_hash
    assert log_in(browser_of(), PASSWORD).status_code == 303


def test_unknown_accounts_cost_as_much_work_as_known_ones(app: Flask, company, monkeypatch) -> None:
    make_user(company, Role.VIEWER, email=EMAIL)
    verified: list[str] = []
    real = users.hasher

    class Counting:
        def verify(self, known: str, password: str) -> bool:
            verified.append(known)
            return real.verify(known, password)

        def __getattr__(self, name: str):
            return getattr(real, name)

    monkeypatch.setattr(users, "hasher", Counting())
    for email in (EMAIL, "nobody@northfield.example"):
        sign_in.check(email, "wrong")
    assert len(verified) == 2


def test_sign_in_that_meets_a_password_change_is_refused(company, app: Flask) -> None:
    user = make_user(company, email=EMAIL)
    db.session.commit()
    attempt = sign_in.begin(EMAIL, "198.51.100.7")
    known = sign_in.check(EMAIL, PASSWORD)
    assert known is not None
    user.password_hash = users.hasher.hash("another one, long enough")
    db.session.commit()
    assert sign_in.succeed(attempt, known, PASSWORD) is None

"""Which passwords are taken, and which are what a guesser tries first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.services import password_rules


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "seven green bottles",
        "fernhill-demo",
        "Xk4!pq9z#Lm2",
        "пароль для склада",
        "日本語のパスワードは長い",
    ],
)
def test_long_and_own_words_are_taken(password: str) -> None:
    assert password_rules.fault(password, email="demo@fernhill.example", name="Dana Demo") == ""


@pytest.mark.parametrize(
    "password",
    ["password1234", "PASSWORD!2026", "Pass-Word-1234", "123456789012", "098765432109", "qwertyuiop12", "1qwertyuiop1",
     "345678901234",
     "letmeinletmein", "abcdefghijkl", "zyxwvutsrqpo", "administrator", "!!!!!!!!!!!!!!..,,--"],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert password_rules.fault(password) != ""


@pytest.mark.parametrize(
    "password",
    ["ada.lovelace@northfield.example", "AdaLovelace2026", "lovelace-ada-1", "ada lovelace!", "1815-Lovelace-Ada"],
)
def test_the_persons_own_name_with_little_else_is_refused(password: str) -> None:
    reason = password_rules.fault(password, email="ada.lovelace@northfield.example", name="Ada Lovelace")
    assert "your own name" in reason


def test_lengths_are_told_exactly() -> None:
    assert "this has 11" in password_rules.fault("elevenchars")
    assert password_rules.fault("abcdefghijk0") == ""
    assert "at most 1,000" in password_rules.fault("ab cd ef" * 200)


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_judged(password: str, email: str, name: str) -> None:
    reason = password_rules.fault(password, email=email, name=name)
    assert len(password) >= password_rules.SHORTEST_PASSWORD or reason

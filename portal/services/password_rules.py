"""Which passwords are taken: long ones that are neither the person's own name nor what everybody tries first."""

from __future__ import annotations

import re
import unicodedata

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
FEWEST_DIFFERENT = 5
_LEFT_AT_LEAST = 6
"""Characters that must remain of a password when the person's own names are taken out of it."""
_SHORTEST_NAME = 3

# Our own short list: what is long enough and stands at the top of every guesser's list, without digits at its ends.
_TRIED_FIRST = frozenset({
    "password", "passwordpassword", "passwort", "passwortpasswort", "motdepasse", "mypassword", "thisismypassword",
    "passphrase", "passw0rd", "p4ssword", "secretpassword", "supersecret", "topsecret", "letmein", "letmeinletmein",
    "pleaseletmein", "welcome", "welcomewelcome", "welcomeback", "changeme", "changemechangeme", "changemenow",
    "adminadmin", "adminadminadmin", "administrator", "rootroot", "rootrootroot", "superuser",
    "iloveyou", "iloveyousomuch", "sunshine", "princess", "football", "baseball", "basketball", "dragondragon",
    "monkeymonkey", "trustno", "startrek", "starwars", "whatever", "qazwsxedcrfv",
    "qwertyuiop", "qwertyuiopas", "qwertyuiopasdf", "qwertyuiopasdfgh", "qwertzuiop", "qwertyqwerty", "azertyuiop",
    "asdfghjkl", "asdfghjklqwerty", "zxcvbnm", "qazwsxedc", "abcdefghijkl", "abcdefghijklmnop", "invoice", "invoices",
    "accounting", "accountant", "receivables", "accountsreceivable", "january", "february", "september", "october",
    "november", "december", "spring", "summer", "autumn", "winter",
})  # fmt: skip


def fault(password: str, *, email: str = "", name: str = "") -> str:
    """What is wrong with a password that somebody with this e-mail address and name chose; empty when nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return f"A password has at least {SHORTEST_PASSWORD} characters; this has {len(password)}."
    if len(password) > LONGEST_PASSWORD:
        return f"A password has at most {LONGEST_PASSWORD:,} characters."
    if len(set(password)) < FEWEST_DIFFERENT:
        return "This password repeats the same few characters. Choose another one."
    if is_tried_first(password):
        return "This is one of the passwords that are tried first. Choose another one."
    if is_own_name(password, email, name):
        return "This password is little more than your own name or e-mail address. Choose another one."
    return ""


def is_tried_first(password: str) -> bool:
    """Whether the password, without digits and signs around it, is on the short list or counts up or down."""
    plain = _plain(password)
    return not plain or plain.strip("0123456789") in _TRIED_FIRST or _counts(plain)


def is_own_name(password: str, email: str, name: str) -> bool:
    """Whether hardly anything is left of the password without the person's e-mail address, its first part and name."""
    plain = _plain(password)
    local = email.partition("@")[0]
    names = {_plain(part) for part in (email, local, *re.split(r"[._+-]", local), name, *name.split())}
    left = plain
    for part in sorted(names, key=len, reverse=True):
        if len(part) >= _SHORTEST_NAME:
            left = left.replace(part, "")
    return left != plain and len(left.strip("0123456789")) < _LEFT_AT_LEAST


def _plain(text: str) -> str:
    """Letters and digits only, in lower case."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _counts(plain: str) -> bool:
    """Whether every character is the one after (or before) its neighbour: 123456789012, abcdefghijkl."""
    steps = {_step(first, second) for first, second in zip(plain, plain[1:], strict=False)}
    return steps in ({1}, {-1})


def _step(first: str, second: str) -> int:
    step = ord(second) - ord(first)
    around = {9: -1, -9: 1} if (first + second).isdecimal() else {}  # after 9 comes 0
    return around.get(step, step)

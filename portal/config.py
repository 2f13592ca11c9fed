"""Settings from the environment: one frozen dataclass, checked at the start.

A secret has no default outside the embedded mode (`portal up`), which makes its own and keeps them in the data
folder. A missing or malformed value stops the start with one line that names it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

INTACCT_URL = "https://api.intacct.com/ia/xml/xmlgw.phtml"


class SettingsError(Exception):
    """A setting is missing or malformed; the text names it."""


@dataclass(frozen=True)
class Settings:
    """Everything the portal takes from its environment. Units stand in the names."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    credentials_keys: tuple[str, ...] = field(repr=False)
    intacct_url: str = INTACCT_URL
    intacct_sender_id: str = "invoiced"
    intacct_sender_password: str = field(default="", repr=False)
    intacct_settle_wait_seconds: int = 1200
    run_lease_seconds: int = 60
    run_slice_seconds: int = 60
    database_wait_seconds: float = 30
    mail_url: str = field(default="", repr=False)
    mail_from: str = "portal@localhost"
    port: int = 8000
    data: Path = Path("instance")
    portal_url: str = "http://127.0.0.1:8000"
    brand: str = "Invoiced"
    support_email: str = ""
    metrics_token: str = field(default="", repr=False)
    log_format: str = "json"
    testing: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting. Raises SettingsError naming the first that is missing or malformed."""
        source = os.environ if env is None else env
        read = _Reader(source)
        return cls(
            database_url=read.database_url("DATABASE_URL"),
            redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix", "valkey")),
            secret_key=read.secret("SECRET_KEY", 16),
            credentials_keys=read.fernet_keys("CREDENTIALS_KEYS"),
            intacct_url=read.url("INTACCT_URL", ("https", "http"), INTACCT_URL),
            intacct_sender_id=read.text("INTACCT_SENDER_ID", "invoiced"),
            intacct_sender_password=read.text("INTACCT_SENDER_PASSWORD", ""),
            intacct_settle_wait_seconds=read.number("INTACCT_SETTLE_WAIT", 1200, 0, 86_400),
            run_lease_seconds=read.number("RUN_LEASE", 60, 1, 3600),
            run_slice_seconds=read.number("RUN_SLICE", 60, 1, 86_400),
            database_wait_seconds=read.number("DATABASE_WAIT", 30, 1, 600),
            mail_url=read.url("MAIL_URL", ("smtp", "smtps", "file"), ""),
            mail_from=read.text("MAIL_FROM", "portal@localhost"),
            port=read.number("PORT", 8000, 1, 65_535),
            data=Path(read.text("PORTAL_DATA", "instance")),
            portal_url=read.url("PORTAL_URL", ("http", "https"), "http://127.0.0.1:8000").rstrip("/"),
            brand=read.text("PORTAL_BRAND", "Invoiced"),
            support_email=read.text("SUPPORT_EMAIL", ""),
            metrics_token=read.optional_secret("METRICS_TOKEN", 16),
            log_format=read.word("LOG_FORMAT", "json", ("json", "text")),
        )


@dataclass(frozen=True)
class _Reader:
    """Reads one variable at a time; each method raises SettingsError with the variable's name."""

    env: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.env.get(name, "").strip() or default

    def required(self, name: str) -> str:
        value = self.text(name, "")
        if not value:
            raise SettingsError(f"{name} is not set.")
        return value

    def secret(self, name: str, at_least: int) -> str:
        value = self.required(name)
        if len(value) < at_least:
            raise SettingsError(f"{name} is too short: at least {at_least} characters.")
        return value

    def optional_secret(self, name: str, at_least: int) -> str:
        return self.secret(name, at_least) if self.text(name, "") else ""

    def word(self, name: str, default: str, words: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in words:
            raise SettingsError(f"{name} must be {' or '.join(words)}.")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not text.isdigit() or not low <= int(text) <= high:
            raise SettingsError(f"{name} must be a whole number from {low} to {high}.")
        return int(text)

    def url(self, name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
        value = self.required(name) if default is None else self.text(name, default)
        if value and urlsplit(value).scheme not in schemes:
            raise SettingsError(f"{name} must be a URL that starts with {' or '.join(s + '://' for s in schemes)}.")
        return value

    def database_url(self, name: str) -> str:
        value = self.required(name)
        if value.startswith(("postgres://", "postgresql://")):
            return "postgresql+psycopg://" + value.split("://", 1)[1]
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise SettingsError(f"{name} must start with postgresql:// or sqlite:///.")
        return value

    def fernet_keys(self, name: str) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in self.required(name).split(",") if key.strip())
        for key in keys:
            try:
                Fernet(key)
            except ValueError as error:
                raise SettingsError(f"{name} must hold Fernet keys (32 bytes, base64), comma-separated.") from error
        return keys

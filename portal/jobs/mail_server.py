"""Where mails go: an SMTP server, or a folder in the embedded mode. MAIL_URL says which.

smtp://user:password@host:587?tls=1 (STARTTLS, required), smtps://user:password@host:465, smtp://host:25, file:///folder
"""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

ANSWER_WITHIN_SECONDS = 20
_PORTS = {"smtp": 25, "smtps": 465}
_POLICY = b"5.7."  # "delivery not authorized": often the set-up of the server or of MAIL_URL, which somebody mends


class NotSent(Exception):
    """The mail is not out. With `for_good` the same mail will never be taken; with `unreachable` no other one now."""

    def __init__(self, reason: str, *, for_good: bool = False, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.unreachable = unreachable


class MailServer(Protocol):
    """Something that takes mails."""

    def send(self, made: EmailMessage, name: str) -> None:
        """Hand over one mail. Raises NotSent. `name` is the same at every try of this mail."""


@dataclass(frozen=True)
class Folder:
    """Each mail becomes a file, for one machine without a mail server."""

    path: Path

    def send(self, made: EmailMessage, name: str) -> None:
        """Write the mail, whole or not at all; a second try overwrites the first."""
        target = self.path / f"{name}.eml"
        part = self.path / f".{name}.{os.getpid()}"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(made.as_bytes())
            part.replace(target)
        except OSError as error:
            raise NotSent(f"The folder of MAIL_URL cannot be written: {error.strerror}.", unreachable=True) from error


@dataclass(frozen=True)
class SmtpServer:
    """A mail server, as MAIL_URL names it."""

    host: str
    port: int
    implicit_tls: bool
    start_tls: bool
    user: str
    password: str = field(repr=False)

    def send(self, made: EmailMessage, name: str) -> None:
        """Connect, sign in, hand over, leave."""
        try:
            client = self._connected()
            try:
                client.send_message(made)
            finally:
                _leave(client)
        except (smtplib.SMTPException, OSError) as error:
            raise self._not_sent(error) from error

    def _not_sent(self, error: smtplib.SMTPException | OSError) -> NotSent:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return _refused(*next(iter(error.recipients.values())))
        if isinstance(error, smtplib.SMTPAuthenticationError):
            text = f"The mail server refused the sign-in of MAIL_URL ({error.smtp_code})."
            return NotSent(text, unreachable=True)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return NotSent(f"The mail server cannot do what this needs: {error}")
        if isinstance(error, smtplib.SMTPDataError):
            return _refused(error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPResponseException):
            return NotSent(_said(error.smtp_code, error.smtp_error))
        if isinstance(error, ssl.SSLError):
            return NotSent(f"No safe connection to {self._place}: {error.reason or error}.", unreachable=True)
        return NotSent(f"T{self._place[1:]} cannot be reached: {_words(error)}.", unreachable=True)

    @property
    def _place(self) -> str:
        return f"the mail server {self.host}:{self.port}"

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.implicit_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=ANSWER_WITHIN_SECONDS, context=context
            )
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=ANSWER_WITHIN_SECONDS)
        try:
            if self.start_tls:
                client.starttls(context=context)
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


def server(mail_url: str) -> MailServer:
    """What MAIL_URL names. Raises NotSent, saying what to set, when it names nothing usable."""
    if not mail_url:
        raise NotSent("MAIL_URL is not set: the portal has no mail server. Set it, and the mail goes out.",
                      unreachable=True)  # fmt: skip
    parts = urlsplit(mail_url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    try:
        return _smtp(parts)
    except ValueError:
        raise NotSent("MAIL_URL names no usable port.", unreachable=True) from None


def _smtp(parts: SplitResult) -> SmtpServer:
    wants_tls = parse_qs(parts.query).get("tls", ["0"])[-1] not in ("", "0")
    made = SmtpServer(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        implicit_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp" and wants_tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    if not made.host:
        raise NotSent("MAIL_URL names no host.", unreachable=True)
    if made.user and not (made.implicit_tls or made.start_tls or _is_here(made.host)):
        raise NotSent("MAIL_URL would send its password unencrypted. Add ?tls=1, or use smtps://.", unreachable=True)
    return made


def _leave(client: smtplib.SMTP) -> None:
    """End the connection. What happens here changes nothing: the mail was taken before, or was not."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()


def _refused(code: int, words: bytes | str) -> NotSent:
    return NotSent(_said(code, words), for_good=_never(code, words))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _never(code: int, words: bytes | str) -> bool:
    raw = words if isinstance(words, bytes) else words.encode()
    return 500 <= code < 600 and code not in (530, 535) and not raw.lstrip().startswith(_POLICY)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"The mail server answered {code} {text}"


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")

"""A mail as it goes over the wire. Nothing in a header can begin another one: the standard library refuses it."""

from __future__ import annotations

from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from portal.services.outgoing import Letter, one_line


def message(letter: Letter, mail_from: str) -> EmailMessage:
    """The letter as a message from `mail_from` ("name@host" or "Name <name@host>"), as text with HTML beside it.

    Raises ValueError when the recipient or `mail_from` is no address.
    """
    name, address = parseaddr(mail_from)
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = Address(name or letter.sender_name, addr_spec=_ascii_host(address))
    made["To"] = Address(addr_spec=_ascii_host(letter.recipient))
    made["Subject"] = one_line(letter.subject)
    made["Date"] = format_datetime(letter.created_at)
    made["Message-ID"] = f"<{letter.message_id}@{_ascii_host(address).rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # no holiday answers, please (RFC 3834)
    made.set_content(letter.text)
    if letter.html:
        made.add_alternative(letter.html, subtype="html")
    return made


def _ascii_host(address: str) -> str:
    """The address with its host as the network writes it (IDNA)."""
    local, _, host = address.rpartition("@")
    try:
        return f"{local}@{host.encode('idna').decode()}" if local else ""
    except UnicodeError as error:
        raise ValueError("The host of this address cannot be written for the network.") from error

"""A mail as it goes over the wire. Nothing in a header can begin another one: the standard library refuses it."""

from __future__ import annotations

from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from portal.services.outgoing import Letter, one_line


def message(letter: Letter, sender: Address) -> EmailMessage:
    """The letter as a message, as text with HTML beside it. Raises ValueError when the recipient is no address."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = sender
    made["To"] = _address("", letter.recipient)
    made["Subject"] = one_line(letter.subject)
    made["Date"] = format_datetime(letter.created_at)
    made["Message-ID"] = f"<{letter.message_id}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # no holiday answers, please (RFC 3834)
    made.set_content(letter.text)
    if letter.html:
        made.add_alternative(letter.html, subtype="html")
    return made


def sender(mail_from: str, name: str) -> Address:
    """Who sends: MAIL_FROM ("name@host" or "Name <name@host>"), under `name` where it has none.

    Raises ValueError when it is no address.
    """
    own_name, address = parseaddr(mail_from)
    return _address(own_name or name, address)


def _address(name: str, text: str) -> Address:
    """One address, its host as the network writes it (IDNA). Raises ValueError."""
    local, _, host = text.rpartition("@")
    if not local or not host:
        raise ValueError("An address has a name, an @ and a host.")
    try:
        return Address(name, addr_spec=f"{local}@{host.encode('idna').decode()}")
    except (MessageError, UnicodeError, IndexError) as error:  # the parser's own ways to say that it is none
        raise ValueError("This is no single e-mail address.") from error

"""A message from the server itself to one of its users, as plain text."""

from datetime import datetime
from email.utils import format_datetime

from easd.mime.words import encode_address, encode_words
from easd.model.email import Address


def notice(recipient: Address, subject: str, text: str, *, message_id: str, now: datetime) -> bytes:
    """The message with CRLF line ends; `message_id` is given without angle brackets. It comes from the postmaster of
    the recipient's domain.
    """
    domain = recipient.address.rpartition("@")[2]
    lines = (
        f"From: {encode_address(Address('Mail server', f'postmaster@{domain}'))}",
        f"To: {encode_address(recipient)}",
        f"Subject: {encode_words(subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{message_id}>",
        "Auto-Submitted: auto-generated",  # RFC 3834: nobody who is away answers it
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text.splitlines(),
        "",
    )
    return "\r\n".join(lines).encode("utf-8", "replace")

"""The report that tells an author which recipients a message did not reach (RFC 3461, RFC 3462, RFC 3464)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Final

from easd.mime.headers import MAX_BLOCK, Headers, message_ids
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address

_BLANK = re.compile(rb"^\r?\n", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}$")
_MAX_REASON: Final = 900  # a line of mail has at most 998 characters


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient who was not reached: the address, why in words, and the RFC 3463 status code."""

    address: str
    reason: str
    status: str = "5.0.0"


def bounce(
    original: bytes,
    recipient: str,
    failed: Sequence[FailedRecipient],
    *,
    domain: str,
    message_id: str,
    now: datetime,
) -> bytes:
    """A non-delivery report for `recipient`, the author of `original`, as a multipart/report with CRLF line ends.

    It comes from `MAILER-DAEMON@domain`, carries `message_id` (with or without angle brackets) and the header fields
    of the original. The caller sends it with an empty envelope sender, and never sends one about a message that
    itself had an empty one.
    """
    returned = _header_block(original)
    boundary = _boundary(returned, message_id)
    headers, _ = Headers.parse(returned, 0, len(returned), [])
    sections = (_explanation(failed, headers), _status(failed, domain), _returned(returned))
    lines = _top(recipient, domain, message_id, now, boundary, headers)
    parts = b"".join(b"\r\n--%s\r\n%s" % (boundary, section) for section in sections)
    return _crlf("\r\n".join(lines).encode("utf-8")) + b"\r\n" + parts + b"\r\n--%s--\r\n" % boundary


def _top(recipient: str, domain: str, message_id: str, now: datetime, boundary: bytes, headers: Headers) -> list[str]:
    subject = headers.text("subject")
    lines = [
        f"From: {encode_address(Address('Mail Delivery System', f'MAILER-DAEMON@{domain}'))}",
        f"To: {encode_address(Address('', recipient))}",
        f"Subject: {encode_words(f'Undeliverable: {subject}'[:300])}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <{message_id.strip('<> ')}>",
    ]
    for answered in message_ids(headers.first("message-id"))[:1]:
        lines += (f"In-Reply-To: <{answered}>", f"References: <{answered}>")
    return [
        *lines,
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="' + boundary.decode("ascii") + '"',
        "",
    ]


def _explanation(failed: Sequence[FailedRecipient], headers: Headers) -> bytes:
    subject = headers.text("subject")
    lines = ["Your message could not be delivered to these recipients:", ""]
    for each in failed:
        lines += (_line(each.address), f"    {_line(each.reason)}", "")
    lines.append(f"Subject of your message: {subject[:_MAX_REASON]}" if subject else "Your message had no subject.")
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + "\r\n".join(lines)).encode("utf-8", "replace")


def _status(failed: Sequence[FailedRecipient], domain: str) -> bytes:
    """RFC 3464 section 2: the fields for the message, then a group for each recipient."""
    groups = [f"Reporting-MTA: dns; {_line(domain)}"]
    for each in failed:
        status = each.status if _STATUS.match(each.status) else "5.0.0"
        reason = _line(each.reason).encode("ascii", "replace").decode("ascii")
        kind = "rfc822" if each.address.isascii() else "utf-8"  # RFC 6533 section 3
        groups.append(
            f"Final-Recipient: {kind}; {_line(each.address)}\r\nAction: failed\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: X-easd; {reason}"
        )
    text = "Content-Type: message/delivery-status\r\n\r\n" + "\r\n\r\n".join(groups) + "\r\n"
    return text.encode("utf-8", "replace")


def _returned(block: bytes) -> bytes:
    encoding = b"7bit" if block.isascii() else b"8bit"
    return b"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (encoding, block)


def _header_block(original: bytes) -> bytes:
    """The header fields of the original with CRLF line ends, cut to what a report can carry."""
    end = _BLANK.search(original)
    return _crlf(original[: min(end.start() if end else len(original), MAX_BLOCK)])


def _crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _boundary(returned: bytes, message_id: str) -> bytes:
    """A boundary that the returned fields cannot hold, as it depends on all of their bytes."""
    digest = blake2b(returned + message_id.encode("utf-8", "replace"), digest_size=16)
    return b"report-" + digest.hexdigest().encode("ascii")


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:_MAX_REASON]

"""The report that tells an author what has become of a message (RFC 3461, RFC 3462, RFC 3464)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Final

from easd.mime.headers import MAX_BLOCK, Headers, message_ids
from easd.mime.words import encode_address, encode_words
from easd.model.email import Address
from easd.model.outgoing import Action, Outcome

_BLANK = re.compile(rb"^\r?\n", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}$")
_MAX_REASON: Final = 900  # a line of mail has at most 998 characters

_TITLES: Final[Mapping[Action, tuple[str, str]]] = {
    Action.FAILED: ("Undeliverable", "Your message could not be delivered to these recipients:"),
    Action.DELAYED: (
        "Delayed",
        "Your message could not be delivered to these recipients yet; it will be tried again without you:",
    ),
    Action.DELIVERED: ("Delivered", "Your message was delivered to these recipients:"),
    Action.RELAYED: (
        "Relayed",
        "Your message was given to the servers of these recipients, which do not tell whether it is delivered:",
    ),
}


def delivery_report(
    original: bytes,
    recipient: str,
    outcomes: Sequence[Outcome],
    *,
    domain: str,
    message_id: str,
    now: datetime,
    reporting: str = "",
    envid: str = "",
    arrived: datetime | None = None,
    full: bool = False,
) -> bytes:
    """A report for `recipient`, the author of `original`, as a multipart/report with CRLF line ends. All of the
    outcomes have the same action.

    It comes from `MAILER-DAEMON@domain`, carries `message_id` (with or without angle brackets) and the header fields
    of the original, or if it is to be `full` all of it. `reporting` is the name of this host (empty: the domain). The
    caller sends it with an empty envelope sender, and never sends one about a message that itself had an empty one.
    """
    block = _header_block(original)
    returned = _whole(original) if full else _fields_alone(block)
    boundary = _boundary(returned, message_id)
    headers, _ = Headers.parse(block, 0, len(block), [])
    title, opening = _TITLES[outcomes[0].action]
    about = _about(reporting or domain, envid, arrived)
    sections = (_explanation(outcomes, headers, opening), _status(outcomes, about, now), returned)
    lines = _top(title, recipient, domain, message_id, now, boundary, headers)
    parts = b"".join(b"\r\n--%s\r\n%s" % (boundary, section) for section in sections)
    return _crlf("\r\n".join(lines).encode("utf-8")) + b"\r\n" + parts + b"\r\n--%s--\r\n" % boundary


def _top(
    title: str, recipient: str, domain: str, message_id: str, now: datetime, boundary: bytes, headers: Headers
) -> list[str]:
    subject = headers.text("subject")
    lines = [
        f"From: {encode_address(Address('Mail Delivery System', f'MAILER-DAEMON@{domain}'))}",
        f"To: {encode_address(Address('', recipient))}",
        f"Subject: {encode_words(f'{title}: {subject}'[:300])}",
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


def _explanation(outcomes: Sequence[Outcome], headers: Headers, opening: str) -> bytes:
    subject = headers.text("subject")
    lines = [opening, ""]
    for each in outcomes:
        lines.append(_line(each.address))
        lines += (f"    {_line(text)}" for text in _words(each))
        lines.append("")
    lines.append(f"Subject of your message: {subject[:_MAX_REASON]}" if subject else "Your message had no subject.")
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + "\r\n".join(lines)).encode("utf-8", "replace")


def _words(outcome: Outcome) -> Iterator[str]:
    if outcome.reason:
        yield outcome.reason
    if outcome.diagnostic:
        yield f"{outcome.remote or 'the other server'} said: {outcome.diagnostic}"
    if outcome.until is not None:
        yield f"It will be tried until {format_datetime(outcome.until)}."


def _about(reporting: str, envid: str, arrived: datetime | None) -> str:
    """The fields for the message (RFC 3464 section 2.2)."""
    lines = [f"Original-Envelope-Id: {_line(envid)}"] if envid else []
    lines.append(f"Reporting-MTA: dns; {_line(reporting)}")
    if arrived is not None:
        lines.append(f"Arrival-Date: {format_datetime(arrived)}")
    return "\r\n".join(lines)


def _status(outcomes: Sequence[Outcome], about: str, now: datetime) -> bytes:
    """RFC 3464 section 2: the fields for the message, then a group for each recipient."""
    groups = [about, *("\r\n".join(_fields_of(each, now)) for each in outcomes)]
    text = "Content-Type: message/delivery-status\r\n\r\n" + "\r\n\r\n".join(groups) + "\r\n"
    return text.encode("utf-8", "replace")


def _fields_of(outcome: Outcome, now: datetime) -> Iterator[str]:
    """RFC 3464 section 2.3."""
    if outcome.original:
        yield f"Original-Recipient: {_line(outcome.original)}"
    kind = "rfc822" if outcome.address.isascii() else "utf-8"  # RFC 6533 section 3
    yield f"Final-Recipient: {kind}; {_line(outcome.address)}"
    yield f"Action: {outcome.action.value}"
    yield f"Status: {outcome.status if _STATUS.match(outcome.status) else '5.0.0'}"
    if outcome.remote:
        yield f"Remote-MTA: dns; {_ascii(outcome.remote)}"
    said = f"smtp; {_ascii(outcome.diagnostic)}" if outcome.diagnostic else f"X-easd; {_ascii(outcome.reason)}"
    yield f"Diagnostic-Code: {said}"
    yield f"Last-Attempt-Date: {format_datetime(now)}"
    if outcome.until is not None:
        yield f"Will-Retry-Until: {format_datetime(outcome.until)}"


def _ascii(text: str) -> str:
    return _line(text).encode("ascii", "replace").decode("ascii")


def _fields_alone(block: bytes) -> bytes:
    return _part(b"text/rfc822-headers", block)


def _whole(original: bytes) -> bytes:
    return _part(b"message/rfc822", _crlf(original))


def _part(kind: bytes, content: bytes) -> bytes:
    encoding = b"7bit" if content.isascii() else b"8bit"
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (kind, encoding, content)


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

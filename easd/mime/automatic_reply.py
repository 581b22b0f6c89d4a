"""Answers that a program gives for somebody who is away: to what mail there may be one, and its bytes (RFC 3834)."""

import re
from collections.abc import Collection
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from easd.mime.addresses import address_field
from easd.mime.compose import NewText, address_line, revised, subject_line
from easd.mime.headers import Headers, message_ids
from easd.model.email import Address

_PROGRAMS: Final = re.compile(
    r"mailer-daemon|daemon|postmaster|listserv|listproc|majordomo|mailman|no-?reply|do-?not-?reply"
    r"|bounces?|owner-.*|.*-(?:request|owner|bounces?|admin|relay)|bounces?[-+=].*|.*[-+]bounces?[-+=].*",
    re.IGNORECASE,
)
_OF_LISTS: Final = re.compile(r"list-|(?:x-)?mailing-list$|x-(?:ml-name|loop|autoreply|autorespond)|feedback-id$")
_BULK: Final = frozenset({"bulk", "list", "junk", "auto_reply"})
_SUPPRESSED: Final = frozenset({"all", "oof", "autoreply"})
_NAMED_IN: Final = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_SUBJECT_MAX: Final = 300
_REFERENCES_MAX: Final = 20


def headers_of(raw: bytes) -> Headers:
    """The header fields of a message."""
    return Headers.parse(raw, 0, len(raw), [])[0]


def may_be_answered(headers: Headers, sender: str, own: Collection[str]) -> bool:
    """Whether a person may have written this to the owner of these addresses, and no list, program or report has.

    `sender` is the envelope's. RFC 3834 section 2; RFC 5230 sections 4.5 and 4.6.
    """
    return _is_person(sender, own) and not _is_automatic(headers) and not _is_junk(headers) and _names(headers, own)


def _is_person(sender: str, own: Collection[str]) -> bool:
    local, at, domain = sender.rpartition("@")
    return bool(local and at and domain) and not _PROGRAMS.fullmatch(local) and sender.lower() not in own


def _is_automatic(headers: Headers) -> bool:
    return (
        any(_OF_LISTS.match(name) for name, _ in headers.fields)
        or _word(headers, "auto-submitted") not in ("", "no")
        or _word(headers, "precedence") in _BULK
        or not _SUPPRESSED.isdisjoint(headers.first("x-auto-response-suppress").lower().replace(" ", "").split(","))
        or _word(headers, "content-type") == "multipart/report"
        or headers.first("return-path").strip() == "<>"
    )


def _is_junk(headers: Headers) -> bool:
    """What a filter before us has said."""
    return _word(headers, "x-spam-flag") == "yes" or headers.first("x-spam-status").strip().lower().startswith("yes")


def _word(headers: Headers, name: str) -> str:
    """The first word of a field, before any parameter, in lower case."""
    return headers.first(name).partition(";")[0].strip().lower()


def _names(headers: Headers, own: Collection[str]) -> bool:
    """Whether it is addressed to the owner: what comes through a list or as a blind copy is not."""
    return any(person.address.lower() in own for name in _NAMED_IN for person in address_field(headers, name))


def automatic_reply(
    answered: Headers, owner: Address, sender: str, text: NewText, *, message_id: str, now: datetime
) -> bytes:
    """The answer to a message with these header fields, from its owner to the envelope's sender.

    It says what it is, so that no other program answers it (RFC 3834 section 5). It must go with an empty envelope
    sender.
    """
    answers = message_ids(answered.first("message-id"))[:1]
    before = message_ids(answered.first("references"))[-_REFERENCES_MAX:]
    subject = f"Automatic reply: {answered.text('subject')}"[:_SUBJECT_MAX].rstrip()
    head = address_line("From", [owner]) + address_line("To", [Address("", sender)]) + subject_line(subject)
    lines = [f"Date: {format_datetime(now)}", f"Message-ID: <{message_id}>"]
    for answered_id in answers:
        lines.append(f"In-Reply-To: <{answered_id}>")
        lines.append("References: " + "\r\n ".join(f"<{each}>" for each in (*before, answered_id)))
    lines += ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0"]
    raw = head + "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace") + b"\r\n"
    return revised(raw, text, (), (), "")

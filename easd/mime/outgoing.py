"""Taking a message from its author into the mail system: recipients and the copies."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from typing import Final

from easd.mime.addresses import address_field
from easd.mime.headers import MAX_BLOCK, Headers, message_ids
from easd.mime.words import encode_address
from easd.model.email import Address

MAX_RECIPIENTS: Final = 500

_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_BLANK = re.compile(rb"^\r?\n", re.MULTILINE)
_ADDRESS = re.compile(
    r'^(?:"[^"\x00-\x1f\x7f]+"|[^\s"<>()\[\],;:\\@\x00-\x1f\x7f]+)'
    r'@(?:\[[0-9A-Za-z.:]+\]|[^\s"<>()\[\],;:\\@\x00-\x1f\x7f]+)$'
)
_DESTINATIONS: Final = ("to", "cc", "bcc")
_HIDDEN: Final = ("bcc", "resent-bcc")


class Reason(Enum):
    """Why a message is not taken."""

    NOT_MIME = "the message does not begin with header fields"
    HEADERS_TOO_LARGE = "the header block is too large"
    NO_RECIPIENTS = "the message names no recipient"
    BAD_RECIPIENT = "a recipient is no mail address"
    TOO_MANY_RECIPIENTS = "the message has too many recipients"
    FROM_NOT_OWN = "the Resent-From or Resent-Sender address is not one that the user may send as"


class OutgoingError(ValueError):
    """The message is not taken; nothing was sent. `reason` is for programs, the text for people."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ready to go.

    `people`: whom it goes to, each address once; `recipients`: their addresses, the envelope. `message`: the bytes for
    them, without Bcc. `sent_copy`: the bytes for the author's Sent Items, with Bcc. `message_id` is without angle
    brackets; `headers` are as they came in, without what nobody may claim. Only header lines differ from what came in:
    the content is the same byte for byte, so signatures stay valid.
    """

    people: tuple[Address, ...]
    message: bytes
    sent_copy: bytes
    message_id: str
    headers: Headers = field(default_factory=lambda: Headers([]), compare=False, repr=False)

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(person.address for person in self.people)


def prepare(
    raw: bytes,
    sender: Address,
    message_id: str,
    now: datetime,
    *,
    own: Collection[str] = (),
    represented: Collection[str] = (),
    max_recipients: int = MAX_RECIPIENTS,
) -> Outgoing:
    """Check and complete a message that `sender` submits. Raises OutgoingError.

    `message_id` (with or without angle brackets) and `now` (aware) are used where Message-ID and Date are missing;
    From and MIME-Version are added as well. `own` are further addresses that the user may send as; a From or Sender
    that names anybody else is replaced by `sender` (MS-ASCMD R448): to refuse the message would leave it in the
    device's outbox for ever, as devices write there what was typed when the account was set up. A message with
    Resent fields (RFC 5322 section 3.6.6) goes to those of its topmost Resent block only. `represented` are addresses
    of others on whose behalf the user may write: a message from them gets a Sender field that names the user.
    """
    made = completed(raw, sender, message_id, now, own=own, represented=represented)
    return replace(made, people=_recipients(made.headers, max_recipients))


def completed(
    raw: bytes,
    sender: Address,
    message_id: str,
    now: datetime,
    *,
    own: Collection[str] = (),
    represented: Collection[str] = (),
) -> Outgoing:
    """The same for a message that has its recipients in an envelope of its own: `people` is empty."""
    raw = raw.lstrip(b"\r\n")
    fields, body = _fields(raw)
    allowed = _keys((sender.address, *own))
    may_be_from = allowed | _keys(represented)
    fields = [field for field in fields if not _is_foreign(field, may_be_from if _name(field) == "from" else allowed)]
    on_behalf = any(_is_foreign(field, allowed) for field in fields)
    if on_behalf:
        fields = [field for field in fields if _name(field) != "sender"]
    headers = Headers(list(map(_split, fields)))
    _check_resender(headers, allowed)
    own_id = next(iter(message_ids(headers.first("message-id"))), "")
    used_id = own_id or message_id.strip("<> ")
    eol = b"\r\n" if raw[: raw.find(b"\n")].endswith(b"\r") else b"\n"
    lines = _missing(headers, sender, "" if own_id else used_id, now)
    if on_behalf:
        lines.append(f"Sender: {encode_address(sender)}")
    added = b"".join(line.encode("utf-8", "replace").replace(b"\r\n", eol) + eol for line in lines)
    kept = [field for field in fields if not (_name(field) == "message-id" and not own_id)]
    content = memoryview(raw)[body:]  # it may be large, and is copied as seldom as can be
    visible = [field for field in kept if _name(field) not in _HIDDEN]
    message = b"".join((added, *visible, content))
    sent_copy = message if visible == kept else b"".join((added, *kept, content))
    return Outgoing((), message, sent_copy, used_id, headers)


def _keys(addresses: Iterable[str]) -> frozenset[str]:
    return frozenset(address_key(address).casefold() for address in addresses)


def _fields(raw: bytes) -> tuple[list[bytes], int]:
    """The header fields, each with its folded lines and line end, and where the rest (from the blank line on)
    begins.
    """
    end = _BLANK.search(raw)
    body = end.start() if end else len(raw)
    if body > MAX_BLOCK:
        raise OutgoingError(Reason.HEADERS_TOO_LARGE, f"more than {MAX_BLOCK} bytes")
    fields: list[bytes] = []
    for line in raw[:body].splitlines(keepends=True) if b"\r" not in raw[:body].replace(b"\r\n", b"") else ():
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line
        elif _FIELD.match(line):
            fields.append(line)
        else:
            raise OutgoingError(Reason.NOT_MIME)
    if not fields:
        raise OutgoingError(Reason.NOT_MIME)
    if not fields[-1].endswith(b"\n"):  # a message of fields only, without a last line end
        fields[-1] += b"\r\n"
    return fields, body


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("latin-1").lower()


def _split(field: bytes) -> tuple[str, bytes]:
    return _name(field), field.partition(b":")[2]


def _is_foreign(field: bytes, allowed: frozenset[str]) -> bool:
    """Whether this is a From or Sender that is not wholly the user's."""
    name, value = _split(field)
    if name not in ("from", "sender"):
        return False
    found = address_field(Headers([(name, value)]), name)
    return not found or any(address_key(address.address).casefold() not in allowed for address in found)


def _check_resender(headers: Headers, allowed: frozenset[str]) -> None:
    resent = _resent(headers)
    for name in ("resent-from", "resent-sender") if resent else ():
        for address in address_field(headers, name):
            if address_key(address.address).casefold() not in allowed:
                raise OutgoingError(Reason.FROM_NOT_OWN, f"{name}: {address.address[:320]}")


def _resent(headers: Headers) -> Headers | None:
    """The topmost block of Resent fields: older blocks tell of earlier journeys."""
    names = [name for name, _ in headers.fields]
    first = next((at for at, name in enumerate(names) if name.startswith("resent-")), None)
    if first is None:
        return None
    block: list[tuple[str, bytes]] = []
    for name, value in headers.fields[first:]:
        if not name.startswith("resent-") or any(name == seen for seen, _ in block):
            break
        block.append((name, value))
    return Headers(block)


def _recipients(headers: Headers, most: int) -> tuple[Address, ...]:
    resent = _resent(headers)
    names = _DESTINATIONS if resent is None else tuple(f"resent-{name}" for name in _DESTINATIONS)
    found: dict[str, Address] = {}
    for name in names:
        for address in address_field(resent or headers, name):
            if not _ADDRESS.match(address.address):
                raise OutgoingError(Reason.BAD_RECIPIENT, address.address[:320] or address.name[:320])
            found.setdefault(address_key(address.address), address)
    if not found:
        raise OutgoingError(Reason.NO_RECIPIENTS)
    if len(found) > most:
        raise OutgoingError(Reason.TOO_MANY_RECIPIENTS, f"{len(found)}, at most {most}")
    return tuple(found.values())


def address_key(address: str) -> str:
    """What two spellings of one address share: the domain is compared without case, the local part as written."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _missing(headers: Headers, sender: Address, message_id: str, now: datetime) -> list[str]:
    """The lines to put on top."""
    lines: list[str] = []
    if not address_field(headers, "from"):
        lines.append(f"From: {encode_address(sender)}")
    if "date" not in headers:
        lines.append(f"Date: {format_datetime(now)}")
    if message_id:
        lines.append(f"Message-ID: <{message_id}>")
    if "mime-version" not in headers:
        lines.append("MIME-Version: 1.0")
    return lines

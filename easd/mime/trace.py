"""What a server that takes a message writes on top of it: where it came from, and what was found out about it."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from easd.mime.headers import MAX_BLOCK, MAX_FIELDS
from easd.model.frozen import dataclass

_RESULTS: Final = re.compile(rb"^authentication-results[ \t]*:", re.IGNORECASE)
_COMMENT: Final = re.compile(rb"\([^()]*\)")
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]|[()\\\"<>;]")
_WORD_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Passage:
    """How a message came in. `helo` is what the client called itself, `address` where it really was; `protocol` as in
    the IANA registry of mail transmission types (ESMTPS); `signed_in`: the client had proved who it is, and its address
    is nobody's business.
    """

    helo: str
    address: str
    protocol: str
    host: str
    number: str
    signed_in: bool = False


def received(passage: Passage, now: datetime, recipient: str = "") -> bytes:
    """The Received field (RFC 5321 section 4.4); `recipient` where there is one only."""
    came = f"from {_word(passage.helo)}"
    if not passage.signed_in:
        address = passage.address if ":" not in passage.address else f"IPv6:{passage.address}"
        came += f" ([{_word(address)}])"
    lines = [f"Received: {came}", f"by {_word(passage.host)} with {passage.protocol} id {passage.number}"]
    if recipient:
        lines.append(f"for <{_path(recipient)}>")
    lines[-1] += ";"
    return "\r\n\t".join([*lines, format_datetime(now)]).encode("ascii", "replace") + b"\r\n"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check, as RFC 8601 has it: `spf`, `pass`, and what it is about (`smtp.mailfrom`)."""

    method: str
    result: str
    about: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def authentication_results(host: str, findings: Iterable[Finding]) -> bytes:
    """The Authentication-Results field (RFC 8601 section 2.2) of the server that is called `host`."""
    found = [_finding(one) for one in findings] or ["none"]
    return "\r\n\t".join([f"Authentication-Results: {_word(host)};", ";\r\n\t".join(found)]).encode("ascii") + b"\r\n"


def _finding(one: Finding) -> str:
    text = f"{one.method}={one.result}"
    if one.reason:
        text += f' reason="{_UNSAFE.sub(" ", one.reason)[:_WORD_MAX]}"'
    return text + "".join(f" {name}={_word(value)}" for name, value in one.about if value)


def _word(text: str) -> str:
    """What a stranger says, so that it can end nothing and begin nothing."""
    return _UNSAFE.sub("?", text)[:_WORD_MAX] or "unknown"


def _path(address: str) -> str:
    return re.sub(r"[\x00-\x20<>\x7f]", "?", address)[:320]


def without_forged(raw: bytes, host: str) -> bytes:
    """The message without Authentication-Results fields that claim to be of this server (RFC 8601 section 5)."""
    if b"uthentication-" not in raw[:MAX_BLOCK] and b"UTHENTICATION-" not in raw[:MAX_BLOCK].upper():
        return raw
    kept, at, name = [], 0, host.lower().encode("ascii", "replace")
    for _ in range(MAX_FIELDS):
        end = _field_end(raw, at)
        field = raw[at:end]
        if not field.strip() or at >= MAX_BLOCK:
            break
        if not (_RESULTS.match(field) and _claims(field, name)):
            kept.append(field)
        at = end
    return b"".join((*kept, raw[at:]))


def _claims(field: bytes, name: bytes) -> bool:
    value = _COMMENT.sub(b" ", field.partition(b":")[2])
    words = value.replace(b";", b" ; ").replace(b"/", b" ").split()
    return bool(words) and words[0].strip(b'"').lower() == name


def _field_end(raw: bytes, at: int) -> int:
    """The end of the field that begins at `at`, with its folded lines."""
    while True:
        line_end = raw.find(b"\n", at)
        if line_end < 0:
            return len(raw)
        at = line_end + 1
        if raw[at : at + 1] not in (b" ", b"\t"):
            return at

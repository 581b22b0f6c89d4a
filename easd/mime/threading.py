"""The header fields that put an answer into the conversation of its original, where the device left them out."""

import binascii
from datetime import UTC, datetime
from typing import Final

from easd.mime.conversation import thread_topic
from easd.mime.headers import Headers
from easd.mime.words import encode_words
from easd.model.email import Email

_FILETIME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_TOP: Final = 0x01  # of today's FILETIME; Thread-Index begins with it
_REFERENCES_MAX: Final = 20
_SHORT_GAP: Final = 1 << 49


def threaded(new: bytes, original: Email, now: datetime) -> bytes:
    """The message with In-Reply-To, References, Thread-Topic and Thread-Index, each only where it was missing."""
    headers, _ = Headers.parse(new, 0, len(new), [])
    lines = [f"{name}: {value}\r\n" for name, value in _fields(original, now) if name.lower() not in headers]
    return "".join(lines).encode("utf-8", "replace") + new if lines else new


def _fields(original: Email, now: datetime) -> list[tuple[str, str]]:
    topic = original.thread_topic or thread_topic(original.subject, "")
    found = [("Thread-Topic", encode_words(topic))] if topic else []
    if len(original.conversation_id) == 16 and len(original.conversation_index) >= 5:
        found.append(("Thread-Index", _index(original, now)))
    if original.message_id:
        chain = (*original.references, original.message_id)
        kept = chain if len(chain) <= _REFERENCES_MAX else (chain[0], *chain[1 - _REFERENCES_MAX :])
        found.append(("In-Reply-To", f"<{original.message_id}>"))
        found.append(("References", "\r\n ".join(f"<{each}>" for each in kept)))
    return found


def _index(original: Email, now: datetime) -> str:
    """The original's index and five bytes for this answer (MS-OXOMSG PidTagConversationIndex)."""
    header, responses = original.conversation_index[:5], original.conversation_index[5:]
    index = bytes([_TOP]) + header + original.conversation_id + responses + _response(header, now)
    text = binascii.b2a_base64(index, newline=False).decode("ascii")
    return "\r\n ".join(text[at : at + 60] for at in range(0, len(text), 60))


def _response(header: bytes, now: datetime) -> bytes:
    """The time since the first message of the thread in 31 bits, after a bit that tells how coarse it is."""
    since = now - _FILETIME_EPOCH
    ticks = (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
    gap = max(0, ticks - int.from_bytes(bytes([_TOP]) + header + b"\0\0", "big"))
    coarse = gap >= _SHORT_GAP
    bits = (gap >> (23 if coarse else 18)) & 0x7FFFFFFF
    return (bits | (0x80000000 if coarse else 0)).to_bytes(4, "big") + b"\0"

"""Which conversation a message belongs to (MS-ASCON 2.2.2.3, 2.2.2.4; the Thread-Topic and Thread-Index fields of
Exchange).
"""

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from easd.mime.headers import lenient_base64

_REPLY_MARK = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|antw|sv|vs|vb|tr|rif|r|i|rv|res|enc|odp|pd|ynt|ilt|ref|doorst|fs|vl|回复|回覆|答复|转发|轉寄|返信|転送)"
    r"\s{0,3}(?:\[\d{1,4}\]|\(\d{1,4}\))?\s{0,3}[:：])+\s*",
    re.IGNORECASE,
)
_MAX_MARKS: Final = 50

_FILETIME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_HEADER_END: Final = 6  # Thread-Index: one reserved byte and five of time, ...
_GUID_END: Final = 22  # ... then sixteen of GUID, then five for each response (MS-OXOMSG PidTagConversationIndex)
_RESPONSE: Final = 5
_MAX_RESPONSES: Final = 200


def thread_topic(subject: str, topic_field: str) -> str:
    """MS-ASEMAIL R778 ThreadTopic: the Thread-Topic field, or the subject without its reply and forward marks."""
    if topic_field:
        return topic_field
    for _ in range(_MAX_MARKS):
        shorter = _REPLY_MARK.sub("", subject, count=1)
        if shorter == subject:
            break
        subject = shorter
    return subject.strip()


def decode_thread_index(value: str) -> bytes | None:
    """The bytes of a Thread-Index field, or None where it is absent or too short to hold a time and a GUID."""
    data = lenient_base64(value.encode("utf-8")) if value else b""
    if len(data) < _GUID_END:
        return None
    responses = min((len(data) - _GUID_END) // _RESPONSE, _MAX_RESPONSES)
    return data[: _GUID_END + responses * _RESPONSE]


def conversation_id(thread_index: bytes | None, chain: tuple[str, ...], fallback: str) -> bytes:
    """16 bytes, the same for all messages of a thread (MS-ASEMAIL R343).

    The GUID of Thread-Index where there is one; else a digest of the thread's first message identifier, which is the
    first of `chain` (References, In-Reply-To, own Message-ID); else of `fallback`.
    """
    if thread_index is not None:
        return thread_index[_HEADER_END:_GUID_END]
    first = (chain[0] if chain else fallback).encode("utf-8", "replace")
    return blake2b(first, digest_size=16, person=b"conversation").digest()


def conversation_index(thread_index: bytes | None, sent: datetime) -> bytes:
    """MS-ASCON R90, R259: the five-byte time header, and five bytes for each response where Thread-Index tells of them.

    Without Thread-Index the header comes from the date of this message (MS-ASCON R95).
    """
    if thread_index is not None:
        return thread_index[1:_HEADER_END] + thread_index[_GUID_END:]
    since = sent - _FILETIME_EPOCH
    ticks = (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
    # MS-ASCON R97, R308, R309: three bytes of the high part and two of the low part, most significant first; the top
    # byte of the eight is not sent.
    return max(ticks, 0).to_bytes(8, "big")[1:6]

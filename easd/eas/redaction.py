"""Documents without content: what the protocol says stays, what people say is masked. Pure.

Everything is masked but the elements that are named here, and numbers of up to three digits. A mask keeps the shape: a
date stays a date, an address has its @, a text its length, so that the document is as valid as it was.
"""

import re
from hashlib import blake2b
from typing import Final

from easd.wbxml import Element, tag

_KEPT_NAMES: Final = {
    "AirSync": "SyncKey ClientId ServerId Status Class CollectionId GetChanges WindowSize FilterType Truncation "
    "RTFTruncation Conflict MIMESupport MIMETruncation DeletesAsMoves Wait Limit Partial ConversationMode MaxItems "
    "HeartbeatInterval",
    "GetItemEstimate": "Class CollectionId Estimate Status",
    "FolderHierarchy": "ServerId ParentId Type SyncKey Status Count",
    "Ping": "HeartbeatInterval Id Class Status MaxFolders",
    "Move": "SrcMsgId SrcFldId DstFldId DstMsgId Status",
    "MeetingResponse": "CalendarId CollectionId RequestId Status UserResponse Result",
    "Provision": "PolicyType Status",
    "ItemOperations": "Store Status Range Total Version DstFldId",
    "Settings": "Status BodyType Model OS OSLanguage UserAgent",
    "Search": "Name Status Range Total LongId MaxSize MaxPictures",
    "Find": "Status Range Total MaxSize MaxPictures",
    "ResolveRecipients": "Status MaxSize MaxPictures",
    "ValidateCert": "Status",
    "ComposeMail": "ClientId FolderId ItemId LongId Status",
    "AirSyncBase": "TruncationSize EstimatedDataSize FileReference Status ClientId",
    "Email": "MessageClass ContentClass InternetCPID",
    "Calendar": "Timezone",
}
KEPT: Final = frozenset(tag(f"{page}:{name}") for page, names in _KEPT_NAMES.items() for name in names.split())
"""Elements whose text is of the protocol: keys, ids that the server made, classes, statuses, sizes, and what a device
is.
"""

_ALIKE: Final = frozenset(
    map(
        tag,
        (
            "Calendar:UID",
            "Calendar:ClientUid",
            "Email:GlobalObjId",
            "Email2:ConversationId",
            "ItemOperations:ConversationId",
            "Find:SearchId",
        ),
    )
)
"""Elements of which it matters whether two are the same: they are replaced by something that is so as well."""

_MAIL: Final = tag("ComposeMail:Mime")
_MASKED_MAIL: Final = b"From: x@example.invalid\r\nTo: x@example.invalid\r\nSubject: x\r\n\r\nx\r\n"
_SECRET: Final = frozenset(map(tag, ("Settings:Password", "ItemOperations:Password", "ItemOperations:UserName")))

_KEPT_LENGTH_MAX: Final = 512
_NUMBER: Final = re.compile(r"-?[0-9]{1,3}")
_DATES: Final = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"), "2001-01-01T00:00:00.000Z"),
    (re.compile(r"[0-9]{8}T[0-9]{6}Z"), "20010101T000000Z"),
)
_PLAIN: Final = frozenset(" @.,:;-_+=/<>()\r\n\t\"'?!#&%*[]{}|")


def redacted(root: Element, key: bytes) -> Element:
    """A copy of the document in which all content is masked. `key` (up to 64 bytes, a secret of the process) makes the
    replacements of texts that must stay alike.
    """
    content = root.content
    if isinstance(content, list):
        return Element(root.tag, [redacted(child, key) for child in content])
    if content is None or not content:
        return Element(root.tag, content)
    return Element(root.tag, _masked(root, content, key))


def _masked(element: Element, content: str | bytes, key: bytes) -> str | bytes:
    if element.tag in KEPT:
        return content[:_KEPT_LENGTH_MAX]
    if element.tag == _MAIL:
        return _MASKED_MAIL
    if element.tag in _SECRET:
        return "x" if isinstance(content, str) else b"x"
    if element.tag in _ALIKE:
        return _alike(content, key)
    return _shape(content) if isinstance(content, str) else b"x" * len(content)


def _alike(content: str | bytes, key: bytes) -> str | bytes:
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    digest = blake2b(raw, key=key, digest_size=16)
    return digest.hexdigest() if isinstance(content, str) else digest.digest()


def _shape(content: str) -> str:
    """A text of the same length and shape that says nothing."""
    if _NUMBER.fullmatch(content):
        return content
    for pattern, date in _DATES:
        if pattern.fullmatch(content):
            return date
    return "".join(map(_mask, content))


def _mask(character: str) -> str:
    if character in _PLAIN:
        return character
    if character.isdigit():
        return "0"
    return "X" if character.isupper() else "x"

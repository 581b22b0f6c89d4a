"""What is kept of an item, sealed: a mark that no JSON begins with, the number of the key, and what it has sealed.

It is bound to its place, so that items cannot be exchanged; whatever moves one opens it and seals it anew.
"""

import struct
from typing import Final

from easd.store.sealing.cipher import ContentKey

_HEAD: Final = struct.Struct(">cq")
_MARK: Final = b"\x01"
HEAD: Final = _HEAD.size
"""Bytes that `key_of` needs."""
Place = tuple[int, int, int]
"""Mailbox, folder and uid."""


def seal(key: ContentKey, content: bytes, place: Place) -> bytes:
    """The content as it is written. What is sealed already stays as it is: nobody could open it."""
    if key_of(content) is not None:
        return content
    return _HEAD.pack(_MARK, key.id) + key.wrap(content, _about(place))


def unseal(key: ContentKey, sealed: bytes, place: Place) -> bytes:
    """The content again, with the key that `key_of` names. Altered."""
    return key.unwrap(sealed[HEAD:], _about(place))


def key_of(content: bytes) -> int | None:
    """The number of the key that has sealed it; None: it is plain."""
    if content[:1] != _MARK or len(content) < HEAD:
        return None
    number: int = _HEAD.unpack(content[:HEAD])[1]
    return number


def _about(place: Place) -> bytes:
    return b"item" + struct.pack(">qqq", *place)

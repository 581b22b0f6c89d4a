"""How bytes are sealed: AES-256 in GCM, which also tells whether they were altered. No database, no keys of its own.

A key of a blob seals its content in frames, numbered by their nonces: it is used for one content only, so that no nonce
comes twice. Texts, which may be replaced, have random nonces of another form.
"""

import hmac
import os
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET: Final = 32
"""Bytes of a key."""
FRAME: Final = 2**16
"""Bytes of content that are sealed as one, so that a range can be read without the rest of its chunk."""
TAG: Final = 16
SEALED_FRAME: Final = FRAME + TAG
_NONCE: Final = 12
_RANDOM: Final = 0x80
"""Set in the first byte of nonces that are no numbers."""


class Altered(Exception):
    """What was sealed is not what is there, or was sealed with another key."""


def seal(key: AESGCM, secret: bytes, about: bytes) -> bytes:
    """A small secret with a nonce before it; it opens for the same `about` alone."""
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, secret, about)


def unseal(key: AESGCM, sealed: bytes, about: bytes) -> bytes:
    """The secret again. Altered."""
    return _opened(key, sealed[:_NONCE], sealed[_NONCE:], about)


def sealed_length(size: int) -> int:
    """How many bytes a content of that size takes once it is sealed."""
    return size + TAG * -(-size // FRAME)


class ContentKey:
    """The key of an organisation: it seals the keys of blobs, and makes digests that tell nothing without it."""

    __slots__ = ("_aead", "_digest", "id")

    BYTES: Final = 2 * SECRET

    def __init__(self, number: int, secret: bytes) -> None:
        """`secret`: what seals, then what digests."""
        self.id = number
        self._aead = AESGCM(secret[:SECRET])
        self._digest = secret[SECRET:]

    def digest(self, data: bytes) -> bytes:
        """By which equal contents of the organisation are recognised."""
        return hmac.digest(self._digest, data, "sha256")

    def wrap(self, secret: bytes, about: bytes) -> bytes:
        """The key of a blob, `about` being its digest, or what is kept of an item, sealed."""
        return seal(self._aead, secret, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The same again. Altered."""
        return unseal(self._aead, wrapped, about)


class BlobCipher:
    """Seals and opens the content and the texts of one blob."""

    __slots__ = ("_aead", "_blob", "_size")

    def __init__(self, secret: bytes, blob_id: int, size: int) -> None:
        self._aead = AESGCM(secret)
        self._blob, self._size = blob_id, size

    def seal(self, first: int, data: bytes) -> bytes:
        """Content that begins with the frame of that number."""
        pieces = (data[start : start + FRAME] for start in range(0, len(data), FRAME))
        return b"".join(
            self._aead.encrypt(_numbered(number), piece, self._about(number))
            for number, piece in enumerate(pieces, first)
        )

    def open(self, first: int, sealed: bytes) -> bytes:
        """Content of the frames from that number on. Altered, also where a part is missing."""
        pieces = (sealed[start : start + SEALED_FRAME] for start in range(0, len(sealed), SEALED_FRAME))
        return b"".join(
            _opened(self._aead, _numbered(number), piece, self._about(number))
            for number, piece in enumerate(pieces, first)
        )

    def seal_text(self, name: str, text: bytes) -> bytes:
        """One of the texts."""
        start = os.urandom(_NONCE)
        nonce = bytes((start[0] | _RANDOM,)) + start[1:]
        return nonce + self._aead.encrypt(nonce, text, self._about_text(name))

    def open_text(self, name: str, sealed: bytes) -> bytes:
        """The text again. Altered."""
        return _opened(self._aead, sealed[:_NONCE], sealed[_NONCE:], self._about_text(name))

    def _about(self, number: int) -> bytes:
        return struct.pack(">qqq", self._blob, self._size, number)

    def _about_text(self, name: str) -> bytes:
        return struct.pack(">q", self._blob) + name.encode()


def _numbered(number: int) -> bytes:
    return number.to_bytes(_NONCE, "big")


def _opened(key: AESGCM, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return key.decrypt(nonce, sealed, about)
    except (InvalidTag, ValueError):
        raise Altered("it was altered, or sealed with another key") from None

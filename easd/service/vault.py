"""Secrets of users that must be read again, and are therefore kept encrypted (Fernet, AES with HMAC)."""

from collections.abc import Callable
from functools import cached_property
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

KEY_BYTES: Final = 44
"""Length of a key as text."""


class Sealed(Exception):
    """A secret cannot be opened: it was sealed with another key, or is damaged."""


class Vault:
    """Seals and opens with a key that is asked for at the first use. ValueError for one `new_key` has not made."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    @cached_property
    def _fernet(self) -> Fernet:
        return Fernet(self._key())

    @staticmethod
    def new_key() -> bytes:
        """A random key, as text of KEY_BYTES bytes."""
        return Fernet.generate_key()

    @classmethod
    def forgetful(cls) -> "Vault":
        """One whose key nobody keeps."""
        return cls(cls.new_key)

    def seal(self, secret: str) -> str:
        """The secret as text that tells nothing without the key."""
        return self._fernet.encrypt(secret.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, sealed: str) -> str:
        """The secret again. Sealed if that cannot be."""
        try:
            return self._fernet.decrypt(sealed.encode("utf-8", "replace")).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise Sealed("it was sealed with another key") from None

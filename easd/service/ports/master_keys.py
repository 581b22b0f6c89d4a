"""Keys that are kept outside of the database and seal those inside."""

from typing import Protocol

from easd.service.ports import Unavailable


class MasterKeyMissing(Unavailable):
    """A master key is not there, is another one, or cannot be asked now. The text says which, and what to do."""


class MasterKeys(Protocol):
    """Whoever keeps master keys. Any method may raise MasterKeyMissing, and may wait for the network."""

    def wrap(self, secret: bytes) -> tuple[str, bytes]:
        """The name of the present master key, and the secret (64 bytes at most) sealed with it."""

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """What `wrap` has sealed with the master key of that name, be it the present one or an earlier one."""

    def current(self) -> str:
        """The name of the master key that seals from now on."""

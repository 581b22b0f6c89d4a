"""Password hashes: Argon2id with OWASP's parameters (2 passes, 19 MiB, 1 lane), a bounded number at a time."""

import os
import threading
from base64 import b64encode

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

PASSWORD_MAX = 1024
"""Bytes of UTF-8 that a password may have: more is refused before anything is computed."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class Passwords:
    """Checks and makes hashes, at most `parallel` at a time: each takes 19 MiB and a core for some 20 ms."""

    def __init__(self, parallel: int | None = None, hasher: PasswordHasher = _HASHER) -> None:
        """`parallel`: None for the number of cores."""
        self._hasher = hasher
        self._places = threading.BoundedSemaphore(parallel or os.cpu_count() or 1)
        self._nobodys = _unknown_hash(hasher)

    def hash(self, password: str) -> str:
        """The PHC string to keep. ValueError for an empty password or one above PASSWORD_MAX bytes."""
        raw = _bytes(password)
        if not raw:
            raise ValueError("a password cannot be empty")
        if len(raw) > PASSWORD_MAX:
            raise ValueError(f"a password cannot have more than {PASSWORD_MAX} bytes")
        with self._places:
            return self._hasher.hash(raw)

    def verify(self, kept: str, password: str) -> bool:
        """Whether the password belongs to the hash. An empty hash is nobody's: the same time is spent for a no."""
        raw = _bytes(password)
        if len(raw) > PASSWORD_MAX:
            return False
        with self._places:
            matches = self._matches(kept or self._nobodys, raw)
        return matches and bool(kept)

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than now."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (Argon2Error, InvalidHashError):
            return False


def hash_password(password: str) -> str:
    """The PHC string to keep of a password. ValueError for an empty one or one above PASSWORD_MAX bytes."""
    return Passwords(1).hash(password)


def _unknown_hash(hasher: PasswordHasher) -> str:
    """A hash that no password is known for, with the hasher's parameters: what an unknown user's is compared with."""
    salt, digest = (_base64(os.urandom(size)) for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


def _bytes(password: str) -> bytes:
    # What came in as bytes that are no UTF-8 holds lone surrogates; it cannot match, and must not fail.
    return password.encode("utf-8", "surrogatepass")

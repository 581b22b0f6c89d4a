"""Password hashes: Argon2id with OWASP's parameters (2 passes, 19 MiB, 1 lane), a bounded number at a time."""

import os
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

PASSWORD_MAX = 1024
"""Bytes of UTF-8 that a password may have: more is refused before anything is computed."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

# A hash of random bytes that nobody knows, with the same parameters: what an unknown user's password is compared with.
_DUMMY = _HASHER.hash(os.urandom(32))


class Passwords:
    """Checks and makes hashes, at most `parallel` at a time: each takes 19 MiB and a core for some 25 ms."""

    def __init__(self, parallel: int | None = None) -> None:
        """`parallel`: None for the number of cores."""
        self._places = threading.BoundedSemaphore(parallel or os.cpu_count() or 1)

    def hash(self, password: str) -> str:
        """The PHC string to keep. ValueError for an empty password or one above PASSWORD_MAX bytes."""
        raw = _bytes(password)
        if not raw:
            raise ValueError("a password cannot be empty")
        if len(raw) > PASSWORD_MAX:
            raise ValueError(f"a password cannot have more than {PASSWORD_MAX} bytes")
        with self._places:
            return _HASHER.hash(raw)

    def verify(self, kept: str, password: str) -> bool:
        """Whether the password belongs to the hash. An empty hash is nobody's: the same time is spent for a no."""
        raw = _bytes(password)
        if len(raw) > PASSWORD_MAX:
            return False
        with self._places:
            matches = _matches(kept or _DUMMY, raw)
        return matches and bool(kept)

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than now."""
        return _HASHER.check_needs_rehash(kept)


def hash_password(password: str) -> str:
    """The PHC string to keep of a password. ValueError for an empty one or one above PASSWORD_MAX bytes."""
    return Passwords(1).hash(password)


def _matches(kept: str, password: bytes) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    # What came in as bytes that are no UTF-8 holds lone surrogates; it cannot match, and must not fail.
    return password.encode("utf-8", "surrogatepass")

"""The secrets of app passwords: made at random, shown once, and kept as a digest.

They hold 99 random bits, so that a fast digest is enough: nobody can try them all, as people's own passwords are tried.
"""

import secrets
from hashlib import sha256
from typing import Final

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others."""
_LENGTH: Final = 20
_GROUP: Final = 5
_SEPARATORS: Final = str.maketrans("", "", "- ")


def new_secret() -> str:
    """A secret as people type it: four groups of five letters with hyphens between."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(drawn[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def digest(password: str) -> bytes | None:
    """What is kept of a secret, however its letters and groups are written; None for what cannot be one."""
    if len(password) > 2 * _LENGTH:
        return None
    plain = password.translate(_SEPARATORS).lower()
    if len(plain) != _LENGTH or not set(plain) <= set(_LETTERS):
        return None
    return sha256(b"easd app password " + plain.encode()).digest()

"""Master keys in a file for the server's eyes alone. The last one is the present one, earlier ones open what is theirs.

A line a key: 32 random bytes in base64. A key's name is a digest of it, so that a wrong key is recognised by its name.
"""

import base64
import binascii
import os
import stat
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from easd.service.ports.master_keys import MasterKeyMissing

KEY: Final = 32
"""Bytes of a key."""
_NONCE: Final = 12
_LARGEST: Final = 2**16
_ABOUT: Final = b"easd: a key of a store, under a master key in a file"
_HEAD: Final = (
    "# Master keys of easd, the present one last. Without them encrypted mail is lost: keep a copy elsewhere.\n"
)


class KeyFile:
    """The master keys in one file, read when they are needed: a key that was added is found without a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def wrap(self, secret: bytes) -> tuple[str, bytes]:
        """The secret under the last key of the file."""
        name, key = list(self._keys().items())[-1]
        nonce = os.urandom(_NONCE)
        return name, nonce + AESGCM(key).encrypt(nonce, secret, _ABOUT)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret that the key of that name has sealed."""
        keys = self._keys()
        if name not in keys:
            raise MasterKeyMissing(f"{self._path}: the master key {name} is not in this file, only {', '.join(keys)}")
        try:
            return AESGCM(keys[name]).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _ABOUT)
        except (InvalidTag, ValueError):
            raise MasterKeyMissing(f"what the master key {name} has sealed in the database was altered") from None

    def current(self) -> str:
        """The name of the last key of the file."""
        return list(self._keys())[-1]

    def names(self) -> Sequence[str]:
        """Of all keys, the present one last."""
        return list(self._keys())

    def add(self) -> str:
        """One more key, which is the present one from now on; the file is made if there is none. Answers its name."""
        keys = [*self._keys().values()] if self._path.exists() else []
        keys.append(os.urandom(KEY))
        self._write(keys)
        return _name(keys[-1])

    def drop(self, name: str) -> None:
        """Forget a key for good. KeyError if it is not there, ValueError for the present one."""
        keys = self._keys()
        if name == list(keys)[-1]:
            raise ValueError(f"{name} is the present master key")
        del keys[name]
        self._write(list(keys.values()))

    def _keys(self) -> dict[str, bytes]:
        """By name, in their order, at least one."""
        try:
            with self._path.open("rb") as file:
                _check_secrecy(self._path, os.fstat(file.fileno()))
                lines = file.read(_LARGEST).decode("ascii", "replace").splitlines()
        except FileNotFoundError:
            raise MasterKeyMissing(
                f"{self._path}: there is no such file; without the master key encrypted mail cannot be read. "
                "Bring the file back, or for a new store make one: easd encryption new-key"
            ) from None
        except OSError as error:
            raise MasterKeyMissing(f"{self._path}: {error.strerror}") from error
        keys = [_key(self._path, line) for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise MasterKeyMissing(f"{self._path}: there is no key in this file")
        return {_name(key): key for key in keys}

    def _write(self, keys: Sequence[bytes]) -> None:
        """The whole file anew, in one step: whoever reads at this moment sees the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        lines = [_HEAD, *(base64.b64encode(key).decode() + "\n" for key in keys)]
        owner = self._path.stat() if self._path.exists() else None
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            try:
                if owner is not None and hasattr(os, "fchown"):  # root may add for the server's own user
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
                fresh.replace(self._path)
            except BaseException:
                fresh.unlink(missing_ok=True)
                raise
        _settle(self._path.parent)


def _name(key: bytes) -> str:
    return "file:" + sha256(b"easd master key" + key).hexdigest()[:16]


def _key(path: Path, line: str) -> bytes:
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY:
        raise MasterKeyMissing(f"{path}: not a file of master keys that easd has made")
    return key


def _check_secrecy(path: Path, status: os.stat_result) -> None:
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        raise MasterKeyMissing(f"{path}: others than its owner may read it; chmod 600 {path}")


def _settle(folder: Path) -> None:
    """Let the new name outlive a power cut."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

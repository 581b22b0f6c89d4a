"""The key that secrets in the database are encrypted with: a file beside it, never a part of it."""

import os
from pathlib import Path

from easd.admin.refused import Refused
from easd.admin.sqlite_file import sqlite_path
from easd.config import Settings
from easd.service.vault import KEY_BYTES, Vault


def vault(settings: Settings) -> Vault:
    """The vault with the key of the settings, which is read, or made if there is none, at the first use."""
    path = key_file(settings)
    return Vault(lambda: _read(path) or _made(path))


def check_secret_key(settings: Settings) -> None:
    """Refused for a file that is no key; OSError for one that can be neither read nor made."""
    try:
        vault(settings).seal("")
    except ValueError:
        path = key_file(settings)
        raise Refused(f"{path}: not a key that easd has made; without the right one, kept secrets are lost") from None


def key_file(settings: Settings) -> Path:
    """Where the key is."""
    if settings.auth.secret_key_file:
        return Path(settings.auth.secret_key_file)
    database = sqlite_path(settings.database_url)
    return (Path(settings.database.data_dir) if database is None else database.parent) / "secret.key"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KEY_BYTES + 2).strip()
    except FileNotFoundError:
        return b""


def _made(path: Path) -> bytes:
    """A new key, for the owner's eyes alone; that of another process, if it was faster."""
    key = Vault.new_key()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return _read(path)
    finally:
        fresh.unlink()
    return key

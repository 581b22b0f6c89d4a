"""The master keys that the settings name, and whether they fit to the database."""

from pathlib import Path
from typing import Final

from easd.admin.refused import Refused
from easd.config import Settings
from easd.service.ports.master_keys import MasterKeyMissing, MasterKeys
from easd.store import SqlStore
from easd.store.encryption import encrypted

_NONE: Final = (
    "the database holds encrypted mail, and the settings name no master key: say where it is in section encryption "
    "(master_key, and master_key_file or kms_key)"
)


def master_keys(settings: Settings) -> MasterKeys | None:
    """Whoever keeps them; None where the settings name none. Nothing is read before the first use."""
    chosen = settings.encryption
    if chosen.master_key == "none":
        return None
    from easd.custody.keepers import Keepers

    return Keepers(chosen.master_key, _keepers(settings))


def _keepers(settings: Settings) -> dict[str, MasterKeys]:
    found: dict[str, MasterKeys] = {}
    if settings.encryption.master_key_file:
        from easd.custody.key_file import KeyFile

        found["file"] = KeyFile(Path(settings.encryption.master_key_file))
    if settings.encryption.kms_key:
        from easd.custody.kms import Kms

        chosen = settings.encryption
        found["kms"] = Kms(chosen.kms_key, chosen.kms_region, chosen.kms_endpoint)
    return found


def check_master_keys(settings: Settings, store: SqlStore) -> None:
    """Refused for an encrypted database without its master key, or with another one."""
    check_named(settings, store)
    if store.database.keys is None:
        return
    try:
        with store.database.read() as block:
            store.database.keys.check(block.session)
        store.database.keys.masters.current()
    except MasterKeyMissing as error:
        raise Refused(str(error)) from error


def check_named(settings: Settings, store: SqlStore) -> None:
    """Refused for an encrypted database where the settings name no master key at all."""
    if settings.encryption.master_key == "none" and encrypted(store.database):
        raise Refused(_NONE)

"""Keys with which programs administer."""

import secrets
import string
from collections.abc import Sequence

from easd.model.access_key import AccessKey, KeyRole
from easd.service.administration.errors import Invalid
from easd.service.administration.log import Log
from easd.service.administration.means import Means
from easd.service.vault import Sealed

PREFIX = "EASD"
_ID = string.ascii_uppercase + "234567"
_SECRET = string.ascii_letters + string.digits + "+/"


class AccessKeys:
    """Keys and their secrets, which are shown once and kept encrypted: a signature is verified with the secret."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def create(self, role: KeyRole, organisation: int | None, description: str = "") -> tuple[AccessKey, str]:
        """A new key and its secret. Invalid for an administrator of an organisation without one."""
        key_id = PREFIX + "".join(secrets.choice(_ID) for _ in range(16))
        with self._log.change("CreateAccessKey", organisation, key_id, role=role, description=description):
            if role is KeyRole.ORGANISATION_ADMIN and organisation is None:
                raise Invalid("the administrator of an organisation needs one: say --organisation")
            if len(description) > 256:
                raise Invalid("a description has at most 256 characters")
            secret = "".join(secrets.choice(_SECRET) for _ in range(40))
            sealed = self._means.vault.seal(secret)
            return self._means.access_keys.add(key_id, sealed, role, organisation, description), secret

    def listed(self) -> Sequence[AccessKey]:
        """All keys, oldest first."""
        return self._means.access_keys.listed()

    def set_enabled(self, key_id: str, *, enabled: bool) -> None:
        """A disabled key counts no more, from the next request on. NotFound."""
        with self._log.change("EnableAccessKey" if enabled else "DisableAccessKey", self._whose(key_id), key_id):
            self._means.access_keys.enable(key_id, enabled=enabled)

    def remove(self, key_id: str) -> None:
        """It counts no more. NotFound."""
        with self._log.change("DeleteAccessKey", self._whose(key_id), key_id):
            self._means.access_keys.remove(key_id)

    def _whose(self, key_id: str) -> int | None:
        found = self._means.access_keys.find(key_id)
        return found[0].organisation if found else None


def secret_of(means: Means, key_id: str) -> tuple[AccessKey, str] | None:
    """The enabled key of that id and its secret; None if there is none, or it was sealed with another server's key."""
    found = means.access_keys.find(key_id)
    if found is None or not found[0].enabled:
        return None
    try:
        return found[0], means.vault.open(found[1])
    except Sealed:
        return None

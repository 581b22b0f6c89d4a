"""Several keepers of master keys as one: the one that the settings choose seals, each opens what it has sealed."""

from collections.abc import Mapping

from easd.service.ports.master_keys import MasterKeyMissing, MasterKeys


class Keepers:
    """By the kind of their keys, with which the names of keys begin: `file`, `kms`."""

    def __init__(self, present: str, keepers: Mapping[str, MasterKeys]) -> None:
        self._present = keepers[present]
        self._keepers = keepers

    def wrap(self, secret: bytes) -> tuple[str, bytes]:
        """With the present key of the present keeper."""
        return self._present.wrap(secret)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """By the keeper whose key it is."""
        keeper = self._keepers.get(name.partition(":")[0])
        if keeper is None:
            raise MasterKeyMissing(f"section encryption of the settings does not say where the master key {name} is")
        return keeper.unwrap(name, wrapped)

    def current(self) -> str:
        """The name of the key that seals."""
        return self._present.current()

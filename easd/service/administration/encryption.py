"""Encryption of what is kept."""

from easd.service.administration.errors import saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Encryption:
    """The keys under which content is encrypted. Refused where the settings name no master key."""

    def __init__(self, means: Means, log: Log) -> None:
        self._encryption = means.encryption
        self._log = log

    def turn_on(self) -> bool:
        """Encrypt what is new from now on, and what is there in the background; False if that is so already."""
        with saying():
            root = self._encryption.new_root()  # may ask somebody else, so before the transaction
        with self._log.change("TurnOnEncryption", None, root[0]):
            return self._encryption.turn_on(root)

    def rotate_master(self) -> str:
        """Put all keys under the present master key, whose name is the answer."""
        with saying():
            root = self._encryption.new_root()
        with self._log.change("RotateMasterKey", None, root[0]):
            self._encryption.rotate_master(root)
        return root[0]

    def rotate(self, organisation: int | None) -> int:
        """A new key for an organisation, or for all; the answer is for how many. The background does the rest."""
        with self._log.change("RotateContentKey", organisation):
            return self._encryption.rotate(organisation)

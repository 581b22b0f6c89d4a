"""How far the encryption of what is kept has come."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ContentKeyStatus:
    """One generation of the key of an organisation. `organisation` is its name; empty: the server's own key, for what
    belongs to none or to several. `blobs`: how many contents it seals; `retired`: since when it seals no new ones.
    """

    organisation: str
    generation: int
    created: datetime
    retired: datetime | None
    destroyed: bool
    blobs: int


@dataclass(frozen=True, slots=True)
class EncryptionStatus:
    """`since`: when it was turned on (None: it is not). `present`: the master key that the settings choose, empty where
    they name none; `masters`: those without which something cannot be read. Of all `blobs`, `plain` ones are not
    encrypted yet, `outdated` ones are under a retired key. `passes_done`: the ways through what was there before
    encryption was turned on, and through items after the last exchange of a key, have ended.
    """

    since: datetime | None
    present: str
    masters: tuple[str, ...]
    blobs: int
    plain: int
    outdated: int
    passes_done: bool
    keys: tuple[ContentKeyStatus, ...]

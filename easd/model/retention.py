"""How long mail is kept in folders, as an organisation says it (Amazon WorkMail, retention policies)."""

from datetime import datetime
from enum import StrEnum

from easd.model.frozen import dataclass

PERIOD_MAX = 730
"""Days."""


class RetentionFolder(StrEnum):
    """The default folders that a policy can be about."""

    INBOX = "INBOX"
    DELETED_ITEMS = "DELETED_ITEMS"
    SENT_ITEMS = "SENT_ITEMS"
    DRAFTS = "DRAFTS"
    JUNK_EMAIL = "JUNK_EMAIL"


class RetentionAction(StrEnum):
    """What becomes of an item whose time is over. DELETE: it goes to Deleted Items; from there, for good."""

    NONE = "NONE"
    DELETE = "DELETE"
    PERMANENTLY_DELETE = "PERMANENTLY_DELETE"


@dataclass(frozen=True, slots=True)
class FolderRetention:
    """What holds in one folder. `period`: days since the item came here or was changed last; None with NONE alone."""

    folder: RetentionFolder
    action: RetentionAction
    period: int | None = None


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """The one policy of an organisation; each folder at most once. `id` is a UUID, given by the store."""

    id: str
    name: str
    folders: tuple[FolderRetention, ...]
    description: str = ""
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """Items of one folder of one mailbox whose time is over: how many, and since when the oldest has been there."""

    address: str
    folder: RetentionFolder
    action: RetentionAction
    count: int
    oldest: datetime


def checked(policy: RetentionPolicy) -> None:
    """ValueError for what no policy may say."""
    if not 0 < len(policy.name) <= 64 or not policy.name.isprintable():
        raise ValueError("a retention policy has a name of 1 to 64 printable characters")
    if len(policy.description) > 256:
        raise ValueError("a description has at most 256 characters")
    if len({one.folder for one in policy.folders}) != len(policy.folders):
        raise ValueError("a folder stands in a policy once")
    for one in policy.folders:
        if one.period is None and one.action is not RetentionAction.NONE:
            raise ValueError(f"{one.folder.value}: {one.action.value} needs a period")
        if one.period is not None and not 1 <= one.period <= PERIOD_MAX:
            raise ValueError(f"{one.folder.value}: a period has 1 to {PERIOD_MAX} days")

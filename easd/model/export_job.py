"""Mailboxes on their way into a bucket, as the WorkMail API has them (`MailboxExportJob`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ExportState(Enum):
    """What has become of a job."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One job. `mailbox` is the number of the mailbox and `entity` the identifier of its owner; `path` is the name of
    the object in the bucket; `progress` percent; `error` says why it failed, or what could not be exported.
    """

    id: str
    organisation: int
    mailbox: int
    entity: str
    bucket: str
    prefix: str
    path: str
    role: str = ""
    key: str = ""
    description: str = ""
    state: ExportState = ExportState.RUNNING
    progress: int = 0
    error: str = ""
    started: datetime | None = None
    ended: datetime | None = None

"""An item as the store hands it out."""

from easd.model.content import Content
from easd.model.email import Attachment, Email
from easd.model.event import Event
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One item of a folder at one moment.

    `uid` is dense, ascending and never reused in its folder; `mod_seq` is the mailbox's counter at its last change;
    `sort_time` is what filters and order go by (that of its content), in milliseconds since 1970 UTC; `blob_id` names
    the exact bytes, None where there are none.
    """

    folder_id: int
    uid: int
    mod_seq: int
    sort_time: int
    content: Content
    blob_id: int | None

    @property
    def email(self) -> Email:
        """The content of an item of a mail folder. TypeError for an item of another class."""
        if isinstance(self.content, Email):
            return self.content
        raise TypeError(f"item {self.folder_id}:{self.uid} is a {type(self.content).__name__}, no message")

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files of a message or an event; nothing else has any."""
        return self.content.attachments if isinstance(self.content, Email | Event) else ()

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The same, with those that occurrences of a series have alone."""
        return self.content.files if isinstance(self.content, Event) else self.attachments

"""An item as the store hands it out."""

from dataclasses import dataclass

from easd.model.email import Email


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One item of a folder at one moment.

    `uid` is dense, ascending and never reused in its folder; `mod_seq` is the mailbox's counter at its last change;
    `sort_time` is what filters and order go by (mail: received), in milliseconds since 1970 UTC; `blob_id` names the
    exact bytes, None where there are none.
    """

    folder_id: int
    uid: int
    mod_seq: int
    sort_time: int
    content: Email
    blob_id: int | None

"""After an upgrade: what an older version of this program has made of mail is made anew, beside the requests.

Texts and properties of an older extraction are replaced without a word to devices: a Change of mail tells its state
alone, so that nothing would come of waking them; they have the new ones when they ask for the message. What a device
was shown in a reduced form is told to it once more.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from easd.mime.extract import EXTRACT_VERSION, Extracted, extract
from easd.model.email import Email, MeetingRequest
from easd.service.ports import Reading, Renewable, Unavailable, Writing
from easd.service.rendering import SHOWN_BY

_BATCH = 50
_AT_ONCE = 500
"""Messages that one call reads anew: some seconds of one thread."""


def show_again(store: Renewable, shown_by: int = SHOWN_BY) -> int:
    """Tell devices once more of what an older version could not show them in full; answers how many items.

    Each such item moves within its folder: every device is told that the one is gone and the other there, whatever it
    holds, and clients take over all of a new item, but no more than the state of a changed one. What cannot be shown
    now either is noted under the present number, and so is not tried again by this version.
    """
    count = 0
    while rows := store.reduced_before(shown_by, _BATCH):
        for mailbox, folder, uid in rows:
            with store.writing(mailbox) as box:
                _move(box, folder, uid)
            count += 1
    return count


def _move(box: Writing, folder_id: int, uid: int) -> None:
    """The notes about the item go with its uid."""
    if uid in box.items(folder_id, [uid]):
        box.move(folder_id, uid, folder_id)


@dataclass(slots=True)
class Rereading:
    """Reads mail anew that an older version has extracted; `after` is how far it came.

    A message that fails keeps what it has, is passed over, and comes again when all others are done.
    """

    store: Renewable
    extract_version: int = EXTRACT_VERSION
    after: tuple[int, int] = (-1, 0)

    def run(self, most: int = _AT_ONCE) -> int:
        """Go on with at most so many messages; answers how many were done. ExceptionGroup: what went wrong, at the end.
        Unavailable ends the work at once.
        """
        rows = self.store.old_texts(self.extract_version, self.after, most)
        faults: list[Exception] = []
        for row in rows:
            try:
                self._read(row[1])
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - told at the end
                faults.append(error)
            self.after = row
        if len(rows) < most:
            self.after = (-1, 0)
        if faults:
            raise ExceptionGroup("messages could not be read anew", faults)
        return len(rows)

    def _read(self, blob_id: int) -> None:
        """The texts come last: as long as they are old, the message is found again."""
        mailboxes = self.store.holders(blob_id)
        for mailbox in mailboxes:
            self._read_in(mailbox, blob_id, last=mailbox == mailboxes[-1])

    def _read_in(self, mailbox: int, blob_id: int, *, last: bool) -> None:
        with self.store.reading(mailbox) as box:  # the work is done before the mailbox's lock is taken
            made = {received: extract(box.blob(blob_id), received) for received in _received(box, blob_id)}
        with self.store.writing(mailbox) as box:
            found: Extracted | None = None
            for folder, uid in box.places(blob_id):
                email = box.items(folder, [uid])[uid].email
                found = made.get(email.received) or extract(box.blob(blob_id), email.received)
                box.renew_item(folder, uid, renewed(email, found.email), found.texts)
            if last and found is not None:
                box.keep_texts(blob_id, found.texts, self.extract_version)


def _received(box: Reading, blob_id: int) -> set[datetime]:
    return {box.items(folder, [uid])[uid].email.received for folder, uid in box.places(blob_id)}


def renewed(old: Email, new: Email) -> Email:
    """A message as it is read now, in the state and the conversation that it was in. What a draft or a short message is
    was composed, not extracted.
    """
    if old.is_draft or old.short_message:
        return old
    return replace(
        new,
        received=old.received,
        conversation_id=old.conversation_id,
        conversation_index=old.conversation_index,
        read=old.read,
        flag=old.flag,
        categories=old.categories,
        last_verb_executed=old.last_verb_executed,
        last_verb_time=old.last_verb_time,
        received_as_bcc=old.received_as_bcc,
        meeting=_renewed_meeting(old.meeting, new.meeting),
    )


def _renewed_meeting(old: MeetingRequest | None, new: MeetingRequest | None) -> MeetingRequest | None:
    """What a meeting message was on arrival, it stays (MS-ASEMAIL R531)."""
    if old is None or new is None:
        return new
    return replace(
        new,
        message_type=old.message_type,
        proposed_start=old.proposed_start,
        proposed_end=old.proposed_end,
        orphan=old.orphan,
        delegated=old.delegated,
    )

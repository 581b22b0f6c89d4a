"""The content of messages as one device wants it. One that cannot be rendered comes in a reduced form.

A single bad message must never stop a collection: a device would ask for it again and again, and get nothing of what
comes after it.
"""

from collections.abc import Callable, Mapping, Sequence

from easd.eas.items.email import encode_email, encode_email_state
from easd.eas.versions import Version
from easd.model.body import Body, BodyWishes
from easd.model.email import Attachment, BodyType, Email, EmailTexts
from easd.model.item import StoredItem
from easd.service import ids, rendering
from easd.service.faults import cause
from easd.service.milliseconds import moment
from easd.service.ports import Reading, Unavailable

_APOLOGY = b"This message cannot be shown in full. It is kept on the server as it was received."


class Contents:
    """Renders messages of one folder; what had to be reduced is told in `notes`."""

    def __init__(self, box: Reading, folder_id: int, wishes: BodyWishes, version: Version, notes: list[str]) -> None:
        self._box, self._folder, self._wishes, self._version, self._notes = box, folder_id, wishes, version, notes

    def page(self, uids: Sequence[int]) -> "Page":
        """These messages, read together."""
        items = self._box.items(self._folder, uids)
        return Page(self, items, self._texts(items))

    def whole(self, item: StoredItem, texts: EmailTexts | None) -> bytes:
        """The children of ApplicationData of a message; `texts` where they could be read."""

        def full() -> bytes:
            return rendering.render(self._box, item, self._texts_of(item, texts), self._wishes, self._version)

        return self._first((full, lambda: self._reduced(item.content), lambda: self._bare(item)), item.uid)

    def state(self, item: StoredItem) -> bytes:
        """The children of ApplicationData of a message of which only the state has changed."""

        def read_alone() -> bytes:
            return encode_email_state(item.content, self._version, flag=False, categories=False)

        return self._first((lambda: encode_email_state(item.content, self._version), read_alone), item.uid)

    def _texts_of(self, item: StoredItem, texts: EmailTexts | None) -> EmailTexts:
        return rendering.texts_of(self._box, item) if texts is None else texts

    def _texts(self, items: Mapping[int, StoredItem]) -> Mapping[int, EmailTexts]:
        """By blob; none where they cannot be read together, so that each message tries for itself."""
        try:
            return self._box.texts([item.blob_id for item in items.values() if item.blob_id is not None])
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one of them, the others can be rendered
            return {}

    def _first(self, forms: Sequence[Callable[[], bytes]], uid: int) -> bytes:
        """The first of the forms that can be made; the last must be."""
        for form in forms[:-1]:
            try:
                return form()
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - see the module
                self._notes.append(f"{ids.server_id(self._folder, uid)} sent in a reduced form: {cause(error)}")
        return forms[-1]()

    def _reduced(self, email: Email) -> bytes:
        """What the lists of a device show, and an apology for the rest."""
        kept = Email(
            received=email.received,
            subject=email.subject,
            from_=email.from_,
            to=email.to,
            cc=email.cc,
            importance=email.importance,
            read=email.read,
            is_draft=email.is_draft,
        )
        return encode_email(kept, _apology(), _no_reference, self._version)

    def _bare(self, item: StoredItem) -> bytes:
        """A message of which nothing at all can be said but when it came."""
        bare = Email(received=moment(item.sort_time), read=bool(item.content.read))
        return encode_email(bare, _apology(), _no_reference, self._version)


class Page:
    """Some messages of a folder, whose texts are in memory."""

    def __init__(self, contents: Contents, items: Mapping[int, StoredItem], texts: Mapping[int, EmailTexts]) -> None:
        self._contents, self._items, self._texts = contents, items, texts

    def whole(self, uid: int) -> bytes:
        """LookupError if the store has no such message."""
        item = self._items[uid]
        return self._contents.whole(item, self._texts.get(item.blob_id) if item.blob_id is not None else None)

    def state(self, uid: int) -> bytes:
        """LookupError if the store has no such message."""
        return self._contents.state(self._items[uid])


def _apology() -> Body:
    return Body(BodyType.PLAIN, _APOLOGY, len(_APOLOGY), truncated=False)


def _no_reference(attachment: Attachment) -> str:
    raise LookupError(f"a reduced message has no attachment {attachment.part}")

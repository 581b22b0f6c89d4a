"""The recipient information cache: contacts that the server makes of whom the user writes to (MS-ASCNTC R514)."""

from collections.abc import Sequence
from functools import partial

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.items.contacts import encode_cached_recipient
from easd.eas.status import EasError, SyncStatus
from easd.model.body import Body
from easd.model.contact import Contact
from easd.model.email import EmailTexts
from easd.model.item import StoredItem
from easd.service.classes.content_class import Edit, Form, Look


class RecipientCacheClass:
    """Entries to read; a device's changes are refused before they come here."""

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        return (partial(_entry, look, item),)

    def body(self, look: Look, item: StoredItem) -> Body | None:
        return None

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        return self.whole(look, item, None)

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        raise _refused()

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        raise _refused()

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        raise _refused()

    def removing(self, edit: Edit, uid: int) -> None:
        return None

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        return None


def _entry(look: Look, item: StoredItem) -> bytes:
    assert isinstance(item.content, Contact)  # nothing else is put there
    return encode_cached_recipient(item.content, look.version)


def _refused() -> EasError:
    return EasError(SyncStatus.PROTOCOL_ERROR, "the recipient information cache is the server's own")

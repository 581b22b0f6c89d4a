"""A class of which this server keeps no items: its folders are empty, and what a device adds to them is refused."""

from collections.abc import Sequence

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete
from easd.eas.status import EasError, SyncStatus
from easd.model.body import Body
from easd.model.email import EmailTexts
from easd.model.item import StoredItem
from easd.service.classes.content_class import Edit, Form, Look


class UnservedClass:
    """Refuses everything with Status 6 (MS-ASCMD R4440)."""

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        return (bytes,)

    def body(self, look: Look, item: StoredItem) -> Body | None:
        return None

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        return (bytes,)

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        raise _refused(edit)

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        raise _refused(edit)

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        raise _refused(edit)

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        return None


def _refused(edit: Edit) -> EasError:
    return EasError(SyncStatus.CONVERSION_ERROR, f"items of class {edit.folder.item_class} are not kept here")

"""What the commands ask of a content class, whichever it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from easd.eas.commands.sync import ClientAdd, ClientChange, ClientDelete, ItemData
from easd.eas.status import EasError, SyncStatus
from easd.eas.versions import Version
from easd.model.body import Body, BodyWishes
from easd.model.email import EmailTexts
from easd.model.folder import Folder
from easd.model.item import StoredItem
from easd.service.context import Context
from easd.service.ports import Reading, Writing
from easd.wbxml import Element, Tag

Form = Callable[[], bytes]
"""One way to show an item: the children of its ApplicationData. It may fail; the next form is tried then."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a device wants to see items: what is asked of bodies, and the version it speaks; `part` is where a multipart
    answer holds the data of the body. `held`: the counter up to which the device has been told of an item that it
    holds; 0 where it may hold anything. `discreet`: of what is private, it sees the times alone. `guest`: the
    mailbox is somebody else's.
    """

    box: Reading
    wishes: BodyWishes
    version: Version
    part: int | None = None
    held: int = 0
    discreet: bool = False
    guest: bool = False


@dataclass(slots=True)
class Effects:
    """What writes did beyond the items that they answer: uids that are `gone` from the folder by them, uids whose
    outcome the device has to be told `again`, and whether mail was `queued`.
    """

    gone: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Where a device writes: a folder, inside the transaction. `wishes` are what it asks of bodies; `supported` the
    tags of the Supported element of the collection's first request (None: it was absent; MS-ASCMD R4547); `seen`:
    whether the device holds the version of the item that it changes.
    """

    context: Context
    box: Writing
    folder: Folder
    wishes: BodyWishes
    supported: tuple[Tag, ...] | None
    effects: Effects = field(default_factory=Effects)
    seen: bool = True


class ContentClass(Protocol):
    """One content class.

    The two methods that show an item give its forms, the best first; the last must never fail. The methods that write
    raise Malformed or EasError (a SyncStatus) for what cannot be done; then they have written nothing.
    """

    def whole(self, look: Look, item: StoredItem, texts: EmailTexts | None) -> Sequence[Form]:
        """The item for a device that does not have it. `texts` are the readable bodies where they were read already."""

    def body(self, look: Look, item: StoredItem) -> Body | None:
        """The body that is chosen for the device, None where the class has none."""

    def changed(self, look: Look, item: StoredItem) -> Sequence[Form]:
        """What a Change tells of the item."""

    def add(self, edit: Edit, command: ClientAdd, made: StoredItem | None) -> StoredItem:
        """Make the item. `made` is what an earlier try of this Add has made of other content: it is replaced whole."""

    def change(self, edit: Edit, command: ClientChange, item: StoredItem) -> StoredItem:
        """Write what the device changed of the item, or of one occurrence."""

    def remove_occurrence(self, edit: Edit, command: ClientDelete, item: StoredItem) -> StoredItem:
        """Take one occurrence (`command.instance_id`) out of a series."""

    def removing(self, edit: Edit, uid: int) -> None:
        """What has to be done before an item is deleted."""

    def written(self, edit: Edit, command: ClientAdd | ClientChange, item: StoredItem) -> bytes | None:
        """What the answer to an Add or Change tells of the item, from 16.0 on: the children of ApplicationData. It is
        asked for again where a repeated command is answered.
        """


def elements(data: ItemData | None) -> Element:
    """The ApplicationData of a request. EasError 6 where there is none (MS-ASCMD R4440)."""
    if isinstance(data, Element):
        return data
    raise EasError(SyncStatus.CONVERSION_ERROR, "no ApplicationData")

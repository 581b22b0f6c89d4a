"""The options of a collection that outlive a request (MS-ASCMD Options(Sync) R3597-R3599).

A request with Options replaces all that was said before; one without leaves it.
"""

from collections.abc import Sequence

import msgspec

from easd.eas.commands.options import Options
from easd.eas.status import CommonStatus, SyncStatus
from easd.eas.versions import Dialect
from easd.model.email import BodyType
from easd.model.folder import Folder
from easd.model.short_message import CLASS as SHORT_MESSAGE
from easd.service.classes import short_messages
from easd.service.sync.refused import RequestRefused
from easd.sync.conflict import Policy
from easd.sync.filters import allowed
from easd.wbxml import Tag


class Sticky(msgspec.Struct, frozen=True, array_like=True):
    """What is kept with a collection's state: the options of its own class, and, where they are wanted too, those of
    short messages (None: they are not).

    `conversations`: the filter lets whole conversations in (MS-ASCMD R2110). `supported` are the tags of the Supported
    element of the first request (None: it was absent). `adds_short`: the device has added short messages here.
    """

    options: Options = Options()
    short: Options | None = None
    supported: tuple[Tag, ...] | None = None
    conversations: bool = False
    adds_short: bool = False

    @property
    def conflict(self) -> Policy:
        """Who wins (MS-ASCMD Conflict R2064-R2066: the server unless the client says otherwise)."""
        return Policy.CLIENT_WINS if self.options.conflict == 0 else Policy.SERVER_WINS


def encode(sticky: Sticky) -> bytes:
    """As kept in the store."""
    return msgspec.json.encode(sticky)


_DECODER = msgspec.json.Decoder(Sticky)


def decode(data: bytes) -> Sticky:
    """What was kept; the defaults where it cannot be read."""
    try:
        return _DECODER.decode(data) if data else Sticky()
    except msgspec.DecodeError:
        return Sticky()


def replaced(sticky: Sticky, blocks: Sequence[Options], folder: Folder, dialect: Dialect) -> Sticky:
    """The options after a request with these Options elements. RequestRefused 4 for what the class does not know (R935,
    R3080), and for options of one class given twice (R930).

    Options of short messages alone leave those of the mail: a device that says nothing of its mail does not want to
    lose it.
    """
    if not blocks:
        return sticky
    own, short = None, None
    for block in blocks:
        if block.class_ == SHORT_MESSAGE and short is None and short_messages.held_in(folder, dialect):
            short = block
        elif block.class_ in (None, folder.item_class.value) and own is None:
            own = block
        else:
            raise RequestRefused(
                SyncStatus.PROTOCOL_ERROR, f"options for class {block.class_!r} in a folder of {folder.item_class}"
            )
    own = own or sticky.options
    for block in filter(None, (own, short)):
        _check_bodies(block)
        if not allowed(block.filter_type or 0, folder.item_class):
            raise RequestRefused(
                SyncStatus.PROTOCOL_ERROR, f"FilterType {block.filter_type} in a folder of {folder.item_class}"
            )
    return msgspec.structs.replace(sticky, options=own, short=short)


def _check_bodies(options: Options) -> None:
    """RequestRefused 164 for a message part in other than HTML (MS-ASCON R241)."""
    if any(preference.type is not BodyType.HTML for preference in options.body_part_preferences):
        raise RequestRefused(CommonStatus.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED)

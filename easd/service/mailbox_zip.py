"""All mail and events of a mailbox as a zip file that is made piece by piece."""

import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple

from easd.mime.icalendar.files import with_files
from easd.mime.icalendar.write import calendar_text, written_event
from easd.model.email import Email
from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.model.item import StoredItem
from easd.service.mailbox_contents import items_in, paths
from easd.service.ports import BytesLost, Store

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can tell."""
_CLASSES: Final = (ItemClass.EMAIL, ItemClass.CALENDAR)


class Piece(NamedTuple):
    """The next bytes of the file, and how many percent of the items are in it."""

    data: bytes
    progress: int


class _Buffer:
    """What `zipfile` writes to: it cannot go back, and gives away what it has."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """There is nowhere to flush to."""

    def taken(self) -> bytes:
        data, self._pieces = b"".join(self._pieces), []
        return data


class MailboxZip:
    """One file. `lost` names messages whose bytes are gone, when all pieces were taken."""

    def __init__(self, store: Store, mailbox: int) -> None:
        self._store, self._mailbox = store, mailbox
        self.lost: list[str] = []

    def pieces(self) -> Iterator[Piece]:
        """The file from its first byte to its last; an item at a time is in memory. What goes meanwhile is left out,
        and what comes may be. KeyError, Unavailable.
        """
        buffer = _Buffer()
        with self._store.reading(self._mailbox) as box:
            folders = [folder for folder in box.folders() if folder.item_class in _CLASSES]
            ends = {folder.id: box.last_uid(folder.id) for folder in folders}
        places = {folder.id: path.as_posix() for folder, path in paths(folders)}
        total, done = max(sum(ends.values()), 1), 0
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[call-overload]  # it writes alone
            for folder in folders:
                there: set[int] = set()
                for item in items_in(self._store, self._mailbox, folder.id):
                    if item.uid in there:
                        continue  # it was changed meanwhile, and comes once more
                    there.add(item.uid)
                    self._add(file, places[folder.id], item)
                    yield Piece(buffer.taken(), min((done + len(there)) * 100 // total, 99))
                done += ends[folder.id]
        yield Piece(buffer.taken(), 100)

    def _add(self, file: zipfile.ZipFile, place: str, item: StoredItem) -> None:
        content = item.content
        if isinstance(content, Email):
            moment = max(content.received.timetuple()[:6], _OLDEST)
            if (raw := self._bytes(item, content.subject)) is not None:
                file.writestr(zipfile.ZipInfo(f"{place}/{item.uid}.eml", moment), raw, zipfile.ZIP_DEFLATED)
        elif isinstance(content, Event):
            raw = self._bytes(item, content.subject) if content.files else None
            written = written_event(content) if raw is None else with_files(content, raw)
            file.writestr(zipfile.ZipInfo(f"{place}/{item.uid}.ics"), calendar_text([written]), zipfile.ZIP_DEFLATED)

    def _bytes(self, item: StoredItem, subject: str | None) -> bytes | None:
        if item.blob_id is None:
            return None
        try:
            with self._store.reading(self._mailbox) as box:
                return box.blob(item.blob_id)
        except KeyError:  # deleted since the folder was listed
            return None
        except BytesLost:
            self.lost.append(subject or "")
            return None

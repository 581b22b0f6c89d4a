"""A mailbox in memory, as plain as can be: the reference that the engine is proved on, and that other stores can be
compared with.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

from easd.sync.ports import Change, CollectionView, Entry, Position


@dataclass(frozen=True, slots=True)
class Item:
    """An item's version. `fields` is its whole content."""

    uid: int
    mod_seq: int
    sort_time: int
    fields: dict[str, str]

    @property
    def position(self) -> Position:
        return Position(self.sort_time, self.uid)


@dataclass(slots=True)
class Folder:
    """Items and tombstones (mod_seq by uid) of one folder. `talks`: the conversation of each uid that is in one, also
    of those that are gone.
    """

    items: dict[int, Item] = field(default_factory=dict)
    tombstones: dict[int, int] = field(default_factory=dict)
    last_uid: int = 0
    pruned: int = 0
    talks: dict[int, bytes] = field(default_factory=dict)


class MemoryMailbox:
    """Some folders and one counter. Every write of an item takes the next number."""

    def __init__(self, folders: int) -> None:
        self.modseq = 0
        self.folders = {number: Folder() for number in range(1, folders + 1)}

    def add(self, folder: int, sort_time: int, fields: dict[str, str]) -> Item:
        self.folders[folder].last_uid += 1
        return self._put(folder, self.folders[folder].last_uid, sort_time, fields)

    def write(self, folder: int, uid: int, sort_time: int | None, fields: dict[str, str]) -> Item:
        """Change some fields, and the sort_time if one is given. KeyError if the item is not there."""
        old = self.folders[folder].items[uid]
        return self._put(folder, uid, old.sort_time if sort_time is None else sort_time, {**old.fields, **fields})

    def remove(self, folder: int, uid: int) -> int:
        """Leave a tombstone; its mod_seq."""
        del self.folders[folder].items[uid]
        self.modseq += 1
        self.folders[folder].tombstones[uid] = self.modseq
        return self.modseq

    def move(self, folder: int, uid: int, target: int) -> Item:
        old = self.folders[folder].items[uid]
        self.remove(folder, uid)
        return self.add(target, old.sort_time, old.fields)

    def prune(self, folder: int, upto: int) -> None:
        """Forget the tombstones with mod_seq <= `upto`."""
        place = self.folders[folder]
        gone = [uid for uid, mod_seq in place.tombstones.items() if mod_seq <= upto]
        place.pruned = max([place.pruned, *(place.tombstones.pop(uid) for uid in gone)])

    def view(self, folder: int, *, by_conversation: bool = False) -> CollectionView:
        """The collection as it is now; it does not follow later writes. The conversation of an item is its field
        `talk`.
        """
        return MemoryView(deepcopy(self.folders[folder]), self.modseq, by_conversation=by_conversation)

    def _put(self, folder: int, uid: int, sort_time: int, fields: dict[str, str]) -> Item:
        self.modseq += 1
        item = self.folders[folder].items[uid] = Item(uid, self.modseq, sort_time, fields)
        if talk := fields.get("talk"):
            self.folders[folder].talks[uid] = talk.encode()
        return item


class MemoryView(CollectionView):
    """One folder at one moment. `rows` counts what was handed out: what a plan costs."""

    def __init__(self, folder: Folder, modseq: int, *, by_conversation: bool = False) -> None:
        self._folder = folder
        self._modseq = modseq
        self._by_conversation = by_conversation
        self.rows = 0
        if by_conversation:
            placed = {i.uid: replace(i, sort_time=self._newest(i)) for i in folder.items.values()}
            self._folder = replace(folder, items=placed)

    @property
    def by_conversation(self) -> bool:
        return self._by_conversation

    @property
    def modseq(self) -> int:
        return self._modseq

    @property
    def pruned(self) -> int:
        return self._folder.pruned

    def changes(self, after: int, limit: int) -> Sequence[Change]:
        items = [self._change(i.uid, i.mod_seq, i.sort_time) for i in self._folder.items.values()]
        gone = [self._change(uid, mod_seq, None) for uid, mod_seq in self._folder.tombstones.items()]
        rows = sorted((row for row in items + gone if row.mod_seq > after), key=lambda row: row.mod_seq)[:limit]
        self.rows += len(rows)
        return rows

    def kin(self, change: Change) -> Sequence[Entry]:
        others = [i for i in self._of(change.conversation) if i.mod_seq < change.mod_seq]
        return self._entries(others, len(others), newest_first=False)

    def _newest(self, item: Item) -> int:
        return max([item.sort_time, *(i.sort_time for i in self._of(self._folder.talks.get(item.uid)))])

    def _of(self, talk: bytes | None) -> list[Item]:
        return [i for i in self._folder.items.values() if talk is not None and self._folder.talks.get(i.uid) == talk]

    def _change(self, uid: int, mod_seq: int, sort_time: int | None) -> Change:
        if not self._by_conversation:
            return Change(uid, mod_seq, sort_time)
        talk = self._folder.talks.get(uid)
        kin_time = max((i.sort_time for i in self._of(talk)), default=None)
        return Change(uid, mod_seq, sort_time, talk, kin_time)

    def before(self, position: Position, not_older: int, limit: int) -> Sequence[Entry]:
        return self._entries([i for i in self._inside(not_older) if i.position < position], limit, newest_first=True)

    def between(self, start: Position, end: int, limit: int) -> Sequence[Entry]:
        items = [i for i in self._folder.items.values() if i.position >= start and i.sort_time < end]
        return self._entries(items, limit, newest_first=False)

    def count_before(self, position: Position, not_older: int) -> int:
        return sum(i.position < position for i in self._inside(not_older))

    def entry(self, uid: int) -> Change | None:
        item = self._folder.items.get(uid)
        if item is not None:
            return Change(uid, item.mod_seq, item.sort_time)
        mod_seq = self._folder.tombstones.get(uid)
        return None if mod_seq is None else Change(uid, mod_seq, None)

    def _inside(self, not_older: int) -> list[Item]:
        return [i for i in self._folder.items.values() if i.sort_time >= not_older]

    def _entries(self, items: list[Item], limit: int, *, newest_first: bool) -> Sequence[Entry]:
        rows = sorted(items, key=lambda i: i.position, reverse=newest_first)[:limit]
        self.rows += len(rows)
        return [Entry(i.uid, i.mod_seq, i.sort_time) for i in rows]

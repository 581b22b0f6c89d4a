"""What is kept of items, brought under the present keys: a way through all items of a store, in the order of places.

An item does not show in any index under which key it is, for no index may grow on the path of a change. So the way
leads past all of them, after encryption was turned on and after keys were exchanged; each time it is gone once more ten
minutes later, for transactions that had begun before.
"""

from collections import defaultdict
from typing import Final

from sqlalchemy import func, literal_column, select, tuple_, update

from easd.store.errors import NoSuchMailbox
from easd.store.key_tables import content_keys, item_pass, sealing_pass
from easd.store.prepared import Prepared, named, param, params
from easd.store.sealing import contents
from easd.store.sealing.erasing import erasing
from easd.store.store import SqlStore
from easd.store.tables import Int64, items

SOON: Final = 600_000
"""How long (ms) after a key was turned to somebody may still be writing who does not know."""
_FEW: Final = 200
_FIRST: Final = 0

_item = items.c
_pass = item_pass.c
_here = {"folder_id": param("folder"), "uid": param("uid")}
_NEXT = Prepared(
    select(_item.folder_id, _item.uid, _item.mailbox_id, func.substr(_item.content, literal_column("1"), contents.HEAD))
    .where(tuple_(_item.folder_id, _item.uid) > tuple_(param("folder"), param("uid"), types=[Int64, Int64]))
    .order_by(_item.folder_id, _item.uid)
    .limit(param("limit"))
)
STATE = Prepared(select(_pass.folder_id, _pass.uid, _pass.began, _pass.finished))
_BEGIN = Prepared(lambda to: to(item_pass).values(params(item_pass)).on_conflict_do_nothing())
_BEGIN_AGAIN = Prepared(
    update(item_pass)
    .where(_pass.began == param("before"), _pass.finished.is_not(None))
    .values(_here | named(["began", "finished"]))
)
_CAME = Prepared(
    update(item_pass).where(_pass.began == param("began"), _pass.finished.is_(None)).values(_here | named(["finished"]))
)
_SINCE = Prepared(select(sealing_pass.c.since))
_RETIRED = Prepared(select(content_keys.c.id, content_keys.c.retired).where(content_keys.c.retired.is_not(None)))


class ItemTurning:
    """The way through the items of a store where encryption is on."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def portion(self) -> int:
        """Look at some items, and seal those that need it; answers how many were looked at."""
        retired: dict[int, int] = dict(self._database.once(_RETIRED))
        state = self._state(max([self._database.once(_SINCE)[0][0], *retired.values()]))
        if state is None:
            return 0
        folder, uid, began = state
        rows = self._database.once(_NEXT, folder=folder, uid=uid, limit=_FEW)
        due = defaultdict[int, list[tuple[int, int]]](list)
        for place_folder, place_uid, mailbox, head in rows:
            key = contents.key_of(bytes(head))
            if key is None or key in retired:
                due[mailbox].append((place_folder, place_uid))
        for mailbox, places in due.items():
            self._seal(mailbox, places)
        last = rows[-1][:2] if rows else (folder, uid)
        with self._database.write() as block:
            ended = None if rows else self._store.now()
            block.session.run(_CAME, folder=last[0], uid=last[1], finished=ended, began=began)
        return len(rows)

    def finished_after(self, moment: int) -> bool:
        """Whether a whole way began after that and has ended: nothing is under what was retired well before."""
        state = self._database.once(STATE)
        return bool(state) and state[0][2] >= moment and state[0][3] is not None

    def _state(self, changed: int) -> tuple[int, int, int] | None:
        """Where the way goes on, and when it began; None: there is none to go, for the last change of keys."""
        now, state = self._store.now(), self._database.once(STATE)
        if state and state[0][3] is None:
            return state[0][0], state[0][1], state[0][2]
        began = state[0][2] if state else None
        if began is not None and not (began < changed or began < changed + SOON <= now):
            return None
        with self._database.write() as block:
            values = {"began": now, "finished": None}
            if began is None:
                block.session.run(_BEGIN, id=1, folder_id=_FIRST, uid=_FIRST, **values)
            else:
                block.session.run(_BEGIN_AGAIN, before=began, folder=_FIRST, uid=_FIRST, **values)
        return _FIRST, _FIRST, now

    def _seal(self, mailbox: int, places: list[tuple[int, int]]) -> None:
        try:
            with self._store.writing(mailbox) as box, erasing(box.session):
                for folder, uid in places:
                    box.seal_again(folder, uid)
        except NoSuchMailbox:  # it has gone meanwhile, with all items
            return

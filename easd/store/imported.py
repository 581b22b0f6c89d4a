"""What has come into a mailbox from elsewhere: noted with the messages, so that no cut loses or doubles one."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from easd.store.prepared import Prepared, param, params
from easd.store.reading import SqlReading
from easd.store.tables import imported

_row = imported.c
_of_account = (_row.mailbox_id == param("mailbox"), _row.account == param("account"))
_in_place = (*_of_account, _row.place == param("place"))

_ALL = Prepared(select(_row.mark, _row.identity, _row.state, _row.folder_id, _row.uid).where(*_in_place))
_IDENTITIES = Prepared(select(_row.identity).where(*_of_account).distinct())
_NOTE = Prepared(
    lambda to: (new := to(imported).values(params(imported))).on_conflict_do_update(
        index_elements=["mailbox_id", "account", "place", "mark"],
        set_={name: new.excluded[name] for name in ("identity", "state", "folder_id", "uid")},
    )
)
_FORGET = Prepared(delete(imported).where(*_in_place, _row.mark == param("mark")))


@dataclass(frozen=True, slots=True)
class Known:
    """One message that has come: what it is known by under another mark, its flags there, and where it was put. A uid
    of 0: it was not put anywhere, for it had come from another folder of the account.
    """

    identity: bytes
    state: str
    folder_id: int
    uid: int


class Imported:
    """What one folder of an account elsewhere has given to a mailbox; in the transaction of `box`."""

    def __init__(self, box: SqlReading, account: str, place: str) -> None:
        self._session = box.session
        self._key = {"account": account, "place": place}
        self._mailbox = box.mailbox_id

    def all(self) -> dict[str, Known]:
        """By mark."""
        rows = self._session.all(_ALL, mailbox=self._mailbox, **self._key)
        return {mark: Known(bytes(identity), state, folder, uid) for mark, identity, state, folder, uid in rows}

    def identities(self) -> set[bytes]:
        """Of all that has come from any folder of the account."""
        account = self._key["account"]
        return {bytes(row[0]) for row in self._session.all(_IDENTITIES, mailbox=self._mailbox, account=account)}

    def note(self, mark: str, known: Known) -> None:
        """Note one, or what is now true of it."""
        values = {"identity": known.identity, "state": known.state, "folder_id": known.folder_id, "uid": known.uid}
        self._session.run(_NOTE, mailbox_id=self._mailbox, mark=mark, **self._key, **values)

    def forget(self, mark: str) -> None:
        """It is called something else now, or is gone there."""
        self._session.run(_FORGET, mailbox=self._mailbox, mark=mark, **self._key)

"""How long mail is kept: policies as an administrator sets them, and what they do."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, delete, func, select

from easd.model.folder import Folder, FolderType
from easd.model.moments import milliseconds, moment
from easd.model.retention import (
    Expired,
    FolderRetention,
    RetentionAction,
    RetentionFolder,
    RetentionPolicy,
    checked,
)
from easd.store.database import Row, Session
from easd.store.prepared import Prepared, param, params
from easd.store.reading import SqlReading
from easd.store.retention_tables import retention_policies
from easd.store.store import SqlStore
from easd.store.tables import items, organizations, users
from easd.store.writing import SqlWriting

BATCH = 200
"""Items of a mailbox in one transaction: whoever waits for its lock waits no longer than for these."""

_TYPES = {
    RetentionFolder.INBOX: FolderType.INBOX,
    RetentionFolder.DELETED_ITEMS: FolderType.DELETED_ITEMS,
    RetentionFolder.SENT_ITEMS: FolderType.SENT_ITEMS,
    RetentionFolder.DRAFTS: FolderType.DRAFTS,
}
_JUNK = "Junk Email"  # the protocol has no type for it

_item = items.c
_policy = retention_policies.c
_user = users.c
_here = _item.folder_id == param("folder")
_since = func.coalesce(_item.stirred, _item.sort_time)
_of_organization = _policy.organization_id == param("organization")

_GET = Prepared(select(*retention_policies.columns).where(_of_organization))
_ALL = Prepared(select(*retention_policies.columns).order_by(_policy.organization_id))
_PUT = Prepared(
    lambda to: (new := to(retention_policies).values(params(retention_policies))).on_conflict_do_update(
        index_elements=["organization_id"],
        set_={name: new.excluded[name] for name in ("public_id", "name", "description", "folders", "modified")},
    )
)
_DROP = Prepared(delete(retention_policies).where(_of_organization, _policy.public_id == param("public")))
_ORGANIZATION = Prepared(select(organizations.c.id).where(organizations.c.id == param("organization")))
_MAILBOXES = Prepared(
    select(_user.mailbox_id, _user.address)
    .where(_user.organization_id == param("organization"), (_user.kind.is_(None)) | (_user.kind != param("group")))
    .order_by(_user.id)
)


def _over(*more: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    return (_here, _since < param("before"), *more)


# What came before a moment was dated before it: of mail the index by time leaves the rest unread. What else lies in
# Deleted Items may have any date.
_mail_of_old = _item.sort_time < param("before")
_OVER = Prepared(select(_item.uid).where(*_over(_mail_of_old)).order_by(_item.uid).limit(param("limit")))
_OVER_ANY = Prepared(select(_item.uid).where(*_over()).order_by(_item.uid).limit(param("limit")))
_COUNT = Prepared(select(func.count(), func.min(_since)).where(*_over(_mail_of_old)))
_COUNT_ANY = Prepared(select(func.count(), func.min(_since)).where(*_over()))

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[FolderRetention, ...]).decode


class Retention:
    """Operations on retention policies. KeyError: no such thing. ValueError: what no policy may say."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def policy(self, organization: int) -> RetentionPolicy | None:
        """The organisation's; None where it has none."""
        rows = self._store.database.once(_GET, organization=organization)
        return _made(rows[0]) if rows else None

    def put(self, organization: int, policy: RetentionPolicy) -> RetentionPolicy:
        """Another policy in the place of the present one, whose id it may name; a new id is given where it names none.
        KeyError if it names another.
        """
        checked(policy)
        with self._store.database.write() as block:
            if block.session.one(_ORGANIZATION, organization=organization) is None:
                raise KeyError(f"there is no organisation {organization}")
            known = block.session.one(_GET, organization=organization)
            if policy.id and (known is None or known[1] != policy.id):
                raise KeyError(f"there is no retention policy {policy.id[:80]}")
            now = self._store.now()
            made = replace(policy, id=policy.id or str(uuid.uuid4()), modified=moment(now))
            words = {"public_id": made.id, "name": made.name, "description": made.description}
            block.session.run(_PUT, organization_id=organization, folders=_encode(made.folders), modified=now, **words)
        return made

    def remove(self, organization: int, policy_id: str) -> bool:
        """Keep everything from now on. Whether there was such a policy."""
        with self._store.database.write() as block:
            return block.session.run(_DROP, organization=organization, public=policy_id) > 0

    def preview(self, organization: int, now: datetime, policy: RetentionPolicy | None = None) -> Sequence[Expired]:
        """What `policy`, or else the organisation's own, would do now, by mailbox and folder."""
        chosen = policy or self.policy(organization)
        found: list[Expired] = []
        for mailbox, address in self._mailboxes(organization) if chosen else ():
            with self._store.reading(mailbox) as reading:
                found.extend(self._expired(reading, address, chosen, now))
        return found

    def apply(self, now: datetime) -> int:
        """Do what all policies say; answers of how many items. Devices are told as of any other deletion."""
        policies = [(row[0], _made(row)) for row in self._store.database.once(_ALL)]
        return sum(
            self._apply_to(mailbox, policy, now)
            for organization, policy in policies
            for mailbox, _ in self._mailboxes(organization)
        )

    # ------------------------------------------------------------ steps

    def _mailboxes(self, organization: int) -> Sequence[tuple[int, str]]:
        rows = self._store.database.once(_MAILBOXES, organization=organization, group="GROUP")
        return [(mailbox, address) for mailbox, address in rows]

    def _expired(
        self, reading: SqlReading, address: str, policy: RetentionPolicy | None, now: datetime
    ) -> Iterator[Expired]:
        for rule, folder in _in_force(reading, policy):
            statement = _COUNT_ANY if rule.folder is RetentionFolder.DELETED_ITEMS else _COUNT
            [(count, oldest)] = reading.session.all(statement, folder=folder.id, before=_before(rule, now))
            if count:
                yield Expired(address, rule.folder, rule.action, count, moment(oldest))

    def _apply_to(self, mailbox: int, policy: RetentionPolicy, now: datetime) -> int:
        """Deleted Items come last: what is moved there now has its whole time before it."""
        with self._store.reading(mailbox) as reading:
            rules = [one for one in _in_force(reading, policy) if _due(reading.session, *one, now)]
        return sum(self._clear(mailbox, rule, folder, now) for rule, folder in rules)

    def _clear(self, mailbox: int, rule: FolderRetention, folder: Folder, now: datetime) -> int:
        total, count = 0, BATCH
        while count == BATCH:
            with self._store.writing(mailbox) as writing:
                count = _clear_some(writing, rule, folder, now)
            total += count
        return total


def _clear_some(writing: SqlWriting, rule: FolderRetention, folder: Folder, now: datetime) -> int:
    if writing.folder(folder.id) is None:  # it has gone meanwhile
        return 0
    uids = _due(writing.session, rule, folder, now)
    for_good = rule.action is RetentionAction.PERMANENTLY_DELETE or folder.type is FolderType.DELETED_ITEMS
    trash = writing.special(FolderType.DELETED_ITEMS)
    for uid in uids:
        if for_good:
            writing.remove(folder.id, uid)
        else:
            writing.move(folder.id, uid, trash.id)
    return len(uids)


def _due(session: Session, rule: FolderRetention, folder: Folder, now: datetime) -> list[int]:
    statement = _OVER_ANY if rule.folder is RetentionFolder.DELETED_ITEMS else _OVER
    return [uid for (uid,) in session.all(statement, folder=folder.id, before=_before(rule, now), limit=BATCH)]


def _in_force(reading: SqlReading, policy: RetentionPolicy | None) -> Iterator[tuple[FolderRetention, Folder]]:
    known = reading.folders()
    for rule in policy.folders if policy else ():
        if rule.action is RetentionAction.NONE:
            continue
        type_ = _TYPES.get(rule.folder)
        for folder in known:
            is_junk = type_ is None and folder.parent_id == 0 and folder.name == _JUNK
            if is_junk or (type_ is not None and folder.type is type_):
                yield rule, folder


def _before(rule: FolderRetention, now: datetime) -> int:
    return milliseconds(now - timedelta(days=rule.period or 0))


def _made(row: Row) -> RetentionPolicy:
    _, public, name, description, folders, modified = row
    return RetentionPolicy(public, name, _decode(folders), description, moment(modified))

"""Whoever has an address - people, resources, groups - as rows: how they come, are found, and go.

Every function runs inside the caller's transaction. KeyError: no such thing. Taken: the address is in use.
"""

from sqlalchemy import delete, insert, null, select, update

from easd.model.account import Account, Kind
from easd.model.folder import DEFAULT_FOLDERS
from easd.policy.assignment import Target
from easd.store import app_passwords, details, identities, listing, wipes
from easd.store.access import DROP_OVERRIDES
from easd.store.database import Session
from easd.store.errors import Taken
from easd.store.mounting import FORGET_ENTITY
from easd.store.prepared import Prepared, named, param, params
from easd.store.rules import MOVE_ON_IF_ANY, UNASSIGN
from easd.store.store import SqlStore
from easd.store.tables import (
    absence_answers,
    absences,
    addresses,
    conversation_rules,
    correspondents,
    delegates,
    devices,
    domains,
    folders,
    grants,
    imported,
    items,
    loose_blobs,
    mailboxes,
    meeting_ledger,
    members,
    outside_members,
    resources,
    sent_mail,
    sent_on,
    sync_state,
    tombstones,
    users,
)
from easd.store.tables_followed import followed
from easd.store.writing import SqlWriting

_user = users.c
_item = items.c
_mailbox = param("mailbox")
_number = param("user")
_of_mailbox = select(folders.c.id).where(folders.c.mailbox_id == _mailbox)
_users_devices = select(devices.c.id).join(users, _user.id == devices.c.user_id).where(_user.mailbox_id == _mailbox)

_DOMAIN = Prepared(select(domains.c.organization_id).where(domains.c.name == param("name")))
_ORGANIZATION = Prepared(select(_user.organization_id).where(_user.id == _number))
_ADD_MAILBOX = Prepared(insert(mailboxes).values(params(mailboxes, "id")).returning(mailboxes.c.id))
_ADD_USER = Prepared(lambda to: to(users).values(params(users, "id")).on_conflict_do_nothing().returning(_user.id))
_ADD_ADDRESS = Prepared(lambda to: to(addresses).values(params(addresses)).on_conflict_do_nothing())

_LOOSEN = Prepared(
    insert(loose_blobs).from_select(
        ["blob_id"], select(_item.blob_id).where(_item.folder_id.in_(_of_mailbox), _item.blob_id.is_not(null()))
    )
)
_EMPTY = (
    _LOOSEN,
    Prepared(delete(items).where(_item.folder_id.in_(_of_mailbox))),
    Prepared(delete(tombstones).where(tombstones.c.folder_id.in_(_of_mailbox))),
    Prepared(delete(folders).where(folders.c.mailbox_id == _mailbox)),
    Prepared(delete(sync_state).where(sync_state.c.device_id.in_(_users_devices))),
    Prepared(delete(imported).where(imported.c.mailbox_id == _mailbox)),
    Prepared(delete(sent_mail).where(sent_mail.c.mailbox_id == _mailbox)),
    Prepared(delete(sent_on).where(sent_on.c.mailbox_id == _mailbox)),
    Prepared(delete(conversation_rules).where(conversation_rules.c.mailbox_id == _mailbox)),
    Prepared(delete(correspondents).where(correspondents.c.mailbox_id == _mailbox)),
    Prepared(delete(meeting_ledger).where(meeting_ledger.c.mailbox_id == _mailbox)),
    Prepared(delete(absence_answers).where(absence_answers.c.mailbox_id == _mailbox)),
    Prepared(delete(absences).where(absences.c.mailbox_id == _mailbox)),
)
_DROP_DEVICES = Prepared(delete(devices).where(devices.c.id.in_(_users_devices)))
_FORGET = (
    app_passwords.DROP_ALL,
    listing.DROP_WORDS,
    listing.DROP_PROFILE,
    DROP_OVERRIDES,
    FORGET_ENTITY,
    Prepared(delete(followed).where(followed.c.user_id == _number)),
    Prepared(delete(addresses).where(addresses.c.user_id == _number)),
    Prepared(delete(members).where((members.c.group_id == _number) | (members.c.member_id == _number))),
    Prepared(delete(outside_members).where(outside_members.c.group_id == _number)),
    Prepared(delete(delegates).where((delegates.c.resource_id == _number) | (delegates.c.delegate_id == _number))),
    Prepared(delete(grants).where((grants.c.owner_id == _number) | (grants.c.grantee_id == _number))),
    Prepared(delete(resources).where(resources.c.user_id == _number)),
    Prepared(delete(users).where(_user.id == _number)),
)
_DISTRUST = Prepared(update(mailboxes).where(mailboxes.c.id == _mailbox).values(named(["pruned"])))
_DROP_MAILBOX = Prepared(delete(mailboxes).where(mailboxes.c.id == _mailbox))


def create(session: Session, store: SqlStore, kind: Kind, address: str, name: str, password_hash: str = "") -> int:
    """The number of somebody new, whose domain must be there; all but a group get the default folders."""
    now = store.now()
    [(mailbox,)] = session.all(_ADD_MAILBOX, modseq=0, pruned=0, created=now, used=0, quota=None, shares=None)
    number = introduce(session, now, mailbox, kind, address, name, password_hash)
    if kind is not Kind.GROUP:
        writing = SqlWriting.open(session, mailbox, store.problems, now)
        add_folders(writing)
        writing.finish()
    return number


def introduce(
    session: Session,
    now: int,
    mailbox: int,
    kind: Kind,
    address: str,
    name: str,
    password_hash: str = "",
    public_id: str = "",
) -> int:
    """The number of somebody new to whom a mailbox belongs. `public_id`: that of somebody who was there before."""
    made = identities.normal(address)
    organization = organization_of_domain(session, made)
    names = {"address": made, "display_name": name, "password_hash": password_hash}
    state = {"credential_version": 1, "enabled": 1, "kind": None if kind is Kind.USER else kind.value}
    new = session.one(_ADD_USER, organization_id=organization, mailbox_id=mailbox, created=now, **names, **state)
    if new is None:
        raise Taken(f"the address {made} is in use")
    number = int(new[0])
    add_address(session, made, number)
    details.introduce(session, number, kind, now, public_id)
    listing.index(session, existing(session, number))
    return number


def remove(session: Session, store: SqlStore, number: int, *, keep: bool = False) -> None:
    """Somebody with memberships and permissions, and with the mailbox and all that is in it; `keep`: the mailbox of a
    person stays for a while, without devices.
    """
    leaving = existing(session, number)
    mailbox, keep = leaving.user.mailbox_id, keep and leaving.user.kind is Kind.USER
    writing = SqlWriting.open(session, mailbox, store.problems, store.now())
    if keep:
        for device in writing.devices():
            writing.remove_device(device.id)
        writing.finish()
    else:
        wipes.remember(session, writing.devices(), store.now())
        empty(session, mailbox)
        session.run(_DROP_DEVICES, mailbox=mailbox)
    details.depart(session, leaving, store.now(), mailbox if keep else None)
    for statement in _FORGET:
        session.run(statement, user=number)
    for target in (Target.USER, Target.GROUP):
        session.run(UNASSIGN, kind=int(target), target=number)
    session.run(MOVE_ON_IF_ANY)  # a group may have been what gave others a policy
    if not keep:
        session.run(_DROP_MAILBOX, mailbox=mailbox)


def discard(session: Session, mailbox: int) -> None:
    """A mailbox that nobody has any more, with all that is in it."""
    empty(session, mailbox)
    session.run(_DROP_MAILBOX, mailbox=mailbox)


def empty(session: Session, mailbox: int) -> None:
    """All that a mailbox holds goes, folders included."""
    for statement in _EMPTY:
        session.run(statement, mailbox=mailbox)


def renew(writing: SqlWriting) -> None:
    """A mailbox as new: all that it holds goes, default folders come."""
    empty(writing.session, writing.mailbox_id)
    writing.emptied()
    # What a device knows of the hierarchy from before has no tombstones that could tell it otherwise.
    writing.session.run(_DISTRUST, mailbox=writing.mailbox_id, pruned=writing.modseq)
    add_folders(writing)


def add_folders(writing: SqlWriting) -> None:
    """The folders that every mailbox has."""
    for name, type_ in DEFAULT_FOLDERS:
        writing.add_folder(0, name, type_)


def add_address(session: Session, address: str, number: int) -> None:
    """One more address of somebody."""
    local_part, _, domain = address.rpartition("@")
    values = {"address": address, "local_part": local_part, "domain": domain, "user_id": number}
    if session.run(_ADD_ADDRESS, **values) == 0:
        raise Taken(f"the address {address} is in use")


def organization_of_domain(session: Session, address: str) -> int:
    """Whose domain the address is in."""
    domain = address.rpartition("@")[2]
    if row := session.one(_DOMAIN, name=domain):
        return int(row[0])
    raise KeyError(f"there is no domain {domain}")


def is_local(session: Session, address: str) -> bool:
    """Whether mail for the address ends here, be there somebody or not."""
    return bool(session.one(_DOMAIN, name=address.rpartition("@")[2]))


def existing(session: Session, number: int) -> Account:
    """Who has that number, of whatever kind."""
    if found := identities.from_rows(session.all(identities.BY_ID, user=number)):
        return found[0]
    raise KeyError(f"there is no user {number}")


def at(session: Session, address: str) -> Account | None:
    """Who has that address, of whatever kind."""
    asked = address.strip().lower()
    found = (
        identities.from_rows(session.all(identities.BY_ADDRESS, address=asked)) if identities.comparable(asked) else []
    )
    return found[0] if found else None


def companion(session: Session, number: int, address: str) -> Account:
    """Somebody else of the same organisation who has the address. ValueError for the one itself, and for others."""
    other = at(session, address)
    if other is None:
        raise KeyError(f"there is nobody here with the address {address[:300]}")
    if other.user.id == number:
        raise ValueError(f"{other.user.address} cannot be that of itself")
    if session.one(_ORGANIZATION, user=number) != session.one(_ORGANIZATION, user=other.user.id):
        raise ValueError(f"{other.user.address} is of another organisation")
    return other

"""Mail from files into a mailbox: deliveries of today, and imports of what was elsewhere before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from easd.admin.mail_files import Found, header_date, wire_form
from easd.admin.office import Office, refusing
from easd.admin.refused import Refused
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.email import Flag, FlagStatus
from easd.model.folder import Folder, FolderType, ItemClass
from easd.model.item import StoredItem
from easd.service.delivery import deliver
from easd.service.ports import NewMail

_BATCH_MESSAGES = 100
_BATCH_BYTES = 16 * 2**20

Progress = Callable[[int], None]
"""Hears how many messages are done."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to say of one message."""

    message: str
    remarks: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """What became of the messages. `malformed` are in the mailbox all the same, `left_out` are not."""

    imported: int = 0
    unread: int = 0
    flagged: int = 0
    malformed: list[Remark] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)


def deliver_message(office: Office, recipient: str, raw: bytes, received: datetime) -> list[tuple[User, StoredItem]]:
    """One message into the Inbox of the recipient, or of each in a group, as if it had just come. Refused for an
    unknown recipient, a group with members elsewhere (nothing is sent from here), or no message.
    """
    limit = office.settings.limits.message_bytes
    if not raw.strip():
        raise Refused("there is no message on standard input")
    if len(raw) > limit:
        raise Refused(f"the message has more than the {limit} bytes of limits.message_bytes")
    users, made = _recipients(office, office.address(recipient)), wire_form(raw)
    find = office.directory.find
    with refusing():
        return [(user, deliver(office.store, user, made, received, find)) for user in users]


def _recipients(office: Office, address: str) -> Sequence[User]:
    if user := office.directory.find(address):
        return [user]
    group = office.directory.group(address)
    if group is None:
        raise Refused(f"nobody here receives mail for {address}")
    found = office.directory.expand(group, office.settings.limits.group_members_max)
    if not found.complete or not found.count:
        raise Refused(f"{address} has no members, or more than limits.group_members_max")
    if found.outside:
        raise Refused(f"{address} has members outside this server, whom only a user's device reaches")
    return found.users


def mail_folder(office: Office, user: User, name: str) -> Folder:
    """The user's folder of that name; letter case does not matter. Refused if there is none for mail."""
    with office.store.reading(user.mailbox_id) as box:
        folders = [folder for folder in box.folders() if folder.item_class is ItemClass.EMAIL]
    for folder in folders:
        if folder.name.casefold() == name.casefold() and folder.type is not FolderType.OUTBOX:
            return folder
    raise Refused(f"{user.address} has no mail folder {name}, but {', '.join(folder.name for folder in folders)}")


def import_messages(
    office: Office, user: User, folder: Folder, found: Iterable[Found], now: datetime, progress: Progress
) -> Tally:
    """All messages into the folder, in batches: when it stops half-way, whole batches are there.

    A message of unknown time is dated by its newest Received header or its Date, else `now`.
    """
    tally = Tally()
    for batch in _batches(_readable(found, tally)):
        new = [_new_mail(one, now, tally) for one in batch]
        with refusing():
            office.accounts.import_mail(user.mailbox_id, folder.id, new, len(new))
        tally.imported += len(new)
        tally.unread += sum(not one.read for one in batch)
        tally.flagged += sum(one.flagged for one in batch)
        progress(tally.imported + len(tally.left_out))
    return tally


def _readable(found: Iterable[Found], tally: Tally) -> Iterator[Found]:
    for one in found:
        if one.fault:
            tally.left_out.append(Remark(one.place, (one.fault,)))
        elif not one.raw.strip():
            tally.left_out.append(Remark(one.place, ("there is nothing in it",)))
        else:
            yield one


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.raw)
        if len(batch) == _BATCH_MESSAGES or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _new_mail(found: Found, now: datetime, tally: Tally) -> NewMail:
    extracted = extract(found.raw, found.received or header_date(found.raw) or now)
    if extracted.problems:
        tally.malformed.append(Remark(found.place, extracted.problems))
    flag = Flag(FlagStatus.ACTIVE, "Flag for follow up") if found.flagged else None
    email = replace(extracted.email, read=found.read, flag=flag, is_draft=found.draft)
    return NewMail(found.raw, email, extracted.texts, EXTRACT_VERSION)

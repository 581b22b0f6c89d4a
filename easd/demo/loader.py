"""Fills a store with the people, mail and appointments of the demonstration, once."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from easd.admin.office import Office, establish, open_office, prepare
from easd.admin.refused import Refused
from easd.config import Settings
from easd.demo.agenda import items
from easd.demo.mail import BrokenIndexError, DemoMessage, messages
from easd.mime.extract import EXTRACT_VERSION, extract
from easd.model.account import User
from easd.model.email import Flag, FlagStatus
from easd.model.folder import Folder
from easd.service.ports import NewMail

ORGANISATION = "Example"
DOMAIN = "example.test"
PEOPLE = {"alice": "Alice Archer", "bob": "Bob Brandt", "carol": "Carol Castellano"}
PASSWORD = "easd-demo"  # noqa: S105 - the invented people's password is told to everybody

MAIL = Path(__file__).resolve().parents[2] / "fixtures" / "mail"
"""The messages, beside the package in a checkout."""
AGENDA = MAIL.with_name("people")
"""What alice has beside mail."""

_MARK = "demo.json"
_DRAFTS = "Drafts"

Progress = Callable[[int, int], None]
"""Hears how many messages are done, of how many."""


def load(
    settings: Settings, mail: Path, password: str, now: datetime, progress: Progress, agenda: Path | None = None
) -> int | None:
    """See to it that the store holds the demonstration; answers the number of messages loaded, None if all were there.

    `now` is what the messages' ages are counted back from; `agenda` is the folder of alice's contacts and appointments
    (None: she has none). A load that was interrupted is done anew; the password of
    the people is `password` afterwards. Refused if the store holds other people, or the mail cannot be read.
    """
    prepare(settings)
    mark = Path(settings.database.data_dir) / _MARK
    with open_office(settings) as office:
        complete = _is_complete(office, mark)
        if not complete:
            mark.unlink(missing_ok=True)
        owners = _people(office, password)
        if complete:
            return None
        count = _fill(office, owners, mail, now, progress)
        if agenda is not None:
            _fill_agenda(office, owners[f"alice@{DOMAIN}"], agenda, now)
    mark.write_text(json.dumps({"loaded": now.isoformat(), "messages": count}) + "\n")
    return count


def addresses() -> set[str]:
    """Everybody's address."""
    return {f"{name}@{DOMAIN}" for name in PEOPLE}


def _is_complete(office: Office, mark: Path) -> bool:
    """The mark is written last. Refused if the store is somebody's own."""
    found = {user.address for user in office.accounts.users()}
    if strangers := found - addresses():
        place = office.settings.database.data_dir
        raise Refused(f"{place} is no demonstration: it has {min(strangers)} in it; choose another --data")
    return mark.exists() and found == addresses()


def _people(office: Office, password: str) -> dict[str, User]:
    """All users by address, made where they are missing, with that password."""
    establish(office, ORGANISATION, DOMAIN)
    there = {user.address: user for user in office.accounts.users()}
    for name, display_name in PEOPLE.items():
        address = f"{name}@{DOMAIN}"
        if address not in there:
            there[address] = office.add_user(address, display_name, password)
        elif office.directory.authenticate(address, password) is None:
            office.set_password(there[address], password)
    return there


def _fill(office: Office, owners: dict[str, User], mail: Path, now: datetime, progress: Progress) -> int:
    """All messages, in batches, into mailboxes that are emptied before."""
    try:
        # Oldest first in each folder, as if they had come one after the other.
        found = sorted(messages(mail), key=lambda it: (it.recipient, it.folder_name, -it.age))
    except BrokenIndexError as error:
        raise Refused(f"the demonstration's mail: {error}; --mail names its folder") from error
    if unknown := {message.recipient for message in found} - owners.keys():
        raise Refused(f"the demonstration's mail is for {min(unknown)}, who is not one of its people")
    for owner in owners.values():
        office.accounts.reset_mailbox(owner.mailbox_id)
    counted = _counting(found, progress)
    for (recipient, folder_name), group in groupby(counted, key=attrgetter("recipient", "folder_name")):
        mailbox = owners[recipient].mailbox_id
        new = (new_mail(message, now) for message in group)
        office.accounts.import_mail(mailbox, _folder(office, mailbox, folder_name).id, new)
    return len(found)


def _fill_agenda(office: Office, owner: User, agenda: Path, now: datetime) -> None:
    with office.store.writing(owner.mailbox_id) as box:
        for item in items(agenda, owner.address, now):
            box.add_item(box.special(item.folder).id, item.item_class, item.content)


def _counting(found: list[DemoMessage], progress: Progress) -> Iterator[DemoMessage]:
    for number, message in enumerate(found):
        progress(number, len(found))
        yield message
    progress(len(found), len(found))


def _folder(office: Office, mailbox: int, name: str) -> Folder:
    with office.store.reading(mailbox) as box:
        return next(folder for folder in box.folders() if folder.name == name)


def new_mail(message: DemoMessage, now: datetime) -> NewMail:
    """The message as its owner has it: received so long ago, read, flagged and with its categories."""
    received = now - message.age
    extracted = extract(message.raw, received)
    email = replace(
        extracted.email,
        read=message.read,
        flag=_flag(message.flag, received),
        categories=message.categories,
        is_draft=message.folder_name == _DRAFTS,
    )
    return NewMail(message.raw, email, extracted.texts, EXTRACT_VERSION)


def _flag(status: FlagStatus, received: datetime) -> Flag | None:
    """A flag as devices set it: "for follow up", or done at a time (MS-ASEMAIL R940, R86)."""
    if status is FlagStatus.CLEARED:
        return None
    if status is FlagStatus.COMPLETE:
        return Flag(status, "Flag for follow up", date_completed=received, complete_time=received)
    return Flag(status, "Flag for follow up")

"""Full mailboxes: what a device is told, what a sender hears, and that nothing is lost."""

import pytest

from easd.eas.commands.sync import ClientAdd, ClientDelete
from easd.eas.items.contacts import dump_contact
from easd.eas.versions import V16_1, Version
from easd.model.contact import Contact
from easd.model.folder import FolderType
from easd.service.submission import deliver_queued
from tests.conformance.test_send_mail import everything, letter, send, sent
from tests.support.typed_items import synced
from tests.support.world import NOW, Phone, World

LONG = "x" * 3000
NEARLY_FULL = 4000


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


def _full(world: World, name: str) -> None:
    """Somebody with room for a few short texts, and not for LONG."""
    world.deliver(to=name, body=LONG)
    world.admin.set_quota(world.user(name).mailbox_id, NEARLY_FULL)


def test_a_sender_hears_of_a_recipient_whose_mailbox_is_full(world: World, phone: Phone) -> None:
    _full(world, "bob")
    sent(phone, letter(body=LONG))
    assert len(everything(world, "bob")) == 1
    (report,) = everything(world, "alice")
    assert b"Status: 5.2.2" in report
    assert b"the mailbox is full" in report
    sent(phone, letter(body="short"))
    assert len(everything(world, "bob")) == 2


def test_a_sender_whose_mailbox_is_full_is_told_so_and_nothing_is_sent_R4838(world: World, phone: Phone) -> None:
    _full(world, "alice")
    told = send(phone, letter(body=LONG))
    assert (told.status, told.http) in ((113, 200), (None, 507))
    assert everything(world, "bob") == []
    sent(phone, letter(body=LONG), save=False)
    assert len(everything(world, "bob")) == 1


def test_a_report_comes_into_a_full_mailbox_too(world: World, phone: Phone) -> None:
    _full(world, "alice")
    world.admin.set_quota(world.user().mailbox_id, 1)
    sent(phone, letter("To: nobody@example.test"), save=False)
    assert len(everything(world, "alice")) == 2
    assert not world.sql.queued(9)
    assert deliver_queued(world.services) == 0


def test_a_device_whose_mailbox_is_full_makes_room_by_deleting_R4450(world: World) -> None:
    """Sync cannot take the contact, and takes it as soon as there is room."""
    phone = world.phone(version=V16_1)
    inbox = synced(phone, FolderType.INBOX)
    _full(world, "alice")
    [letter_id] = [command.server_id for command in phone.sync(inbox).commands]
    contacts = synced(phone, FolderType.CONTACTS)
    contact = dump_contact(Contact(NOW, file_as="Zoe", company_name=LONG[:1000]), None, V16_1)
    assert [one.status for one in phone.sync(contacts, ClientAdd("1", contact)).responses] == [9]
    assert world.items(contacts) == {}
    phone.sync(inbox, ClientDelete(letter_id), deletes_as_moves=False)
    assert [one.status for one in phone.sync(contacts, ClientAdd("2", contact)).responses] == [1]
    assert len(world.items(contacts)) == 1

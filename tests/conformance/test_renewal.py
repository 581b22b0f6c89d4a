"""After an upgrade: mail that could not be shown is shown again, once, and what an older version made of mail is made
anew without a word to devices.
"""

from dataclasses import replace

import pytest

from easd.eas.commands.sync import ClientFetch, ServerAdd, ServerDelete
from easd.eas.versions import Version
from easd.mime.extract import EXTRACT_VERSION
from easd.model.email import EmailTexts, Flag, FlagStatus
from easd.search.query import Query, text
from easd.service import ids
from easd.service.delivery import new_mail
from easd.service.ports import Reduced, Unavailable
from easd.service.rendering import SHOWN_BY
from easd.service.renewal import Rereading, show_again
from tests.support.faults import FaultyStore
from tests.support.world import Phone, World, emails, shown, xml

APOLOGY = "cannot be shown in full"
RAW = b"From: bob@example.test\r\nSubject: Report\r\nContent-Type: text/html\r\n\r\n<p>lighthouse</p>"


@pytest.fixture
def faults(world: World) -> FaultyStore:
    faulty = FaultyStore(world.sql)
    world.through(faulty.store)
    return faulty


def noted(world: World, phone: Phone) -> list[Reduced]:
    assert phone.device is not None
    return list(world.admin.reduced(phone.principal.user.mailbox_id, phone.device.id))


def reduced(world: World, faults: FaultyStore, phone: Phone) -> tuple[str, str]:
    """The Inbox, and a message that the phone was shown in a reduced form."""
    letter = world.deliver("Bad one")
    inbox = phone.folder()
    faults.fail("texts", ArithmeticError())
    phone.sync_all(inbox)
    assert APOLOGY in xml(phone.held(inbox).items[letter])
    return inbox, letter


def test_a_reduced_item_is_named_with_its_device_its_reason_and_since_when(
    world: World, faults: FaultyStore, version: Version
) -> None:
    phone = world.phone(version=version)
    _, letter = reduced(world, faults, phone)
    (note,) = noted(world, phone)
    assert ids.server_id(note.folder_id, note.uid) == letter
    assert (note.folder, note.since) == ("Inbox", world.now)
    assert note.reason.startswith("ArithmeticError at easd/")
    assert f"{letter} sent in a reduced form: ArithmeticError" in phone.notes
    other = world.phone()
    other.folder_sync()
    assert noted(world, other) == []


def test_what_a_Fetch_cannot_show_is_noted_too(world: World, faults: FaultyStore, phone: Phone) -> None:
    letter = world.deliver()
    inbox = phone.folder()
    phone.sync_all(inbox)
    faults.fail("texts", ArithmeticError())
    phone.sync(inbox, ClientFetch(letter))
    assert [ids.server_id(note.folder_id, note.uid) for note in noted(world, phone)] == [letter]


def test_a_message_that_could_not_be_shown_comes_again_after_an_upgrade(
    world: World, faults: FaultyStore, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox, letter = reduced(world, faults, phone)
    world.change(letter, read=True)
    phone.sync(inbox)
    faults.faults.clear()
    assert show_again(world.sql) == 0, "the version that failed does not try again"
    assert show_again(world.sql, SHOWN_BY + 1) == 1
    (result,) = phone.sync_all(inbox)
    assert {type(command) for command in result.commands} == {ServerDelete, ServerAdd}
    (item,) = phone.held(inbox).items.values()
    assert shown(item) == ("Bad one", True, False)
    assert "Hello" in xml(item)
    assert APOLOGY not in xml(item)
    assert noted(world, phone) == []
    phone.agrees(inbox)
    phone.quiet(inbox)
    assert show_again(world.sql, SHOWN_BY + 1) == 0


def test_a_message_that_still_cannot_be_shown_is_tried_once_a_version_and_never_loops(
    world: World, faults: FaultyStore, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, letter = reduced(world, faults, phone)
    monkeypatch.setattr("easd.service.sync.collection.SHOWN_BY", SHOWN_BY + 1)
    assert show_again(world.sql, SHOWN_BY + 1) == 1
    phone.sync_all(inbox)
    (again,) = phone.held(inbox).items
    assert again != letter
    assert [ids.server_id(note.folder_id, note.uid) for note in noted(world, phone)] == [again]
    assert show_again(world.sql, SHOWN_BY + 1) == 0
    phone.quiet(inbox)


def test_devices_that_were_shown_the_message_agree_too(world: World, faults: FaultyStore, phone: Phone) -> None:
    other = world.phone()
    world.deliver("Bad one")
    other.sync_all(other.folder())
    faults.fail("texts", ArithmeticError())
    inbox = phone.folder()
    phone.sync_all(inbox)
    faults.faults.clear()
    show_again(world.sql, SHOWN_BY + 1)
    for each in (phone, other):
        each.sync_all(inbox)
        each.agrees(inbox)


@pytest.mark.parametrize("way", ["start", "delete", "remove"])
def test_a_note_goes_when_it_is_no_longer_true(world: World, faults: FaultyStore, phone: Phone, way: str) -> None:
    inbox, letter = reduced(world, faults, phone)
    known = phone.device
    assert known is not None
    if way == "start":
        phone.start(inbox)
    elif way == "delete":
        world.remove(letter)
    else:
        world.admin.remove_device(phone.principal.user.mailbox_id, known.id)
    assert list(world.admin.reduced(phone.principal.user.mailbox_id, known.id)) == []
    assert world.sql.reduced_before(SHOWN_BY + 1, 10) == []


def test_a_fault_that_hits_all_mail_does_not_fill_the_database(
    world: World, faults: FaultyStore, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easd.store.reduced.MOST", 3)
    for _ in range(5):
        world.deliver()
    faults.fail("texts", ArithmeticError())
    phone.sync_all(phone.folder())
    assert len(noted(world, phone)) == 3


# ------------------------------------------------------------ texts of an older extraction


def old_letter(world: World, raw: bytes = RAW) -> str:
    """A message as an older version has extracted it."""
    mail = new_mail(raw, world.now)
    email = replace(mail.email, subject="???", preview="", attachments=(), read=True, categories=("Home",))
    texts = EmailTexts(b"old", b"<p>old</p>")
    with world.writing() as box:
        old = replace(mail, email=email, texts=texts, extract_version=EXTRACT_VERSION - 1)
        item = box.add_mail(world.folder().id, old)
    return ids.server_id(item.folder_id, item.uid)


def kept(world: World, letter: str) -> EmailTexts:
    item = world.items(world.folder().id)[letter]
    assert item.blob_id is not None
    with world.sql.reading(world.user().mailbox_id) as box:
        return box.texts([item.blob_id])[item.blob_id]


def test_old_mail_is_read_anew_and_keeps_its_state_and_wakes_nobody(world: World, version: Version) -> None:
    letter = old_letter(world)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    flag = Flag(FlagStatus.ACTIVE)
    world.change(letter, flag=flag)
    phone.sync_all(inbox)
    before, modseq = world.items(inbox)[letter], world.sql.modseq(world.user().mailbox_id)
    assert Rereading(world.sql).run() == 1
    after = world.items(inbox)[letter]
    assert (after.email.subject, after.email.preview) == ("Report", "lighthouse")
    assert (after.email.read, after.email.categories, after.email.flag) == (True, ("Home",), flag)
    assert after.email.conversation_id == before.email.conversation_id
    assert (after.mod_seq, world.sql.modseq(world.user().mailbox_id)) == (before.mod_seq, modseq)
    texts = kept(world, letter)
    assert texts.extraction == EXTRACT_VERSION
    assert b"<p>lighthouse</p>" in (texts.html or b"")
    phone.quiet(inbox)
    assert Rereading(world.sql).run() == 0


def test_old_mail_that_is_read_anew_is_found_by_its_words(world: World) -> None:
    letter = old_letter(world)
    Rereading(world.sql).run()
    with world.sql.reading(world.user().mailbox_id) as box:
        found = box.search(Query(text("lighthouse")), 0, 10)
    assert [ids.server_id(*place) for place in found.places] == [letter]


def test_old_mail_of_several_mailboxes_is_read_anew_in_each(world: World) -> None:
    letter = old_letter(world)
    mail = new_mail(RAW, world.now)
    with world.writing("bob") as box:
        box.add_mail(world.folder(name="bob").id, replace(mail, email=replace(mail.email, subject="???")))
    Rereading(world.sql, EXTRACT_VERSION + 1).run()
    assert emails(world, str(world.folder().id))[letter].subject == "Report"
    others = emails(world, str(world.folder(name="bob").id), "bob")
    assert [email.subject for email in others.values()] == ["Report"]


def test_a_message_that_cannot_be_read_anew_does_not_stop_the_others(world: World, faults: FaultyStore) -> None:
    bad, good = old_letter(world), old_letter(world, RAW + b"2")
    blob = world.items(world.folder().id)[bad].blob_id
    fault = faults.fail("blob", ArithmeticError(), lambda number: number == blob)
    rereading = Rereading(faults.renewable)
    with pytest.raises(ExceptionGroup):
        rereading.run()
    assert (kept(world, bad).extraction, kept(world, good).extraction) == (EXTRACT_VERSION - 1, EXTRACT_VERSION)
    faults.faults.remove(fault)
    assert rereading.run() == 1
    assert kept(world, bad).extraction == EXTRACT_VERSION


def test_reading_old_mail_anew_goes_on_where_it_stopped_and_stops_where_the_store_is_busy(
    world: World, faults: FaultyStore
) -> None:
    letters = [old_letter(world, RAW + str(number).encode()) for number in range(3)]
    rereading = Rereading(faults.renewable)
    assert rereading.run(2) == 2
    fault = faults.fail("writing", Unavailable())
    with pytest.raises(Unavailable):
        rereading.run(2)
    faults.faults.remove(fault)
    assert rereading.run(2) == 1
    assert {kept(world, letter).extraction for letter in letters} == {EXTRACT_VERSION}

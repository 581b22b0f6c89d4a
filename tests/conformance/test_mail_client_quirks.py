"""What clients are known to do with mail and connections (notes from the field: B complaints, C clients)."""

from email.message import EmailMessage

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import ClientAdd, SyncRequest
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.request import Command
from easd.eas.status import SyncStatus
from easd.eas.versions import V12_0, V12_1, V14_0, V16_0, Version, since, until
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.context import Hold
from tests.support.asking import tell
from tests.support.typed_items import synced
from tests.support.versions import at
from tests.support.world import Phone, World, child, emails, filtered, text


@at(since(V16_0))
def test_gmail_parts_the_recipients_of_a_draft_by_semicolons_C3(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = synced(phone, FolderType.DRAFTS)
    draft = DraftChange(to='"Bob, the first" <bob@example.test>; carol@example.test;', subject="both")
    phone.sync(folder, ClientAdd("c1", dump_draft(draft, version)))
    (email,) = emails(world, folder).values()
    assert [address.address for address in email.to] == ["bob@example.test", "carol@example.test"]


@at(since(V16_0))
def test_gmail_writes_drafts_in_elements_and_ios_in_mime_C1_C3(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = synced(phone, FolderType.DRAFTS)
    mime = b"To: bob@example.test\r\nSubject: mine\r\n\r\nHello\r\n"
    for number, draft in enumerate(
        (
            DraftChange(to="bob@example.test", subject="mine", body=BodyData(BodyType.PLAIN, data=b"Hello")),
            DraftChange(body=BodyData(BodyType.MIME, data=mime)),
        )
    ):
        (result,) = phone.sync(folder, ClientAdd(f"c{number}", dump_draft(draft, version))).responses
        assert result.status == SyncStatus.SUCCESS
    assert [(email.subject, email.to[0].address) for email in emails(world, folder).values()] == [
        ("mine", "bob@example.test")
    ] * 2


def test_gmail_takes_mail_without_an_Importance_for_unimportant_C3(world: World, version: Version) -> None:
    letter = world.deliver()
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert text(phone.held(inbox).items[letter], "Email:Importance") == "1"


def test_ios_shows_mail_without_a_DateReceived_as_of_now_C1(world: World, version: Version) -> None:
    world.deliver(raw=b"From: bob@example.test\r\n\r\nno date, no subject\r\n")
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    (item,) = phone.held(inbox).items.values()
    assert text(item, "Email:DateReceived") == f"{world.now:%Y-%m-%dT%H:%M:%S}.000Z"


SIGNED = (
    b"From: Bob <bob@example.test>\r\nTo: alice@example.test\r\nSubject: signed\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r\n boundary="b"\n\n'
    b"--b\nContent-Type: text/plain\n\nexactly  this\n--b\nContent-Type: application/pkcs7-signature; "
    b'name="smime.p7s"\nContent-Transfer-Encoding: base64\n\nMIIBAAAA\n--b--\n'
)
"""Lines of the header end with CRLF, those of the body with LF alone."""


@at(since(V12_0))
def test_nine_ends_the_lines_of_signed_mail_in_two_ways_C4(world: World, version: Version) -> None:
    letter = world.deliver(raw=SIGNED)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    mime = Options(mime_support=1, body_preferences=(BodyPreference(BodyType.MIME), BodyPreference(BodyType.PLAIN)))
    phone.sync(inbox, options=(mime,))
    body = child(phone.held(inbox).items[letter], "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Data").encode() == SIGNED
    assert [email.subject for email in emails(world, inbox).values()] == ["signed"]


def test_gaia_asks_for_an_estimate_of_each_window_before_it_chooses_one_C9(world: World, version: Version) -> None:
    for days in (1, 5, 20):
        world.forward(days=-days)
        world.deliver()
        world.forward(days=days)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    estimates = [phone.estimate(inbox, filter_type=kind).collection for kind in (0, 3, 4, 5)]
    if version in since(V14_0):
        estimates = [phone.estimate(inbox, options=filtered(kind)).collection for kind in (0, 3, 4, 5)]
    assert [one.estimate for one in estimates if one is not None] == [3, 2, 2, 3]


# ------------------------------------------------------------ connections


@pytest.mark.parametrize("asked", [3540, 1680, 480])
def test_a_proxy_that_cuts_what_waits_for_a_minute_is_told_to_phones_by_one_setting_B2(
    world: World, version: Version, asked: int
) -> None:
    """A phone hears the longest time at once, and is held with it; it need not find out by what was cut."""
    world.limit(heartbeat_max=60)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    answer = phone.ping(inbox, heartbeat=asked)
    assert not isinstance(answer, Hold)
    assert (answer.status, answer.heartbeat_interval) == (5, 60)
    held = phone.ping(inbox, heartbeat=60)
    assert isinstance(held, Hold)
    assert held.seconds <= 60


def test_mail_in_an_answer_that_a_proxy_cut_short_comes_again_B3(world: World, version: Version) -> None:
    """What the next key does not prove to have arrived counts as lost."""
    letters = [world.deliver(body="x" * 5000) for _ in range(5)]
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    for _ in range(3):
        phone.sync(inbox, lose=True)
    phone.sync(inbox)
    assert set(phone.held(inbox).items) == set(letters)


def test_two_folders_that_nothing_comes_to_make_no_phone_ask_again_B4(world: World, version: Version) -> None:
    """A Ping says that there is something only where the Sync that follows has something to tell."""
    phone, other = world.phone(version=version), world.phone(version=version)
    folders = [synced(phone, kind) for kind in (FolderType.INBOX, FolderType.CONTACTS, FolderType.CALENDAR)]
    letter = world.deliver()
    synced(other, FolderType.INBOX)
    hold = phone.ping(*folders)
    told = phone.ping_again(hold) if isinstance(hold, Hold) else hold
    assert not isinstance(told, Hold)
    assert told.folders == (folders[0],)
    phone.sync(folders[0])
    world.remove(letter)
    hold = phone.ping(*folders[1:])
    assert isinstance(hold, Hold)
    assert isinstance(phone.ping_again(hold), Hold)


def test_a_request_without_a_body_and_without_a_type_is_the_last_one_C0(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert isinstance(phone.ping(inbox), Hold)
    assert tell(phone, Command.PING, b"", content_type="").notes == "held"
    if version in since(V12_1):
        phone.exchange(SyncRequest((phone.collection(inbox),)))
        world.deliver()
        assert tell(phone, Command.SYNC, b"", content_type="").http == 200


@at(until(V12_1))
def test_old_devices_send_mail_as_it_is_and_say_in_the_address_whether_to_keep_it_C0(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    message = EmailMessage()
    message["To"], message["Subject"] = "bob@example.test", "old"
    message.set_content("Hello")
    told = tell(phone, Command.SEND_MAIL, bytes(message), content_type="message/rfc822", save_in_sent=True)
    assert (told.http, told.body) == (200, b"")
    assert [email.subject for email in emails(world, phone.folder(FolderType.SENT_ITEMS)).values()] == ["old"]


def test_tbsync_starts_a_folder_anew_after_status_3_and_has_each_item_once_C8(world: World, version: Version) -> None:
    letters = {world.deliver() for _ in range(3)}
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert phone.sync(inbox, sync_key="77-1").status == SyncStatus.INVALID_SYNC_KEY
    again: Phone = world.phone(version=version, device_id=phone.device_id)
    again.folder_sync()
    again.sync_all(inbox)
    assert set(again.held(inbox).items) == letters

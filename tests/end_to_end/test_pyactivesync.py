"""An EAS client that nobody here wrote (PyPI's pyactivesync, 16.1 alone) against the server in a process of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest
from pyactivesync import BodyType, Client, Contact, ContactChange, EmailChange, FolderType, OofState, SyncItem

from tests.support.checked import check
from tests.support.server import PASSWORD, RunningServer, running_server

INBOX, SENT, DELETED, ARCHIVE, CONTACTS = "Inbox", "Sent Items", "Deleted Items", "Archive", "Contacts"
PICTURE = bytes(range(256)) * 40


@pytest.fixture
def server(people: str) -> Iterator[RunningServer]:
    with running_server(people, tls=True) as running:
        yield running


class Person:
    """Somebody's device: pyactivesync's client, and what it holds of each folder."""

    def __init__(self, server: RunningServer, name: str, device: str = "first", password: str = PASSWORD) -> None:
        address = server.url.removeprefix("https://")
        self.client = Client(address, f"{name}@example.test", password, device_id=f"{name}{device}")
        self.client._transport.session.trust_env = False  # or a CA bundle of the environment would win over ours
        self.client._transport.session.verify = str(server.certificate)
        self.client._transport.session.hooks["response"].append(
            lambda answer, **_: check(answer.headers.get("content-type", ""), answer.content)
        )
        self.folders = {folder.name: folder.id for folder in self.client.list_folders()}
        self.keys: dict[str, str] = {}
        self.held: dict[str, dict[str, SyncItem]] = {}

    def sync(self, folder: str) -> dict[str, SyncItem]:
        """Synchronise until there is no more; what the device holds then."""
        held = self.held.setdefault(folder, {})
        if folder not in self.keys:
            self.keys[folder] = self.client.sync_folder(self.folders[folder]).sync_key
        more = True
        while more:
            result = self.client.sync_folder(self.folders[folder], self.keys[folder], window_size=3)
            self.keys[folder], more = result.sync_key, result.more_available
            for item in result.added:
                assert item.server_id not in held, "added twice"
                held[item.server_id] = item
            for item in result.changed:
                held[item.server_id].fields.update(item.fields)
            for server_id in result.deleted:
                del held[server_id]
        return held

    def only(self, folder: str, subject: str) -> SyncItem:
        """The one message of that subject."""
        (item,) = [item for item in self.sync(folder).values() if item.fields["Email.Subject"] == subject]
        return item

    def change(self, folder: str, *changes: EmailChange, as_move: bool = True) -> None:
        result = self.client.apply_email_changes(
            self.folders[folder], self.keys[folder], list(changes), deletes_as_moves=as_move
        )
        assert set(result.statuses.values()) == {"1"}
        self.keys[folder] = result.sync_key


def letter(subject: str, *, picture: bool = False) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@example.test", "alice@example.test", subject
    message.set_content(f"The text of {subject}, with ä, я and 🙂.\n")
    message.add_alternative(f"<p>The <b>text</b> of {subject}</p>", subtype="html")
    if picture:
        message.add_attachment(PICTURE, maintype="image", subtype="png", filename="Bild – ünï.png")
    return message


def give(server: RunningServer, subject: str, *, picture: bool = False) -> None:
    server.deliver("alice@example.test", letter(subject, picture=picture).as_bytes())


def test_it_lists_the_folders(server: RunningServer) -> None:
    types = {folder.type for folder in Person(server, "alice").client.list_folders()}

    assert {FolderType.INBOX, FolderType.DRAFTS, FolderType.DELETED_ITEMS, FolderType.SENT_ITEMS} <= types


def test_it_synchronises_in_windows_and_fetches(server: RunningServer) -> None:
    for number in range(10):
        give(server, f"Message {number}", picture=number == 4)
    alice = Person(server, "alice")

    assert len(alice.sync(INBOX)) == 10
    item = alice.client.fetch_item(alice.folders[INBOX], alice.only(INBOX, "Message 4").server_id)
    assert item.body is not None
    assert "<b>text</b>" in str(item.body.data)
    (attachment,) = item.attachments
    assert attachment.display_name == "Bild – ünï.png"
    assert attachment.file_reference is not None
    assert alice.client.fetch_attachment(attachment.file_reference) == PICTURE
    whole = alice.client.fetch_item(
        alice.folders[INBOX], alice.only(INBOX, "Message 4").server_id, body_type=BodyType.MIME
    )
    assert whole.body is not None
    assert whole.body.data == letter("Message 4", picture=True).as_bytes() or b"image/png" in bytes(
        whole.body.data or b""
    )


def test_reading_flagging_moving_and_deleting(server: RunningServer) -> None:
    for subject in ("read me", "flag me", "move me", "delete me", "away with me"):
        give(server, subject)
    alice, other = Person(server, "alice"), Person(server, "alice", "second")
    for device in (alice, other):
        device.sync(INBOX)
    ids = {item.fields["Email.Subject"]: item.server_id for item in alice.held[INBOX].values()}

    alice.change(INBOX, EmailChange(ids["read me"], read=True), EmailChange(ids["flag me"], flagged=True))
    alice.change(INBOX, EmailChange(ids["delete me"], delete=True))
    alice.change(INBOX, EmailChange(ids["away with me"], delete=True), as_move=False)
    moved = alice.client.move_item(ids["move me"], alice.folders[INBOX], alice.folders[ARCHIVE])

    seen = {item.fields["Email.Subject"]: item.fields for item in other.sync(INBOX).values()}
    assert set(seen) == {"read me", "flag me"}
    assert seen["read me"]["Email.Read"] == "1"
    assert seen["flag me"]["Email.Status"] == "2"
    assert set(other.sync(ARCHIVE)) == {moved}
    assert [item.fields["Email.Subject"] for item in other.sync(DELETED).values()] == ["delete me"]


def test_a_mail_wakes_the_recipients_ping_and_is_kept_in_sent_items(server: RunningServer) -> None:
    alice, bob = Person(server, "alice"), Person(server, "bob")
    alice.sync(INBOX)
    with ThreadPoolExecutor(1) as pool:
        ping = pool.submit(alice.client.ping, alice.folders[INBOX], heartbeat=60, timeout=90)
        bob.client.send_mail(letter("wake up"))
        woken = ping.result(30)

    assert (woken.status, woken.changed_folder_ids) == ("2", [alice.folders[INBOX]])
    assert alice.only(INBOX, "wake up").fields["Email.Read"] == "0"
    assert bob.only(SENT, "wake up").fields["Email.Read"] == "1"


def test_mail_delivered_by_another_process_wakes_a_ping(server: RunningServer, tmp_path: Path) -> None:
    alice = Person(server, "alice")
    alice.sync(INBOX)
    with ThreadPoolExecutor(1) as pool:
        ping = pool.submit(alice.client.ping, alice.folders[INBOX], heartbeat=60, timeout=90)
        done = server.run("deliver", "alice@example.test", standard_input=letter("from outside").as_bytes())
        woken = ping.result(30)

    assert done.returncode == 0, done.stderr
    assert woken.status == "2"
    assert alice.only(INBOX, "from outside")


def test_folders_are_made_renamed_filled_and_deleted(server: RunningServer) -> None:
    give(server, "file me")
    alice, other = Person(server, "alice"), Person(server, "alice", "second")
    outer = alice.client.create_folder("Projects")  # its default is 12, a folder of mail, by another name
    inner = alice.client.create_folder("Secret", outer.id)
    alice.client.update_folder(inner.id, "Open", outer.id)
    alice.folders |= {"Open": inner.id}
    moved = alice.client.move_item(alice.only(INBOX, "file me").server_id, alice.folders[INBOX], inner.id)
    assert set(alice.sync("Open")) == {moved}
    assert {"Projects", "Open"} <= {folder.name for folder in other.client.list_folders()}
    alice.client.delete_folder(outer.id)
    assert not {"Projects", "Open"} & {folder.name for folder in other.client.list_folders()}


def test_contacts_are_made_replaced_and_deleted(sqlite_people: str) -> None:
    with running_server(sqlite_people, tls=True) as server:
        alice, other = Person(server, "alice"), Person(server, "alice", "second")
        for person in (alice, other):
            assert person.sync(CONTACTS) == {}
        folder = alice.folders[CONTACTS]
        zoe = Contact(first_name="Zoë", last_name="Ångström", mobile_phone_number="+46 1", categories=("Friends",))
        made = alice.client.create_contact(folder, alice.keys[CONTACTS], zoe)
        assert (made.status, made.server_id is not None) == ("1", True)
        (held,) = other.sync(CONTACTS).values()
        names = [held.fields.get(f"Contacts.{name}") for name in ("FirstName", "LastName", "MobilePhoneNumber")]
        assert names == ["Zoë", "Ångström", "+46 1"]
        change = ContactChange(held.server_id, Contact(first_name="Zoë", job_title="Chief"))
        changed = alice.client.apply_contact_changes(folder, made.sync_key, [change])
        assert changed.statuses == {held.server_id: "1"}
        (fresh,) = Person(server, "alice", "third").sync(CONTACTS).values()
        assert [fresh.fields.get(f"Contacts.{name}") for name in ("JobTitle", "LastName")] == ["Chief", None]  # 16.x
        gone = alice.client.apply_contact_changes(
            folder, changed.sync_key, [ContactChange(held.server_id, delete=True)], deletes_as_moves=False
        )
        assert set(gone.statuses.values()) == {"1"}
        assert other.sync(CONTACTS) == {}


def test_an_estimate_says_what_a_sync_brings(server: RunningServer) -> None:
    give(server, "one")
    give(server, "two")
    alice = Person(server, "alice")
    key = alice.client.sync_folder(alice.folders[INBOX]).sync_key

    assert alice.client.get_item_estimate(alice.folders[INBOX], key) == 2


def test_it_searches_and_finds_mail_and_people(server: RunningServer) -> None:
    give(server, "Quarterly report", picture=True)
    give(server, "Lunch")
    alice = Person(server, "alice")
    inbox = alice.folders[INBOX]

    found = alice.client.find_mailbox("quarter", folder_id=inbox)
    assert [item.fields["Email.Subject"] for item in found.items] == ["Quarterly report"]
    assert found.items[0].server_id == alice.only(INBOX, "Quarterly report").server_id
    recent = alice.client.search_mailbox(inbox, date_received_after="2020-01-01T00:00:00.000Z")
    assert {item["Email.Subject"] for item in recent} == {"Quarterly report", "Lunch"}
    assert alice.client.search_mailbox(inbox, free_text="nothing") == []
    assert [entry.email_address for entry in alice.client.search_gal("bob")] == ["bob@example.test"]
    assert len(alice.client.find_gal("carol").items) == 1


def test_it_sets_an_absence_that_a_colleague_is_told_of_once(server: RunningServer) -> None:
    alice, bob = Person(server, "alice"), Person(server, "bob")
    assert alice.client.get_oof().state is OofState.DISABLED
    alice.client.set_oof(OofState.ENABLED, reply_message="Back on Monday, ä я 🙂")
    told = alice.client.get_oof()
    assert (told.state, told.start_time) == (OofState.ENABLED, None)
    assert {(one.applies_to, one.reply_message, one.body_type) for one in told.messages} == {
        (audience, "Back on Monday, ä я 🙂", "Text") for audience in ("Internal", "ExternalKnown", "ExternalUnknown")
    }
    bob.client.send_mail(letter("Lunch"))
    answered = bob.only(INBOX, "Automatic reply: Lunch")
    bob.client.send_mail(letter("Dinner"))
    item = bob.client.fetch_item(bob.folders[INBOX], answered.server_id)
    assert item.body is not None
    assert "Back on Monday, ä я 🙂" in str(item.body.data)
    assert len(bob.sync(INBOX)) == 1

    alice.client.set_oof(
        OofState.ENABLED_SCHEDULED, start_time="2099-01-01T00:00:00.000Z", end_time="2099-01-02T00:00:00.000Z"
    )
    assert alice.client.get_oof().end_time == "2099-01-02T00:00:00.000Z"
    bob.client.send_mail(letter("Breakfast"))
    assert len(bob.sync(INBOX)) == 1


def test_it_signs_in_with_an_app_password_that_is_its_own_from_then_on(server: RunningServer) -> None:
    secret = server.run("app-password", "create", "alice").stdout.decode().strip()
    assert Person(server, "alice", password=secret).folders
    with pytest.raises(OSError, match="401"):
        Person(server, "alice", "second", password=secret)

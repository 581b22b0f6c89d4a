"""What is kept of mail is encrypted, is read as if it were not, and an alteration is found out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from easd.custody.key_file import KeyFile
from easd.model.email import Email, EmailTexts
from easd.model.folder import FolderType, ItemClass
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.model.outgoing import Envelope, Recipient
from easd.search.query import Query, Word
from easd.service.ports import BytesLost, NewMail, Unavailable
from easd.service.ports.master_keys import MasterKeyMissing
from easd.store import Administration, SqlStore, migrate, open_database, open_store
from easd.store.blobs import CHUNK
from easd.store.encryption import encrypted
from easd.store.indexing import index_again
from easd.store.sealing.cipher import FRAME, SEALED_FRAME
from easd.store.sealing.keys import Keys
from easd.store.writing import SqlWriting
from tests.support.databases import Database, copied
from tests.support.encrypting import encrypting, key_file, turn_on, written
from tests.support.stores import START, Clock, folders, mail, when, with_users

SECRET = b"The merger of Fabrikam and Contoso is on Thursday."
CONTENT = ("chunks", "texts", "blobs")
_BYTES = {"sqlite": "BLOB", "postgr": "BYTEA"}


@dataclass
class Home:
    """Alice's Inbox in an encrypted store, which all tests of this file share: each puts other mail."""

    store: SqlStore
    url: str
    masters: KeyFile
    mailbox: int
    other: int
    numbers: Iterator[int]

    @property
    def inbox(self) -> int:
        return folders(self.store, self.mailbox)[0]

    def secret(self) -> NewMail:
        """A new message."""
        return replace(mail(next(self.numbers), body=SECRET), texts=EmailTexts(SECRET, b"<p>" + SECRET + b"</p>"))

    def put(self, message: NewMail | None = None, mailbox: int | None = None) -> int:
        """The blob of a message that is new in an Inbox."""
        owner = mailbox or self.mailbox
        inbox = folders(self.store, owner)[0]
        with self.store.writing(owner) as box:
            blob = box.add_mail(inbox, message or self.secret()).blob_id
        assert blob is not None
        return blob

    def stranger(self, domain: str) -> int:
        """The mailbox of somebody of a new organisation."""
        admin = Administration(self.store)
        admin.add_domain(admin.create_organization(domain), domain)
        return admin.create_user(f"eve@{domain}", "Eve", "").mailbox_id

    def run(self, statement: str, **values: object) -> None:
        """SQL that somebody with the database in hand may run."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text(statement), values)
        engine.dispose()


@pytest.fixture(scope="module")
def home(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    url, masters = shared_database.filled(migrate), key_file(tmp_path_factory.mktemp("keys"))
    store = encrypting(url, masters, Clock())
    alice, bob = with_users(store, "alice", "bob")
    yield Home(store, url, masters, alice.mailbox_id, bob.mailbox_id, count(1))
    store.close()


def test_mail_and_its_texts_are_not_in_the_database_as_they_are_and_read_as_ever(home: Home) -> None:
    blob = home.put()
    assert SECRET not in written(home.url, *CONTENT)
    with home.store.reading(home.mailbox) as box:
        assert SECRET in box.blob(blob)
        assert box.texts([blob])[blob] == EmailTexts(SECRET, b"<p>" + SECRET + b"</p>", 1)


def test_the_file_of_the_database_does_not_hold_what_mail_says(home: Home) -> None:
    home.put()
    if not home.url.startswith("sqlite"):
        return
    path = Path(home.url.removeprefix("sqlite:///"))
    for file in path.parent.glob(f"{path.name}*"):
        assert SECRET not in file.read_bytes()


def test_any_range_is_read_across_frames_and_chunks(home: Home) -> None:
    body = bytes(range(256)) * (2 * CHUNK // 256) + b"the end"
    message = mail(next(home.numbers), body=body)
    blob, size = home.put(message), len(message.raw)
    edges = (0, 1, FRAME - 1, FRAME, FRAME + 1, CHUNK - 1, CHUNK, CHUNK + FRAME, 2 * CHUNK, size - 5, size)
    with home.store.reading(home.mailbox) as box:
        assert box.blob(blob) == message.raw
        assert box.blob_size(blob) == size
        for start in edges:
            for end in (end for end in edges if end >= start):
                assert box.blob_range(blob, start, end - start) == message.raw[start:end]
        assert box.blob_range(blob, size - 5, 100) == message.raw[-5:]


def test_an_empty_blob(home: Home) -> None:
    blob = home.put(NewMail(b"", mail().email, EmailTexts(), 1))
    with home.store.reading(home.mailbox) as box:
        assert box.blob(blob) == b""
        assert box.blob_size(blob) == 0


def test_equal_mail_is_kept_once_in_an_organisation_and_never_across(home: Home) -> None:
    stranger = home.stranger("other.test")
    message = home.secret()
    mine = home.put(message)
    assert home.put(message) == mine
    assert home.put(message, home.other) == mine
    theirs = home.put(message, stranger)
    assert theirs != mine
    with home.store.reading(stranger) as box:
        assert SECRET in box.blob(theirs)


def test_a_digest_tells_nothing_to_who_has_the_database_alone(home: Home) -> None:
    message = home.secret()
    home.put(message)
    assert sha256(message.raw).digest() not in written(home.url, "blobs")


def test_mail_that_is_on_its_way_is_encrypted_and_its_recipient_keeps_the_same_bytes(home: Home) -> None:
    message = home.secret()
    raw = message.raw
    envelope = Envelope("bob@elsewhere.test", (Recipient("alice@example.test"),))
    home.store.enqueue(envelope, raw, when(home.store.now()))
    home.store.enqueue(Envelope("", (Recipient("carol@elsewhere.test"),)), raw, when(home.store.now()))
    inward, outward = home.store.queued(10)
    assert inward.blob_id != outward.blob_id
    assert SECRET not in written(home.url, *CONTENT)
    assert home.store.queued_raw(inward) == home.store.queued_raw(outward) == raw
    with home.store.deliver(inward, home.mailbox) as box:
        assert box.add_mail(home.inbox, message).blob_id == inward.blob_id


def test_texts_that_are_made_anew_are_encrypted_again(home: Home) -> None:
    blob = home.put()
    with home.store.writing(home.mailbox) as box:
        box.keep_texts(blob, EmailTexts(SECRET + SECRET), 2)
    assert SECRET not in written(home.url, *CONTENT)
    with home.store.reading(home.mailbox) as box:
        assert box.texts([blob])[blob] == EmailTexts(SECRET + SECRET, None, 2)


ALTERED = {
    "a chunk": "UPDATE chunks SET data = :junk WHERE blob_id = :blob",
    "a chunk of other mail": (
        "UPDATE chunks SET data = (SELECT data FROM chunks WHERE blob_id = :other) WHERE blob_id = :blob"
    ),
    "the key": "UPDATE blobs SET wrapped = (SELECT wrapped FROM blobs WHERE id = :other) WHERE id = :blob",
    "the digest": "UPDATE blobs SET digest = :junk WHERE id = :blob",
    "the size": "UPDATE blobs SET size = size + 1 WHERE id = :blob",
    "the number of the key": "UPDATE blobs SET key_id = 99 WHERE id = :blob",
    "nothing left": "DELETE FROM chunks WHERE blob_id = :blob",
}


@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED)
def test_an_alteration_is_found_out_and_costs_no_other_mail(home: Home, statement: str) -> None:
    blob, other = home.put(), home.put()
    values = {"blob": blob, "other": other, "junk": os.urandom(80)}
    home.run(statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    with home.store.reading(home.mailbox) as box:
        with pytest.raises(BytesLost, match=f"blob {blob}"):
            box.blob(blob)
        assert SECRET in box.blob(other)


def test_what_is_kept_of_items_is_encrypted_and_read_as_ever_also_where_it_is_moved_to(home: Home) -> None:
    with home.store.writing(home.mailbox) as box:
        inbox, trash = box.special(FolderType.INBOX).id, box.special(FolderType.DELETED_ITEMS).id
        message = replace(home.secret(), email=replace(mail().email, subject="Secret", preview=SECRET.decode()))
        item = box.add_mail(inbox, message)
        read = box.update_item(inbox, item.uid, replace(message.email, read=True))
        assert isinstance(read.content, Email)
        assert read.content.read
        moved = box.move(inbox, item.uid, trash)
    assert moved.content == read.content
    with home.store.reading(home.mailbox) as box:
        assert box.items(trash, [moved.uid])[moved.uid] == moved
    assert SECRET not in written(home.url, "items")
    assert b'"subject"' not in written(home.url, "items")


def test_items_that_change_places_or_are_altered_show_nothing_and_cost_no_other(home: Home) -> None:
    inbox = home.inbox
    with home.store.writing(home.mailbox) as box:
        first, second, third = (box.add_mail(inbox, home.secret()) for _ in range(3))
    place = "folder_id = :folder AND uid = :uid"
    other = f"SELECT content FROM items WHERE {place.replace(':uid', ':other')}"
    home.run(f"UPDATE items SET content = ({other}) WHERE {place}", folder=inbox, uid=first.uid, other=second.uid)
    with home.store.reading(home.mailbox) as box:
        found = box.items(inbox, [first.uid, second.uid, third.uid])
    assert isinstance(found[first.uid].content, Email)
    assert found[first.uid].content == Email(received=first.content.received)  # type: ignore[union-attr]
    assert (found[second.uid], found[third.uid]) == (second, third)
    assert home.store.problems.last[-1].place == f"item {first.uid} of folder {inbox}"


@pytest.mark.parametrize("column", ["plain", "html"])
def test_altered_texts_are_found_out(home: Home, column: str) -> None:
    blob, other = home.put(), home.put()
    home.run(f"UPDATE texts SET {column} = :junk WHERE blob_id = :blob", junk=b"junk" * 20, blob=blob)
    with home.store.reading(home.mailbox) as box:
        with pytest.raises(BytesLost, match=f"blob {blob}"):
            box.texts([blob, other])
        assert box.texts([other])[other].plain == SECRET


def test_frames_that_change_places_are_found_out(home: Home) -> None:
    blob = home.put(mail(next(home.numbers), body=b"x" * (3 * FRAME)))
    first, size = f"substr(data, 1, {SEALED_FRAME})", SEALED_FRAME
    second, rest = f"substr(data, {size + 1}, {size})", f"substr(data, {2 * size + 1})"
    home.run(
        f"UPDATE chunks SET data = CAST({second} || {first} || {rest} AS {_BYTES[home.url[:6]]}) WHERE blob_id = :blob",
        blob=blob,
    )
    with home.store.reading(home.mailbox) as box, pytest.raises(BytesLost):
        box.blob_range(blob, 0, 10)


def test_a_key_of_a_transaction_that_was_rolled_back_is_never_used(home: Home) -> None:
    """SQLite gives its number again."""
    eve, message = home.stranger("third.test"), home.secret()
    inbox = folders(home.store, eve)[0]
    with pytest.raises(ValueError, match="elsewhere"), home.store.writing(eve) as box:
        _put_and_fail(box, inbox, message)
    blob = home.put(message, eve)
    elsewhere = encrypting(home.url, home.masters, Clock())
    with elsewhere.reading(eve) as box:
        assert SECRET in box.blob(blob)
    elsewhere.close()


def _put_and_fail(box: SqlWriting, inbox: int, message: NewMail) -> None:
    box.add_mail(inbox, message)
    raise ValueError("something goes wrong elsewhere")


def test_a_server_without_the_master_key_says_so_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    blob, inbox = home.put(), home.inbox
    without, wrong = open_store(home.url), encrypting(home.url, key_file(tmp_path), Clock())
    with without.reading(home.mailbox) as box:
        with pytest.raises(Unavailable, match="names no key"):
            box.blob(blob)
        with pytest.raises(Unavailable, match="names no key"):
            box.texts([blob])
    with pytest.raises(MasterKeyMissing, match="is not in this file"), wrong.reading(home.mailbox) as box:
        box.blob(blob)
    with pytest.raises(MasterKeyMissing), wrong.writing(home.mailbox) as box:
        box.add_mail(inbox, home.secret())
    with home.store.reading(home.mailbox) as box:
        assert SECRET in box.blob(blob)
    for one in (without, wrong):
        one.close()


def test_a_store_that_is_not_on_writes_plainly_though_it_may_have_a_master_key(sqlite_url: str, tmp_path: Path) -> None:
    store = encrypting(copied(sqlite_url, migrate), KeyFile(tmp_path / "none"), Clock(), on=False)
    alice = with_users(store, "alice")[0]
    with store.writing(alice.mailbox_id) as box:
        box.add_mail(folders(store, alice.mailbox_id)[0], mail(body=SECRET))
    assert not encrypted(store.database)
    assert SECRET in written(sqlite_url, "chunks")
    store.close()


def test_turning_on_twice_makes_one_key(home: Home) -> None:
    assert encrypted(home.store.database)
    assert not turn_on(home.store)


def test_the_words_of_bodies_are_left_out_of_the_index_where_that_is_wished(home: Home) -> None:
    message = home.secret()
    message = replace(message, email=replace(message.email, subject="Merger"), texts=EmailTexts(b"fabrikam"))
    owner = home.stranger("index.test")
    inbox = folders(home.store, owner)[0]
    with home.store.writing(owner) as box:
        note = box.special(FolderType.NOTES).id
        box.add_mail(inbox, message)
        box.add_item(note, ItemClass.NOTES, Note(when(START), "Contoso", body=NoteBody(text="fabrikam")))

    def found(word: str, store: SqlStore) -> int:
        with store.reading(owner) as box:
            return box.search(Query(Word(word)), 0, 10).total

    assert [found(word, home.store) for word in ("fabrikam", "merger", "contoso")] == [2, 1, 1]
    database = open_database(home.url)
    database.keys = Keys(home.masters, index_bodies=False)
    silent = SqlStore(database, clock=Clock())
    assert index_again(silent, batch=1) > 1
    assert [found(word, silent) for word in ("fabrikam", "merger", "contoso")] == [0, 1, 1]
    silent.close()
    assert index_again(home.store) > 1
    assert [found(word, home.store) for word in ("fabrikam", "merger", "contoso")] == [2, 1, 1]

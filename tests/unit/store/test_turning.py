"""What is there comes under the right keys while others read and write, and nothing of it is lost on the way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from easd.custody.key_file import KeyFile
from easd.model.email import EmailTexts
from easd.model.outgoing import Envelope, Recipient
from easd.service.ports import BytesLost, NewMail
from easd.store import Administration, Organisations, SqlStore, migrate, open_database
from easd.store.blobs import CHUNK
from easd.store.encryption import Encryption
from easd.store.key_tables import root_keys
from easd.store.prepared import Prepared
from easd.store.sealing.turning import KEPT, Turning
from tests.support.databases import copied
from tests.support.encrypting import encrypting, key_file, turn_on, written
from tests.support.stores import Clock, folders, mail, when, with_users

SECRET = b"The merger of Fabrikam and Contoso is on Thursday."
SOON = 601
ROOTS = Prepared(select(root_keys.c.id, root_keys.c.master))


def secret(number: int) -> NewMail:
    return replace(mail(number, body=SECRET), texts=EmailTexts(SECRET, b"<p>" + SECRET + b"</p>"))


@dataclass
class Office:
    """Alice of one organisation and Eve of another, and as many stores on their database as processes would have."""

    url: str
    clock: Clock
    masters: KeyFile
    stores: list[SqlStore]
    alice: int
    eve: int

    @property
    def store(self) -> SqlStore:
        return self.stores[0]

    @property
    def both(self) -> tuple[int, int]:
        return self.alice, self.eve

    @property
    def keys(self) -> Encryption:
        return Encryption(self.store)

    def another(self) -> SqlStore:
        """That of another process."""
        self.stores.append(encrypting(self.url, self.masters, self.clock, on=False))
        return self.stores[-1]

    def put(self, message: NewMail, mailbox: int | None = None, store: SqlStore | None = None) -> int:
        used, owner = store or self.store, mailbox or self.alice
        inbox = folders(used, owner)[0]
        with used.writing(owner) as box:
            blob = box.add_mail(inbox, message).blob_id
        assert blob is not None
        return blob

    def read(self, blob: int, mailbox: int | None = None, store: SqlStore | None = None) -> tuple[bytes, EmailTexts]:
        with (store or self.store).reading(mailbox or self.alice) as box:
            return box.blob(blob), box.texts([blob])[blob]

    def turn(self) -> None:
        """All that is to do."""
        turning = Turning(self.store)
        while turning.portion().count:
            pass

    def plain_items(self) -> int:
        """How many items anybody could read who has the database."""
        return written(self.url, "items").count(b'"subject":')


def shows(message: NewMail) -> tuple[bytes, EmailTexts]:
    return message.raw, replace(message.texts, extraction=1)


def opened(url: str, folder: Path) -> Office:
    masters, clock = key_file(folder), Clock()
    store = encrypting(url, masters, clock, on=False)
    [alice] = with_users(store, "alice")
    admin = Administration(store)
    admin.add_domain(admin.create_organization("Other"), "other.test")
    eve = admin.create_user("eve@other.test", "Eve", "")
    return Office(url, clock, masters, [store], alice.mailbox_id, eve.mailbox_id)


@pytest.fixture
def office(url: str, tmp_path: Path) -> Iterator[Office]:
    made = opened(url, tmp_path)
    yield made
    for one in made.stores:
        one.close()


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    """On SQLite alone."""
    made = opened(copied(sqlite_url, migrate), tmp_path)
    yield made
    for one in made.stores:
        one.close()


def test_what_was_there_is_encrypted_where_it_lies_a_little_at_a_time(office: Office) -> None:
    own = {office.put(secret(number)): secret(number) for number in range(3)}
    large = mail(4, body=SECRET * (2 * CHUNK // len(SECRET)))
    own[office.put(large)] = large
    shared = office.put(secret(9))
    assert office.put(secret(9), office.eve) == shared
    office.store.enqueue(Envelope("", (Recipient("alice@example.test"),)), secret(8).raw, when(office.clock()))
    assert turn_on(office.store)
    new = office.put(secret(7))
    assert office.keys.status().plain == 6
    assert office.plain_items() == 6
    first = Turning(office.store).portion(1)
    assert first.count == 1
    while Turning(office.another()).portion(1).count:  # each process goes on where the one before it has stopped
        assert office.read(shared, office.eve) == shows(secret(9))
    status = office.keys.status()
    assert (status.plain, status.blobs, status.passes_done) == (0, 7, True)
    assert {(key.organisation, key.blobs) for key in status.keys} == {("", 1), ("Example", 6), ("Other", 0)}
    assert SECRET not in written(office.url, "chunks", "texts")
    assert office.plain_items() == 0
    for blob, message in {**own, shared: secret(9), new: secret(7)}.items():
        assert office.read(blob) == shows(message)
    assert office.put(secret(1)) in own  # equal mail is still recognised
    assert office.store.queued_raw(office.store.queued(1)[0]) == secret(8).raw


def test_the_file_of_the_database_forgets_what_was_plain(small: Office) -> None:
    small.put(mail(1, body=SECRET * 2000))
    small.put(secret(2))
    turn_on(small.store)
    small.turn()
    path = Path(small.url.removeprefix("sqlite:///"))
    for file in path.parent.glob(f"{path.name}*"):
        assert SECRET not in file.read_bytes()


def test_a_new_key_of_an_organisation_while_two_processes_work(office: Office) -> None:
    turn_on(office.store)
    other = office.another()
    blobs = {office.put(secret(number)): secret(number) for number in range(3)}
    foreign = office.put(secret(1), office.eve)
    organisation = Organisations(office.store).find("Example").id
    assert Encryption(office.store).rotate(organisation) == 1
    late = office.put(secret(5), store=other)
    folder, fresh = folders(other, office.alice)[0], office.another()
    with other.writing(office.alice) as box:
        moved = box.move(folder, 1, folders(other, office.alice)[1])
        box.update_item(folder, 2, box.items(folder, [2])[2].content)
        before = {item.content for item in box.items(folder, range(1, 5)).values()}
    assert office.keys.status().outdated == 3
    assert office.put(secret(0), store=other) in blobs  # equal mail is still recognised
    office.turn()
    for store in office.stores:
        for blob, message in {**blobs, late: secret(5)}.items():
            assert office.read(blob, store=store) == shows(message)
        assert office.read(foreign, office.eve, store) == shows(secret(1))
    status = office.keys.status()
    assert (status.outdated, status.plain) == (0, 0)
    assert [(key.organisation, key.generation) for key in status.keys] == [("Example", 1), ("Example", 2), ("Other", 1)]
    office.clock.forward(KEPT / 1000 + 1)
    office.turn()
    assert [key.generation for key in office.keys.status().keys] == [2, 1]
    with fresh.reading(office.alice) as box:
        assert {item.content for item in box.items(folder, range(1, 5)).values()} == before
        assert box.items(moved.folder_id, [moved.uid])[moved.uid].content == moved.content
    assert office.keys.rotate(None) == 2


def test_another_master_key_while_two_processes_work(office: Office) -> None:
    turn_on(office.store)
    [old] = office.keys.status().masters
    other = office.another()
    early, early_there = office.put(secret(1)), office.put(secret(2), store=other)
    new = office.masters.add()
    assert office.keys.status().present == new
    office.keys.rotate_master(office.keys.new_root())
    office.masters.drop(old)
    assert office.keys.status().masters == (new,)
    assert office.read(early, store=other) == shows(secret(1))
    assert office.read(office.put(secret(3), office.eve, other), office.eve) == shows(secret(3))
    fresh = office.another()
    assert office.read(early_there, store=fresh) == shows(secret(2))
    office.clock.forward(KEPT / 1000 + 1)
    office.turn()
    assert [row[1] for row in office.store.database.once(ROOTS)] == [new]
    assert office.read(early, store=other) == shows(secret(1))


def test_two_processes_write_while_all_keys_are_exchanged_and_the_background_goes_on(office: Office) -> None:
    kept = {office.put(secret(number), mailbox): (number, mailbox) for number in range(5) for mailbox in office.both}
    turn_on(office.store)
    writers = [office.another() for _ in range(2)]
    ended = Event()

    def write(store: SqlStore, mailbox: int, first: int) -> dict[int, tuple[int, int]]:
        numbers = range(first, first + 15)
        return {office.put(secret(number), mailbox, store): (number, mailbox) for number in numbers}

    def exchange() -> None:
        for _ in range(4):
            office.keys.rotate(None)
            office.masters.add()
            office.keys.rotate_master(office.keys.new_root())

    def turn(store: SqlStore) -> None:
        turning = Turning(store)
        while not ended.is_set():
            turning.portion(1)

    with ThreadPoolExecutor(4) as threads:
        work = [threads.submit(write, *one) for one in zip(writers, office.both, (100, 200), strict=True)]
        exchanging, turning = threads.submit(exchange), threads.submit(turn, office.another())
        for one in work:
            kept |= one.result()
        exchanging.result()
        ended.set()
        turning.result()
    office.clock.forward(SOON)
    office.turn()
    status = office.keys.status()
    assert (status.plain, status.outdated, status.blobs) == (0, 0, len(kept))
    fresh = office.another()
    for blob, (number, mailbox) in kept.items():
        assert office.read(blob, mailbox, fresh) == shows(secret(number))


def test_the_keys_of_an_organisation_go_with_it_and_mail_on_its_way_does_not(small: Office) -> None:
    turn_on(small.store)
    blob = small.put(secret(1))
    sent = secret(2)
    with small.store.writing(small.alice) as box:
        box.queue(Envelope("alice@example.test", (Recipient("bob@elsewhere.test"),)), sent.raw, when(small.clock()))
    Organisations(small.store).remove(Organisations(small.store).find("Example").id)
    keys = {key.organisation: key for key in small.keys.status().keys}
    assert keys["Example"].destroyed
    assert not keys[""].destroyed
    assert small.store.queued_raw(small.store.queued(1)[0]) == sent.raw
    from easd.store.blobs import read_whole

    with small.another().database.read() as block, pytest.raises(BytesLost, match="destroyed"):
        read_whole(block.session, blob)


def test_what_is_damaged_stops_nothing(small: Office) -> None:
    damaged, sound = small.put(secret(1)), small.put(secret(2))
    with small.store.database.write() as block:
        block.session._run("DELETE FROM chunks WHERE blob_id = :id", {"id": damaged})
    turn_on(small.store)
    later = small.put(secret(3))
    small.turn()
    assert small.keys.status().plain == 1
    with small.store.database.write() as block:
        block.session._run("UPDATE blobs SET wrapped = x'00' WHERE id = :id", {"id": later})
    small.keys.rotate(None)
    small.turn()
    assert small.keys.status().outdated == 1
    assert small.read(sound) == shows(secret(2))


def test_what_somebody_wrote_who_did_not_know_yet_is_encrypted_a_little_later(small: Office) -> None:
    turn_on(small.store)
    small.turn()
    unaware = SqlStore(open_database(small.url), clock=small.clock)
    blob = small.put(secret(1), store=unaware)
    unaware.close()
    small.turn()
    assert (small.keys.status().plain, small.plain_items()) == (1, 1)
    small.clock.forward(SOON)
    small.turn()
    assert (small.keys.status().plain, small.plain_items()) == (0, 0)
    assert small.read(blob) == shows(secret(1))
    small.clock.forward(SOON)
    assert not Turning(small.store).portion().count


@pytest.mark.postgresql
def test_what_a_transaction_uses_is_passed_by_and_comes_again(postgres_server: object, office: Office) -> None:
    if office.url.startswith("sqlite"):
        pytest.skip("SQLite has one writer")
    blob, there = office.put(secret(1)), office.another()
    inbox = folders(there, office.eve)[0]
    turn_on(office.store)
    with there.writing(office.eve) as box:
        box.keep_texts(blob, EmailTexts(SECRET), 2)
        office.turn()
        assert office.keys.status().plain == 1
        assert box.add_mail(inbox, secret(2)).blob_id != blob
    office.clock.forward(SOON)
    office.turn()
    assert SECRET not in written(office.url, "chunks", "texts")
    assert office.read(blob)[1].extraction == 2

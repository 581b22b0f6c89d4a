"""The submission queue: in with the sender's transaction, out with the recipient's."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from easd.model.outgoing import Asked, Ending, Envelope, Notify, Outbound, Recipient, Waiting
from easd.store import NoSuchMailbox, SqlStore, StoreUnavailable, migrate, open_database
from tests.support.stores import START, Clock, mail, when, with_users
from tests.unit.store.conftest import Home


def _queue(home: Home, *recipients: str, raw: bytes = b"raw", at: int = START) -> list[Outbound]:
    with home.store.writing(home.mailbox) as writing:
        writing.queue(Envelope.of("alice@example.test", recipients), raw, when(at))
    return list(home.store.queued(100))


def test_one_entry_a_recipient_oldest_first(home: Home) -> None:
    _queue(home, "new@example.test", at=START)
    entries = _queue(home, "b@example.test", "c@example.test", at=START - 5000)
    assert [entry.recipient for entry in entries] == ["b@example.test", "c@example.test", "new@example.test"]
    assert {(entry.sender_mailbox, entry.sender) for entry in entries} == {(home.mailbox, "alice@example.test")}
    assert entries[0].queued == when(START - 5000)
    assert entries[0].blob_id == entries[1].blob_id
    assert home.store.queued(1) == entries[:1]
    assert home.store.queued_raw(entries[0]) == b"raw"


def test_what_was_not_committed_is_not_queued(home: Home) -> None:
    def break_off() -> None:
        with home.store.writing(home.mailbox) as writing:
            writing.queue(Envelope.of("alice@example.test", ["b@example.test"]), b"raw", when(START))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert home.store.queued(10) == []


def test_delivery_takes_the_entry_with_the_message(home: Home) -> None:
    [entry] = _queue(home, "bob@example.test", raw=mail(1).raw)
    with home.store.deliver(entry, home.others[0]) as delivery:
        assert not delivery.settled
        assert delivery.raw == mail(1).raw
        inbox = delivery.folders()[0].id
        delivery.add_mail(inbox, mail(1))
    assert home.store.queued(10) == []
    with home.store.deliver(entry, home.others[0]) as delivery:
        assert delivery.settled
        with pytest.raises(LookupError, match="settled"):
            _ = delivery.raw
    with home.store.reading(home.others[0]) as reading:
        assert list(reading.items(inbox, [1, 2])) == [1]
    with pytest.raises(LookupError):
        home.store.queued_raw(replace(entry, blob_id=999))


def test_a_delivery_that_fails_leaves_the_entry(home: Home) -> None:
    [entry] = _queue(home, "bob@example.test")

    def break_off() -> None:
        with home.store.deliver(entry, home.others[0]) as delivery:
            delivery.add_mail(delivery.folders()[0].id, mail(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with pytest.raises(NoSuchMailbox), home.store.deliver(entry, 999):
        pass
    assert home.store.queued(10) == [entry]
    with home.store.deliver(entry, home.others[0]) as delivery:
        assert not delivery.settled
        assert delivery.items(delivery.folders()[0].id, [1]) == {}


def test_an_entry_is_put_off_and_discarded(home: Home, clock: Clock) -> None:
    first, second = _queue(home, "a@example.test", "b@example.test")
    later = replace(first, due=when(START + 60_000), error="no answer", warned=True)
    with home.store.settling([later], Ending.LATER) as taking:
        assert taking.taken == [later]
    assert home.store.queued(10) == [second]
    clock.forward(60)
    assert home.store.queued(10) == [second, later]
    assert home.store.discard(first)
    assert not home.store.discard(first)
    assert home.store.queued(10) == [second]


def _elsewhere(home: Home, *recipients: str) -> list[Outbound]:
    entries = _queue(home, *recipients)
    for entry in entries:
        home.store.route(entry, elsewhere=True)
    assert home.store.queued(10) == []
    return entries


def test_a_claimed_entry_is_one_workers_until_its_time_is_over(home: Home, clock: Clock) -> None:
    """Two workers never have the same one; what one of them drops dead with comes to the other."""
    first, second = _elsewhere(home, "a@elsewhere.test", "b@elsewhere.test")
    until = when(START + 60_000)
    [mine] = home.store.claim("one", until, 1)
    assert (mine.id, mine.worker, mine.attempts, mine.due) == (first.id, "one", 1, until)
    [other] = home.store.claim("two", until, 10)
    assert other.id == second.id
    assert home.store.claim("three", until, 10) == []
    home.store.renew("two", when(START + 90_000))
    clock.forward(60)
    [taken_over] = home.store.claim("three", when(START + 120_000), 10)
    assert (taken_over.id, taken_over.attempts) == (first.id, 2)


def test_who_has_lost_an_entry_can_neither_put_it_off_nor_give_it_back(home: Home, clock: Clock) -> None:
    """But if it has delivered it all the same, it is delivered, and nobody sends it again."""
    [_] = _elsewhere(home, "a@elsewhere.test")
    [mine] = home.store.claim("one", when(START + 1000), 1)
    clock.forward(1)
    [theirs] = home.store.claim("two", when(START + 60_000), 1)
    for ending in (Ending.LATER, Ending.BACK):
        with home.store.settling([replace(mine, due=when(START))], ending) as taking:
            assert taking.settled
    home.store.route(mine, elsewhere=False)
    assert home.store.queued(10) == []
    with home.store.settling([mine], Ending.DONE) as taking:
        assert taking.taken == [mine]
    with home.store.settling([theirs], Ending.BACK) as taking:
        assert taking.settled


def test_a_worker_that_stops_lets_go_of_what_it_has(home: Home) -> None:
    _elsewhere(home, "a@elsewhere.test", "b@elsewhere.test")
    until = when(START + 60_000)
    home.store.claim("one", until, 1)
    home.store.claim("two", until, 1)
    home.store.release("one")
    assert [entry.recipient for entry in home.store.claim("three", until, 10)] == ["a@elsewhere.test"]


def test_workers_that_claim_at_once_share(home: Home) -> None:
    """From several threads, as from several processes: each entry goes to one of them."""
    names = [f"{number}@elsewhere.test" for number in range(40)]
    _elsewhere(home, *names)
    until = when(START + 60_000)

    def work(worker: str) -> list[str]:
        found: list[str] = []
        while some := home.store.claim(worker, until, 3):
            found += [entry.recipient for entry in some]
        return found

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, "abcd"))
    assert sorted(name for share in shares for name in share) == sorted(names)


def test_how_much_waits(home: Home) -> None:
    assert home.store.waiting() == Waiting(0, 0, None)
    _elsewhere(home, "a@elsewhere.test")
    _queue(home, "alice@example.test", "bob@example.test", at=START - 5000)
    assert home.store.waiting() == Waiting(2, 1, when(START - 5000))


def test_what_was_asked_for_is_kept(home: Home) -> None:
    """Mail from outside belongs to no mailbox; NOTIFY, ORCPT, RET and ENVID (RFC 3461) come out as they came in."""
    told = Recipient("alice@example.test", frozenset({Notify.SUCCESS, Notify.DELAY}), "rfc822;al@elsewhere.test")
    envelope = Envelope("zoe@elsewhere.test", (told, Recipient("bob@example.test")), ret="HDRS", envid="QQ314159")
    home.store.enqueue(envelope, b"raw", when(START))
    first, second = home.store.queued(10)
    assert first.asked == Asked(told.notify, told.original, "HDRS", "QQ314159")
    assert second.asked == Asked(ret="HDRS", envid="QQ314159")
    assert {(one.sender_mailbox, one.sender, one.ours) for one in (first, second)} == {
        (None, "zoe@elsewhere.test", False)
    }


def test_what_is_queued_in_the_place_of_entries_comes_with_their_end_or_not_at_all(home: Home) -> None:
    entries = _queue(home, "a@example.test", "b@example.test")

    def break_off() -> None:
        with home.store.settling(entries) as taking:
            taking.queue(Envelope.of("", ["alice@example.test"]), b"report", when(START))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert home.store.queued(10) == entries
    assert home.store.discard(entries[0])
    with home.store.settling(entries) as taking:
        assert taking.taken == entries[1:]
        assert taking.raw == b"raw"
        taking.queue(Envelope.of("", ["alice@example.test"]), b"report", when(START))
    [report] = home.store.queued(10)
    assert (report.sender, report.recipient, home.store.queued_raw(report)) == ("", "alice@example.test", b"report")
    with home.store.settling(entries) as taking:
        assert taking.settled


def test_what_is_queued_is_on_the_disk_before_anybody_hears_that_it_is_taken(
    sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the commit, and for that alone: a power cut may cost other changes of the last moments."""
    migrate(sqlite_url)
    store = SqlStore(open_database(sqlite_url), clock=clock)
    [alice] = with_users(store, "alice")
    forced, real = list[int](), os.fsync

    def fsync(number: int) -> None:
        forced.append(len(store.listed(9)))
        assert os.path.samestat(os.fstat(number), os.stat(f"{sqlite_url.removeprefix('sqlite:///')}-wal"))
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    envelope = Envelope.of("zoe@elsewhere.test", ["alice@example.test"])
    store.receive(envelope, b"raw", [b"mark"], when(START))
    store.enqueue(envelope, b"raw", when(START))
    with store.database.together(), store.writing(alice.mailbox_id) as box:
        box.queue(envelope, b"raw", when(START))
    assert forced == [1, 2, 3]
    with store.writing(alice.mailbox_id) as box:
        box.touch()
    assert forced == [1, 2, 3]
    with store.settled():
        with store.settled():
            store.enqueue(envelope, b"raw", when(START))
        store.enqueue(envelope, b"raw", when(START))
    assert forced == [1, 2, 3, 5], "once, for all of them"
    with store.settled(), store.writing(alice.mailbox_id) as box:
        box.touch()
    assert forced == [1, 2, 3, 5]
    monkeypatch.setattr(os, "fsync", _fails)
    with pytest.raises(StoreUnavailable, match="Input/output"):
        store.enqueue(envelope, b"raw", when(START))
    with pytest.raises(StoreUnavailable, match="Input/output"), store.settled():
        store.enqueue(envelope, b"raw", when(START))
    store.close()


def _fails(_number: int) -> None:
    raise OSError(5, "Input/output error")

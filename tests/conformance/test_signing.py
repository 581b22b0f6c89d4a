"""DKIM (RFC 6376, RFC 8463): what goes to other servers is signed, and what is kept stays as it was."""

import asyncio
from dataclasses import replace
from typing import Any

import dkim
import pytest

from easd.model.dkim import DkimAlgorithm, DkimKey
from easd.model.mail_event import MailEvent
from easd.model.outgoing import Envelope
from easd.service.outgoing.signing import new_key, signatures
from easd.service.submission import deliver_queued
from easd.service.vault import Sealed, Vault
from easd.store import Taken
from easd.store.dkim import SqlDkimKeys
from tests.support.accepting import accept
from tests.support.carrying import with_a_way, working
from tests.support.false_relay import ALL, false_relay
from tests.support.world import World

LETTER = (
    "From: Alice <alice@example.test>\r\nTo: zoe@elsewhere.test\r\nSubject: Grüße\r\nDate: Mon, 23 Nov 2026 12:30:00"
    " +0000\r\nMessage-ID: <1@example.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSchöne  Grüße \r\n\r\n"
).encode()


def _key(world: World, algorithm: DkimAlgorithm = DkimAlgorithm.ED25519, selector: str = "s1") -> DkimKey:
    made = new_key(world.services.vault, "example.test", selector, algorithm, world.now)
    SqlDkimKeys(world.sql.database).add(made)
    return made


def _verified(raw: bytes, *keys: DkimKey) -> list[bool]:
    """What the library says of each signature, where these keys are in the DNS."""
    records = {f"{key.name}.".encode(): key.record.encode() for key in keys}

    def answer(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name)

    count = raw.lower().count(b"dkim-signature:")
    verifier: Any = dkim.DKIM(raw)
    return [bool(verifier.verify(number, dnsfunc=answer)) for number in range(count)]


@pytest.mark.parametrize("extensions", [ALL, ALL - {"8BITMIME"}], ids=["8 bit", "7 bit"])
async def test_the_received_bytes_verify_with_every_key_of_the_domain(world: World, extensions: frozenset[str]) -> None:
    journal = with_a_way(world)
    keys = [_key(world, DkimAlgorithm.RSA, "r1"), _key(world, DkimAlgorithm.ED25519, "e1")]
    accept(world.services, Envelope.of("alice@example.test", ["zoe@elsewhere.test"]), LETTER, world.user().mailbox_id)
    deliver_queued(world.services)
    [entry] = world.sql.listed(9)
    assert world.sql.queued_raw(entry) == LETTER
    with false_relay(extensions=extensions) as relay:
        async with working(world, relay.settings()):
            await asyncio.to_thread(journal.wait_for, 1, MailEvent.SENT)
        [letter] = relay.letters
    assert _verified(letter.raw, *keys) == [True, True]
    assert _verified(letter.raw.replace(b"From: Alice", b"From: Mallory"), *keys) == [False, False]
    assert _verified(b"From: mallory@example.test\r\n" + letter.raw, *keys) == [False, False]


def test_what_Amazon_SES_writes_anew_is_not_signed(world: World) -> None:
    key = _key(world)
    raw = signatures(world.services, LETTER) + LETTER
    changed = raw.replace(b"Message-ID: <1@example.test>", b"Message-ID: <2@eu-west-1.amazonses.com>")
    assert _verified(changed.replace(b"12:30:00", b"12:31:00"), key) == [True]
    assert _verified(changed.replace(b"Subject: Gr", b"Subject: Kr"), key) == [False]


def test_a_large_message_is_signed_too(world: World) -> None:
    key = _key(world)
    letter = LETTER + b"x" * 76 + (b"\r\n" + b"y" * 76) * 14_000 + b"\r\n"
    raw = signatures(world.services, letter) + letter
    assert b"relaxed/simple" in raw[:400]
    assert _verified(raw, key) == [True]


async def test_nothing_is_signed_that_is_not_of_this_server(world: World) -> None:
    """Mail from outside that claims to be from here, and goes through a group to outside again."""
    journal = with_a_way(world)
    _key(world)
    accept(world.services, replace(Envelope.of("mallory@other.test", ["zoe@elsewhere.test"]), ours=False), LETTER)
    deliver_queued(world.services)
    with false_relay() as relay:
        async with working(world, relay.settings()):
            await asyncio.to_thread(journal.wait_for, 1, MailEvent.SENT)
        [letter] = relay.letters
    assert letter.raw == LETTER
    assert signatures(world.services, LETTER.replace(b"alice@example.test", b"alice@other.test")) == b""
    assert signatures(world.services, b"no header at all") == b""


def test_the_private_key_is_kept_encrypted_and_is_of_no_use_without_the_secret_key(world: World) -> None:
    key = _key(world)
    [kept] = world.sql.dkim_keys("example.test")
    assert kept == key
    private = world.services.vault.open(key.sealed)
    assert private not in repr(kept)
    world.services = replace(world.services, vault=Vault.forgetful())
    with pytest.raises(Sealed):
        signatures(world.services, LETTER)


async def test_mail_waits_where_its_signature_cannot_be_made(world: World) -> None:
    journal = with_a_way(world)
    _key(world)
    world.services = replace(world.services, vault=Vault.forgetful())
    accept(world.services, Envelope.of("alice@example.test", ["zoe@elsewhere.test"]), LETTER)
    deliver_queued(world.services)
    with false_relay() as relay:
        async with working(world, relay.settings()):
            *_, (_, _, said) = await asyncio.to_thread(journal.wait_for, 1, MailEvent.DEFERRED)
        assert relay.letters == []
    assert said == "this server has made a mistake"


def test_keys_belong_to_domains_of_this_server_under_selectors(any_world: World) -> None:
    keys = SqlDkimKeys(any_world.sql.database)
    first = _key(any_world)
    with pytest.raises(Taken):
        keys.add(first)
    with pytest.raises(KeyError, match=r"no domain other\.test"):
        keys.add(replace(first, domain="other.test"))
    assert list(keys.all()) == [first]
    keys.remove("example.test", "s1")
    with pytest.raises(KeyError, match="s1"):
        keys.remove("example.test", "s1")
    assert list(keys.of("example.test")) == []

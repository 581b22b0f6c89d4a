"""Answers in parts (MS-ASCMD 2.2.1.10.1; MS-ASHTTP, MS-ASAcceptMultiPart)."""

import struct

from easd.eas.commands.item_operations import FileProperties
from easd.eas.versions import V12_0, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.wbxml import decode
from tests.support.fetching import (
    LONG_TEXT,
    PICTURE,
    body,
    content,
    everything,
    fetch,
    file,
    letter,
    parts,
    references,
    results,
    send,
    statuses,
    with_files,
)
from tests.support.versions import at
from tests.support.world import Phone, World


@at(since(V12_0))
def test_the_multipart_structure_R5509_R5518(world: World, version: Version) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    reference = references(phone, server_id)[0]
    told = send(phone, [file(reference)], multipart=True)
    count, first, length, second, size = struct.unpack_from("<5I", told.body)
    assert (count, first, second) == (2, 20, 20 + length)
    assert told.body[second : second + size] == PICTURE
    assert len(told.body) == second + size
    found = content(results(phone, decode(told.body[first : first + length]))[0])
    assert found == FileProperties(content_type="image/png", part=1)


@at(since(V12_0))
def test_a_body_in_a_part_R6938_R244(world: World, version: Version) -> None:
    server_id = world.deliver(raw=letter().as_bytes())
    phone = world.phone(version=version)
    found, held = parts(phone, fetch(server_id, BodyPreference(BodyType.PLAIN)))
    assert "Data" not in body(found[0])
    assert body(found[0])["Part"] == "1"
    assert LONG_TEXT.strip() in held[1].decode()
    assert int(body(found[0])["EstimatedDataSize"]) == len(held[1])


def test_parts_are_numbered_in_order_and_failures_have_none(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    picture, empty, message = references(phone, server_id)
    wish = BodyPreference(BodyType.PLAIN)
    asked = [file(message), fetch(server_id, wish), file("nothing"), file(picture), fetch("1:99"), file(empty)]
    found, held = parts(phone, *asked)
    assert statuses(found) == [1, 1, 15, 1, 6, 10]
    assert (content(found[0]).part, body(found[1])["Part"], content(found[3]).part) == (1, "2", 3)
    assert len(held) == 4
    assert (b"inner words" in held[1], b"see the files" in held[2], held[3]) == (True, True, PICTURE)


def test_no_part_in_an_inline_answer_R405_R3633(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    root = send(phone, [file(references(phone, server_id)[0]), fetch(server_id)]).root
    assert not {e.name for e in everything(root)} & {"ItemOperations:Part", "AirSyncBase:Part"}


def test_a_refusal_is_inline_even_where_multipart_is_accepted(phone: Phone) -> None:
    told = send(phone, [], multipart=True)
    assert (told.status, told.content_type) == (2, "application/vnd.ms-sync.wbxml")

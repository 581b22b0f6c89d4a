"""Large attachments (MS-ASCMD Fetch (ItemOperations), R235, R237): they come in pieces, and are the same bytes."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from random import Random

import pytest

from easd.eas.commands.item_operations import ByteRange, FileProperties
from easd.eas.request import Command, EasRequest
from easd.eas.versions import V12_0, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.context import Answer
from easd.service.dispatch import dispatch
from easd.service.ports import BytesLost
from easd.service.streaming import SMALL
from tests.support.fetching import (
    content,
    data,
    fetch,
    file,
    item,
    letter,
    one,
    operate,
    parts,
    references,
    request,
    statuses,
    with_files,
)
from tests.support.versions import at
from tests.support.world import Phone, World, child, text

_TOLD = ("DisplayName", "Method", "EstimatedDataSize")
LARGE = Random(25).randbytes(3 * 2**20 + 1)


def with_large_file(encoding: str = "base64") -> EmailMessage:
    made = letter(html=False, body="see the film\r\n")
    if encoding == "base64":
        made.add_attachment(LARGE, maintype="video", subtype="mp4", filename="film.mp4")
    else:
        made.add_attachment(LARGE.hex("\n", 30), filename="film.txt", cte=encoding)
    return made


@pytest.fixture
def reference(world: World, phone: Phone) -> str:
    return references(phone, world.deliver(raw=with_large_file().as_bytes()))[0]


def asked(phone: Phone, reference: str) -> Answer:
    """The answer as the edge gets it, its pieces still to be made."""
    command, key = Command.ITEM_OPERATIONS, phone.policy_key
    line = EasRequest(command, phone.version, phone.device_id, "TestPhone", policy_key=key)
    answer = dispatch(phone.world.services, phone.principal, line, request(phone, [file(reference)]))
    assert isinstance(answer, Answer)
    return answer


@at(since(V12_0))
def test_a_large_file_comes_inline_and_in_a_part_R234_R236(world: World, version: Version) -> None:
    server_id = world.deliver(raw=with_large_file().as_bytes())
    phone = world.phone(version=version)
    (reference,) = references(phone, server_id)
    assert data(one(phone, file(reference))) == LARGE
    found, held = parts(phone, file(reference))
    assert (content(found[0]), held[1]) == (FileProperties(content_type="video/mp4", part=1), LARGE)


@pytest.mark.parametrize("encoding", ["quoted-printable", "8bit"])
def test_other_transfer_encodings(world: World, phone: Phone, encoding: str) -> None:
    (reference,) = references(phone, world.deliver(raw=with_large_file(encoding).as_bytes()))
    assert bytes.fromhex(data(one(phone, file(reference))).decode()) == LARGE


@pytest.mark.parametrize("first, last", [(0, SMALL), (5, 2 * 2**20), (2**20 - 1, 2**20), (len(LARGE) - 2, 10**8)])
def test_ranges_of_a_large_file_R3713_R3715(phone: Phone, reference: str, first: int, last: int) -> None:
    found = one(phone, file(reference, ByteRange(first, last)))
    end = min(last, len(LARGE) - 1)
    assert (content(found).range, content(found).total) == (ByteRange(first, end), len(LARGE))
    assert data(found) == LARGE[first : end + 1]


def test_range_and_total_are_not_told_to_who_did_not_ask_for_a_range(phone: Phone, reference: str) -> None:
    """Field note C1: the first attachment that iOS 10 loads fails where a Range comes unasked."""
    found = content(one(phone, file(reference)))
    assert (found.range, found.total) == (None, None)


def test_nothing_of_a_large_file_is_read_before_it_is_wanted_B19(phone: Phone, reference: str) -> None:
    """Field note B19: large attachments must not fill the memory."""
    answer = asked(phone, reference)
    assert answer.more is not None
    assert (answer.body, answer.size > len(LARGE) * 4 / 3) == (b"", True)
    sizes = [len(piece) for piece in answer.more.begin()]
    assert sum(sizes) == answer.size
    assert max(sizes) <= SMALL * 4 / 3


def test_a_file_reference_outlives_all_but_its_message_R214(world: World, phone: Phone, reference: str) -> None:
    server_id = reference.rpartition(":")[0]
    world.change(server_id, read=True)
    assert len(data(one(phone, file(reference)))) == len(LARGE)
    moved = world.move(server_id, phone.folder(FolderType.DELETED_ITEMS))
    assert one(phone, file(reference)).status == 15  # a new ServerId, and with it a new reference
    assert data(one(phone, file(references(phone, moved)[0]))) == LARGE
    world.remove(moved)
    assert one(phone, file(f"{moved}:2")).status == 15


def test_a_message_that_is_deleted_while_its_file_is_read_ends_the_answer(
    world: World, phone: Phone, reference: str
) -> None:
    answer = asked(phone, reference)
    assert answer.more is not None
    pieces = answer.more.begin()
    assert next(pieces)
    world.remove(reference.rpartition(":")[0])
    with pytest.raises(BytesLost, match="deleted"):
        list(pieces)


def test_a_large_file_that_is_not_whole_is_12_before_a_byte_is_sent_R4164(
    world: World, phone: Phone, reference: str, tmp_path: Path
) -> None:
    other = references(phone, world.deliver(raw=with_large_file("8bit").as_bytes()))[0]
    with closing(sqlite3.connect(tmp_path / "easd.db")) as connection, connection:
        assert connection.execute("DELETE FROM chunks WHERE blob_id = 1 AND number = 2").rowcount == 1
    assert statuses(operate(phone, file(reference), file(other))) == [12, 1]


def test_large_files_together_are_bounded_11_R4163(world: World, phone: Phone, reference: str) -> None:
    world.limit(attachment_bytes_max=2 * len(LARGE))
    found, held = parts(phone, *[file(reference)] * 3)
    assert statuses(found) == [1, 1, 11]
    assert held[1:] == [LARGE, LARGE]


def test_files_of_messages_that_came_before_places_were_kept(world: World, phone: Phone, reference: str) -> None:
    server_id = reference.rpartition(":")[0]
    folder = server_id.partition(":")[0]
    (attachment,) = world.items(folder)[server_id].email.attachments
    world.change(server_id, attachments=(replace(attachment, place=None),))
    assert data(one(phone, file(reference))) == LARGE


@at(since(V12_0))
def test_every_attachment_has_a_size_and_an_embedded_message_is_an_eml_C3(world: World, version: Version) -> None:
    """Field note C3: Gmail drops attachments without a size, and cannot open a message that is not called .eml."""
    server_id = world.deliver(raw=with_files().as_bytes())
    attachments = child(item(one(world.phone(version=version), fetch(server_id))), "AirSyncBase:Attachments")
    assert attachments is not None
    told = [[text(each, f"AirSyncBase:{name}") for name in _TOLD] for each in attachments.children]
    assert [(method, int(size) > 0) for _, method, size in told] == [("1", True), ("1", False), ("5", True)]
    assert told[2][0] == "Köln.eml"


@at(since(V12_0))
def test_a_large_message_as_MIME_comes_in_pieces_in_a_part(world: World, version: Version) -> None:
    phone, raw = world.phone(version=version), with_large_file().as_bytes()
    whole = fetch(world.deliver(raw=raw), BodyPreference(BodyType.MIME), mime_support=2)
    phone.provision()
    (result,), held = parts(phone, whole)
    assert held[1] == raw
    body = child(item(result), "AirSyncBase:Body")
    assert body is not None
    assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:EstimatedDataSize")) == ("4", str(len(raw)))
    assert (text(body, "ItemOperations:Part"), child(body, "AirSyncBase:Data")) == ("1", None)
    line = EasRequest(
        Command.ITEM_OPERATIONS,
        version,
        phone.device_id,
        "TestPhone",
        policy_key=phone.policy_key,
        accept_multipart=True,
    )
    answer = dispatch(world.services, phone.principal, line, request(phone, [whole]))
    assert isinstance(answer, Answer)
    assert answer.more is not None
    assert max(len(piece) for piece in answer.more.begin()) <= SMALL
    cut = fetch(f"{result.server_id}", BodyPreference(BodyType.MIME, 1000), mime_support=2)  # type: ignore[union-attr]
    assert parts(phone, cut)[1][1] == raw[:1000]
    assert len(raw) > SMALL

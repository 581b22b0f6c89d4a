"""ItemOperations Fetch (MS-ASCMD ItemOperations, MS-ASAIRS Body, FileReference): messages and attachments."""

import sqlite3
from base64 import b64decode
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from easd.eas.commands.item_operations import (
    MAILBOX,
    ByteRange,
    ConversationMoved,
    Emptied,
    EmptyFolderContents,
    Fetch,
    Fetched,
    FetchOptions,
    FileProperties,
    MoveConversation,
)
from easd.eas.request import Command
from easd.eas.versions import SUPPORTED, V12_0, V12_1, V14_1, Version, since
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.service import ids
from easd.service.ports import Unavailable
from easd.wbxml import Element, encode, tag
from tests.support.asking import tell
from tests.support.faults import FaultyStore
from tests.support.fetching import (
    LONG_TEXT,
    PICTURE,
    SIGNED,
    body,
    content,
    data,
    everything,
    fetch,
    file,
    item,
    letter,
    one,
    operate,
    parts,
    references,
    results,
    send,
    statuses,
    with_files,
)
from tests.support.world import Phone, World, child, text
from tests.unit.mime.tnef_streams import RTF, STORAGE, file as file_in_tnef, message, of_method, stream

_UNKNOWN = ["", "x", "1", "1:1", "1:1:", "1:1:x", "1:99:1", "99:1:1", "1:1:9", "1:1:1.1", "-1:1:1", "1:1:" + "1" * 999]


# ---------------------------------------------------------------- messages


@pytest.fixture(params=sorted(since(V12_0)), ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version that has the command."""
    spoken: Version = request.param
    return spoken


def test_a_message_is_fetched_by_its_ids_R1652(world: World, version: Version) -> None:
    server_id = world.deliver(raw=letter().as_bytes())
    phone = world.phone(version=version)
    found = one(phone, fetch(server_id, BodyPreference(BodyType.PLAIN)))
    assert (found.status, found.collection_id, found.server_id) == (1, server_id.partition(":")[0], server_id)
    assert text(item(found), "Email:Subject") == "Köln"
    assert body(found)["Type"] == "1"


@pytest.mark.parametrize("kind", [BodyType.PLAIN, BodyType.HTML])
def test_the_body_has_the_type_that_was_asked_for(world: World, version: Version, kind: BodyType) -> None:
    server_id = world.deliver(raw=letter().as_bytes())
    phone = world.phone(version=version)
    found = body(one(phone, fetch(server_id, BodyPreference(kind))))
    assert found["Type"] == str(int(kind))
    assert "Grüße aus Köln." in found["Data"]
    assert ("<p>" in found["Data"]) == (kind is BodyType.HTML)
    assert found.get("Truncated", "0") == "0"
    assert int(found["EstimatedDataSize"]) == len(found["Data"].encode())


@pytest.mark.parametrize("size", [0, 1, 3, 100, 101, 102])
def test_a_body_is_cut_at_its_truncation_size_and_never_inside_a_character(
    world: World, phone: Phone, size: int
) -> None:
    server_id = world.deliver(raw=letter(html=False).as_bytes())
    found = body(one(phone, fetch(server_id, BodyPreference(BodyType.PLAIN, truncation_size=size))))
    data = (found.get("Data") or "").encode()
    assert size - 1 <= len(data) <= size or (size < 3 and len(data) <= size)
    assert LONG_TEXT.encode().startswith(data)
    assert found["Truncated"] == "1"


def test_all_or_none_gives_none_R376(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=letter(html=False).as_bytes())
    preference = BodyPreference(BodyType.PLAIN, truncation_size=100, all_or_none=True)
    found = body(one(phone, fetch(server_id, preference)))
    assert "Data" not in found
    assert (found["Truncated"], int(found["EstimatedDataSize"]) > 100) == ("1", True)


@pytest.mark.parametrize("support, kind", [(0, "1"), (1, "1"), (2, "4")])
def test_mime_of_an_ordinary_message_by_mime_support_R3355(
    world: World, version: Version, support: int, kind: str
) -> None:
    raw = letter(html=False).as_bytes()
    server_id = world.deliver(raw=raw)
    phone = world.phone(version=version)
    wishes = BodyPreference(BodyType.PLAIN), BodyPreference(BodyType.MIME)
    found = body(one(phone, fetch(server_id, *wishes, mime_support=support)))
    assert found["Type"] == kind
    if kind == "4":
        assert _bytes(found["Data"]) == raw


@pytest.mark.parametrize("support", [1, 2])
def test_a_signed_message_comes_byte_for_byte_R3366_R3368(world: World, version: Version, support: int) -> None:
    server_id = world.deliver(raw=SIGNED)
    phone = world.phone(version=version)
    found = body(one(phone, fetch(server_id, BodyPreference(BodyType.MIME), mime_support=support)))
    assert (found["Type"], _bytes(found["Data"])) == ("4", SIGNED)
    assert int(found["EstimatedDataSize"]) == len(SIGNED)


def test_a_fetch_without_preferences_brings_a_whole_body_R105(world: World, version: Version) -> None:
    server_id = world.deliver(raw=letter().as_bytes())
    phone = world.phone(version=version)
    found = body(one(phone, fetch(server_id)))
    assert LONG_TEXT.strip() in found["Data"]


def test_a_fetch_changes_nothing(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    phone.sync_all(phone.folder())
    before = world.items(phone.folder())[server_id]
    one(phone, fetch(server_id))
    assert world.items(phone.folder())[server_id] == before
    phone.quiet(phone.folder())


@pytest.mark.parametrize("version", sorted(since(V14_1) & set(SUPPORTED)), ids=lambda v: v.text)
def test_body_part_beside_the_body_R120(world: World, version: Version) -> None:
    server_id = world.deliver(raw=letter().as_bytes())
    phone = world.phone(version=version)
    wish = (BodyPreference(BodyType.HTML, truncation_size=40),)
    found = item(one(phone, fetch(server_id, BodyPreference(BodyType.PLAIN), body_part_preferences=wish)))
    part = child(found, "AirSyncBase:BodyPart")
    assert part is not None
    assert [e.name.partition(":")[2] for e in part.children][:4] == ["Status", "Type", "EstimatedDataSize", "Truncated"]
    assert (text(part, "AirSyncBase:Status"), text(part, "AirSyncBase:Type")) == ("1", "2")
    assert len(text(part, "AirSyncBase:Data").encode()) <= 40


def test_a_body_part_of_another_type_is_status_164_R5410(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    wish = (BodyPreference(BodyType.PLAIN),)
    assert one(phone, fetch(server_id, body_part_preferences=wish)).status == 164


def test_schema_names_the_properties_that_come_R3875(world: World, version: Version) -> None:
    server_id = world.deliver("A subject")
    phone = world.phone(version=version)
    names = "Email:Subject", "Email:From"
    found = item(one(phone, fetch(server_id, schemas=(tuple(map(tag, names)),))))
    assert sorted(e.name for e in found.children) == sorted(names)
    with_body = item(one(phone, fetch(server_id, schemas=((tag("AirSyncBase:Body"),),))))
    assert [e.name for e in with_body.children] == ["AirSyncBase:Body"]


def test_without_schema_or_with_an_empty_one_all_properties_come_R3879(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    whole = item(one(phone, fetch(server_id)))
    assert item(one(phone, fetch(server_id, schemas=((),)))) == whole
    assert len(whole.children) > 8


def test_a_schema_without_body_leaves_no_part_behind(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    found, held = parts(phone, fetch(server_id, schemas=((tag("Email:Subject"),),)))
    assert (statuses(found), len(held)) == ([1], 1)


@pytest.mark.parametrize("folder", ["Sent Items", "Deleted Items", "Archive"])
def test_messages_of_any_folder_are_fetched(world: World, phone: Phone, folder: str) -> None:
    server_id = world.deliver()
    phone.folder()
    target = next(f.server_id for f in phone.hierarchy.folders.values() if f.name == folder)
    assert one(phone, fetch(world.move(server_id, target))).status == 1


# ---------------------------------------------------------------- attachments


def test_an_attachment_comes_whole_R3716(world: World, version: Version) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    reference = references(phone, server_id)[0]
    found = one(phone, file(reference))
    assert found.file_reference == reference
    assert content(found) == FileProperties(content_type="image/png", data=PICTURE)


def test_a_file_uuencoded_in_the_text_comes_like_any_other_R3716(world: World, version: Version) -> None:
    raw = b"Subject: Old\r\n\r\nSee below.\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n"
    server_id = world.deliver(raw=raw)
    phone = world.phone(version=version)
    (reference,) = references(phone, server_id)
    assert content(one(phone, file(reference))) == FileProperties(content_type="text/plain", data=b"abc")
    assert body(one(phone, fetch(server_id, BodyPreference(BodyType.PLAIN))))["Data"] == "See below.\r\n"


def test_neither_range_nor_total_where_no_range_was_asked_for_C1(world: World, phone: Phone) -> None:
    """A device with iOS 10 takes them for a part of the file."""
    server_id = world.deliver(raw=with_files().as_bytes())
    root = send(phone, [file(references(phone, server_id)[0])]).root
    names = {e.name for e in everything(root)}
    assert not names & {"ItemOperations:Range", "ItemOperations:Total"}
    assert "ItemOperations:Data" in names


@pytest.mark.parametrize(
    "asked, sent",
    [
        (ByteRange(0, 0), ByteRange(0, 0)),
        (ByteRange(0, 99), ByteRange(0, 99)),
        (ByteRange(100, 199), ByteRange(100, 199)),
        (ByteRange(0, 999_999_999), ByteRange(0, len(PICTURE) - 1)),
        (ByteRange(len(PICTURE) - 1, len(PICTURE)), ByteRange(len(PICTURE) - 1, len(PICTURE) - 1)),
    ],
)
def test_a_range_comes_as_far_as_there_is_any_R3713_R3715(
    world: World, version: Version, asked: ByteRange, sent: ByteRange
) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    found = content(one(phone, file(references(phone, server_id)[0], asked)))
    assert found == FileProperties(sent, len(PICTURE), "image/png", PICTURE[sent.first : sent.last + 1])


def test_a_message_in_rich_text_with_an_object_in_it_MS_ASAIRS_R230_R239_R306_R100299(
    world: World, phone: Phone
) -> None:
    container = stream(message(RTF), *file_in_tnef(b"drawing.bmp", b"", of_method(6, STORAGE)))
    mail = letter(html=False)
    mail.add_attachment(container, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    server_id = world.deliver(raw=mail.as_bytes())
    fetched = one(phone, fetch(server_id, BodyPreference(BodyType.RTF)))
    assert (text(item(fetched), "AirSyncBase:NativeBodyType"), body(fetched)["Type"]) == ("3", "3")
    assert b64decode(body(fetched)["Data"]).startswith(b"{\\rtf")
    attachments = child(item(fetched), "AirSyncBase:Attachments")
    assert attachments is not None
    [drawing] = attachments.children
    assert (text(drawing, "AirSyncBase:Method"), text(drawing, "AirSyncBase:IsInline")) == ("6", "1")
    assert data(one(phone, file(text(drawing, "AirSyncBase:FileReference")))) == STORAGE


def test_a_file_that_is_all_of_a_message_comes_like_any_other_R3716(world: World, phone: Phone) -> None:
    scan = b"From: scanner@example.test\r\nContent-Type: application/pdf; name=scan.pdf\r\n\r\n%PDF-"
    server_id = world.deliver(raw=scan)
    [reference] = references(phone, server_id)
    assert data(one(phone, file(reference))) == b"%PDF-"


def test_ranges_put_together_give_the_file_R5422(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    reference = references(phone, server_id)[0]
    got = b""
    while len(got) < len(PICTURE):
        got += data(one(phone, file(reference, ByteRange(len(got), len(got) + 2999))))
    assert got == PICTURE


@pytest.mark.parametrize("first", [len(PICTURE), len(PICTURE) + 1, 999_999_998])
def test_a_range_beyond_the_end_is_status_8_R4160(world: World, version: Version, first: int) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    found = one(phone, file(references(phone, server_id)[0], ByteRange(first, first + 1)))
    assert (found.status, found.properties) == (8, None)


def test_an_empty_file_is_status_10_whole_or_in_part_R4162(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    empty = references(phone, server_id)[1]
    asked = file(empty), file(empty, ByteRange(0, 99)), file(empty, ByteRange(9, 1))
    assert statuses(operate(phone, *asked)) == [10, 10, 10]
    assert len(parts(phone, *asked)[1]) == 1


def test_a_range_that_ends_before_it_starts_is_status_8_of_its_fetch_R4160_R3711(world: World, phone: Phone) -> None:
    reference = references(phone, world.deliver(raw=with_files().as_bytes()))[0]
    assert statuses(operate(phone, file(reference, ByteRange(9, 1)), file(reference, ByteRange(9, 9)))) == [8, 1]


def test_several_schemas_are_one_R2540(world: World, phone: Phone) -> None:
    asked = fetch(world.deliver(), schemas=((tag("Email:Subject"),), (tag("Email:From"), tag("Email:Subject"))))
    assert sorted(e.name for e in item(one(phone, asked)).children) == ["Email:From", "Email:Subject"]


@pytest.mark.parametrize(
    "options",
    [
        FetchOptions(schemas=((tag("Email:Subject"),),)),
        FetchOptions(range=ByteRange(0, 9), mime_support=0),
        FetchOptions(body_preferences=(BodyPreference(BodyType.PLAIN),)),
        FetchOptions(user_name="alice"),
    ],
    ids=["Schema", "MIMESupport", "BodyPreference", "UserName"],
)
def test_an_attachment_has_no_option_but_Range_R3547_R767_R3573_R3717(
    world: World, phone: Phone, options: FetchOptions
) -> None:
    reference = references(phone, world.deliver(raw=with_files().as_bytes()))[0]
    assert send(phone, [Fetch(MAILBOX, file_reference=reference, options=options)]).status == 2
    assert send(phone, [Fetch(MAILBOX, file_reference=reference, options=FetchOptions())]).status == 1


def test_an_embedded_message_comes_as_it_stands(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    found = one(phone, file(references(phone, server_id)[2]))
    assert content(found).content_type == "message/rfc822"
    assert b"inner words" in data(found)
    attachments = child(item(one(phone, fetch(server_id))), "AirSyncBase:Attachments")
    assert attachments is not None
    assert text(attachments.children[2], "AirSyncBase:DisplayName").endswith(".eml")


def test_an_inline_picture_is_fetched_like_any_file(world: World, version: Version) -> None:
    made = letter()
    html = made.get_payload()[1]  # type: ignore[index]
    html.set_content('<p>See <img src="cid:pic@x"></p>', subtype="html")  # type: ignore[union-attr]
    html.add_related(PICTURE, "image", "png", cid="<pic@x>")  # type: ignore[union-attr]
    server_id = world.deliver(raw=made.as_bytes())
    phone = world.phone(version=version)
    attachments = child(item(one(phone, fetch(server_id))), "AirSyncBase:Attachments")
    assert attachments is not None
    (inline,) = attachments.children
    assert (text(inline, "AirSyncBase:IsInline"), text(inline, "AirSyncBase:ContentId")) == ("1", "pic@x")
    assert content(one(phone, file(text(inline, "AirSyncBase:FileReference")))).data == PICTURE


def test_a_file_that_is_too_large_is_status_11_R4163(world: World, version: Version) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    reference = references(phone, server_id)[0]
    world.limit(attachment_bytes_max=len(PICTURE) - 1)
    assert one(phone, file(reference)).status == 11
    assert one(phone, file(reference, ByteRange(0, 99))).status == 1  # in pieces it can be had
    world.limit(attachment_bytes_max=len(PICTURE))
    assert one(phone, file(reference)).status == 1


@pytest.mark.parametrize("multipart", [False, True])
def test_files_that_are_too_large_together_R4163(world: World, phone: Phone, multipart: bool) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    reference = references(phone, server_id)[0]
    world.limit(attachment_bytes_max=len(PICTURE) * 2)
    asked = [file(reference)] * 3
    found = parts(phone, *asked)[0] if multipart else operate(phone, *asked)
    assert statuses(found) == [1, 1, 11]


@pytest.mark.parametrize("reference", _UNKNOWN)
def test_an_unknown_file_reference_is_status_15_R214_R4166(world: World, version: Version, reference: str) -> None:
    world.deliver(raw=with_files().as_bytes())
    assert one(world.phone(version=version), file(reference)).status == 15


def test_parts_that_are_no_attachment_are_not_given_away_R4166(world: World, phone: Phone) -> None:
    server_id = world.deliver(raw=with_files().as_bytes())
    known = set(references(phone, server_id))
    others = [f"{server_id}:{path}" for path in ("1", "2", "3", "4", "4.1", "0", "01")]
    assert {one(phone, file(other)).status for other in others if other not in known} == {15}


def test_what_belongs_to_somebody_else_is_not_there(world: World, phone: Phone) -> None:
    mine = world.deliver(raw=with_files().as_bytes())
    reference = references(phone, mine)[0]
    stranger = world.phone("bob")
    assert statuses(operate(stranger, fetch(mine), file(reference))) == [6, 15]


# ---------------------------------------------------------------- statuses and order


def test_fetches_are_answered_in_their_order_R193_R194_R2952(world: World, version: Version) -> None:
    ids = [world.deliver() for _ in range(3)]
    phone = world.phone(version=version)
    asked = [fetch(ids[2]), fetch("1:99"), fetch(ids[0]), file("x"), fetch(ids[1])]
    found = operate(phone, *asked)
    assert statuses(found) == [1, 6, 1, 15, 1]
    assert [f.server_id or f.file_reference for f in found if isinstance(f, Fetched)] == [
        ids[2],
        "1:99",
        ids[0],
        "x",
        ids[1],
    ]


@pytest.mark.parametrize("server_id", ["1:99", "99:1", "1", "x", ":", "1:x", "١:1", "1:99999999999999999999"])
def test_a_message_that_is_not_there_is_status_6_R4158(world: World, version: Version, server_id: str) -> None:
    world.deliver()
    phone = world.phone(version=version)
    asked = Fetch(MAILBOX, server_id.partition(":")[0] or "x", server_id)
    assert one(phone, asked).status == 6


def test_a_message_under_another_folder_is_not_there(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    assert one(phone, Fetch(MAILBOX, phone.folder(FolderType.DRAFTS), server_id)).status == 6


@pytest.mark.parametrize(
    "asked, status",
    [
        (Fetch("DocumentLibrary", link_id="\\\\server\\share\\x.doc"), 9),
        (Fetch("DocumentLibrary", link_id="https://server.example/x.doc"), 9),
        (Fetch("DocumentLibrary", link_id="InvalidLinkId"), 4),
        (Fetch("GAL", "1", "1:1"), 9),
        (Fetch("InvalidStore", "1", ""), 9),
        (Fetch(MAILBOX, "1", ""), 6),
        (Fetch(MAILBOX, long_id="RgAAAAB"), 6),
        (Fetch(MAILBOX), 2),
        (Fetch(MAILBOX, "1"), 2),
        (Fetch(MAILBOX, server_id="1:1"), 2),
        (Fetch("mailbox", "1", "1:99"), 6),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_looked_up_R4161_R4154(world: World, version: Version, asked: Fetch, status: int) -> None:
    found = one(world.phone(version=version), asked)
    assert (found.status, found.link_id, found.long_id) == (status, asked.link_id, asked.long_id)


def test_a_message_is_fetched_by_its_long_id_R3240(world: World, version: Version) -> None:
    folder, uid = map(int, world.deliver("found").split(":"))
    asked = Fetch(MAILBOX, long_id=ids.long_id(folder, uid))
    found = one(world.phone(version=version), asked)
    assert text(item(found), "Email:Subject") == "found"
    assert (found.long_id, found.server_id) == (asked.long_id, None)


@pytest.mark.parametrize("long_id", ["1:1", "item:", "item:1", "item:1:1:1", "item:x:1", "item:1:99", "item:99:1"])
def test_a_long_id_of_nothing_is_status_6_R4158(world: World, phone: Phone, long_id: str) -> None:
    world.deliver()
    assert one(phone, Fetch(MAILBOX, long_id=long_id)).status == 6


def test_a_long_id_does_not_open_somebody_elses_mailbox(world: World, phone: Phone) -> None:
    folder, uid = map(int, world.deliver(to="bob").split(":"))
    assert one(phone, Fetch(MAILBOX, long_id=ids.long_id(folder, uid))).status == 6


def _picture(world: World, phone: Phone) -> str:
    """The FileReference of a picture that alice has."""
    server_id = world.deliver(raw=with_files().as_bytes())
    phone.folder()
    return f"{server_id}:2"


def test_no_attachments_where_the_policy_says_so_16_R4167_R206(world: World, phone: Phone) -> None:
    reference = _picture(world, phone)
    assert one(phone, file(reference)).status == 1
    world.services = replace(world.services, policy=PolicyRules(PolicyDocument(attachments_enabled=False)))
    phone.provision()
    assert one(phone, file(reference)).status == 16


def test_no_attachment_larger_than_the_policy_says_11_R4163(world: World, phone: Phone) -> None:
    reference = _picture(world, phone)
    for size, status in ((len(PICTURE), 1), (len(PICTURE) - 1, 11)):
        world.services = replace(world.services, policy=PolicyRules(PolicyDocument(max_attachment_size=size)))
        phone.provision()
        assert one(phone, file(reference)).status == status


def test_a_file_whose_bytes_are_lost_is_12_and_the_others_come_R4164(
    world: World, phone: Phone, tmp_path: Path
) -> None:
    reference, other = _picture(world, phone), world.deliver()
    with closing(sqlite3.connect(tmp_path / "easd.db")) as connection, connection:
        connection.execute("UPDATE chunks SET data = x'00' WHERE length(data) > 9000")
    lost, come = operate(phone, file(reference), fetch(other))
    assert (lost.status, come.status) == (12, 1)


def test_a_store_that_cannot_be_reached_is_3_for_the_whole_request_R4155(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    phone.folder()
    faults = FaultyStore(world.sql)
    world.through(faults.store)
    faults.fail("items", Unavailable())
    told = send(phone, (fetch(server_id),))
    assert [(child.name, child.text) for child in told.root.children] == [("ItemOperations:Status", "3")]


def test_operations_of_several_kinds_are_answered_kind_by_kind(world: World, phone: Phone) -> None:
    """As the schema of the response has them; the ids tell which answer belongs to which question."""
    server_id = world.deliver()
    asked = fetch(server_id), EmptyFolderContents(phone.folder()), MoveConversation(b"\x01", phone.folder())
    assert list(map(type, operate(phone, *asked))) == [ConversationMoved, Emptied, Fetched]


def test_a_conversation_is_not_moved_before_14_0_R7244(world: World) -> None:
    phone = world.phone(version=V12_1)
    phone.provision()
    move = Element(
        tag("ItemOperations:Move"),
        [Element(tag("ItemOperations:ConversationId"), b"1"), Element(tag("ItemOperations:DstFldId"), "1")],
    )
    body_ = encode(Element(tag("ItemOperations:ItemOperations"), [move]))
    assert tell(phone, Command.ITEM_OPERATIONS, body_).status == 2


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [Element(tag("ItemOperations:Fetch"))],
        [Element(tag("ItemOperations:Store"), "Mailbox")],
        [Element(tag("ItemOperations:Fetch"), [Element(tag("ItemOperations:Store"), "")])],
        [
            Element(
                tag("ItemOperations:Fetch"),
                [
                    Element(tag("ItemOperations:Store"), "Mailbox"),
                    Element(tag("AirSyncBase:FileReference"), "1:1:1"),
                    Element(tag("ItemOperations:Options"), [Element(tag("ItemOperations:Range"), "9")]),
                ],
            )
        ],
        [
            Element(
                tag("ItemOperations:Fetch"),
                [
                    Element(tag("ItemOperations:Store"), "Mailbox"),
                    Element(tag("AirSync:CollectionId"), "1"),
                    Element(tag("AirSync:ServerId"), ""),
                    Element(tag("ItemOperations:Options"), [Element(tag("ItemOperations:Range"), "")]),
                ],
            )
        ],
    ],
    ids=["nothing", "no Store", "Store alone", "empty Store", "Range", "empty Range"],
)
def test_a_request_that_breaks_the_rules_is_status_2_R7238_R346(
    world: World, version: Version, wrong: list[Element]
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    told = tell(phone, Command.ITEM_OPERATIONS, encode(Element(tag("ItemOperations:ItemOperations"), wrong)))
    assert (told.http, told.status, len(told.root.children)) == (200, 2, 1)


def test_more_than_100_operations_are_too_many_R7489_R7490(world: World, phone: Phone) -> None:
    server_id = world.deliver()
    assert statuses(operate(phone, *[fetch(server_id)] * 100)) == [1] * 100
    assert send(phone, [fetch(server_id)] * 101).status == 11


def test_a_message_that_cannot_be_converted_is_status_14_and_spoils_no_other_R4165(
    world: World, version: Version, tmp_path: Path
) -> None:
    """Its readable text in the database is damaged, by whatever accident: it is no UTF-8."""
    good, bad = world.deliver("good"), world.deliver("bad")
    blob_id = world.items(world.folder().id)[bad].blob_id
    with closing(sqlite3.connect(tmp_path / "easd.db")) as connection, connection:
        assert connection.execute("UPDATE texts SET plain = x'ff' WHERE blob_id = ?", (blob_id,)).rowcount == 1
    phone = world.phone(version=version)
    wish = BodyPreference(BodyType.HTML)
    asked = fetch(good, wish), fetch(bad, wish), fetch(good, wish)
    told = send(phone, asked)
    found = results(phone, told.root)
    assert statuses(found) == [1, 14, 1]
    assert bad in told.notes
    assert "UnicodeDecodeError at easd/" in told.notes
    multipart, held = parts(phone, *asked)
    assert (statuses(multipart), [body(multipart[n])["Part"] for n in (0, 2)], len(held)) == ([1, 14, 1], ["1", "2"], 3)


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode()

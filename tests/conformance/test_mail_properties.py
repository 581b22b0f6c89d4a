"""MS-ASEMAIL: the properties of messages as a device gets them, at every version."""

from base64 import b64encode

import pytest

from easd.eas.commands.sync import ClientChange
from easd.eas.versions import V2_5, V12_1, V14_0, V14_1, V16_0, V16_1, Version
from easd.wbxml import Element, Writer, tag
from tests.support.world import Phone, World, child, text

SINCE_12 = [V12_1, V14_0, V14_1, V16_0, V16_1]
SINCE_14 = SINCE_12[1:]
MEMO = (
    'From: "Bob B." <bob@example.test>\r\n{more}To: alice@example.test, "C, D" <cd@example.test>\r\n'
    "Cc: e@example.test, F <f@example.test>\r\nReply-To: g@example.test, h@example.test\r\nSubject: x\r\n\r\nx\r\n"
)
VOICE = (
    "From: bob@example.test\r\nTo: alice@example.test\r\nSubject: call\r\nContent-Class: {kind}\r\n"
    "X-CallingTelephoneNumber: +49 30 1234\r\nX-VoiceMessageDuration: 17\r\nX-AttachmentOrder: one.wav;two.wav\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\ntext\r\n'
    '--b\r\nContent-Type: audio/wav\r\nContent-Disposition: attachment; filename="one.wav"\r\n\r\nx\r\n'
    '--b\r\nContent-Type: audio/wav\r\nContent-Disposition: attachment; filename="two.wav"\r\n\r\nx\r\n--b--\r\n'
)


def each(versions: list[Version]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("version", versions, ids=lambda version: version.text)


def received(world: World, version: Version, raw: str) -> tuple[Phone, str, Element]:
    """The phone that has got the message, its ServerId, and the message as the phone holds it."""
    letter = world.deliver(raw=raw.encode())
    phone = world.phone(version=version)
    phone.sync_all(phone.folder())
    return phone, letter, phone.held(phone.folder()).items[letter]


def refused(phone: Phone, letter: str, name: str, value: str) -> int:
    """The status of a Change that says this of the message."""
    writer = Writer()
    writer.text(tag(name), value)
    (answer,) = phone.sync(phone.folder(), ClientChange(letter, writer.fragment())).responses
    return answer.status


def test_addresses_are_parted_by_commas_and_names_by_semicolons_R328_R331_R400_R711_R787(
    world: World, version: Version
) -> None:
    _, _, item = received(world, version, MEMO.format(more=""))
    assert text(item, "Email:From") == '"Bob B." <bob@example.test>'
    assert text(item, "Email:To") == '"alice@example.test" <alice@example.test>, "C, D" <cd@example.test>'
    assert text(item, "Email:Cc") == '"e@example.test" <e@example.test>, "F" <f@example.test>'
    assert text(item, "Email:ReplyTo") == '"g@example.test" <g@example.test>; "h@example.test" <h@example.test>'
    assert text(item, "Email:DisplayTo") == "alice@example.test; C, D"


@each(SINCE_14)
@pytest.mark.parametrize(
    "more, sender",
    [
        ("Sender: Sue <sue@example.test>\r\n", '"Sue" <sue@example.test>'),
        ('Sender: "Bob B." <bob@example.test>\r\n', ""),
        ("", ""),
    ],
    ids=["somebody else R724 R1073", "the same R726", "none R1065"],
)
def test_the_sender_is_told_where_it_is_somebody_else_R722_R724_R726_R1065_R1073(
    world: World, version: Version, more: str, sender: str
) -> None:
    phone, letter, item = received(world, version, MEMO.format(more=more))
    assert text(item, "Email2:Sender") == sender
    assert text(item, "Email:From") == '"Bob B." <bob@example.test>'
    assert refused(phone, letter, "Email2:Sender", "x@example.test") == 6  # R723


def test_what_was_read_is_1_and_what_was_not_is_0_R640_R641_R643(world: World, version: Version) -> None:
    phone, letter, item = received(world, version, MEMO.format(more=""))
    assert text(item, "Email:Read") == "0"
    assert refused(phone, letter, "Email:Read", "2") == 6
    world.change(letter, read=True)
    phone.sync(phone.folder())
    assert text(phone.held(phone.folder()).items[letter], "Email:Read") == "1"


@each(SINCE_14)
def test_what_has_no_value_is_left_out_or_empty_R318_R649_R1279(world: World, version: Version) -> None:
    phone, letter, item = received(world, version, MEMO.format(more=""))
    categories = child(item, "Email:Categories")
    assert categories is not None
    assert not categories.content
    assert child(item, "Email2:ReceivedAsBcc") is None
    assert text(item, "Email2:IsDraft") == ("0" if version >= V16_0 else "")
    assert refused(phone, letter, "Email2:ReceivedAsBcc", "1") == 6  # R648
    assert refused(phone, letter, "Email2:ConversationId", "x") == 6  # R347


@each(SINCE_14)
@pytest.mark.parametrize("replies", [0, 1, 3])
def test_the_index_of_a_conversation_has_a_block_for_each_reply_R350_R351_R352_R1054_MS_ASCON_R86_R87_R88_R90_R91_R92(
    world: World, version: Version, replies: int
) -> None:
    """Also MS-ASCON R95, R259, R304, R305, R306, R307: what Thread-Index says, without its first byte and its GUID."""
    blocks = bytes(range(5 * replies))
    index = b64encode(b"\1" + bytes(range(1, 22)) + blocks).decode()
    _, _, item = received(world, version, MEMO.format(more=f"Thread-Index: {index}\r\n"))
    found = child(item, "Email2:ConversationIndex")
    assert found is not None
    assert isinstance(found.content, bytes)
    assert found.content == bytes(range(1, 6)) + blocks


@each(SINCE_14)
@pytest.mark.parametrize("kind", ["voice", "voice-ca", "missedcall"])
def test_a_voice_message_has_its_caller_and_its_recordings_R799_R803_R805_R808_R809_R811_R812_R829_R933(
    world: World, version: Version, kind: str
) -> None:
    phone, letter, item = received(world, version, VOICE.format(kind=kind))
    assert text(item, "Email2:UmCallerID") == "+49 30 1234"
    attachments = child(item, "AirSyncBase:Attachments")
    assert attachments is not None
    told = {
        text(one, "AirSyncBase:DisplayName"): (text(one, "Email2:UmAttOrder"), text(one, "Email2:UmAttDuration"))
        for one in attachments.children
    }
    assert told == {"one.wav": ("2", ""), "two.wav": ("1", "17")}
    assert refused(phone, letter, "Email2:UmCallerID", "1") == 6  # R817
    assert refused(phone, letter, "Email2:UmUserNotes", "notes") == 6  # R835


@each([V2_5, V12_1])
def test_before_14_0_a_voice_message_is_a_message_with_files_R1446_R1450(world: World, version: Version) -> None:
    _, _, item = received(world, version, VOICE.format(kind="voice"))
    names = {one.name for one in _all(item)}
    assert not {name for name in names if name.startswith("Email2:")}


def _all(item: Element) -> list[Element]:
    return [item, *(one for held in item.children for one in _all(held))]

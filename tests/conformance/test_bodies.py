"""Bodies on the wire: message parts, preferences that contradict, and what users complained about (MS-ASAIRS)."""

import base64
from dataclasses import replace

import pytest

from easd.eas.commands.options import Options
from easd.eas.request import Command
from easd.eas.status import CommonStatus, SyncStatus
from easd.eas.versions import V12_0, V14_0, V14_1, Version, since
from easd.mime.extract import EXTRACT_VERSION
from easd.model.body import BodyPreference
from easd.model.email import BodyType, EmailTexts
from easd.service import ids
from easd.service.delivery import new_mail
from easd.wbxml import Element, Writer, decode, tag
from tests.support.versions import at
from tests.support.world import Refused, World, child, text

PLAIN, HTML, RTF, MIME = BodyType
PAGE = b"Content-Type: text/html; charset=utf-8\r\n\r\n"


def shown(world: World, version: Version, options: Options, raw: bytes) -> Element:
    """The message as a phone of that version gets it."""
    server_id = world.deliver(raw=b"From: bob@example.test\r\n" + raw)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(options,))
    return phone.held(inbox).items[server_id]


def data(item: Element, name: str = "Body") -> str:
    """The Data of the Body or BodyPart."""
    body = child(item, f"AirSyncBase:{name}")
    assert body is not None
    return text(body, "AirSyncBase:Data")


@at(since(V14_1))
@pytest.mark.parametrize(
    "plain, part, body_there, part_there",
    [
        (False, False, True, False),  # R245
        (True, False, True, False),  # R246
        (False, True, False, True),  # R247
        (True, True, True, True),  # R248
    ],
)
def test_sync_sends_body_and_body_part_as_asked_R245_R246_R247_R248(
    world: World, version: Version, plain: bool, part: bool, body_there: bool, part_there: bool
) -> None:
    options = Options(
        body_preferences=(BodyPreference(PLAIN),) if plain else (),
        body_part_preferences=(BodyPreference(HTML),) if part else (),
    )
    item = shown(world, version, options, PAGE + b"<p>one</p>")
    assert (child(item, "AirSyncBase:Body") is not None) is body_there
    assert (child(item, "AirSyncBase:BodyPart") is not None) is part_there


@at(since(V14_1))
def test_a_body_part_is_cut_with_its_status_and_size_R239_R240_R271(world: World, version: Version) -> None:
    options = Options(body_part_preferences=(BodyPreference(HTML, 120, preview=10),))
    part = child(shown(world, version, options, PAGE + b"<p>one</p>" * 90), "AirSyncBase:BodyPart")
    assert part is not None
    assert [text(part, f"AirSyncBase:{name}") for name in ("Status", "Type", "Truncated")] == ["1", "2", "1"]
    assert int(text(part, "AirSyncBase:EstimatedDataSize")) > 900
    assert len(text(part, "AirSyncBase:Data")) <= 120
    assert text(part, "AirSyncBase:Preview") == "one one on"


@at(since(V14_1))
def test_a_body_part_in_other_than_html_is_refused_R241(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    options = Options(body_part_preferences=(BodyPreference(PLAIN),))
    with pytest.raises(Refused) as refused:
        phone.sync(inbox, options=(options,))
    assert refused.value.status == CommonStatus.BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED


@at(since(V12_0))
def test_two_preferences_of_one_type_are_refused_R349_R10016(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    options = Options(body_preferences=(BodyPreference(HTML, 10), BodyPreference(HTML, 20)))
    with pytest.raises(Refused) as refused:
        phone.sync(inbox, options=(options,))
    assert refused.value.status == SyncStatus.PROTOCOL_ERROR


@at(since(V12_0))
@pytest.mark.parametrize(
    "children",
    [
        (("TruncationSize", "100"), ("AllOrNone", "1"), ("Type", "2")),
        (("Type", "2"), ("TruncationSize", "100"), ("AllOrNone", "a")),
        (("Type", "2"), ("TruncationSize", "100"), ("AllOrNone", "1"), ("AllOrNone", "1")),
    ],
    ids=["order R348", "no boolean R350", "twice R351"],
)
def test_a_preference_that_breaks_the_grammar_is_status_4_R348_R350_R351(
    world: World, version: Version, children: tuple[tuple[str, str], ...]
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    writer = Writer()
    for outer in ("Sync", "Collections", "Collection"):
        writer.start(tag(f"AirSync:{outer}"))
    writer.text(tag("AirSync:SyncKey"), phone.held(inbox).sync_key)
    writer.text(tag("AirSync:CollectionId"), inbox)
    writer.start(tag("AirSync:Options"))
    writer.start(tag("AirSyncBase:BodyPreference"))
    for name, value in children:
        writer.text(tag(f"AirSyncBase:{name}"), value)
    for _ in range(5):
        writer.end()
    phone.post(Command.SYNC, writer.document())
    root = decode(phone.last.body)
    assert text(root, "AirSync:Status") == "4"


@at(since(V12_0))
def test_rtf_alone_is_a_document_in_base64_R179_R306(world: World, version: Version) -> None:
    item = shown(world, version, Options(body_preferences=(BodyPreference(RTF),)), b"\r\nGr\xc3\xbc\xc3\x9fe\r\n")
    assert base64.b64decode(data(item)).startswith(b"{\\rtf1")
    assert rb"Gr\u252?\u223?e" in base64.b64decode(data(item))
    assert text(item, "AirSyncBase:NativeBodyType") == "1"  # R2412


@at(since(V12_0))
def test_signed_mail_reaches_the_device_byte_for_byte_or_its_signature_breaks(world: World, version: Version) -> None:
    raw = (
        b'From: bob@example.test\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=e'
        b"\r\n\r\n--e\r\nContent-Type: text/plain\r\n\r\nbare\nlines \t\r\n--e\r\n"
        b"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--e--\r\n"
    )
    server_id = world.deliver(raw=raw)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(mime_support=1, body_preferences=(BodyPreference(MIME),)),))
    assert data(phone.held(inbox).items[server_id]).encode() == raw
    body = child(phone.held(inbox).items[server_id], "AirSyncBase:Body")
    assert body is not None
    names = [one.name.partition(":")[2] for one in body.children]
    assert names == ["Type", "EstimatedDataSize", "Truncated", "Data"]  # MS-ASCMD R3409
    assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:Truncated")) == ("4", "0")


@at(since(V14_0))
def test_the_preview_in_a_list_shows_words_and_not_addresses_of_links_and_pictures(
    world: World, version: Version
) -> None:
    options = Options(body_preferences=(BodyPreference(HTML, 100, preview=100),))
    page = (
        PAGE
        + b'<style>p{a:b}</style><a href="https://x.test/long?tracking=1">Our offer</a> <img src="https://x.test/p.gif">'
    )
    body = child(shown(world, version, options, page), "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Preview") == "Our offer"


@at(since(V12_0))
def test_a_picture_that_the_text_does_not_show_is_not_hidden_from_the_list_of_files(
    world: World, version: Version
) -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\n\r\nSee the photo.\r\n--e\r\n"
        b"Content-Type: image/jpeg\r\n"
        b"Content-Disposition: inline; filename=photo.jpg\r\nContent-ID: <p@x>\r\n\r\nJPEG\r\n--e--\r\n"
    )
    attachments = child(
        shown(world, version, Options(body_preferences=(BodyPreference(HTML),)), raw), "AirSyncBase:Attachments"
    )
    assert attachments is not None
    assert child(attachments.children[0], "AirSyncBase:IsInline") is None


@at(since(V12_0))
def test_a_short_piece_of_a_newsletter_with_a_long_style_sheet_has_text_in_it(world: World, version: Version) -> None:
    page = PAGE + b"<style>" + b"p{color:red}" * 500 + b"</style><p>Dear reader</p>" + b"<p>more</p>" * 100
    item = shown(world, version, Options(body_preferences=(BodyPreference(HTML, 500),)), page)
    assert "Dear reader" in data(item)
    assert len(data(item)) <= 500


@at(since(V12_0))
def test_mojibake_a_page_whose_meta_element_lies_about_what_is_sent(world: World, version: Version) -> None:
    page = b'Content-Type: text/html; charset=koi8-r\r\n\r\n<meta charset="koi8-r">' + "Привет".encode("koi8-r")
    item = shown(world, version, Options(body_preferences=(BodyPreference(HTML),)), page)
    assert "Привет" in data(item)
    assert "koi8" not in data(item)
    assert "charset=utf-8" in data(item)


@at(since(V12_0))
def test_what_an_older_server_has_extracted_is_read_anew_after_an_upgrade(world: World, version: Version) -> None:
    raw = b"From: bob@example.test\r\n" + PAGE + b"<p>new</p><script>alert(1)</script>"
    mail = new_mail(raw, world.now)
    old = replace(mail, texts=EmailTexts(b"old", b"<script>old</script>"), extract_version=EXTRACT_VERSION - 1)
    with world.writing() as box:
        item = box.add_mail(world.folder().id, old)
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(body_preferences=(BodyPreference(HTML),)),))
    shown_now = data(phone.held(inbox).items[ids.server_id(item.folder_id, item.uid)])
    assert "<p>new</p>" in shown_now
    assert "script" not in shown_now

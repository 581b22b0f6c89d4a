"""Ping, estimates, ItemOperations inline and as multipart, moving, sending and settings, over scripted answers."""

from typing import Any

import httpx
import pytest

from easd.client import Device
from easd.client.errors import ProtocolViolation, StatusFailure
from easd.eas.commands import get_item_estimate, item_operations, move_items, ping, send_mail, settings
from easd.eas.commands.get_item_estimate import Estimate, Estimated, GetItemEstimateResponse
from easd.eas.commands.item_operations import (
    ByteRange,
    ConversationMoved,
    Emptied,
    Fetched,
    FileProperties,
    ItemOperationsResponse,
    MoveConversation,
    Results,
)
from easd.eas.commands.move_items import MoveItemsResponse, MoveResult
from easd.eas.commands.ping import PingFolder, PingRequest, PingResponse
from easd.eas.commands.send_mail import SendMailResponse, Source
from easd.eas.commands.settings import (
    EmailAddresses,
    SettingsResponse,
    SettingStatus,
    UserInformation,
    UserInformationResponse,
)
from easd.eas.multipart import MULTIPART_TYPE, header
from easd.eas.versions import V12_1, V14_1, Version
from easd.model.body import BodyPreference
from easd.model.device import DeviceInformation
from easd.model.email import BodyType
from easd.wbxml import Element, tag
from tests.unit.client.scripted import device, empty, told

MIME = b"From: alice@example.test\r\nSubject: Hi\r\n\r\nHello\r\n"


# ---------------------------------------------------------------- estimate and ping


def estimate(*responses: Estimate, status: int | None = None, version: Version = V14_1) -> httpx.Response:
    return told(get_item_estimate.RESPONSE, GetItemEstimateResponse(status, responses), version)


@pytest.mark.parametrize("version", [V12_1, V14_1])
async def test_estimate_is_asked_in_the_form_of_the_version(version: Version) -> None:
    answer = estimate(Estimate(1, Estimated("34", 12)), version=version)
    with device(answer, version=version) as (phone, script):
        assert await phone.get_item_estimate("34", 3) == 12
    (collection,) = script.value(get_item_estimate.REQUEST, -1, version).collections
    in_options = [options.filter_type for options in collection.options]
    assert (collection.filter_type, in_options) == ((3, []) if version is V12_1 else (None, [3]))


@pytest.mark.parametrize(
    "answer, kind, message",
    [
        (estimate(Estimate(3)), StatusFailure, "status 3, the collection has not been synchronised yet"),
        (estimate(status=110), StatusFailure, "status 110"),
        (estimate(Estimate(1)), ProtocolViolation, "success without an estimate"),
        (estimate(Estimate(1, Estimated("34"))), ProtocolViolation, "success without an estimate"),
    ],
)
async def test_estimate_that_fails_says_why(answer: httpx.Response, kind: type[Exception], message: str) -> None:
    with device(answer) as (phone, _), pytest.raises(kind, match=message):
        await phone.get_item_estimate("34")


async def test_ping_names_folders_once_and_then_sends_no_body() -> None:
    answers = [told(ping.RESPONSE, PingResponse(1)), told(ping.RESPONSE, PingResponse(2, ("34",)))]
    with device(*answers) as (phone, script):
        assert (await phone.ping(["34", "35"], 480)).status == 1
        assert (await phone.ping()).folders == ("34",)
    assert script.value(ping.REQUEST, 0) == PingRequest(480, (PingFolder("34", "Email"), PingFolder("35", "Email")))
    assert script.requests[1].content == b""
    assert "Content-Type" not in script.requests[1].headers


@pytest.mark.parametrize("status", [5, 6, 7])
async def test_ping_that_the_device_must_act_upon_is_returned(status: int) -> None:
    with device(told(ping.RESPONSE, PingResponse(status, heartbeat_interval=60))) as (phone, _):
        assert (await phone.ping(["34"], 5)).status == status


@pytest.mark.parametrize("status", [3, 4, 8, 110])
async def test_ping_that_failed_says_why(status: int) -> None:
    with device(told(ping.RESPONSE, PingResponse(status))) as (phone, _), pytest.raises(StatusFailure) as caught:
        await phone.ping(["34"], 60)
    assert caught.value.status == status


# ---------------------------------------------------------------- ItemOperations


def results(*results: Any, status: int = 1) -> httpx.Response:
    return told(item_operations.RESPONSE, ItemOperationsResponse(status, Results(results) if results else None))


def multipart(answer: httpx.Response, *parts: bytes) -> httpx.Response:
    packed = header([len(part) for part in (answer.content, *parts)]) + answer.content + b"".join(parts)
    return httpx.Response(200, content=packed, headers={"Content-Type": MULTIPART_TYPE})


def properties(*body: Element) -> Element:
    whole = Element(tag("AirSyncBase:Body"), [Element(tag("AirSyncBase:Type"), "1"), *body])
    return Element(tag("ItemOperations:Properties"), [Element(tag("Email:Subject"), "s"), whole])


async def test_item_comes_with_its_body() -> None:
    item = properties(Element(tag("AirSyncBase:Data"), "text"))
    with device(results(Fetched(1, "34", "34:1", properties=item))) as (phone, script):
        mail = await phone.fetch_item("34", "34:1", (BodyPreference(BodyType.PLAIN),), mime_support=2)
    assert (mail.server_id, mail.subject, mail.body) == ("34:1", "s", "text")
    (fetch,) = script.value(item_operations.REQUEST).operations
    assert (fetch.collection_id, fetch.server_id, fetch.options.mime_support) == ("34", "34:1", 2)
    assert script.asked().accept_multipart is False


@pytest.mark.parametrize("base64", [False, True])
async def test_body_in_a_part_is_put_in_its_place(base64: bool) -> None:
    item = properties(Element(tag("ItemOperations:Part"), "1"))
    answer = multipart(results(Fetched(1, "34", "34:1", properties=item)), b"from the part")
    with device(answer, base64=base64) as (phone, script):
        mail = await phone.fetch_item("34", "34:1", multipart=True)
    assert mail.body == "from the part"
    assert script.asked().accept_multipart is True


async def test_attachment_comes_inline_or_as_a_part() -> None:
    whole = FileProperties(ByteRange(0, 2), 10, "text/plain", b"abc")
    part = FileProperties(content_type="text/plain", part=2)
    answers = (
        results(Fetched(1, file_reference="r", properties=whole)),
        multipart(results(Fetched(1, file_reference="r", properties=part)), b"other", b"abc"),
    )
    with device(*answers) as (phone, script):
        assert await phone.fetch_attachment("r", ByteRange(0, 2)) == whole
        assert await phone.fetch_attachment("r", multipart=True) == FileProperties(
            content_type="text/plain", data=b"abc"
        )
    assert script.value(item_operations.REQUEST, 0).operations[0].options.range == ByteRange(0, 2)


@pytest.mark.parametrize("number", ["0", "2", "x"])
async def test_part_that_is_not_there_is_a_violation(number: str) -> None:
    item = properties(Element(tag("ItemOperations:Part"), number))
    answer = multipart(results(Fetched(1, "34", "34:1", properties=item)), b"one")
    with device(answer) as (phone, _), pytest.raises(ProtocolViolation, match="there is no part"):
        await phone.fetch_item("34", "34:1", multipart=True)


async def test_an_empty_attachment_has_no_bytes() -> None:
    with device(results(Fetched(10, file_reference="r"))) as (phone, _):
        assert await phone.fetch_attachment("r") == FileProperties(data=b"")


async def _fetch_item(phone: Device) -> None:
    await phone.fetch_item("34", "34:1")


async def _fetch_file(phone: Device) -> None:
    await phone.fetch_attachment("r")


async def _empty(phone: Device) -> None:
    await phone.empty_folder("37", sub_folders=True)


@pytest.mark.parametrize(
    "answer, act, kind, message",
    [
        (results(Fetched(6)), _fetch_item, StatusFailure, "Fetch: status 6, there is no such object"),
        (results(Fetched(15)), _fetch_file, StatusFailure, "Fetch: status 15, there is no such attachment"),
        (results(Fetched(1)), _fetch_item, ProtocolViolation, "no item in the answer for 34:1"),
        (results(Fetched(1)), _fetch_file, ProtocolViolation, "no file in the answer for r"),
        (results(Emptied(1, "37")), _fetch_item, ProtocolViolation, "answered by Emptied"),
        (results(Emptied(3, "37")), _empty, StatusFailure, "EmptyFolderContents: status 3"),
        (results(status=2), _empty, StatusFailure, "ItemOperations: status 2"),
        (results(), _empty, ProtocolViolation, "0 answers to 1 operations"),
        (empty(), _empty, ProtocolViolation, "ItemOperations: an empty answer"),
    ],
)
async def test_operation_that_fails_says_why(
    answer: httpx.Response, act: Any, kind: type[Exception], message: str
) -> None:
    with device(answer) as (phone, _), pytest.raises(kind, match=message):
        await act(phone)


async def test_folder_is_emptied_and_conversation_moved() -> None:
    moved = ConversationMoved(1, b"c")
    with device(results(Emptied(1, "37")), results(moved)) as (phone, script):
        await phone.empty_folder("37", sub_folders=True)
        assert await phone.item_operations([MoveConversation(b"c", "37")]) == (moved,)
    (operation,) = script.value(item_operations.REQUEST, 0).operations
    assert (operation.collection_id, operation.options.delete_sub_folders) == ("37", True)


# ---------------------------------------------------------------- moving, sending, settings


async def test_moves_are_answered_one_by_one_and_leave_the_replica_alone() -> None:
    answers = (MoveResult("34:1", 3, "37:1"), MoveResult("34:2", 1))
    with device(told(move_items.RESPONSE, MoveItemsResponse(responses=answers))) as (phone, script):
        phone.replica["34"].items["34:1"] = Element(tag("AirSync:ApplicationData"))
        assert await phone.move_items([("34:1", "34", "37"), ("34:2", "34", "37")]) == answers
    assert [move.source_id for move in script.value(move_items.REQUEST).moves] == ["34:1", "34:2"]
    assert list(phone.replica["34"].items) == ["34:1"]


async def test_move_refused_as_a_whole() -> None:
    with device(told(move_items.RESPONSE, MoveItemsResponse(110))) as (phone, _), pytest.raises(StatusFailure):
        await phone.move_items([("34:1", "34", "37")])


async def test_mail_is_a_document_from_14_0_on_and_mime_before() -> None:
    with device(empty()) as (phone, script):
        await phone.send_mail(MIME, client_id="c1")
    request = script.value(send_mail.REQUEST)
    assert (request.client_id, request.mime, request.save_in_sent) == ("c1", MIME, True)
    with device(empty(), version=V12_1) as (phone, script):
        await phone.send_mail(MIME)
    assert script.requests[0].content == MIME
    assert script.requests[0].headers["Content-Type"] == "message/rfc822"
    assert script.asked().save_in_sent is True


async def test_every_mail_has_a_client_id_of_its_own() -> None:
    with device(empty(), empty()) as (phone, script):
        await phone.send_mail(MIME)
        await phone.send_mail(MIME)
    assert script.value(send_mail.REQUEST, 0).client_id != script.value(send_mail.REQUEST, 1).client_id


async def test_replies_and_forwards_name_their_source() -> None:
    source = Source("34", "34:1")
    with device(empty(), empty()) as (phone, script):
        await phone.smart_reply(source, MIME)
        await phone.smart_forward(source, MIME, replace_mime=True)
    assert script.names == ["SmartReply", "SmartForward"]
    reply, forward = script.value(send_mail.REPLY_REQUEST, 0), script.value(send_mail.FORWARD_REQUEST, 1)
    assert (reply.source, reply.replace_mime, forward.replace_mime) == (source, False, True)
    with device(empty(), version=V12_1) as (phone, script):
        await phone.smart_forward(source, MIME)
    asked = script.asked()
    assert (script.requests[0].content, script.requests[0].headers["Content-Type"]) == (MIME, "message/rfc822")
    assert (asked.collection_id, asked.item_id, asked.long_id, asked.save_in_sent) == ("34", "34:1", "", True)


@pytest.mark.parametrize(
    "answer, status",
    [
        (told(send_mail.RESPONSE, SendMailResponse(118)), 118),
        (told(ping.RESPONSE, PingResponse(1)), 0),
    ],
)
async def test_mail_that_was_not_sent_says_why_R4847(answer: httpx.Response, status: int) -> None:
    with device(answer) as (phone, _), pytest.raises(StatusFailure, match="SendMail") as caught:
        await phone.send_mail(MIME)
    assert caught.value.status == status


def setting(status: int | None = 1, **parts: Any) -> httpx.Response:
    return told(settings.RESPONSE, SettingsResponse(status, **parts))


async def test_device_describes_itself_and_asks_who_the_user_is() -> None:
    user = UserInformation(accounts=(settings.Account(addresses=EmailAddresses(("a@example.test",))),))
    answers = (
        setting(device_information=SettingStatus(1)),
        setting(user_information=UserInformationResponse(1, user)),
    )
    with device(*answers) as (phone, script):
        await phone.describe(DeviceInformation(model="m"))
        assert await phone.user_information() == user
    assert script.value(settings.REQUEST, 0).device_information.set.model == "m"


@pytest.mark.parametrize(
    "answer, act, kind, message",
    [
        (setting(4), "user", StatusFailure, "Settings: status 4, the server is not available"),
        (setting(), "user", ProtocolViolation, "no UserInformation in the answer"),
        (setting(user_information=UserInformationResponse(2)), "user", ProtocolViolation, "no UserInformation"),
        (setting(), "describe", StatusFailure, r"Settings \(DeviceInformation\): status 0"),
        (setting(device_information=SettingStatus(5)), "describe", StatusFailure, "an argument is not valid"),
    ],
)
async def test_settings_that_fail_say_why(
    answer: httpx.Response, act: str, kind: type[Exception], message: str
) -> None:
    with device(answer) as (phone, _), pytest.raises(kind, match=message):
        await (phone.user_information() if act == "user" else phone.describe(DeviceInformation()))

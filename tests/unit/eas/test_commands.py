"""The command tables: requests and responses as devices and Exchange write them, read into values and written back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from easd.eas.commands import (
    folder_sync,
    get_item_estimate,
    item_operations,
    move_items,
    ping,
    send_mail,
    settings,
    sync,
)
from easd.eas.commands.options import Options
from easd.eas.schema import Document, Malformed
from easd.eas.versions import V2_5, V12_0, V12_1, V14_0, V14_1, V16_0, V16_1, Version
from easd.model.absence import AbsenceState
from easd.model.body import BodyPreference, BodyWishes
from easd.model.device import DeviceInformation
from easd.model.email import BodyType
from easd.wbxml import Element, decode, tag
from easd.wbxml.readable import from_xml
from tests.support.xsd import validate

MOMENT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DATA = Element(tag("AirSync:ApplicationData"), [Element(tag("Email:Read"), "1")])


def xml(text: str) -> Element:
    """A document in readable form; the namespaces that the tests use are declared for it."""
    root = text.strip()[1:].split(" ", 1)[0].split(">", 1)[0].split("/", 1)[0]
    names = (
        "AirSync AirSyncBase ComposeMail Email Email2 FolderHierarchy GetItemEstimate ItemOperations Move Ping "
        "RightsManagement Search Settings Contacts DocumentLibrary"
    )
    declared = " ".join(f'xmlns:{name.lower()}="{name}"' for name in names.split())
    return from_xml(text.strip().replace(f"<{root}", f"<{root} {declared}", 1))


def round_trip(document: Document[Any], value: Any, version: Version) -> Element:
    """What is written for the value, after checking that it loads as the same value and follows the schema."""
    element = decode(document.encode(value, version))
    assert document.load(element, version) == value
    return element


# ---------------------------------------------------------------- Sync


def test_sync_request_as_phones_send_it() -> None:
    request = sync.REQUEST.load(
        xml("""
        <airsync:Sync><airsync:Collections><airsync:Collection>
          <airsync:SyncKey>7</airsync:SyncKey><airsync:CollectionId>34</airsync:CollectionId>
          <airsync:DeletesAsMoves/><airsync:GetChanges/><airsync:WindowSize>25</airsync:WindowSize>
          <airsync:Options><airsync:FilterType>2</airsync:FilterType><airsync:MIMESupport>2</airsync:MIMESupport>
            <airsyncbase:BodyPreference><airsyncbase:Type>4</airsyncbase:Type>
              <airsyncbase:TruncationSize>32768</airsyncbase:TruncationSize></airsyncbase:BodyPreference>
          </airsync:Options>
          <airsync:Options><airsync:Class>SMS</airsync:Class></airsync:Options>
          <airsync:Commands>
            <airsync:Fetch><airsync:ServerId>34:1</airsync:ServerId></airsync:Fetch>
            <airsync:Delete><airsync:ServerId>34:2</airsync:ServerId></airsync:Delete>
            <airsync:Change><airsync:ServerId>34:3</airsync:ServerId>
              <airsync:ApplicationData><email:Read>1</email:Read></airsync:ApplicationData></airsync:Change>
          </airsync:Commands>
        </airsync:Collection></airsync:Collections>
        <airsync:HeartbeatInterval>470</airsync:HeartbeatInterval><airsync:WindowSize>100</airsync:WindowSize>
        </airsync:Sync>"""),
        V14_1,
    )
    (collection,) = request.collections or ()
    assert collection == sync.SyncCollection(
        sync_key="7",
        collection_id="34",
        get_changes=True,
        window_size=25,
        options=(
            Options(filter_type=2, mime_support=2, body_preferences=(BodyPreference(BodyType.MIME, 32768),)),
            Options(class_="SMS"),
        ),
        commands=(sync.ClientFetch("34:1"), sync.ClientDelete("34:2"), sync.ClientChange("34:3", DATA)),
    )
    assert (request.heartbeat_interval, request.window_size, request.wait, request.partial) == (470, 100, None, False)
    assert collection.options[0].body == BodyWishes((BodyPreference(BodyType.MIME, 32768),), 2)


@pytest.mark.parametrize(
    "key, said, wanted", [("0", None, False), ("1", None, True), ("1", False, False), ("0", True, True)]
)
def test_changes_are_wanted_by_default_unless_the_key_is_0_R5555_R5556(
    key: str, said: bool | None, wanted: bool
) -> None:
    assert sync.SyncCollection(key, "1", get_changes=said).wants_changes is wanted


def test_supported_tells_nothing_from_none_R5906_R5909() -> None:
    text = (
        "<airsync:Sync><airsync:Collections><airsync:Collection><airsync:SyncKey>0</airsync:SyncKey>"
        "<airsync:CollectionId>1</airsync:CollectionId>{}</airsync:Collection></airsync:Collections></airsync:Sync>"
    )

    def supported(inner: str) -> object:
        (collection,) = sync.REQUEST.load(xml(text.format(inner)), V12_1).collections or ()
        return collection.supported

    assert supported("") is None
    assert supported("<airsync:Supported/>") == ()
    assert supported("<airsync:Supported><contacts:FileAs/></airsync:Supported>") == (tag("Contacts:FileAs"),)


def _collection(**more: Any) -> sync.SyncRequest:
    return sync.SyncRequest((sync.SyncCollection("3", "34", **more),))


@pytest.mark.parametrize(
    "request_, version",
    [
        (sync.SyncRequest(), V16_1),
        (sync.SyncRequest(partial=True, wait=10, window_size=512), V12_1),
        (sync.SyncRequest(heartbeat_interval=-1), V14_0),
        (_collection(class_="Email"), V2_5),
        (_collection(class_="Email", options=(Options(truncation=7, rtf_truncation=3),)), V2_5),
        (_collection(supported=(tag("Contacts:FileAs"),), deletes_as_moves=False, get_changes=False), V12_1),
        (_collection(conversation_mode=True, options=(Options("Email", max_items=5, conflict=0),)), V14_0),
        (_collection(options=(Options(body_part_preferences=(BodyPreference(BodyType.HTML, 5, True, 9),)),)), V14_1),
        (_collection(options=(Options(rights_management=True, mime_truncation=8),)), V16_0),
        (_collection(commands=(sync.ClientAdd("c1", DATA, "SMS", send=False),)), V14_0),
        (_collection(commands=(sync.ClientAdd("c1", DATA, send=True), sync.ClientChange("34:1", send=True))), V16_0),
        (_collection(commands=(sync.ClientDelete("34:1", instance_id="20261123T080000Z"),)), V16_1),
    ],
)
def test_sync_request_round_trip(request_: sync.SyncRequest, version: Version) -> None:
    round_trip(sync.REQUEST, request_, version)


@pytest.mark.parametrize(
    "inner, version, message",
    [
        ("<airsync:CollectionId>1</airsync:CollectionId>", V14_1, "Collection: AirSync:SyncKey is missing"),
        ("<airsync:SyncKey>1</airsync:SyncKey>", V14_1, "Collection: AirSync:CollectionId is missing"),
        ("<airsync:SyncKey>" + "1" * 65 + "</airsync:SyncKey>", V14_1, "SyncKey: longer than 64"),
        ("<airsync:Class>Email</airsync:Class>", V14_0, "unexpected element AirSync:Class"),
        ("<airsync:Status>1</airsync:Status>", V14_1, "unexpected element AirSync:Status"),
        ("<airsync:Options><airsync:FilterType>9</airsync:FilterType></airsync:Options>", V14_1, r"9 is not in 0\.\.8"),
        ("<airsync:Options><airsync:Class>Email</airsync:Class></airsync:Options>", V12_1, "unexpected element"),
        ("<airsync:Commands><airsync:SoftDelete/></airsync:Commands>", V14_1, "unexpected element AirSync:SoftDelete"),
        ("<airsync:Commands><airsync:Fetch/></airsync:Commands>", V14_1, "Fetch: AirSync:ServerId is missing"),
    ],
)
def test_bad_collection_is_refused(inner: str, version: Version, message: str) -> None:
    root = xml(
        "<airsync:Sync><airsync:Collections><airsync:Collection>"
        f"{inner}</airsync:Collection></airsync:Collections></airsync:Sync>"
    )
    with pytest.raises(Malformed, match=message):
        sync.REQUEST.load(root, version)


_RESPONSES = (
    sync.AddResult("c1", 1, "34:9", "SMS"),
    sync.ChangeResult("34:1", 7),
    sync.DeleteResult("34:2", 8),
    sync.FetchResult("34:3", 1, DATA),
)
_COMMANDS = (
    sync.ServerDelete("34:4"),
    sync.ServerSoftDelete("34:5"),
    sync.ServerChange("34:6", DATA),
    sync.ServerAdd("34:7", DATA),
)


@pytest.mark.parametrize("version", [V14_0, V14_1, V16_0, V16_1])
def test_sync_response_has_the_order_of_exchange_and_follows_the_schema(version: Version) -> None:
    result = sync.SyncCollectionResult("34", 1, "8", None, True, _RESPONSES, _COMMANDS)
    element = round_trip(sync.RESPONSE, sync.SyncResponse(collections=(result,)), version)
    collection = element.children[0].children[0]
    assert [child.name.partition(":")[2] for child in collection.children] == [
        "SyncKey", "CollectionId", "Status", "MoreAvailable", "Responses", "Commands",
    ]  # fmt: skip
    assert validate(element) == []


def test_class_of_an_added_sms_is_told_R944() -> None:
    """The schema has no place for it; the text names it."""
    result = sync.SyncCollectionResult("34", 1, "8", commands=(sync.ServerAdd("34:7", DATA, "SMS"),))
    round_trip(sync.RESPONSE, sync.SyncResponse(collections=(result,)), V14_1)


def test_sync_response_of_2_5_leads_with_the_class() -> None:
    result = sync.SyncCollectionResult("34", 1, "8", "Email", commands=(sync.ServerAdd("34:7", DATA),))
    element = round_trip(sync.RESPONSE, sync.SyncResponse(collections=(result,)), V2_5)
    assert element.children[0].children[0].children[0] == Element(tag("AirSync:Class"), "Email")


@pytest.mark.parametrize("response", [sync.SyncResponse(14, 3540), sync.SyncResponse(15, 300), sync.SyncResponse(13)])
def test_sync_status_of_the_whole_request(response: sync.SyncResponse) -> None:
    assert validate(round_trip(sync.RESPONSE, response, V14_1)) == []


def test_item_encoded_apart_is_put_in_as_it_is() -> None:
    fragment = bytes((0x00, 0x02, 0x55, 0x03, 0x31, 0x00, 0x01, 0x00, 0x00))
    result = sync.SyncCollectionResult("34", 1, "8", commands=(sync.ServerAdd("34:7", fragment),))
    encoded = sync.RESPONSE.encode(sync.SyncResponse(collections=(result,)), V14_1)
    assert fragment in encoded
    (read,) = sync.RESPONSE.load(decode(encoded), V14_1).collections
    assert read.commands == (sync.ServerAdd("34:7", DATA),)


# ---------------------------------------------------------------- FolderSync, Ping, GetItemEstimate, MoveItems


def test_folder_sync_counts_its_changes_and_follows_the_schema() -> None:
    folder = folder_sync.FolderEntry("5", folder_sync.ROOT, "Inbox", 2)
    changes = folder_sync.FolderChanges.of(
        adds=(folder,), updates=(replace(folder, server_id="6"),), deletes=(folder_sync.FolderGone("7"),)
    )
    assert changes.count == 3
    element = round_trip(folder_sync.RESPONSE, folder_sync.FolderSyncResponse(1, "1", changes), V14_1)
    assert validate(element) == []
    assert validate(round_trip(folder_sync.RESPONSE, folder_sync.FolderSyncResponse(9), V14_1)) == []
    round_trip(folder_sync.REQUEST, folder_sync.FolderSyncRequest("0"), V12_1)


def test_folder_sync_without_a_key_is_refused() -> None:
    with pytest.raises(Malformed, match="SyncKey is missing"):
        folder_sync.REQUEST.load(xml("<folderhierarchy:FolderSync/>"), V14_1)


@pytest.mark.parametrize(
    "response",
    [
        ping.PingResponse(1),
        ping.PingResponse(2, ("34", "35")),
        ping.PingResponse(5, heartbeat_interval=60),
        ping.PingResponse(6, max_folders=200),
    ],
)
def test_ping_response_follows_the_schema(response: ping.PingResponse) -> None:
    assert validate(round_trip(ping.RESPONSE, response, V14_1)) == []


@pytest.mark.parametrize(
    "request_",
    [
        ping.PingRequest(),
        ping.PingRequest(480),
        ping.PingRequest(480, (ping.PingFolder("34", "Email"), ping.PingFolder("35", "Tasks"))),
    ],
)
def test_ping_request_round_trip(request_: ping.PingRequest) -> None:
    round_trip(ping.REQUEST, request_, V12_1)


def test_estimate_has_its_filter_where_the_version_has_it_R6882() -> None:
    everything = get_item_estimate.EstimateCollection(
        "1", "34", class_="Email", filter_type=3, options=(Options(filter_type=3),)
    )
    request = get_item_estimate.GetItemEstimateRequest((everything,))
    old = get_item_estimate.REQUEST.load(decode(get_item_estimate.REQUEST.encode(request, V12_1)), V12_1)
    new = get_item_estimate.REQUEST.load(decode(get_item_estimate.REQUEST.encode(request, V14_0)), V14_0)
    assert old.collections == (replace(everything, options=()),)
    assert new.collections == (replace(everything, class_=None, filter_type=None),)


def test_estimate_response_follows_the_schema() -> None:
    estimate = get_item_estimate.Estimate(1, get_item_estimate.Estimated("34", 12))
    response = get_item_estimate.GetItemEstimateResponse(responses=(estimate,))
    assert validate(round_trip(get_item_estimate.RESPONSE, response, V14_1)) == []
    round_trip(get_item_estimate.RESPONSE, get_item_estimate.GetItemEstimateResponse(142), V14_1)


def test_estimate_of_nothing_is_refused() -> None:
    root = xml("<getitemestimate:GetItemEstimate><getitemestimate:Collections/></getitemestimate:GetItemEstimate>")
    with pytest.raises(Malformed, match="fewer than 1"):
        get_item_estimate.REQUEST.load(root, V14_1)


def test_move_items_round_trip() -> None:
    request = move_items.MoveItemsRequest((move_items.Move("34:1", "34", "37"), move_items.Move("34:2", "34", "37")))
    round_trip(move_items.REQUEST, request, V12_1)
    moved = (move_items.MoveResult("34:1", 3, "37:1"), move_items.MoveResult("34:2", 1))
    response = move_items.MoveItemsResponse(responses=moved)
    assert validate(round_trip(move_items.RESPONSE, response, V14_1)) == []
    with pytest.raises(Malformed, match="Move is missing"):
        move_items.REQUEST.load(Element(tag("Move:MoveItems")), V14_1)


# ---------------------------------------------------------------- SendMail


def test_send_mail_carries_the_message_as_opaque_data() -> None:
    request = send_mail.SendMailRequest("c1", b"From: a\r\n\r\n\xff", account_id="1", save_in_sent=True)
    element = round_trip(send_mail.REQUEST, request, V14_1)
    mime = element.find(tag("ComposeMail:Mime"))
    assert mime is not None
    assert mime.content == request.mime


def test_smart_forward_round_trip() -> None:
    request = send_mail.SmartRequest(
        "c1",
        send_mail.Source("34", "34:1", instance_id="20261123T080000Z"),
        b"x",
        replace_mime=True,
        forwardees=(send_mail.Forwardee("bob@example.test", "Bob"),),
    )
    round_trip(send_mail.FORWARD_REQUEST, request, V16_0)
    round_trip(send_mail.REPLY_REQUEST, replace(request, forwardees=()), V14_0)


@pytest.mark.parametrize(
    "document", [send_mail.RESPONSE, send_mail.REPLY_RESPONSE, send_mail.FORWARD_RESPONSE], ids=lambda d: d.root
)
def test_failed_mail_says_why(document: Document[send_mail.SendMailResponse]) -> None:
    assert validate(round_trip(document, send_mail.SendMailResponse(118), V14_1)) == []


def test_send_mail_needs_client_id_and_message() -> None:
    with pytest.raises(Malformed, match="ClientId is missing"):
        send_mail.REQUEST.load(xml("<composemail:SendMail><composemail:Mime/></composemail:SendMail>"), V14_1)
    long = Element(tag("ComposeMail:SendMail"), [Element(tag("ComposeMail:ClientId"), "x" * 41)])
    with pytest.raises(Malformed, match="longer than 40"):
        send_mail.REQUEST.load(long, V14_1)


# ---------------------------------------------------------------- ItemOperations


def test_operations_keep_their_order_R193() -> None:
    preferences = (BodyPreference(BodyType.HTML, 100, preview=50),)
    operations = (
        item_operations.EmptyFolderContents("37", item_operations.EmptyOptions(delete_sub_folders=True)),
        item_operations.Fetch(
            item_operations.MAILBOX,
            collection_id="34",
            server_id="34:1",
            options=item_operations.FetchOptions(
                schemas=((tag("Email:Subject"),),), mime_support=2, body_preferences=preferences, rights_management=True
            ),
        ),
        item_operations.MoveConversation(b"c" * 16, "37", item_operations.MoveOptions(move_always="")),
        item_operations.Fetch(
            item_operations.MAILBOX,
            file_reference="34:1:2",
            options=item_operations.FetchOptions(range=item_operations.ByteRange(0, 9)),
        ),
        item_operations.Fetch(
            item_operations.DOCUMENT_LIBRARY,
            link_id="\\\\server\\file",
            options=item_operations.FetchOptions(user_name="u", password="p"),
        ),
    )
    request = item_operations.ItemOperationsRequest(operations)
    element = round_trip(item_operations.REQUEST, request, V14_1)
    assert [child.name.partition(":")[2] for child in element.children] == [
        "EmptyFolderContents", "Fetch", "Move", "Fetch", "Fetch",
    ]  # fmt: skip
    assert operations[1].options.body == BodyWishes(preferences, 2)


def test_password_of_a_fetch_is_not_shown() -> None:
    assert "secret" not in repr(item_operations.FetchOptions(password="secret"))


@pytest.mark.parametrize("text", ["", "5", "5-", "-5", "a-b", "1-2-3", "0-1234567890", "٠-٩"])
def test_bad_range_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="range"):
        item_operations.RANGE.load(Element(tag("ItemOperations:Range"), text), V14_1)


def test_results_are_of_every_kind_and_follow_the_schema() -> None:
    properties = item_operations.FileProperties(
        item_operations.ByteRange(0, 2), 10, "text/plain", b"abc", version=MOMENT
    )
    item = Element(tag("ItemOperations:Properties"), [Element(tag("Email:Subject"), "s")])
    results = (
        item_operations.ConversationMoved(1, b"c" * 16),
        item_operations.Emptied(1, "37"),
        item_operations.Fetched(1, "34", "34:1", class_="Email", properties=item),
        item_operations.Fetched(1, file_reference="34:1:2", properties=properties),
        item_operations.Fetched(6, "34", "34:2"),
    )
    response = item_operations.ItemOperationsResponse(1, item_operations.Results(results))
    element = round_trip(item_operations.RESPONSE, response, V14_1)
    assert validate(element) == []
    assert validate(round_trip(item_operations.RESPONSE, item_operations.ItemOperationsResponse(2), V14_1)) == []


def test_file_of_a_multipart_answer_names_its_part() -> None:
    properties = item_operations.FileProperties(content_type="image/png", part=1)
    results = item_operations.Results((item_operations.Fetched(1, file_reference="r", properties=properties),))
    element = round_trip(item_operations.RESPONSE, item_operations.ItemOperationsResponse(1, results), V14_1)
    assert validate(element) == []


# ---------------------------------------------------------------- Settings

_ADDRESSES = settings.EmailAddresses(("alice@example.test", "a@example.test"))


@pytest.mark.parametrize(
    "request_, version",
    [
        (settings.SettingsRequest(), V12_1),
        (settings.SettingsRequest(user_information=settings.Get()), V12_1),
        (settings.SettingsRequest(rights_management_information=settings.Get()), V14_1),
        (settings.SettingsRequest(oof=settings.OofRequest(get=settings.OofGet("Text"))), V12_1),
        (
            settings.SettingsRequest(
                oof=settings.OofRequest(
                    set=settings.OofSettings(
                        AbsenceState.TIME_BASED,
                        MOMENT,
                        MOMENT,
                        (
                            settings.OofMessage(
                                applies_to_internal=True, enabled=True, reply_message="x", body_type="Text"
                            ),
                        ),
                    )
                )
            ),
            V14_0,
        ),
        (
            settings.SettingsRequest(
                device_password=settings.DevicePasswordRequest(settings.PasswordSet("1234")),
                device_information=settings.DeviceInformationSet(
                    DeviceInformation("m", "i", "f", "o", "en", "+1", "ua", True, "op")
                ),
            ),
            V12_1,
        ),
    ],
)
def test_settings_request_round_trip(request_: settings.SettingsRequest, version: Version) -> None:
    round_trip(settings.REQUEST, request_, version)


@pytest.mark.parametrize(
    "response, version",
    [
        (settings.SettingsResponse(1), V14_1),
        (settings.SettingsResponse(1, device_information=settings.SettingStatus(1)), V14_1),
        (settings.SettingsResponse(1, device_password=settings.SettingStatus(7)), V12_1),
        (settings.SettingsResponse(1, settings.OofResponse(1)), V14_1),
        (
            settings.SettingsResponse(
                1,
                settings.OofResponse(
                    1,
                    settings.OofSettings(AbsenceState.DISABLED, messages=(settings.OofMessage(True, enabled=False),)),
                ),
            ),
            V14_1,
        ),
        (
            settings.SettingsResponse(
                1, user_information=settings.UserInformationResponse(1, settings.UserInformation(_ADDRESSES))
            ),
            V12_1,
        ),
        (
            settings.SettingsResponse(
                1,
                user_information=settings.UserInformationResponse(
                    1,
                    settings.UserInformation(
                        accounts=(
                            settings.Account(
                                user_display_name="Alice", addresses=replace(_ADDRESSES, primary="alice@example.test")
                            ),
                            settings.Account("2", "other", send_disabled=True),
                        )
                    ),
                ),
            ),
            V14_1,
        ),
        (
            settings.SettingsResponse(
                1,
                rights_management_information=settings.RightsManagementResponse(
                    1, settings.RightsTemplates((settings.RightsTemplate("1", "n", "d"),))
                ),
            ),
            V14_1,
        ),
        (
            settings.SettingsResponse(
                1, rights_management_information=settings.RightsManagementResponse(1, settings.RightsTemplates())
            ),
            V16_1,
        ),
    ],
)
def test_settings_response_follows_the_schema(response: settings.SettingsResponse, version: Version) -> None:
    assert validate(round_trip(settings.RESPONSE, response, version)) == []


def test_recovery_password_is_not_shown() -> None:
    assert "1234" not in repr(settings.PasswordSet("1234"))


@pytest.mark.parametrize("version", [V12_0, V12_1])
def test_settings_know_no_rights_management_before_14_1(version: Version) -> None:
    root = xml("<settings:Settings><settings:RightsManagementInformation/></settings:Settings>")
    with pytest.raises(Malformed, match="unexpected element Settings:RightsManagementInformation"):
        settings.REQUEST.load(root, version)

"""What 2.5 and 12.0 have otherwise than all later versions (MS-ASCMD), and the commands that end with 12.1."""

from base64 import b64encode
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from easd.eas.commands import folder_sync, get_hierarchy, item_operations, provision, settings, sync
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.options import Options
from easd.eas.commands.provision import POLICY_WBXML, POLICY_XML, PolicyAsked, ProvisionRequest
from easd.eas.commands.settings import DeviceInformationSet
from easd.eas.commands.sync import START, ClientAdd, ClientFetch, FetchResult, SyncRequest
from easd.eas.items.email import EMAIL, EmailChange, EmailData
from easd.eas.request import Command
from easd.eas.status import CommonStatus, EasError
from easd.eas.versions import V2_5, V12_0, V12_1, V16_1, Version, since, until
from easd.model.device import DeviceInformation
from easd.model.folder import FolderType
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.policy.wap import wap_document
from easd.service.commands import COMMANDS
from easd.service.context import HttpError
from easd.service.refusal import refuse
from easd.wbxml import decode
from tests.support.asking import tell
from tests.support.fetching import PICTURE, with_files
from tests.support.typed_items import added, notes_of, synced, written
from tests.support.world import Phone, World, child, text

OLD = pytest.mark.parametrize("version", [V2_5, V12_0], ids=lambda version: version.text)
WITH_GET = pytest.mark.parametrize("version", sorted(until(V12_1)), ids=lambda version: version.text)
WITHOUT_GET = pytest.mark.parametrize("version", sorted(since(V12_1) - {V12_1}), ids=lambda version: version.text)
LONG = "words and more words " * 300


def mail(phone: Phone, folder: str, server_id: str) -> EmailData:
    """A message as the phone holds it."""
    return EMAIL.load(phone.held(folder).items[server_id], phone.version)


# ---------------------------------------------------------------- Sync


@OLD
def test_nothing_new_is_said_by_a_document_with_the_same_key(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    key = phone.held(inbox).sync_key
    phone.quiet(inbox)
    (answer,) = sync.RESPONSE.load(decode(phone.last.body), version).collections
    assert (answer.sync_key, answer.status, answer.commands) == (key, 1, ())


@OLD
def test_an_empty_request_is_refused_and_loses_nothing(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    told = tell(phone, Command.SYNC, b"")
    assert (told.http, told.status) == (200, 4)
    world.deliver("after it")
    phone.sync_all(inbox)
    phone.agrees(inbox)


@OLD
def test_Wait_and_Partial_do_not_exist_before_12_1_R4431(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox)
    request = SyncRequest((phone.collection(inbox),), wait=5, partial=True)
    assert tell(phone, Command.SYNC, sync.REQUEST.encode(request, V12_1)).status == 4


@OLD
def test_the_class_stands_in_the_collection_both_ways_R6319(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.start(inbox, class_="Email")
    world.deliver()
    assert phone.sync(inbox, class_="Email").class_ == "Email"


@OLD
def test_the_class_of_a_collection_may_be_left_out_and_must_not_be_wrong_R1326_R6253(
    world: World, version: Version
) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    item = world.deliver()
    estimate = phone.estimate(inbox)
    assert estimate.collection is not None
    assert (estimate.status, estimate.collection.estimate) == (1, 1)
    phone.sync_all(inbox)
    assert item in phone.held(inbox).items
    assert phone.sync(inbox, class_="Contacts").status == 4


@OLD
def test_a_device_that_was_told_of_fewer_versions_is_told_of_all_R263_R1104(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    device = phone.device
    assert device is not None
    with world.writing() as box:
        box.save_device(replace(device, versions_told="12.1,14.0,14.1,16.0,16.1"))
    phone.quiet(inbox)
    assert phone.last.headers["X-MS-RP"] == "2.5,12.0,12.1,14.0,14.1,16.0,16.1"
    phone.folder_sync(START)
    phone.quiet(inbox)
    assert "X-MS-RP" not in phone.last.headers


# ---------------------------------------------------------------- mail at 2.5


@pytest.mark.parametrize("truncation, size", [(0, 0), (1, 512), (2, 1024), (4, 5120), (9, None)], ids=str)
def test_Truncation_cuts_the_text_of_2_5(world: World, truncation: int, size: int | None) -> None:
    item = world.deliver(body=LONG)
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(truncation=truncation),))
    shown = mail(phone, inbox, item)
    whole = len(LONG)
    assert shown.body is None
    assert shown.body_size is not None
    assert shown.body_size >= whole
    assert shown.body_truncated == (size is not None)
    assert len(shown.body_text or b"") == (shown.body_size if size is None else size)


def test_the_text_of_2_5_is_whole_where_nothing_is_said(world: World) -> None:
    item = world.deliver(body=LONG)
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox)
    shown = mail(phone, inbox, item)
    assert (shown.body_text or b"").decode().strip() == LONG.strip()
    assert not shown.body_truncated


def test_Fetch_brings_the_whole_of_what_was_cut_R2955_R2956(world: World) -> None:
    item = world.deliver(body=LONG)
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(truncation=1),))
    (answer,) = phone.sync(inbox, ClientFetch(item)).responses
    assert isinstance(answer, FetchResult)
    assert answer.status == 1
    shown = mail(phone, inbox, item)
    assert (shown.body_text or b"").decode().strip() == LONG.strip()
    assert not shown.body_truncated


def test_MIME_at_2_5_has_elements_of_its_own_R3355(world: World) -> None:
    item = world.deliver(body=LONG)
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(truncation=1, mime_support=2, mime_truncation=1),))
    shown = mail(phone, inbox, item)
    assert (shown.mime_truncated, len(shown.mime_data or b""), shown.body_text) == (True, 4096, None)
    assert (shown.mime_data or b"").startswith(b"From: Bob")
    assert (shown.mime_size or 0) > len(LONG)


def test_2_5_has_no_Flag_and_no_AirSyncBase_R437_R1136(world: World) -> None:
    item = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox)
    names = {element.name for element in phone.held(inbox).items[item].children}
    assert "Email:Flag" not in names
    assert "Email:ContentClass" not in names
    assert not [name for name in names if name.startswith(("AirSyncBase:", "Email2:"))]
    assert "Email:Attachments" in names


def test_read_is_told_both_ways_at_2_5(world: World) -> None:
    item = world.deliver()
    phone = world.phone(version=V2_5)
    inbox = phone.folder()
    phone.sync_all(inbox)
    phone.sync(inbox, phone.change(item, EmailChange(read=True)))
    assert world.items(inbox)[item].email.read
    world.change(item, read=False)
    phone.sync_all(inbox)
    assert text(phone.held(inbox).items[item], "Email:Read") == "0"
    phone.agrees(inbox)


# ---------------------------------------------------------------- commands and statuses


@pytest.mark.parametrize("command", [Command.ITEM_OPERATIONS, Command.SETTINGS], ids=lambda command: command.wire_name)
def test_2_5_has_neither_Settings_nor_ItemOperations_R7559(world: World, command: Command) -> None:
    phone = world.phone(version=V2_5)
    body = {
        Command.ITEM_OPERATIONS: item_operations.REQUEST.encode(item_operations.ItemOperationsRequest(()), V12_1),
        Command.SETTINGS: settings.REQUEST.encode(settings.SettingsRequest(user_information=settings.Get()), V12_1),
    }[command]
    phone.provision()
    assert tell(phone, command, body).http == 400


@pytest.mark.parametrize(
    "command, status, key, http",
    [
        (Command.PROVISION, CommonStatus.SYNC_STATE_NOT_FOUND, 1, 500),
        (Command.SYNC, CommonStatus.SYNC_STATE_NOT_FOUND, 1, 403),
        (Command.SYNC, CommonStatus.REMOTE_WIPE_REQUESTED, None, 403),
        (Command.SYNC, CommonStatus.REMOTE_WIPE_REQUESTED, 1, 449),
    ],
    ids=["R7557", "R7556", "R7561", "R7562"],
)
@WITH_GET
def test_HTTP_in_place_of_a_common_status(
    command: Command, status: CommonStatus, key: int | None, http: int, version: Version
) -> None:
    with pytest.raises(HttpError) as caught:
        refuse(COMMANDS[command], version, EasError(status), key)
    assert caught.value.status == http


# ---------------------------------------------------------------- GetAttachment and GetHierarchy


def reference(phone: Phone, item: str) -> str:
    """The name of the first file of a message, as the phone was told it."""
    inbox = phone.folder()
    phone.sync_all(inbox)
    found = child(
        phone.held(inbox).items[item], "Email:Attachments" if phone.version is V2_5 else "AirSyncBase:Attachments"
    )
    assert found is not None
    return text(found.children[0], "Email:AttName" if phone.version is V2_5 else "AirSyncBase:FileReference")


@WITH_GET
def test_GetAttachment_brings_the_file_with_its_type_R164_R162(world: World, version: Version) -> None:
    item = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    told = tell(phone, Command.GET_ATTACHMENT, b"", attachment_name=reference(phone, item))
    assert (told.http, told.content_type, told.body) == (200, "image/png", PICTURE)


@WITH_GET
def test_GetAttachment_of_a_deleted_file_is_HTTP_500_R166(world: World, version: Version) -> None:
    item = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=version)
    name = reference(phone, item)
    world.remove(item)
    assert tell(phone, Command.GET_ATTACHMENT, b"", attachment_name=name).http == 500
    assert tell(phone, Command.GET_ATTACHMENT, b"", attachment_name="nonsense").http == 500
    assert tell(phone, Command.GET_ATTACHMENT, b"").http == 400


@pytest.mark.parametrize(
    "document, http",
    [(PolicyDocument(attachments_enabled=False), 403), (PolicyDocument(max_attachment_size=100), 400)],
    ids=["forbidden", "too large"],
)
def test_GetAttachment_keeps_to_the_policy(world: World, document: PolicyDocument, http: int) -> None:
    item = world.deliver(raw=with_files().as_bytes())
    phone = world.phone(version=V12_1)
    name = reference(phone, item)
    world.services = replace(world.services, policy=PolicyRules(document))
    phone.provision()
    assert tell(phone, Command.GET_ATTACHMENT, b"", attachment_name=name).http == http


@WITHOUT_GET
@pytest.mark.parametrize(
    "command", [Command.GET_ATTACHMENT, Command.GET_HIERARCHY], ids=lambda command: command.wire_name
)
def test_GetAttachment_and_GetHierarchy_end_with_12_1_R6021_R6049(
    world: World, command: Command, version: Version
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    assert tell(phone, command, b"", attachment_name="1:1:2").http == 400


@WITH_GET
def test_GetHierarchy_lists_the_folders_of_mail_alone_R6026_R7388(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.folder_sync()
    told = tell(phone, Command.GET_HIERARCHY, b"")
    found = {entry.server_id: entry for entry in get_hierarchy.RESPONSE.load(told.root, version).folders}
    assert found[phone.folder(FolderType.SENT_ITEMS)].type == FolderType.SENT_ITEMS
    assert phone.folder(FolderType.CONTACTS) not in found
    assert {entry.type for entry in found.values()} <= set(range(1, 7))
    assert all(entry.parent_id == "0" or entry.parent_id in found for entry in found.values())


# ---------------------------------------------------------------- Provision at 2.5


def test_2_5_is_sent_to_Provision_by_449_and_gets_text_R965_R7564(world: World) -> None:
    phone = world.phone(version=V2_5)
    assert tell(phone, Command.FOLDER_SYNC, folder_sync.REQUEST.encode(FolderSyncRequest("0"), V2_5)).http == 449
    asked = ProvisionRequest(policies=(PolicyAsked(POLICY_XML),))
    (given,) = provision.RESPONSE.load(
        tell(phone, Command.PROVISION, provision.REQUEST.encode(asked, V2_5)).root, V2_5
    ).policies
    assert (given.type, given.status) == (POLICY_XML, 1)
    assert isinstance(given.data, str)
    root = ET.fromstring(given.data)
    assert root.tag == "wap-provisioningdoc"
    assert [parm.attrib for parm in root.iter("parm")] == [{"name": "4131", "value": "1"}]
    phone.provision()
    phone.folder_sync()


def test_each_kind_of_policy_belongs_to_its_versions_R318(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    other = POLICY_XML if version in since(V12_0) else POLICY_WBXML
    information = DeviceInformationSet(DeviceInformation(model="x"))
    asked = ProvisionRequest(information, (PolicyAsked(other),))
    told = tell(phone, Command.PROVISION, provision.REQUEST.encode(asked, version))
    assert provision.RESPONSE.load(told.root, version).policies[0].status == 3


def test_a_changed_policy_sends_a_phone_of_2_5_to_Provision_again_R7566(world: World) -> None:
    phone = world.phone(version=V2_5)
    phone.folder_sync()
    strict = PolicyDocument(
        device_password_enabled=True,
        min_device_password_length=6,
        max_inactivity_time_device_lock=600,
        max_device_password_failed_attempts=8,
    )
    world.services = replace(world.services, policy=PolicyRules(strict))
    assert tell(phone, Command.FOLDER_SYNC, folder_sync.REQUEST.encode(FolderSyncRequest("0"), V2_5)).http == 449
    phone.provision()
    phone.folder_sync()
    values = {p.attrib["name"]: p.attrib["value"] for p in ET.fromstring(wap_document(strict)).iter("parm")}
    assert values == {
        "4131": "0",
        "AEFrequencyType": "1",
        "AEFrequencyValue": "10",
        "DeviceWipeThreshold": "8",
        "MinimumPasswordLength": "6",
        "PasswordComplexity": "2",
    }


RTF = b64encode(
    bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
).decode()


@pytest.mark.parametrize("name", ["Contacts", "Calendar", "Tasks"])
def test_windows_mobile_writes_notes_in_compressed_RTF_at_2_5(world: World, name: str) -> None:
    phone, other = world.phone(version=V2_5), world.phone(version=V16_1)
    folder = synced(phone, FolderType[name.upper()])
    server_id = added(phone, folder, written({f"{name}:CompressedRTF": RTF}))
    other.sync_all(folder)
    assert notes_of(other, server_id) == "hello world"
    (result,) = phone.sync(folder, ClientAdd("c2", written({f"{name}:CompressedRTF": "bm8gUlRG"}))).responses
    assert result.status == 6

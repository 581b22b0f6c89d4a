"""Every recorded request and response loads through the command tables, and comes out of them again as it was."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from easd.eas.commands import (
    folder_sync,
    get_item_estimate,
    item_operations,
    move_items,
    ping,
    provision,
    send_mail,
    settings,
    sync,
)
from easd.eas.items.email import EMAIL
from easd.eas.schema import Document, Malformed
from easd.eas.versions import SUPPORTED, Version
from easd.wbxml import Element, UnknownTagError, decode, tag
from tests.support.shared import SHARED

_COMMANDS: dict[str, Any] = {
    "Sync": sync,
    "FolderSync": folder_sync,
    "Ping": ping,
    "GetItemEstimate": get_item_estimate,
    "ItemOperations": item_operations,
    "MoveItems": move_items,
    "SendMail": send_mail,
    "Provision": provision,
    "Settings": settings,
}
_ROOTS = {
    "Sync": "AirSync",
    "FolderSync": "FolderHierarchy",
    "Ping": "Ping",
    "GetItemEstimate": "GetItemEstimate",
    "ItemOperations": "ItemOperations",
    "MoveItems": "Move",
    "SendMail": "ComposeMail",
    "Provision": "Provision",
    "Settings": "Settings",
}

REFUSED = {
    "xml/libwbxml/activesync-002-settings_user_information.xml": "UserInformation has no Set",
    "xml/libwbxml/activesync-003-settings_device_password.xml": "DevicePassword holds the device's description",
    "xml/libwbxml/activesync-004-settings_oof.xml": "Oof holds the device's description",
    "xml/libwbxml/activesync-005-settings_status.xml": "a request that calls itself a response",
    "xml/syncroton/GetItemEstimateTests-03.xml": "Class beside Options: of two versions at once",
    "xml/syncroton/GetItemEstimateTests-05.xml": "Class beside Options: of two versions at once",
    "xml/syncroton/GetItemEstimateTests-09.xml": "Class beside Options: of two versions at once",
    "xml/syncroton/SyncTests-01.xml": "Class beside HeartbeatInterval: of two versions at once",
    "xml/syncroton/SyncTests-02.xml": "Class beside HeartbeatInterval: of two versions at once",
    "xml/syncroton/SyncTests-08.xml": "Class beside HeartbeatInterval: of two versions at once",
    "xml/syncroton/SyncTests-16.xml": "Class beside HeartbeatInterval: of two versions at once",
}
"""Messages that no version allows; all were written by hand for tests of other programs. With the reason."""

UNREADABLE = {
    "xml/libwbxml/airsync-001.xml": "properties without a namespace of theirs",
    "xml/libwbxml/airsync-004-binary_byte_array.xml": "names of another product",
    "xml/alireza-es/SyncContactResponse.xml": "properties without a namespace of theirs",
    "xml/alireza-es/SyncRequest.xml": "properties without a namespace of theirs",
    "xml/tbsync-unit/wbxml-helpers-01.xml": "not XML",
    "xml/opush/FullSyncCalAdd.xml": "a namespace of its own",
    "xml/opush/new-event-with-exception.xml": "properties without a namespace of theirs",
    "xml/opush/update-one-exception-of-same-event.xml": "properties without a namespace of theirs",
    "xml/obm/CalSyncAdd.xml": "a namespace of its own",
    "xml/obm/CalSyncDelete1.xml": "a namespace of its own",
    "xml/obm/FullSyncCalAdd.xml": "a namespace of its own",
    "xml/obm/SettingsRequest.xml": "a misspelled element",
}
"""Files that are no message: with the reason."""

OTHER_VERSION = {"xml/alireza-es/GetItemEstimateRequest.xml": "Options, which 12.1 does not have (R6882)"}
"""Messages that load, but not in the version that the index names. With the reason."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message of the index: its file, where it lies, what it is, and the text that names its version."""

    name: str
    path: Path
    direction: str
    command: str
    version: str
    form: str
    real: bool

    @property
    def document(self) -> Document[Any]:
        """The table that should load it."""
        table: Document[Any] = getattr(_COMMANDS[self.command], self.direction.upper())
        return table

    def element(self) -> Element:
        """The message as elements."""
        data = self.path.read_bytes()
        return decode(data) if self.form == "wbxml" else _element(etree.fromstring(data), "")


def _element(node: etree._Element, inherited: str) -> Element:
    """XML as other projects write it: namespaces with prefix "uri:", with a colon at the end, or none at all."""
    name = etree.QName(node)
    own = (name.namespace or "").rstrip(":").removeprefix("uri:").replace("POOMCAL", "Calendar")
    namespace = {"ItemEstimate": "GetItemEstimate", "POOMCONTACTS": "Contacts"}.get(own, own)
    namespace = namespace or inherited or _ROOTS[name.localname]
    local = {"MIME": "Mime", "DeviceEncryptionEnabled": "RequireStorageCardEncryption"}.get(
        name.localname, name.localname
    )
    number = tag(f"{namespace}:{local}")
    children = [_element(child, namespace) for child in node.iterfind("*")]
    return Element(number, children or (node.text if node.text and node.text.strip() else None))


def _recorded() -> Iterator[Recorded]:
    if SHARED is None:
        return
    folder = SHARED / "traffic"
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as index:
        for row in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE):
            if (
                row["command"] in _COMMANDS
                and row["direction"] in ("request", "response")
                and row["form"] in ("wbxml", "xml")
            ):
                yield Recorded(
                    row["file"],
                    folder / row["file"],
                    row["direction"],
                    row["command"],
                    row["protocol_version"],
                    row["form"],
                    row["real_recording"] == "yes",
                )


MESSAGES = list(_recorded())
_NEEDED = pytest.mark.skipif(not MESSAGES, reason="the recorded traffic is not here")
_READABLE = [message for message in MESSAGES if message.name not in UNREADABLE]


def _loading(message: Recorded) -> dict[Version, Any]:
    """What the message says, by each version that allows it."""
    element, said = message.element(), {}
    for version in Version:
        try:
            said[version] = message.document.load(element, version)
        except Malformed:
            continue
    return said


@_NEEDED
def test_there_is_enough_to_replay_and_no_exception_is_stale() -> None:
    names = {message.name for message in MESSAGES}
    assert len(MESSAGES) > 550
    assert names >= REFUSED.keys() | UNREADABLE.keys() | OTHER_VERSION.keys()
    assert not [message.name for message in MESSAGES if message.real and message.name in REFUSED]


@pytest.mark.parametrize("name", UNREADABLE)
@_NEEDED
def test_what_is_called_unreadable_is(name: str) -> None:
    (message,) = [message for message in MESSAGES if message.name == name]
    with pytest.raises((UnknownTagError, etree.XMLSyntaxError)):
        message.element()


@pytest.mark.parametrize("message", _READABLE, ids=lambda message: message.name)
def test_recorded_message_loads(message: Recorded) -> None:
    said = _loading(message)
    assert bool(said) == (message.name not in REFUSED)
    if said and re.fullmatch(r"\d+\.\d", message.version):
        assert (Version.parse(message.version) in said) == (message.name not in OTHER_VERSION)


@pytest.mark.parametrize("message", _READABLE, ids=lambda message: message.name)
def test_what_was_loaded_is_written_and_loads_the_same(message: Recorded) -> None:
    for version, value in _loading(message).items():
        written = decode(message.document.encode(value, version))
        assert message.document.load(written, version) == value
        if message.direction == "response" and message.form == "wbxml":
            assert written == message.element(), "elements in the order in which Exchange writes them"


def _mails(message: Recorded) -> Iterator[Element]:
    for collection in message.document.load(message.element(), Version.parse(message.version)).collections:
        for command in (*collection.commands, *collection.responses):
            data = getattr(command, "data", None)
            if isinstance(data, Element) and any(child.name.startswith("Email:") for child in data.children):
                yield data


@_NEEDED
def test_recorded_mail_of_exchange_loads_and_is_written_in_the_same_order() -> None:
    mails = 0
    for message in MESSAGES:
        exact = message.real and message.form == "wbxml" and message.version in {v.text for v in SUPPORTED}
        if (message.command, message.direction) != ("Sync", "response") or not exact:
            continue
        version = Version.parse(message.version)
        for data in _mails(message):
            value = EMAIL.load(data, version)
            assert decode(_document(EMAIL, data, value, version)) == data
            mails += 1
    assert mails > 400


def _document(schema: Any, data: Element, value: Any, version: Version) -> bytes:
    return Document(data.name, schema).encode(value, version)

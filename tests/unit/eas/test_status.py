"""Statuses: numbers of the specification, with words."""

import csv
import json

import pytest

from easd.eas import status
from easd.eas.status import CommonStatus, EasError, MoveItemsStatus, StatusCode, SyncStatus
from tests.support.shared import SHARED

ENUMS = [value for value in vars(status).values() if isinstance(value, type) and issubclass(value, StatusCode)]
_NEEDED = pytest.mark.skipif(SHARED is None, reason="the reference material is not here")


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_status_has_a_meaning_of_its_own(enum: type[StatusCode]) -> None:
    meanings = [member.meaning for member in enum]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings)


def test_status_is_its_number_and_knows_its_words() -> None:
    assert SyncStatus(3) is SyncStatus.INVALID_SYNC_KEY
    assert int(SyncStatus.INVALID_SYNC_KEY) == 3
    assert SyncStatus.INVALID_SYNC_KEY.words == "invalid sync key"
    assert int(MoveItemsStatus.SUCCESS) == 3


def test_error_says_status_meaning_and_detail() -> None:
    error = EasError(SyncStatus.OBJECT_NOT_FOUND, "34:7")
    assert str(error) == "status 8, there is no such item (34:7)"
    assert (error.status, error.detail) == (SyncStatus.OBJECT_NOT_FOUND, "34:7")
    assert str(EasError(CommonStatus.DEVICE_NOT_PROVISIONED)) == "status 142, the device has not been provisioned"


@_NEEDED
@pytest.mark.parametrize(
    "command, enum",
    [
        ("Sync", status.SyncStatus),
        ("FolderSync", status.FolderSyncStatus),
        ("Ping", status.PingStatus),
        ("GetItemEstimate", status.GetItemEstimateStatus),
        ("ItemOperations", status.ItemOperationsStatus),
        ("MoveItems", status.MoveItemsStatus),
    ],
)
def test_numbers_are_those_of_the_specification(command: str, enum: type[StatusCode]) -> None:
    assert SHARED is not None
    protocol = json.loads((SHARED / "reference" / "protocol.json").read_text(encoding="utf-8"))
    listed = {int(number) for number in protocol["status_by_command"][command] if number.isdecimal()}
    assert listed - {int(member) for member in enum} == set()


@_NEEDED
def test_common_statuses_are_those_of_the_specification() -> None:
    assert SHARED is not None
    with (SHARED / "spec" / "MS-ASCMD.tsv").open(encoding="utf-8", newline="") as rows:
        texts = [row["text"] for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for member in CommonStatus:
        assert any(f"is {member.value}." in text and "The value of the element" in text for text in texts), member

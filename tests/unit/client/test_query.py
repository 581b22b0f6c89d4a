"""What a device writes as its query is what a server reads."""

import pytest

from easd.client.query import base64_query, plain_query
from easd.eas.query import parse
from easd.eas.request import Command
from easd.eas.versions import V14_1, V16_1


def test_plain_query_is_read_back_with_every_character() -> None:
    parameters = {"CollectionId": "34", "ItemId": "34:1"}
    query = plain_query(Command.SMART_REPLY, "al ice+x@a&b=c", "DEV1", "my phone", parameters, save_in_sent=True)
    read = parse(query.encode(), {"ms-asprotocolversion": "14.1"})
    assert (read.command, read.user, read.device_id, read.device_type) == (
        Command.SMART_REPLY, "al ice+x@a&b=c", "DEV1", "my phone",
    )  # fmt: skip
    assert (read.collection_id, read.item_id, read.save_in_sent) == ("34", "34:1", True)


@pytest.mark.parametrize("policy_key", [None, 0, 4_000_000_000])
@pytest.mark.parametrize("save, multipart", [(False, False), (True, False), (False, True), (True, True)])
def test_base64_query_is_read_back(policy_key: int | None, save: bool, multipart: bool) -> None:
    query = base64_query(
        Command.SYNC,
        V16_1,
        "DEV1",
        "phone",
        policy_key,
        {"LongId": "x"},
        save_in_sent=save,
        accept_multipart=multipart,
    )
    read = parse(query.encode(), {})
    assert (read.command, read.version, read.device_id, read.device_type) == (Command.SYNC, V16_1, "DEV1", "phone")
    assert (read.policy_key, read.long_id, read.locale) == (policy_key, "x", "en-US")
    assert (read.save_in_sent, read.accept_multipart) == (save, multipart)


def test_find_has_no_base64_query() -> None:
    with pytest.raises(ValueError, match="Find has no code"):
        base64_query(Command.FIND, V14_1, "DEV1", "phone", None, {})

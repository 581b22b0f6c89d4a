"""Queries and headers as clients send them, and as nobody should (MS-ASHTTP)."""

import csv
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from easd.eas.headers import advertisement, resynchronize
from easd.eas.query import QUERY_BYTES_MAX, RequestError, parse
from easd.eas.request import Command, EasRequest
from easd.eas.versions import DIALECTS, SUPPORTED, V14_0, V14_1, V16_1, Version
from tests.support.shared import SHARED

_V14_1 = {"ms-asprotocolversion": "14.1"}
_PLAIN = b"Cmd=Sync&User=rmjones&DeviceId=v140Device&DeviceType=SmartPhone"


def _coded(
    version: int = 141,
    command: int = 0,
    locale: int = 0x0409,
    device_id: bytes = b"dev1",
    policy_key: bytes = b"",
    device_type: bytes = b"SP",
    parameters: bytes = b"",
) -> bytes:
    """A base64 query (MS-ASHTTP 2.2.1.1.1.1)."""
    raw = bytes([version, command]) + locale.to_bytes(2, "little") + bytes([len(device_id)]) + device_id
    raw += bytes([len(policy_key)]) + policy_key + bytes([len(device_type)]) + device_type + parameters
    return b64encode(raw)


def _parameter(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def _fault(query: bytes, headers: Mapping[str, str] = _V14_1) -> tuple[int, str]:
    with pytest.raises(RequestError) as caught:
        parse(query, headers)
    return caught.value.status, str(caught.value)


def _status(query: bytes) -> int:
    """200 for a request, or the status of the fault."""
    try:
        parse(query, _V14_1)
    except RequestError as error:
        return error.status
    return 200


# ---------------------------------------------------------------- both forms


def test_the_two_examples_of_the_specification_are_equivalent_R16() -> None:
    headers = {"user-agent": "ASOM", "content-type": "application/vnd.ms-sync.wbxml", "accept-language": "en-us"}
    plain = parse(_PLAIN, headers | {"ms-asprotocolversion": "14.0"})
    coded = parse(b"jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l", headers)
    assert plain == EasRequest(
        command=Command.SYNC,
        version=V14_0,
        device_id="v140Device",
        device_type="SmartPhone",
        user="rmjones",
        locale="en-us",
        user_agent="ASOM",
        content_type="application/vnd.ms-sync.wbxml",
    )
    assert (coded.command, coded.version, coded.device_id, coded.device_type) == (
        plain.command,
        plain.version,
        plain.device_id,
        plain.device_type,
    )
    assert (coded.locale, coded.policy_key) == ("en-US", None)


@pytest.mark.skipif(SHARED is None, reason="the recorded traffic is not here")
def test_recorded_base64_queries_say_what_their_table_says() -> None:
    assert SHARED is not None
    with (SHARED / "traffic" / "base64_query_samples.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert rows
    for row in rows:
        found = parse(row["query"].encode(), {})
        assert str(found.version.value) == row["version"]
        assert found.command.wire_name == row["command"]
        assert found.device_id == row["device_id"]
        assert ("none" if found.policy_key is None else str(found.policy_key)) == row["policy_key"]
        assert found.device_type == row["device_type"]
        assert found.save_in_sent == (row["params"] == "7=01")
        assert found.locale == {"0x409": "en-US", "0x809": "en-GB"}[row["locale"]]


@given(
    version=st.sampled_from([version for version in SUPPORTED if DIALECTS[version].base64_query]),
    command=st.sampled_from([command for command in Command if command.value < 256]),
    device_id=st.from_regex(r"[A-Za-z0-9._-]{1,32}", fullmatch=True),
    device_type=st.from_regex(r"[ -~]{1,32}", fullmatch=True),
    user=st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", codec="utf-8"), max_size=60),
    policy_key=st.none() | st.integers(0, 2**32 - 1),
    save=st.booleans(),
)
def test_both_forms_carry_the_same_request(
    version: Version,
    command: Command,
    device_id: str,
    device_type: str,
    user: str,
    policy_key: int | None,
    save: bool,
) -> None:
    text = (
        f"Cmd={command.wire_name}&User={quote(user)}&DeviceId={device_id}&DeviceType={quote(device_type)}"
        f"&SaveInSent={'T' if save else 'F'}"
    )
    headers = {"ms-asprotocolversion": version.text, "x-ms-policykey": "" if policy_key is None else str(policy_key)}
    coded = _coded(
        version,
        command,
        0xFFFF,
        device_id.encode(),
        b"" if policy_key is None else policy_key.to_bytes(4, "little"),
        device_type.encode(),
        _parameter(8, user.encode()) + _parameter(7, bytes([save])),
    )
    assert parse(text.encode(), headers) == parse(coded, {})


@given(st.binary(max_size=300) | st.text(st.sampled_from("CmdDeviceIdTypeUser=&%AF09+/"), max_size=200).map(str.encode))
def test_any_bytes_are_a_request_or_a_fault_with_a_status(query: bytes) -> None:
    assert _status(query) in {200, 400, 501, 505}


@given(st.binary(max_size=200))
def test_any_bytes_in_base64_are_a_request_or_a_fault_with_a_status(raw: bytes) -> None:
    assert _status(b64encode(raw)) in {200, 400, 501, 505}


def test_an_overlong_query_is_refused_before_it_is_looked_at() -> None:
    assert _fault(_PLAIN + b"&x=" + b"y" * QUERY_BYTES_MAX)[0] == 414


# ---------------------------------------------------------------- plain text


def test_parameters_come_in_any_order_and_letter_case_C0() -> None:
    ordered = parse(b"User=a&DeviceId=b&DeviceType=c&Cmd=Ping", _V14_1)
    assert parse(b"cmd=ping&DEVICETYPE=c&deviceID=b&uSER=a", _V14_1) == ordered


def test_command_parameters_R115_to_R121() -> None:
    query = b"&CollectionId=5&ItemId=5%3a12&LongId=L%20x&AttachmentName=a%2Fb&Occurrence=2026-01-01&SaveInSent=T&Log=V1"
    found = parse(_PLAIN + query, _V14_1)
    assert (found.collection_id, found.item_id, found.long_id) == ("5", "5:12", "L x")
    assert (found.attachment_name, found.occurrence, found.save_in_sent) == ("a/b", "2026-01-01", True)


@pytest.mark.parametrize(
    "written, user",
    [
        (b"CONTOSO%5Crmjones", "CONTOSO\\rmjones"),
        (b"rm%40contoso.example", "rm@contoso.example"),
        (b"rm+tag@contoso.example", "rm+tag@contoso.example"),
        (b"J%C3%B6rg", "Jörg"),
        (b"J%F6rg", "Jörg"),
        (b"", ""),
    ],
)
def test_the_user_comes_in_many_forms_C0(written: bytes, user: str) -> None:
    assert parse(b"Cmd=Sync&DeviceId=b&DeviceType=c&User=" + written, _V14_1).user == user


def test_saving_is_off_unless_asked_for_R122() -> None:
    assert not parse(_PLAIN, _V14_1).save_in_sent
    assert not parse(_PLAIN + b"&SaveInSent=F", _V14_1).save_in_sent


def test_a_repeated_parameter_must_repeat_its_value() -> None:
    assert parse(_PLAIN + b"&Cmd=Sync&&x", _V14_1).command is Command.SYNC
    assert _fault(_PLAIN + b"&Cmd=Ping") == (400, "the query gives 'cmd' twice, with different values")


@pytest.mark.parametrize(
    "query, status, message",
    [
        (b"", 400, "the request has no query"),
        (b"====", 400, "the request has no query"),
        (b"User=a&DeviceId=b&DeviceType=c", 400, "the query names no Cmd"),
        (b"Cmd=Dance&DeviceId=b&DeviceType=c", 501, "there is no command 'Dance'"),
        (b"Cmd=CreateCollection&DeviceId=b&DeviceType=c", 501, "there is no command 'CreateCollection'"),
        (b"Cmd=Sync&DeviceId=b&DeviceType=c%0ad", 400, "the query contains control characters"),
    ],
)
def test_malformed_plain_queries_R176_R186(query: bytes, status: int, message: str) -> None:
    assert _fault(query) == (status, message)


@pytest.mark.parametrize("device_id", ["", "a,b", "a b", "a/b", "a'b", "ä", "x" * 33])
def test_a_device_id_without_special_characters_R102(device_id: str) -> None:
    found = parse(f"Cmd=Sync&DeviceType=c&DeviceId={quote(device_id)}".encode(), _V14_1)
    assert found.unfit is not None
    assert (found.unfit.status, found.unfit.cause[:11], found.device_id) == (108, "DeviceId is", "")


@pytest.mark.parametrize("device_type", ["", "x" * 33, "ä"])
def test_a_device_type_is_short_and_printable(device_type: str) -> None:
    found = parse(f"Cmd=Sync&DeviceId=b&DeviceType={quote(device_type)}".encode(), _V14_1)
    assert found.unfit is not None
    assert (found.unfit.status, found.unfit.cause[:13], found.device_id) == (109, "DeviceType is", "")


# ---------------------------------------------------------------- base64


def test_parameters_by_tag_R81_to_R86() -> None:
    values = {
        0: b"att",
        1: b"col",
        2: b"old",
        3: b"item",
        4: b"long",
        5: b"old",
        6: b"occ",
        8: b"us\xc3\xa9r",
        99: b"?",
    }
    found = parse(_coded(parameters=b"".join(_parameter(tag, value) for tag, value in values.items())), {})
    assert (found.attachment_name, found.collection_id, found.item_id) == ("att", "col", "item")
    assert (found.long_id, found.occurrence, found.user) == ("long", "occ", "usér")


@pytest.mark.parametrize(
    "options, save, multipart", [(0, False, False), (1, True, False), (2, False, True), (3, True, True)]
)
def test_the_options_are_a_bit_field_R92_R94(options: int, save: bool, multipart: bool) -> None:
    found = parse(_coded(parameters=_parameter(7, bytes([options]))), {})
    assert (found.save_in_sent, found.accept_multipart) == (save, multipart)


def test_a_binary_device_id_becomes_hexadecimal_R34_C7() -> None:
    raw = bytes(range(240, 256))
    assert parse(_coded(device_id=raw), {}).device_id == raw.hex()
    for unfit in (raw + b"\x01", b""):
        assert parse(_coded(device_id=unfit), {}).unfit is not None


def test_padding_may_be_missing_and_signs_percent_encoded() -> None:
    query = _coded(device_id=b"\xfb\xef\xbe\xff\xff")
    assert b"+" in query or b"/" in query
    expected = parse(query, {})
    assert parse(query.rstrip(b"="), {}) == expected
    assert parse(quote(query, safe="").encode(), {}) == expected


def test_the_base64_query_wins_over_headers_R149_R160_R408() -> None:
    headers = {
        "ms-asprotocolversion": "12.1",
        "x-ms-policykey": "7",
        "ms-asacceptmultipart": "T",
        "accept-language": "de",
    }
    found = parse(_coded(policy_key=(9).to_bytes(4, "little"), parameters=_parameter(7, b"\x00")), headers)
    assert (found.version, found.policy_key, found.accept_multipart, found.locale) == (V14_1, 9, False, "en-US")


def test_headers_speak_where_the_base64_query_is_silent() -> None:
    found = parse(_coded(), {"x-ms-policykey": "7", "ms-asacceptmultipart": "T"})
    assert (found.policy_key, found.accept_multipart) == (7, True)


@pytest.mark.parametrize(
    "query, status, message",
    [
        (b"AAA!", 400, "the query is neither parameters nor base64"),
        (b"A", 400, "the query is neither parameters nor base64"),
        (_coded(version=10), 505, "protocol version 1.0 is not spoken here"),
        (_coded(version=191), 400, "protocol version 19.1 is not spoken here"),
        (_coded(version=25), 400, "protocol version 2.5 has no base64 query"),
        (_coded(version=120), 400, "protocol version 12.0 has no base64 query"),
        (_coded(command=5), 501, "there is no command with code 5"),
        (_coded(command=255), 501, "there is no command with code 255"),
        (_coded(policy_key=b"abc"), 400, "the length of the policy key is neither 0 nor 4"),
        (_coded(parameters=_parameter(7, b"ab")), 400, "the Options parameter is longer than one byte"),
        (_coded(parameters=b"\x01"), 400, "the base64 query ends inside the length of the parameter with tag 1"),
        (_coded(parameters=b"\x01\x05abc"), 400, "the base64 query ends inside the parameter with tag 1"),
        (
            _coded(parameters=_parameter(1, b"a") + _parameter(1, b"b")),
            400,
            "the query gives 'collectionid' twice, with different values",
        ),
        (b64encode(b"\x8d\x00\x09"), 400, "the base64 query ends inside the locale"),
    ],
)
def test_malformed_base64_queries(query: bytes, status: int, message: str) -> None:
    assert _fault(query) == (status, message)


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("text, version", [("16.1", V16_1), (" 14.1 ", V14_1), ("14", V14_0)])
def test_the_version_of_the_header_R157(text: str, version: Version) -> None:
    assert parse(_PLAIN, {"ms-asprotocolversion": text}).version is version


@pytest.mark.parametrize(
    "text, status",
    [
        ("", 400),
        ("x", 400),
        ("14.1.1", 400),
        ("١٤.١", 400),
        ("191", 400),
        ("17.0", 400),
        ("0.161", 400),
        ("1.0", 505),
    ],
)
def test_a_version_that_is_missing_malformed_or_not_spoken_R404_R188_R7560(text: str, status: int) -> None:
    assert _fault(_PLAIN, {"ms-asprotocolversion": text})[0] == status


@pytest.mark.parametrize("text, key", [("", None), ("0", 0), (" 4294967295 ", 4294967295)])
def test_the_policy_key_is_an_unsigned_number_R159(text: str, key: int | None) -> None:
    assert parse(_PLAIN, _V14_1 | {"x-ms-policykey": text}).policy_key == key


@pytest.mark.parametrize("text", ["4294967296", "-1", "abc", "1.5", "²"])
def test_a_malformed_policy_key_is_a_fault(text: str) -> None:
    assert _fault(_PLAIN, _V14_1 | {"x-ms-policykey": text}) == (400, "X-MS-PolicyKey is not an unsigned 32-bit number")


@pytest.mark.parametrize("text, wanted", [("T", True), ("t", True), ("F", False), ("", False)])
def test_multipart_is_asked_for_with_T_R154_R155_R440(text: str, wanted: bool) -> None:
    assert parse(_PLAIN, _V14_1 | {"ms-asacceptmultipart": text}).accept_multipart is wanted


@pytest.mark.parametrize("text, locale", [("en-us", "en-us"), ("de-AT, de;q=0.8", "de-AT"), ("*", ""), ("", "")])
def test_the_first_language_counts_R1381(text: str, locale: str) -> None:
    assert parse(_PLAIN, _V14_1 | {"accept-language": text}).locale == locale


def test_content_type_and_user_agent_are_tidied_and_bounded() -> None:
    found = parse(_PLAIN, _V14_1 | {"content-type": "Text/XML; charset=x", "user-agent": "a\tb" + "c" * 1000})
    assert (found.content_type, found.user_agent[:3], len(found.user_agent)) == ("text/xml", "abc", 256)


# ---------------------------------------------------------------- what the server says


def test_the_advertisement_names_versions_and_commands_R1107_R247_R248() -> None:
    assert advertisement([Command.SYNC, Command.GET_ITEM_ESTIMATE]) == {
        "MS-ASProtocolVersions": "2.5,12.0,12.1,14.0,14.1,16.0,16.1",
        "MS-ASProtocolCommands": "Sync,GetItemEstimate",
    }


def test_resynchronization_names_versions_thrice_R227_R1104() -> None:
    headers = resynchronize([Command.SYNC])
    assert headers["X-MS-RP"] == headers["MS-ASProtocolVersions"]
    assert headers["MS-ASProtocolCommands"] == "Sync"

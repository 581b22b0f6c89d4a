"""Versions, provisioning on demand, redirects, and errors as types; against scripted answers."""

import gzip
from dataclasses import replace

import httpx
import pytest

from easd.client.errors import (
    AuthenticationFailed,
    ClientError,
    HttpFailure,
    ProtocolViolation,
    StatusFailure,
    Unreachable,
    WipeRequested,
    named,
)
from easd.client.transport import Identity, TraceEntry, readable
from easd.eas.commands import folder_sync, provision
from easd.eas.commands.folder_sync import FolderChanges, FolderSyncResponse
from easd.eas.commands.provision import POLICY_XML, PolicyAsked, PolicyGiven, ProvisionRequest, ProvisionResponse
from easd.eas.request import Command
from easd.eas.status import CommonStatus, PolicyStatus, SyncStatus, WipeStatus
from easd.eas.versions import V2_5, V12_1, V14_0, V14_1, V16_1, Version
from easd.model.policy import PolicyDocument
from tests.unit.client.scripted import URL, device, empty, policy, provisioned, told

FOLDERS = FolderSyncResponse(1, "1", FolderChanges())
NEED_POLICY = FolderSyncResponse(142)


def folders(version: Version = V14_1, response: FolderSyncResponse = FOLDERS) -> httpx.Response:
    return told(folder_sync.RESPONSE, response, version)


# ---------------------------------------------------------------- OPTIONS and versions


async def test_options_tell_versions_and_commands() -> None:
    headers = {
        "MS-ASProtocolVersions": "2.5,12.1, 14.1,16.1,99.9",
        "MS-ASProtocolCommands": "Sync,FolderSync",
        "MS-Server-ActiveSync": "15.2",
    }
    with device(httpx.Response(200, headers=headers), version=None) as (phone, script):
        told_us = await phone.options()
    assert told_us.versions == (V2_5, V12_1, V14_1, V16_1)
    assert (told_us.commands, told_us.server_version) == (("Sync", "FolderSync"), "15.2")
    assert script.requests[0].headers["Authorization"].startswith("Basic ")


async def test_newest_common_version_is_spoken_and_asked_for_once() -> None:
    headers = {"MS-ASProtocolVersions": "12.1,14.0"}
    with device(httpx.Response(200, headers=headers), folders(V14_0), folders(V14_0), version=None) as (phone, script):
        await phone.folder_sync()
        await phone.folder_sync()
    assert script.names == ["OPTIONS", "FolderSync", "FolderSync"]
    assert script.asked().version is V14_0


async def test_server_without_a_common_version_is_refused() -> None:
    with (
        device(httpx.Response(200), version=None) as (phone, _),
        pytest.raises(ClientError, match="no protocol version"),
    ):
        await phone.folder_sync()


# ---------------------------------------------------------------- provisioning


async def test_two_phases_keep_key_and_policy() -> None:
    strict = PolicyDocument(device_password_enabled=True)
    with device(policy("5", strict), policy("77")) as (phone, script):
        await phone.provision()
    assert (phone.session.policy_key, phone.session.policy) == (77, strict)
    first, second = (script.value(provision.REQUEST, index) for index in (0, 1))
    assert first.device_information is not None
    assert second.policies == (PolicyAsked(provision.POLICY_WBXML, "5", 1),)
    assert [script.asked(index).policy_key for index in (0, 1)] == [0, 5]


async def test_device_information_is_told_from_14_1_on_R5543() -> None:
    answers = [
        told(provision.RESPONSE, ProvisionResponse(1, policies=(PolicyGiven(provision.POLICY_WBXML, 1, key),)), V12_1)
        for key in ("5", "77")
    ]
    with device(*answers, version=V12_1) as (phone, script):
        await phone.provision()
    assert script.value(provision.REQUEST, 0, V12_1).device_information is None


async def test_policy_of_2_5_is_asked_for_as_xml() -> None:
    given = ProvisionResponse(1, policies=(PolicyGiven(POLICY_XML, 1, "5", "<doc/>"),))
    final = ProvisionResponse(1, policies=(PolicyGiven(POLICY_XML, 1, "77"),))
    with device(told(provision.RESPONSE, given, V2_5), told(provision.RESPONSE, final, V2_5), version=V2_5) as (
        phone,
        script,
    ):
        await phone.provision()
    assert (phone.session.policy_key, phone.session.policy) == (77, None)
    assert script.requests[0].url.params["Cmd"] == "Provision"


async def test_no_policy_for_this_device_is_fine() -> None:
    none = ProvisionResponse(1, policies=(PolicyGiven(provision.POLICY_WBXML, PolicyStatus.NO_POLICY),))
    with device(told(provision.RESPONSE, none)) as (phone, _):
        await phone.provision()
    assert (phone.session.policy_key, phone.session.policy) == (0, None)


@pytest.mark.parametrize("first", [httpx.Response(449), folders(response=NEED_POLICY)], ids=["449", "142"])
async def test_command_is_repeated_after_provisioning(first: httpx.Response) -> None:
    with device(first, *provisioned(), folders()) as (phone, script):
        await phone.folder_sync()
    assert script.names == ["FolderSync", "Provision", "Provision", "FolderSync"]
    assert script.asked().policy_key == 77
    assert script.requests[0].content == script.requests[-1].content


@pytest.mark.parametrize(
    "last, error",
    [
        (httpx.Response(449), ProtocolViolation("FolderSync: HTTP 449 after a complete Provision")),
        (folders(response=NEED_POLICY), StatusFailure("FolderSync", 142, CommonStatus)),
    ],
    ids=["449", "142"],
)
async def test_server_that_wants_it_again_and_again_is_not_obeyed(last: httpx.Response, error: ClientError) -> None:
    with device(httpx.Response(449), *provisioned(), last) as (phone, _), pytest.raises(type(error)) as caught:
        await phone.folder_sync()
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("account_only", [False, True])
async def test_order_to_wipe_is_an_error_of_its_own_and_is_acknowledged(account_only: bool) -> None:
    order = ProvisionResponse(1, remote_wipe=not account_only, account_only_remote_wipe=account_only)
    answers = (folders(V16_1, FolderSyncResponse(140)), told(provision.RESPONSE, order, V16_1))
    again = told(provision.RESPONSE, replace(order, status=2), V16_1)
    done = told(provision.RESPONSE, ProvisionResponse(1), V16_1)
    with device(*answers, again, done, version=V16_1) as (phone, script):
        with pytest.raises(WipeRequested) as caught:
            await phone.folder_sync()
        with pytest.raises(WipeRequested):
            await phone.session.acknowledge_wipe(account_only=account_only, status=WipeStatus.FAILED)
        await phone.session.acknowledge_wipe(account_only=account_only)
    assert caught.value.account_only is account_only
    assert script.value(provision.REQUEST, 1, V16_1) == ProvisionRequest()  # MS-ASPROV R622
    failed, acknowledged = (script.value(provision.REQUEST, place, V16_1) for place in (-2, -1))
    assert (failed.remote_wipe or failed.account_only_remote_wipe).status == 2
    assert (acknowledged.remote_wipe is None) is account_only
    assert (acknowledged.remote_wipe or acknowledged.account_only_remote_wipe).status == 1


@pytest.mark.parametrize(
    "answers, message",
    [
        ([httpx.Response(449)], "Provision: answered with HTTP 449"),
        ([empty()], "Provision: an empty answer"),
        ([told(provision.RESPONSE, ProvisionResponse(165))], "Provision: status 165, the Provision request lacks"),
        ([told(provision.RESPONSE, ProvisionResponse(1))], "Provision: an answer without a policy"),
        (
            [told(provision.RESPONSE, ProvisionResponse(1, policies=(PolicyGiven("x", 3),)))],
            r"Provision \(policy\): status 3, the PolicyType is unknown",
        ),
        (
            [policy("5"), told(provision.RESPONSE, ProvisionResponse(1, policies=(PolicyGiven("x", 1),)))],
            "answered without a policy key",
        ),
    ],
)
async def test_failed_provisioning_says_why(answers: list[httpx.Response], message: str) -> None:
    with device(*answers) as (phone, _), pytest.raises(ClientError, match=message):
        await phone.provision()


# ---------------------------------------------------------------- transport


async def test_redirect_is_followed_and_remembered() -> None:
    moved = httpx.Response(451, headers={"X-MS-Location": "https://other.example.test/Microsoft-Server-ActiveSync"})
    with device(moved, folders(), folders()) as (phone, script):
        await phone.folder_sync()
        await phone.folder_sync()
    assert [request.url.host for request in script.requests] == [
        "mail.example.test", "other.example.test", "other.example.test",
    ]  # fmt: skip


async def test_redirects_in_a_circle_end() -> None:
    moved = [httpx.Response(451, headers={"X-MS-Location": URL}) for _ in range(4)]
    with device(*moved) as (phone, _), pytest.raises(HttpFailure, match="again and again"):
        await phone.folder_sync()


@pytest.mark.parametrize(
    "answer, kind, message",
    [
        (httpx.Response(401), AuthenticationFailed, "FolderSync: HTTP 401"),
        (httpx.Response(403), HttpFailure, "FolderSync: HTTP 403"),
        (httpx.Response(451), HttpFailure, "FolderSync: HTTP 451"),
        (httpx.Response(200, content=b"<html>"), ProtocolViolation, "cannot be decoded"),
        (
            httpx.Response(200, content=b"x", headers={"Content-Type": "application/vnd.ms-sync.multipart"}),
            ProtocolViolation,
            "cannot be decoded",
        ),
        (
            httpx.Response(200, content=b"\0" * 4, headers={"Content-Type": "application/vnd.ms-sync.multipart"}),
            ProtocolViolation,
            "cannot be decoded",
        ),
        (told(provision.RESPONSE, ProvisionResponse(1)), ProtocolViolation, "the root is Provision:Provision"),
        (empty(), ProtocolViolation, "FolderSync: an empty answer"),
    ],
)
async def test_bad_answer_is_an_error_with_a_type(
    answer: httpx.Response, kind: type[ClientError], message: str
) -> None:
    with device(answer) as (phone, _), pytest.raises(kind, match=message):
        await phone.folder_sync()


@pytest.mark.parametrize("header, seconds", [("120", 120), ("Wed, 21 Oct 2026 07:28:00 GMT", None), (None, None)])
async def test_busy_server_says_when_to_come_back(header: str | None, seconds: int | None) -> None:
    answer = httpx.Response(503, headers={"Retry-After": header} if header else {})
    with device(answer) as (phone, _), pytest.raises(HttpFailure) as caught:
        await phone.folder_sync()
    assert (caught.value.code, caught.value.retry_after) == (503, seconds)


async def test_no_server_is_unreachable() -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with device() as (phone, _):
        phone.session.transport._client._transport = httpx.MockTransport(broken)
        with pytest.raises(Unreachable, match="OPTIONS: ConnectError: refused"):
            await phone.options()


async def test_compressed_answer_is_read() -> None:
    plain = folders()
    packed = httpx.Response(200, content=gzip.compress(plain.content), headers={"Content-Encoding": "gzip"})
    with device(packed) as (phone, script):
        await phone.folder_sync()
    assert script.requests[0].headers["Accept-Encoding"] == "gzip"
    assert phone.folder_key == "1"


async def test_base64_query_carries_version_key_and_command() -> None:
    with device(httpx.Response(449), *provisioned(), folders(), base64=True) as (phone, script):
        await phone.folder_sync()
    asked = script.asked()
    assert (asked.command, asked.version, asked.policy_key) == (Command.FOLDER_SYNC, V14_1, 77)
    assert "MS-ASProtocolVersion" not in script.requests[-1].headers


async def test_path_is_added_where_the_address_has_none() -> None:
    with device(folders()) as (phone, script):
        await phone.folder_sync()
    assert script.requests[0].url.path == "/Microsoft-Server-ActiveSync"


async def test_trace_shows_both_sides_readable_and_no_password() -> None:
    trace: list[TraceEntry] = []
    with device(folders(), trace=trace) as (phone, _):
        await phone.folder_sync()
    assert [(entry.sent, entry.line) for entry in trace] == [(True, "FolderSync 14.1"), (False, "FolderSync HTTP 200")]
    assert all("<SyncKey>" in entry.text for entry in trace)
    assert "secret" not in repr(trace) + repr(Identity("alice", "secret"))


def test_what_is_no_wbxml_is_shown_by_its_length() -> None:
    assert readable(b"") == ""
    assert readable(b"From: a") == "(7 bytes that are not WBXML)\n"


def test_status_is_named_by_the_command_then_in_common() -> None:
    assert named(3, SyncStatus) is SyncStatus.INVALID_SYNC_KEY
    assert named(142, SyncStatus) is CommonStatus.DEVICE_NOT_PROVISIONED
    assert named(999, SyncStatus) == 999
    assert "status 999, which is not a known status" in str(StatusFailure("Sync", 999, SyncStatus))

"""The endpoint over real HTTP: methods, answers, statuses, bodies (MS-ASHTTP)."""

import gzip
from collections.abc import Iterator

import pytest

from easd.config import Limits, Server, Settings
from easd.eas.request import Command
from easd.service.context import Answer, HttpError
from easd.service.ports import MailboxFull, Unavailable
from tests.unit.http.conftest import QUICK, Start
from tests.unit.http.small import EAS, Live, SmallApplication


def test_a_command_reaches_the_services_and_its_answer_the_client(live: Live) -> None:
    answer = live.post("FolderSync", content=b"\x03\x01", headers={"User-Agent": "phone", "X-MS-PolicyKey": "7"})
    assert (answer.status_code, answer.content) == (200, b"FolderSync: \x03\x01")
    assert answer.headers["content-type"] == "application/vnd.ms-sync.wbxml"
    assert answer.headers["content-length"] == "14"
    assert answer.headers["ms-server-activesync"] == "16.1"
    assert answer.headers["cache-control"] == "private"
    request, body = live.app.seen[0]
    assert (request.command, request.user_agent, request.policy_key, body) == (
        Command.FOLDER_SYNC,
        "phone",
        7,
        b"\x03\x01",
    )


def test_an_answer_without_body_has_a_length_and_no_type_R212_R216(live: Live) -> None:
    live.app.answers[Command.SYNC] = Answer()
    answer = live.post("Sync")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers


def test_headers_and_type_of_the_services_pass_through(live: Live) -> None:
    live.app.answers[Command.SYNC] = Answer(b"x", "application/vnd.ms-sync.multipart", headers={"X-MS-RP": "16.1"})
    answer = live.post("Sync")
    assert (answer.headers["content-type"], answer.headers["x-ms-rp"]) == ("application/vnd.ms-sync.multipart", "16.1")


def test_a_header_of_the_services_stays_one_line(live: Live) -> None:
    live.app.answers[Command.SYNC] = Answer(headers={"X-Odd": "a\r\nSet-Cookie: b=1\u2603"})
    answer = live.post("Sync")
    assert answer.headers["x-odd"] == "a  Set-Cookie: b=1?"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", [EAS, EAS.lower(), EAS.upper(), EAS + "/", EAS + "/default.eas", "/%4dicrosoft-Server-ActiveSync"]
)
def test_the_path_in_the_forms_that_clients_write(live: Live, path: str) -> None:
    assert live.client.options(path).status_code == 200


@pytest.mark.parametrize("query", ["", "?Cmd=OPTIONS", "?jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"])
def test_options_tells_versions_and_commands_whatever_the_query_R1107_C0(live: Live, query: str) -> None:
    answer = live.client.options(EAS + query)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["ms-asprotocolversions"] == "2.5,12.0,12.1,14.0,14.1,16.0,16.1"
    assert answer.headers["ms-asprotocolcommands"] == "Sync,SendMail,FolderSync,Ping"
    assert (answer.headers["public"], answer.headers["allow"]) == ("OPTIONS,POST", "OPTIONS,POST")


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_credentials_are_required_R178_R2371(live: Live, method: str) -> None:
    del live.client.headers["Authorization"]
    answer = live.send(method, "Cmd=Sync&DeviceId=a&DeviceType=b")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="easd", charset="UTF-8"'
    assert not live.app.seen


def test_a_fault_of_the_query_is_told_to_those_who_are_known(live: Live) -> None:
    assert live.send("POST", "", headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PROPFIND"])
def test_other_methods_are_not_implemented_R187(live: Live, method: str) -> None:
    answer = live.send(method, "Cmd=Sync&DeviceId=a&DeviceType=b")
    assert (answer.status_code, answer.headers["allow"]) == (501, "OPTIONS,POST")


@pytest.mark.parametrize(
    "query, status, reason",
    [
        ("", 400, "the request has no query"),
        ("Cmd=Dance&DeviceId=a&DeviceType=b", 501, "there is no command 'Dance'"),
        ("ChIJBAFhAAFi", 505, "protocol version 1.0 is not spoken here"),
        ("vxIJBAFhAAFi", 400, "protocol version 19.1 is not spoken here"),
    ],
)
def test_faults_of_the_query_are_told_each_time_R177_R188(live: Live, query: str, status: int, reason: str) -> None:
    for _ in range(2):
        answer = live.send("POST", query)
        assert answer.status_code == status
        assert reason in answer.text


def test_an_error_of_the_services_is_a_status_with_headers(live: Live) -> None:
    live.app.answers[Command.SYNC] = HttpError(451, "moved", {"X-MS-Location": "https://b.example/"})
    live.app.answers[Command.PROVISION] = HttpError(449, "no policy")
    moved = live.post("Sync")
    assert (moved.status_code, moved.headers["x-ms-location"]) == (451, "https://b.example/")
    assert live.post("Provision").status_code == 449


def test_what_is_away_for_now_is_503_with_a_time_R190_R287(start: Start) -> None:
    class LockedError(Exception):
        pass

    live = start(unavailable=(LockedError,))
    for error in (ConnectionRefusedError("db"), TimeoutError(), LockedError(), Unavailable()):
        live.app.answers[Command.SYNC] = error
        answer = live.post("Sync")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


def test_a_full_mailbox_is_507_R192(live: Live) -> None:
    live.app.answers[Command.SEND_MAIL] = MailboxFull()
    assert live.post("SendMail").status_code == 507


def test_a_fault_of_ours_is_500_with_a_trace_and_no_detail_R184(live: Live) -> None:
    live.app.answers[Command.SYNC] = RuntimeError("the inner secret")
    answer = live.post("Sync")
    assert answer.status_code == 500
    assert answer.headers["request-id"] in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert live.figure("easd_errors_total") == 1


def test_every_answer_has_an_id_of_its_own_R9058(live: Live) -> None:
    assert len({live.post().headers["request-id"] for _ in range(3)}) == 3


# ---------------------------------------------------------------- bodies


def _small_bodies() -> Settings:
    return Settings(server=QUICK, limits=Limits(body_bytes=2048, message_bytes=8192))


def test_bodies_are_bounded_by_command(start: Start) -> None:
    live = start(_small_bodies())
    assert live.post("FolderSync", content=b"x" * 2048).status_code == 200
    assert live.post("FolderSync", content=b"x" * 2049).status_code == 413
    assert live.post("SendMail", content=b"x" * 8192).status_code == 200
    assert live.post("SendMail", content=b"x" * 8193).status_code == 413


def _chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 1024):
        yield b"x" * 1024


def test_a_body_of_unknown_length_is_bounded_while_it_streams(start: Start) -> None:
    live = start(_small_bodies())
    assert live.post("SendMail", content=_chunks(8192)).status_code == 200
    answer = live.post("SendMail", content=_chunks(3 * 2**20))
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


def test_a_gzip_body_is_unpacked(live: Live) -> None:
    answer = live.post(content=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert answer.content == b"FolderSync: hello"


@pytest.mark.parametrize(
    "content, encoding, status",
    [
        (gzip.compress(bytes(50 * 2**20)), "gzip", 413),
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"hello")[:-1], "gzip", 400),
        (gzip.compress(b"hello") + b"x", "gzip", 400),
        (b"hello", "br", 415),
        (b"hello", "identity", 200),
    ],
    ids=["bomb", "garbage", "cut", "trailing", "unknown", "identity"],
)
def test_packed_bodies_are_bounded_and_whole(start: Start, content: bytes, encoding: str, status: int) -> None:
    live = start(_small_bodies()) if len(content) < 2048 else start()
    assert live.post(content=content, headers={"Content-Encoding": encoding}).status_code == status


def test_a_body_that_does_not_come_is_waited_for_in_vain(start: Start) -> None:
    live = start(Settings(server=Server(port=0, body_seconds=1)))
    head = live.client.build_request("POST", f"{EAS}?Cmd=Sync&DeviceId=a&DeviceType=b", content=b"x").headers
    lines = [f"POST {EAS}?Cmd=Sync&DeviceId=a&DeviceType=b HTTP/1.1", f"Authorization: {head['authorization']}"]
    lines += ["Host: a", "MS-ASProtocolVersion: 14.1", "Content-Length: 100", "", "begin"]
    with live.raw() as connection:
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("accepted, coded", [("gzip, deflate", True), ("*", True), ("gzip;q=0", False), ("", False)])
def test_large_answers_are_packed_for_those_who_can_unpack_R197_C3(live: Live, accepted: str, coded: bool) -> None:
    live.app.answers[Command.SYNC] = Answer(b"a" * 5000)
    answer = live.post("Sync", headers={"Accept-Encoding": accepted})
    assert answer.content == b"a" * 5000
    assert (answer.headers.get("content-encoding") == "gzip") is coded
    assert (int(answer.headers["content-length"]) < 5000) is coded


def test_small_answers_are_not_packed_R412(live: Live) -> None:
    live.app.answers[Command.SYNC] = Answer(b"a" * 200)
    assert "content-encoding" not in live.post("Sync", headers={"Accept-Encoding": "gzip"}).headers


# ---------------------------------------------------------------- pages


def test_pages_beside_the_endpoint(start: Start) -> None:
    faults: list[Exception] = []

    def database() -> None:
        if faults:
            raise faults[0]

    live = start(checks={"database": database})
    assert live.client.get("/healthz").status_code == 200
    assert live.client.get("/readyz").json() == {"ready": True, "failed": []}
    faults.append(RuntimeError("password=secret"))
    answer = live.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "failed": ["database"]})
    assert live.client.get("/elsewhere").status_code == 404


def test_figures_are_on_the_port_of_their_own_unless_asked_for(start: Start) -> None:
    from easd.config import Metrics

    assert start().client.get("/metrics").status_code == 404
    live = start(Settings(server=QUICK, metrics=Metrics(port=0, path="/figures")), SmallApplication())
    live.post()
    text = live.client.get("/figures").text
    assert 'easd_requests_total{command="FolderSync",status="200"} 1.0' in text

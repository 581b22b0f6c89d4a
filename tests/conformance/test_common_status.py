"""Status codes that all commands share (MS-ASCMD 2.2.4), and the HTTP statuses that stand for them (MS-ASHTTP)."""

import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import httpx
import pytest
from structlog.testing import capture_logs

from easd.eas.commands import folder_sync, item_operations, send_mail
from easd.eas.commands.folder_sync import FolderSyncRequest
from easd.eas.commands.item_operations import Fetch, ItemOperationsRequest
from easd.eas.commands.send_mail import SendMailRequest
from easd.eas.multipart import MULTIPART_TYPE, unpack
from easd.eas.request import Command
from easd.eas.status import CommonStatus, EasError
from easd.eas.versions import SUPPORTED, V12_1, V14_0, V14_1, V16_1, Version, since, until
from easd.main.composition import Application
from easd.service.commands import COMMANDS
from easd.service.context import HttpError
from easd.service.refusal import refuse
from easd.wbxml import Element, decode, encode, tag
from tests.support import statuses
from tests.support.asking import Told, tell
from tests.support.server import PASSWORD, demo_users, in_process_app, prepared
from tests.support.world import Phone, World

_IN_BAND = sorted(since(V14_0) & set(SUPPORTED))
_BY_HTTP = sorted(until(V12_1) & set(SUPPORTED))
_OWN_STATUS = {
    Command.SYNC: 4,
    Command.FOLDER_SYNC: 10,
    Command.FOLDER_CREATE: 10,
    Command.FOLDER_DELETE: 10,
    Command.FOLDER_UPDATE: 10,
    Command.SETTINGS: 2,
    Command.PING: 4,
    Command.ITEM_OPERATIONS: 2,
    Command.PROVISION: 2,
    Command.VALIDATE_CERT: 2,
    Command.RESOLVE_RECIPIENTS: 5,
    Command.FIND: 2,
}
"""What a command says itself of a request that breaks its rules; the others have 103 (R4817)."""

_PAIRS = [(version, command) for version in SUPPORTED for command in COMMANDS if version in COMMANDS[command].versions]
_WITH_DOCUMENT = [  # before 14.0 the body of SendMail is a message
    (version, command) for version, command in _PAIRS if COMMANDS[command].request or version in _IN_BAND
]


def _name(value: Version | Command) -> str:
    return value.text if isinstance(value, Version) else value.wire_name


each_command = pytest.mark.parametrize(  # GetAttachment says in its query what it wants
    "version, command", [pair for pair in _PAIRS if pair[1] is not Command.GET_ATTACHMENT], ids=_name
)
each_document = pytest.mark.parametrize("version, command", _WITH_DOCUMENT, ids=_name)
_NOT_WBXML = [
    b"\x00",
    b"<?xml version='1.0'?><Sync/>",
    b"\x03\x01\x6a\x00\x45",
    b"\x03\x01\x6a\x00\x45\xff\x01",
    b"\x03" * 40,
]


def _asked(phone: Phone, command: Command, body: bytes, content_type: str = "") -> Told:
    if phone.policy_key == 0:
        phone.provision()
    return tell(phone, command, body, content_type=content_type)


def _expected(version: Version, status: int, http: int = 400) -> tuple[int, int | None]:
    return (http, None) if version in _BY_HTTP else (200, status)


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize("body", _NOT_WBXML, ids=range(len(_NOT_WBXML)))
@each_document
def test_102_for_a_body_that_is_no_wbxml_R4815(world: World, version: Version, command: Command, body: bytes) -> None:
    told = _asked(world.phone(version=version), command, body)
    assert (told.http, told.status) == _expected(version, 102)


@each_document
def test_the_body_of_another_command_breaks_the_rules_R4816(world: World, version: Version, command: Command) -> None:
    told = _asked(world.phone(version=version), command, encode(Element(tag("Search:Search"))))
    expected = (200, _OWN_STATUS[command]) if command in _OWN_STATUS else _expected(version, 103)
    assert (told.http, told.status) == expected
    if told.body:
        assert told.root.name == COMMANDS[command].root


@each_command
def test_101_without_a_body_where_one_is_needed_R4812(world: World, version: Version, command: Command) -> None:
    told = _asked(world.phone(version=version), command, b"")
    if COMMANDS[command].empty_body:
        assert told.http == 200
        assert told.status != 101
    else:
        assert (told.http, told.status) == _expected(version, 101)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/mixed"])
@each_document
def test_101_for_another_content_type_R4813(
    world: World, version: Version, command: Command, content_type: str
) -> None:
    told = _asked(world.phone(version=version), command, encode(Element(tag(COMMANDS[command].root))), content_type)
    assert (told.http, told.status) == _expected(version, 101)


@pytest.mark.parametrize(
    "content_type", ["", "application/vnd.ms-sync.wbxml", "application/vnd.ms-sync", "Application/Vnd.MS-Sync.WBXML"]
)
def test_the_content_types_of_wbxml_R438(world: World, version: Version, content_type: str) -> None:
    body = folder_sync.REQUEST.encode(FolderSyncRequest("0"), version)
    assert _asked(world.phone(version=version), Command.FOLDER_SYNC, body, content_type).status == 1


def test_every_command_is_served() -> None:
    assert set(Command) == COMMANDS.keys()


# ---------------------------------------------------------------- what older versions say instead

INSTEAD = {
    101: 400,  # R7545
    103: 400,  # R7547
    106: 400,  # R7548
    110: 500,  # R7550
    111: 503,  # R7551
    112: 403,  # R7552
    113: 507,  # R7553
    125: 403,  # R7554
    126: 403,  # R7555
    132: 403,  # R7556
    137: 501,  # R7558
    138: 400,  # R7559
    140: 449,  # R7562
    141: 449,  # R7563
    142: 449,  # R7564
    143: 449,  # R7565
    144: 449,  # R7566
    147: 400,  # R7567
}


@pytest.mark.parametrize("status", list(CommonStatus), ids=str)
def test_before_14_0_an_http_status_stands_for_a_common_status_R7461_R7462(status: CommonStatus) -> None:
    for version in _BY_HTTP:
        with pytest.raises(HttpError) as caught:
            refuse(COMMANDS[Command.FOLDER_SYNC], version, EasError(status))
        assert caught.value.status in ([INSTEAD[status]] if status in INSTEAD else range(400, 600))
    for version in _IN_BAND:
        root = decode(refuse(COMMANDS[Command.FOLDER_SYNC], version, EasError(status)).body)
        assert (root.name, [(c.name, c.text) for c in root.children]) == (
            "FolderHierarchy:FolderSync",
            [("FolderHierarchy:Status", str(int(status)))],
        )


def test_500_for_106_of_send_mail_R7549() -> None:
    with pytest.raises(HttpError) as caught:
        refuse(COMMANDS[Command.SEND_MAIL], V12_1, EasError(CommonStatus.INVALID_IDS))
    assert caught.value.status == 500


@pytest.mark.parametrize("version, command", [pair for pair in _PAIRS if pair[0] in _IN_BAND], ids=_name)
def test_a_command_says_its_common_status_in_its_own_element(version: Version, command: Command) -> None:
    root = decode(refuse(COMMANDS[command], version, EasError(CommonStatus.ACCESS_DENIED)).body)
    assert root.name == COMMANDS[command].root
    inside = root.find(tag(COMMANDS[command].result)) if COMMANDS[command].result else root
    assert inside is not None
    assert [child.name for child in inside.children] == [f"{root.name.partition(':')[0]}:Status"]


# ---------------------------------------------------------------- over HTTP


class Web:
    """The whole application, and alice's requests to it."""

    def __init__(self, application: Application, url: str) -> None:
        self.application = application
        self.path = url.removeprefix("sqlite:///")
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application.asgi), base_url="http://server.test", trust_env=False
        )

    async def post(
        self,
        command: Command,
        body: bytes,
        version: Version = V16_1,
        device: str = "DeviceId=DEVICE1&DeviceType=TestPhone",
        **headers: str,
    ) -> httpx.Response:
        """A request in plain form, without a policy key if none is given."""
        credentials = b64encode(f"alice@example.test:{PASSWORD}".encode()).decode()
        query = f"Cmd={command.wire_name}&User=alice&{device}"
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"MS-ASProtocolVersion": version.text, "Authorization": f"Basic {credentials}"}
        path = f"/Microsoft-Server-ActiveSync?{query}{given.pop('query', '')}"
        return await self.client.post(path, content=body, headers={**own, **given})

    def damage(self, statement: str) -> None:
        """Change the database behind the server's back."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement)


@pytest.fixture
def application(sqlite_url: str) -> Iterator[Application]:
    demo_users(prepared(sqlite_url))
    with in_process_app(sqlite_url) as made:
        yield made


@pytest.fixture
async def web(application: Application, sqlite_url: str) -> AsyncIterator[Web]:
    made = Web(application, sqlite_url)
    yield made
    await made.client.aclose()


def folders(version: Version = V16_1) -> bytes:
    return folder_sync.REQUEST.encode(FolderSyncRequest("0"), version)


async def test_a_sent_message_is_answered_with_content_length_0_R5890(web: Web) -> None:
    mime = b"To: bob@example.test\r\n\r\nHello\r\n"
    bare = await web.post(Command.SEND_MAIL, mime, V12_1, Content_Type="message/rfc822", query="&SaveInSent=T")
    document = await web.post(Command.SEND_MAIL, send_mail.REQUEST.encode(SendMailRequest("1", mime), V16_1))
    for response in (bare, document):
        assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")
    assert len(web.application.store.queued(10)) == 0


@pytest.mark.parametrize("accept", ["T", "F"])
async def test_the_header_asks_for_a_multipart_answer_R5505(web: Web, accept: str) -> None:
    body = item_operations.REQUEST.encode(ItemOperationsRequest((Fetch("Mailbox", "1", "1:1"),)), V14_1)
    response = await web.post(Command.ITEM_OPERATIONS, body, V14_1, MS_ASAcceptMultiPart=accept)
    assert (response.headers["content-type"] == MULTIPART_TYPE) == (accept == "T")
    document = unpack(response.content)[0] if accept == "T" else response.content
    assert decode(document).name == "ItemOperations:ItemOperations"


@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: version.text)
async def test_key_0_asks_to_be_provisioned_142_or_449_R7564(web: Web, version: Version) -> None:
    response = await web.post(Command.FOLDER_SYNC, folders(version), version, X_MS_PolicyKey="0")
    assert response.status_code == (449 if version in _BY_HTTP else 200)
    if version in _IN_BAND:
        assert [child.text for child in decode(response.content).children] == ["142"]


async def test_a_fault_of_ours_is_500_and_in_the_log_under_the_id_that_the_device_is_told_R184(web: Web) -> None:
    assert (await web.post(Command.FOLDER_SYNC, folders())).status_code == 200
    web.damage("ALTER TABLE sent_mail RENAME TO elsewhere")
    body = send_mail.REQUEST.encode(SendMailRequest("1", b"To: bob@example.test\r\n\r\nsecret words"), V16_1)
    with capture_logs() as lines:
        response = await web.post(Command.SEND_MAIL, body)
    assert response.status_code == 500
    trace = response.headers["request-id"]
    assert trace in response.text
    (fault,) = [line for line in lines if line["event"] == "fault"]
    assert (fault["trace"], fault["command"]) == (trace, "SendMail")
    assert "secret" not in str(response.text)


async def test_503_and_when_to_come_back_while_the_database_is_away_R190_R287(web: Web) -> None:
    assert (await web.post(Command.FOLDER_SYNC, folders())).status_code == 200
    web.application.store.close()
    response = await web.post(Command.MOVE_ITEMS, folders())
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: version.text)
async def test_a_body_that_is_no_wbxml_over_http(web: Web, version: Version) -> None:
    response = await web.post(Command.FOLDER_SYNC, b"hello", version)
    if version in _BY_HTTP:
        assert response.status_code == 400
        assert response.headers["request-id"] in response.text
    else:
        assert [child.text for child in decode(response.content).children] == ["102"]


async def test_501_over_http_for_what_is_not_implemented_R186(web: Web) -> None:
    for command in sorted(set(Command) - COMMANDS.keys() - {Command.FIND}):
        assert (await web.post(command, b"")).status_code == 501


@pytest.mark.parametrize(
    "device, status",
    [
        ("DeviceId=&DeviceType=TestPhone", "108"),
        (f"DeviceId={'D' * 35}&DeviceType=TestPhone", "108"),
        ("DeviceId=DEVICE1", "109"),
        (f"DeviceId=DEVICE1&DeviceType={'T' * 35}", "109"),
    ],
)
@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: version.text)
async def test_what_names_no_device_108_and_109_R4828_R4830(
    web: Web, version: Version, device: str, status: str
) -> None:
    response = await web.post(Command.FOLDER_SYNC, folders(version), version, device)
    assert response.status_code == (400 if version in _BY_HTTP else 200)
    if version in _IN_BAND:
        root = decode(response.content)
        statuses.note(statuses.statuses(root))
        assert [child.text for child in root.children] == [status]

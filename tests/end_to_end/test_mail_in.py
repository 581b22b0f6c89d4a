"""Mail by SMTP, LMTP and submission to a server process, as phones, programs and other servers see it."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from easd.client import Device
from easd.eas.status import PingStatus
from easd.eas.versions import V16_1
from easd.model.folder import FolderType
from tests.support.command_line import easd
from tests.support.databases import copied
from tests.support.false_relay import FalseRelay, false_relay
from tests.support.server import PASSWORD, RunningServer, free_port, inhabit, running_server, variables

ALICE, BOB, ZOE = "alice@example.test", "bob@example.test", "zoe@elsewhere.test"
WAYS = ("listen", "lmtp", "submission", "submissions")


@pytest.fixture(scope="module")
def relay() -> Iterator[FalseRelay]:
    with false_relay() as made:
        yield made


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {way: free_port() for way in WAYS}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int], relay: FalseRelay
) -> Iterator[RunningServer]:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('mail')}/easd.db", inhabit)
    environ = {f"EASD_SMTP_{way.upper()}": f"127.0.0.1:{port}" for way, port in ports.items()}
    environ |= {"EASD_SMTP_TRUSTED": "127.0.0.0/8", "EASD_RELAY_HOST": "127.0.0.1", "EASD_RELAY_TLS": "none"}
    environ |= {"EASD_RELAY_PORT": str(relay.port), "EASD_SERVER_PUBLIC_URL": "https://mail.example.test"}
    with running_server(url, tls=True, environ=environ) as running:
        yield running


def letter(number: int, author: str = ZOE, to: str = ALICE) -> bytes:
    head = f"From: {author}\r\nTo: {to}\r\nSubject: News {number}\r\nMessage-ID: <{number}@elsewhere.test>\r\n"
    return f"{head}\r\nHello\r\n".encode()


def trusting(certificate: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def submission(
    server: RunningServer, ports: dict[str, int], user: str = "alice", password: str = PASSWORD
) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", ports["submission"], local_hostname="laptop.test", timeout=20)
    client.starttls(context=trusting(server.certificate))
    client.login(user, password)
    return client


async def test_a_mail_sent_by_a_real_smtp_client_arrives_in_a_phones_ping(
    server: RunningServer, ports: dict[str, int]
) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", ports["listen"], timeout=20) as client:
            client.starttls(context=trusting(server.certificate))
            assert client.sendmail(ZOE, ["alice+phone@example.test"], letter(1)) == {}

    transport = httpx.AsyncHTTPTransport(verify=trusting(server.certificate))
    async with Device(server.url, ALICE, PASSWORD, "PHONE1", version=V16_1, transport=transport) as phone:
        await phone.provision()
        await phone.folder_sync()
        inbox = phone.folder_of(FolderType.INBOX).server_id
        await phone.sync_all(inbox)
        held = asyncio.create_task(phone.ping([inbox], 300))
        await asyncio.to_thread(server.wait_until_held)
        await asyncio.to_thread(send)
        told = await asyncio.wait_for(held, 20)
        assert (told.status, told.folders) == (PingStatus.CHANGES, (inbox,))
        await phone.sync_all(inbox)
        assert [item.children for item in phone.replica[inbox].items.values()]


def test_submission_reaches_people_here_and_elsewhere(
    server: RunningServer, ports: dict[str, int], relay: FalseRelay
) -> None:
    before = len(relay.letters)
    raw = letter(2, "Alice <alice@example.test>", BOB).replace(b"Subject:", b"Bcc: eve@elsewhere.test\r\nSubject:")
    with submission(server, ports) as client:
        assert client.sendmail(ALICE, [BOB, ZOE], raw) == {}
    found = relay.wait_for(before + 1)[-1]
    assert (found.sender, found.recipients) == (ALICE, (ZOE,))
    assert b"Bcc" not in found.raw
    assert b"\r\nDate: " in found.raw
    assert b" with ESMTPSA id " in found.raw
    assert b"127.0.0.1" not in found.raw  # where people are is nobody's business
    context = trusting(server.certificate)
    with smtplib.SMTP_SSL("127.0.0.1", ports["submissions"], context=context, timeout=20) as client:
        client.ehlo()
        client.user, client.password = "bob", PASSWORD
        assert client.auth("LOGIN", client.auth_login)[0] == 235
        assert client.sendmail(BOB, [ZOE], letter(3, BOB)) == {}
    assert relay.wait_for(before + 2)[-1].sender == BOB


def test_nobody_sends_in_anothers_name(server: RunningServer, ports: dict[str, int]) -> None:
    with submission(server, ports) as client:
        client.ehlo()
        assert client.mail(BOB)[0] == 550
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail(ALICE, [BOB], letter(4, BOB))
        assert caught.value.smtp_code == 550
        assert client.mail("alice+list@example.test")[0] == 250


def test_signing_in_needs_tls_and_the_right_password_and_guessing_is_slowed_down(
    server: RunningServer, ports: dict[str, int]
) -> None:
    with smtplib.SMTP("127.0.0.1", ports["submission"], timeout=20) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH PLAIN", "AGFsaWNlAHg=") == (538, b"5.7.11 TLS comes first")
        assert client.mail(ALICE)[0] == 530
        client.starttls(context=trusting(server.certificate))
        client.ehlo()
        assert client.has_extn("auth")
        for mechanism in ("XOAUTH2", "OAUTHBEARER"):
            assert client.docmd("AUTH", f"{mechanism} bm90IGEgdG9rZW4=")[0] == 535
        client.user, client.password = "carol", "wrong"
        codes = []
        for number in range(11):
            client.password = f"wrong {number}"
            with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
                client.auth("PLAIN", client.auth_plain)
            codes.append(caught.value.smtp_code)
        assert codes == [535] * 10 + [454]


def test_an_app_password_sends_and_belongs_to_sending_from_then_on(
    server: RunningServer, ports: dict[str, int]
) -> None:
    made = easd("app-password", "create", "bob", "--name", "laptop", environ=variables(server.database_url))
    assert made.code == 0, made.err
    word = made.out.strip().split()[-1]
    with submission(server, ports, "bob", word) as client:
        assert client.sendmail(BOB, [ALICE], letter(5, BOB)) == {}
    listed = easd("app-password", "list", "bob", "--json", environ=variables(server.database_url)).json
    assert "submission" in str(listed)


def test_lmtp_takes_what_a_mail_server_beside_this_one_hands_on(server: RunningServer, ports: dict[str, int]) -> None:
    with smtplib.LMTP("127.0.0.1", ports["lmtp"], timeout=20) as client:
        refused = client.sendmail(ZOE, [ALICE, "nobody@example.test"], letter(6))
    assert list(refused) == ["nobody@example.test"]


def test_access_control_rules_say_who_sends_by_smtp(server: RunningServer, ports: dict[str, int]) -> None:
    environ = variables(server.database_url)
    told = easd("access-control", "put", "NoPrograms", "DENY", "--action", "SMTP", "--user", "bob", environ=environ)
    assert told.code == 0, told.err
    try:
        with smtplib.SMTP("127.0.0.1", ports["submission"], timeout=20) as client:
            client.starttls(context=trusting(server.certificate))
            with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
                client.login("bob", PASSWORD)
            assert caught.value.smtp_code == 535
        submission(server, ports, "alice").quit()
    finally:
        assert easd("access-control", "remove", "NoPrograms", environ=environ).code == 0

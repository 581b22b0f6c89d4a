"""`easd doctor`: a server that is well, and each thing that can be wrong with it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from easd.client.device import Device
from easd.client.doctor import certificate, mail, waiting
from easd.client.doctor.examination import Patient, examine
from easd.client.doctor.finding import Finding, Verdict
from easd.client.doctor.names import Service
from easd.client.doctor.orders import orders
from easd.client.doctor.proxies import PROXIES, advice, known
from easd.main.composition import Application
from tests.support.command_line import easd
from tests.support.server import PASSWORD, demo_users, in_process_app, prepared, run_easd, running_server

URL = "https://mail.example.test"
GOOD, NOTE, BAD = Verdict.GOOD, Verdict.NOTE, Verdict.BAD
HOSTS = ("mail.example.test", "autodiscover.example.test")


class Zone:
    """A domain name system of these hosts and services."""

    def __init__(self, *hosts: str, services: Sequence[Service] = ()) -> None:
        self._hosts, self._services = hosts, services
        self.mx: Sequence[str] = ()
        self.txt: dict[str, Sequence[str]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        return ["192.0.2.7"] if host in self._hosts else []

    async def services(self, name: str) -> Sequence[Service]:
        return self._services if name == "_autodiscover._tcp.example.test" else []

    async def exchangers(self, domain: str) -> Sequence[str]:
        return self.mx if domain == "example.test" else []

    async def texts(self, name: str) -> Sequence[str]:
        return self.txt.get(name, [])


class Between(httpx.AsyncBaseTransport):
    """The hosts that lead to the application, behind a proxy that calls itself something and cuts some requests."""

    def __init__(self, application: Application, *hosts: str, server: str = "", cut: str = "") -> None:
        self._there = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
        self._hosts, self._server, self._cut = hosts, server, cut

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host not in self._hosts:
            raise httpx.ConnectError("there is no such host")
        if self._cut and self._cut in str(request.url):
            return httpx.Response(504, headers={"Server": self._server}, request=request)
        answer = await self._there.handle_async_request(request)
        if self._server:
            answer.headers["Server"] = self._server
        return answer


@pytest.fixture
def people(sqlite_url: str) -> str:
    url = prepared(sqlite_url)
    demo_users(url)
    return url


@contextmanager
def serving(people: str, **environ: str) -> Iterator[Application]:
    with in_process_app(people, environ={"EASD_SERVER_PUBLIC_URL": URL, **environ}) as application:
        yield application


def patient(transport: httpx.AsyncBaseTransport, *, names: Zone | None = None, **others: object) -> Patient:
    made = Patient(URL, "alice@example.test", PASSWORD, transport=transport, names=names or Zone(*HOSTS))
    return replace(made, **others)  # type: ignore[arg-type]


async def findings(sick: Patient) -> dict[str, Finding]:
    """By what was looked at, without TLS, which is no matter of the transport."""
    return {f"{one.area} {one.what}": one async for one in examine(sick) if one.area != "TLS"}


# ---------------------------------------------------------------- mail


async def records(zone: Zone, *selectors: str) -> dict[str, Finding]:
    found = mail.records(zone, "example.test", "mail.example.test", selectors)
    return {one.what.split(" ")[0]: one async for one in found}


async def test_each_record_of_a_domain_s_mail_that_is_not_there_is_told_with_what_to_publish() -> None:
    found = await records(Zone(), "one")
    assert {name: one.verdict for name, one in found.items()} == {"MX": BAD, "SPF": NOTE, "DMARC": NOTE, "DKIM": BAD}
    assert found["MX"].advice == "example.test. MX 10 mail.example.test."
    assert '_dmarc.example.test. TXT "v=DMARC1' in found["DMARC"].advice
    assert "name a key" in (await records(Zone()))["DKIM"].advice


async def test_records_of_a_domain_s_mail_are_judged_as_other_servers_do() -> None:
    zone = Zone()
    zone.mx = ["MAIL.example.test"]
    zone.txt = {
        "example.test": ["unrelated", "v=spf1 mx -all"],
        "_dmarc.example.test": ["v=DMARC1; p=none"],
        "one._domainkey.example.test": ["v=DKIM1; k=rsa; p=AAAA BBBB"],
    }
    assert {one.verdict for one in (await records(zone, "one")).values()} == {GOOD}
    zone.mx = ["gateway.elsewhere.test"]
    zone.txt["example.test"] = ["v=spf1 -all", "v=SPF1 mx"]
    zone.txt["one._domainkey.example.test"] = ["v=DKIM1; p="]
    found = await records(zone, "one")
    assert {name: one.verdict for name, one in found.items()} == {"MX": NOTE, "SPF": BAD, "DMARC": GOOD, "DKIM": BAD}
    assert "revoked" in found["DKIM"].found


# ---------------------------------------------------------------- the whole


async def test_a_server_that_is_well(people: str) -> None:
    with serving(people) as application:
        found = await findings(patient(Between(application, *HOSTS)))
    assert {name: one.verdict for name, one in found.items() if not name.startswith("waiting")} == {
        "DNS mail.example.test": GOOD,
        "DNS autodiscover.example.test": GOOD,
        "Autodiscover iOS finds the server": GOOD,
        "Autodiscover Android finds the server": GOOD,
        "Autodiscover Outlook finds the server": GOOD,
        "EAS the EAS address": GOOD,
    }
    assert "16.1" in found["EAS the EAS address"].found


async def test_hosts_that_are_not_there(people: str) -> None:
    with serving(people) as application:
        found = await findings(patient(Between(application, HOSTS[0]), names=Zone()))
    assert found["DNS mail.example.test"].verdict is BAD
    assert "CNAME of autodiscover.example.test to mail.example.test" in found["DNS autodiscover.example.test"].advice
    for client in ("iOS", "Android", "Outlook"):
        one = found[f"Autodiscover {client} finds the server"]
        assert one.verdict is BAD
        assert "https://autodiscover.example.test/autodiscover/autodiscover.xml: no answer" in one.found


async def test_android_heeds_no_srv(people: str) -> None:
    zone = Zone(HOSTS[0], services=[Service(HOSTS[0], 443)])
    with serving(people) as application:
        found = await findings(patient(Between(application, HOSTS[0]), names=zone))
    assert found["DNS autodiscover.example.test"].verdict is NOTE
    assert found["Autodiscover Android finds the server"].verdict is BAD
    assert found["Autodiscover Outlook finds the server"].verdict is GOOD


async def test_another_address_than_that_of_the_server_is_told(people: str) -> None:
    with serving(people, EASD_SERVER_PUBLIC_URL="https://old.example.test") as application:
        found = await findings(patient(Between(application, *HOSTS)))
    one = found["Autodiscover Android finds the server"]
    assert (one.verdict, one.advice) == (BAD, f"server.public_url = {URL}")


async def test_a_web_server_of_the_domain_that_asks_for_passwords(people: str) -> None:
    class Website(Between):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host == "example.test":
                return httpx.Response(401, request=request)
            return await super().handle_async_request(request)

    with serving(people) as application:
        found = await findings(patient(Website(application, *HOSTS)))
    one = found["Autodiscover Android finds the server"]
    assert one.verdict is NOTE
    assert one.advice == "https://example.test/autodiscover/autodiscover.xml refuses the password: let it answer 404"


async def test_a_wrong_password_and_a_proxy_that_sends_the_address_elsewhere(people: str) -> None:
    with serving(people) as application:
        wrong = await findings(patient(Between(application, *HOSTS, server="nginx/1.27"), password="wrong"))
        assert "refused, behind nginx" in wrong["EAS the EAS address"].found
        cut = await findings(patient(Between(application, *HOSTS, cut="Microsoft-Server")))
        assert cut["EAS the EAS address"].verdict is BAD
        assert "HTTP 504" in cut["EAS the EAS address"].found


def test_each_client_has_its_order() -> None:
    steps = orders("a@x.test", [Service("eas.x.test", 8443)])
    hosts = {client: [httpx.URL(step.url).netloc.decode() for step in found] for client, found in steps.items()}
    assert hosts == {
        "iOS": ["x.test", "autodiscover.x.test", "x.test", "autodiscover.x.test", "autodiscover.x.test"],
        "Android": ["x.test", "autodiscover.x.test"],
        "Outlook": [
            "x.test", "autodiscover.x.test", "autodiscover.x.test", "eas.x.test:8443", "x.test", "autodiscover.x.test"
        ],
    }  # fmt: skip


def test_proxies_are_known_by_what_they_say_and_each_has_its_advice() -> None:
    for said, name in (({"server": "nginx/1.2"}, "nginx"), ({"via": "1.1 Caddy"}, "Caddy")):
        found = known(said)
        assert found is not None
        assert found.name == name
        assert advice(found).startswith(f"{name}: ")
    assert known({"server": "uvicorn"}) is None
    for flowing in (True, False):
        assert all(proxy.name in advice(None, flowing=flowing) for proxy in PROXIES)


# ---------------------------------------------------------------- waiting


class Clock:
    """Time that passes by what is asked of it."""

    def __init__(self, *moments: float) -> None:
        self._moments = list(moments)

    def __call__(self) -> float:
        return self._moments.pop(0) if len(self._moments) > 1 else self._moments[0]


def device(transport: httpx.AsyncBaseTransport) -> Device:
    return Device(URL, "alice@example.test", PASSWORD, transport=transport)


async def test_a_request_that_is_cut_is_told_with_what_to_change(people: str) -> None:
    with serving(people) as application:
        async with device(Between(application, *HOSTS, server="nginx", cut="Cmd=Ping")) as cut:
            found = await waiting.survival(cut, 900, known({"server": "nginx"}), Clock(0, 60))
    assert (found.verdict, "cut after 60 s" in found.found) == (BAD, True)
    assert found.advice == "nginx: proxy_read_timeout 3700s; proxy_send_timeout 3700s;"


async def test_a_request_that_the_server_itself_ends_has_survived(people: str) -> None:
    with serving(people) as application:
        transport = Between(application, *HOSTS)
        async with device(transport) as well:
            holding = asyncio.create_task(waiting.survival(well, 900, None, Clock(0, 900)))
            await asyncio.wait_for(application.gateway.hub.somebody_waits(), 20)
            application.gateway.hub.close()
            found = await asyncio.wait_for(holding, 20)
    assert (found.verdict, found.found) == (GOOD, "answered by the server after 900 s")


async def test_an_interval_that_the_server_does_not_allow(people: str) -> None:
    with serving(people) as application:
        async with device(Between(application, *HOSTS)) as well:
            found = await waiting.survival(well, 30, None)
    assert (found.verdict, found.advice) == (NOTE, "ask again with --hold 60")


async def test_nothing_can_be_held_without_signing_in(people: str) -> None:
    with serving(people) as application:
        wrong = Device(URL, "alice@example.test", "wrong", transport=Between(application, *HOSTS))
        async with wrong:
            assert (await waiting.survival(wrong, 900, None)).verdict is BAD


class Pieces(httpx.AsyncBaseTransport):
    """An answer of these pieces."""

    def __init__(self, *pieces: bytes, status: int = 200) -> None:
        self._pieces, self._status = pieces, status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async def content() -> AsyncIterator[bytes]:
            for piece in self._pieces:
                yield piece

        return httpx.Response(self._status, headers={"Server": "Caddy"}, content=content(), request=request)


async def test_answers_that_are_held_back_are_told_with_what_to_change() -> None:
    at_once = await waiting.flow(URL, Pieces(b"begun\n", b"ended\n"), None, Clock(0, 0.01))
    whole = await waiting.flow(URL, Pieces(b"begun\nended\n"), None, Clock(0))
    for found in (at_once, whole):
        assert (found.verdict, found.advice) == (BAD, "Caddy: reverse_proxy easd:8080 { flush_interval -1 }")
    assert (await waiting.flow(URL, Pieces(b"begun\n", b"ended\n"), None, Clock(0, 1.0))).verdict is GOOD
    assert (await waiting.flow(URL, Pieces(b"", status=404), None, Clock(0))).verdict is NOTE


# ---------------------------------------------------------------- over real sockets


async def test_a_certificate_is_judged_as_a_phone_does(people: str) -> None:
    with running_server(people, tls=True) as server:
        port = int(server.url.rpartition(":")[2])
        trusted = await certificate.look(
            "127.0.0.1", port, lambda: ssl.create_default_context(cafile=server.certificate)
        )
        assert trusted.verdict is NOTE, "it is valid for a day only"
        assert "TLSv1.3" in trusted.found
        strange = await certificate.look("127.0.0.1", port, ssl.create_default_context)
        assert strange.verdict is BAD
        assert "self-signed" in strange.found
    nobody = await certificate.look("127.0.0.1", port, ssl.create_default_context)
    assert (nobody.verdict, nobody.found[:13]) == (BAD, "no connection")


def test_the_command_says_what_is_wrong_and_ends_with_1(people: str) -> None:
    with running_server(people, tls=True) as server:
        environ = {"EASD_PASSWORD": PASSWORD}
        command = (
            "doctor",
            server.url,
            "alice@example.test",
            "--ca-file",
            str(server.certificate),
            "--hold",
            "0",
            "--no-mail",
        )
        ended = run_easd(*command, "--json", environ=environ)
        assert ended.returncode == 1, ended.stderr
        found = {one["what"]: one for one in json.loads(ended.stdout)}
        assert found["the EAS address"]["verdict"] == "good"
        assert found["answers come piece by piece"]["verdict"] == "good"
        assert found["autodiscover.example.test"]["verdict"] == "bad"
        assert "to change" in easd(*command, environ=environ).out
    assert easd("doctor", "mail.example.test", "alice@example.test").code == 2
    assert easd("doctor", URL, "alice").code == 2

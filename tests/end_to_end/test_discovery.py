"""How clients find their server, over the whole application: Autodiscover, autoconfig, profiles."""

import plistlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from lxml import etree

from easd.client.discover import Kind, NotFound, Seeker
from easd.main.composition import Application
from tests.support.certificates import self_signed
from tests.support.server import PASSWORD, demo_users, in_process_app, office, prepared

MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
POX = "/autodiscover/autodiscover.xml"
URL = "https://mail.example.test"
SETTINGS = {
    "EASD_SERVER_PUBLIC_URL": URL,
    "EASD_ORGANISATION_MOVED_DOMAINS": "moved.test=https://other.test/Microsoft-Server-ActiveSync",
    "EASD_DISCOVERY_REDIRECTED_DOMAINS": "Old.test=example.test",
}
SERVERS = {"EASD_DISCOVERY_IMAP": "imap.example.test:993", "EASD_DISCOVERY_SMTP": "smtp.example.test:587"}


@pytest.fixture
def people(sqlite_url: str) -> str:
    """A database with alice, bob and carol; alice has an alias."""
    url = prepared(sqlite_url)
    users = demo_users(url)
    with office(url) as opened:
        opened.accounts.add_alias(users["alice"].id, "sales@example.test")
    return url


@contextmanager
def serving(people: str, base: str = "https://mail.example.test", **environ: str) -> Iterator[httpx.AsyncClient]:
    with in_process_app(people, environ={**SETTINGS, **environ}) as application:
        yield client(application, base)


def client(application: Application, base: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
    return httpx.AsyncClient(transport=transport, base_url=base)


@pytest.fixture
async def http(people: str) -> AsyncIterator[httpx.AsyncClient]:
    with serving(people) as made:
        async with made:
            yield made


def login(name: str = "alice@example.test", password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode(), "Content-Type": "text/xml"}


def document(address: str = "alice@example.test", schema: str = MOBILE, requests: int = 1) -> str:
    request = (
        f"<Request><EMailAddress>{address}</EMailAddress>"
        f"<AcceptableResponseSchema> {schema} </AcceptableResponseSchema></Request>"
    )
    namespace = schema.replace("response", "request")
    return f'<?xml version="1.0"?><Autodiscover xmlns="{namespace}">{request * requests}</Autodiscover>'


async def ask(http: httpx.AsyncClient, content: str | bytes, **headers: str) -> etree._Element:
    """The document of an answer that is 200 and XML."""
    answer = await http.post(POX, content=content, headers={**login(), **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    root = etree.fromstring(answer.content)
    assert root.tag == f"{{{OUTER}}}Autodiscover"
    return root


def told(root: etree._Element) -> dict[str, Any]:
    """The leaves of an answer by name."""
    leaves = [element for element in root.iter() if not len(element)]
    return {etree.QName(element).localname: element.text for element in leaves}


def namespaces(root: etree._Element) -> set[str | None]:
    return {etree.QName(element).namespace for element in root[0].iter()}


# ---------------------------------------------------------------- MobileSync


async def test_a_phone_is_told_its_url_and_its_users_primary_address_R41_R2228_R3482_R3484(
    http: httpx.AsyncClient,
) -> None:
    for address in ("alice@example.test", "Alice@Example.Test", "sales@example.test", "alice", "sales"):
        root = await ask(http, document(address))
        assert namespaces(root) == {MOBILE}
        url = f"{URL}/Microsoft-Server-ActiveSync"
        assert told(root) == {
            "Culture": "en:us",
            "DisplayName": "Alice Archer",
            "EMailAddress": "alice@example.test",
            "Type": "MobileSync",
            "Url": url,
            "Name": url,
        }  # R2124, R4648


@pytest.mark.parametrize(
    "path", ["/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml", "/autodiscover/AUTODISCOVER.XML"]
)
async def test_the_path_may_have_any_letter_case(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(path, content=document(), headers=login())
    assert b"<Type>MobileSync</Type>" in answer.content


async def test_credentials_are_asked_for(http: httpx.AsyncClient) -> None:
    for headers in ({}, login(password="wrong"), {"Authorization": "Basic !"}):
        answer = await http.post(POX, content=document(), headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"][:12]) == (401, "Basic realm=")


async def test_credentials_without_a_document_are_enough_as_some_androids_send_it(http: httpx.AsyncClient) -> None:
    assert told(await ask(http, b""))["EMailAddress"] == "alice@example.test"


@pytest.mark.parametrize("address", ["bob@example.test", "nobody@example.test", "alice@elsewhere.test", "bob"])
async def test_an_address_of_somebody_else_is_status_2_R3998_R4002_R4001(http: httpx.AsyncClient, address: str) -> None:
    root = await ask(http, document(address))
    assert told(root)["Status"] == "2"
    path = [etree.QName(element).localname for element in root.iter()]
    assert path[-6:] == ["EMailAddress", "Action", "Error", "Status", "Message", "DebugData"]
    assert b"Url" not in etree.tostring(root)


async def test_a_domain_with_another_name_is_redirected_R3772(http: httpx.AsyncClient) -> None:
    root = await ask(http, document("alice@OLD.test"))
    assert told(root)["Redirect"] == "alice@example.test"


async def test_a_domain_that_has_moved_is_told_its_new_url_R46(http: httpx.AsyncClient) -> None:
    assert (
        told(await ask(http, document("alice@moved.test")))["Url"] == "https://other.test/Microsoft-Server-ActiveSync"
    )
    answer = await http.post(POX, content=document("x@moved.test"), headers=login("x@moved.test", "any"))
    assert (answer.status_code, answer.headers["location"]) == (302, f"https://other.test{POX}")


# ---------------------------------------------------------------- requests that are none


@pytest.mark.parametrize(
    "content",
    [
        "<",
        "no xml",
        "<Autodiscover/>",
        "<Other><Request/></Other>",
        document(requests=2),
        document(address=""),
        document(schema=""),
        document(address="a" * 1000),
        "<Autodiscover><Request><EMailAddress>alice@example.test</EMailAddress></Request></Autodiscover>",
        "\0" * 10,
        '<?xml version="1.0" encoding="klingon"?><Autodiscover/>',
        "<a>" * 300 + "</a>" * 300,
    ],
    ids=lambda content: content[:30],
)
async def test_a_document_that_is_no_request_is_600_R3799_R2287(http: httpx.AsyncClient, content: str) -> None:
    root = await ask(http, content)
    assert told(root) == {"ErrorCode": "600", "Message": "Invalid Request", "DebugData": None}
    error = root[0][0]
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{7}", error.get("Time") or "")  # R5698, R5547
    assert (error.get("Id") or "").isdecimal()  # R5545
    assert namespaces(root) == {OUTER}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://192.0.2.9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ],
)
async def test_entities_are_refused_and_nothing_is_read_for_them(
    http: httpx.AsyncClient, doctype: str, encoding: str
) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}' + document("&a;").partition("?>")[2]
    root = await ask(http, content.encode(encoding))
    assert told(root)["ErrorCode"] == "600"
    assert b"root:" not in etree.tostring(root)


async def test_a_document_has_a_bound(http: httpx.AsyncClient) -> None:
    assert (await http.post(POX, content=b" " * 65537, headers=login())).status_code == 413


async def test_a_schema_that_nobody_provides_is_601_R2285_R2286_R2288(http: httpx.AsyncClient) -> None:
    for schema in ("http://example.test/schema", OUTLOOK):  # there are no mail servers that Outlook could be told
        assert told(await ask(http, document(schema=schema)))["ErrorCode"] == "601"


# ---------------------------------------------------------------- Outlook


async def test_outlook_is_told_the_mail_servers(people: str) -> None:
    with serving(people, **SERVERS) as http:
        root = await ask(http, document("sales@example.test", OUTLOOK))
        assert namespaces(root) == {OUTLOOK}
        imap, smtp = root.iter(f"{{{OUTLOOK}}}Protocol")
        assert (told(imap)["Type"], told(imap)["Server"], told(imap)["Port"]) == ("IMAP", "imap.example.test", "993")
        assert (told(imap)["SSL"], told(imap)["Encryption"]) == ("on", "SSL")
        assert (told(smtp)["Type"], told(smtp)["Encryption"], told(smtp)["AuthRequired"]) == ("SMTP", "TLS", "on")
        assert told(root)["AutoDiscoverSMTPAddress"] == "alice@example.test"
        assert told(smtp)["LoginName"] == "alice@example.test"


async def test_outlook_is_told_what_is_wrong_with_an_address(people: str) -> None:
    with serving(people, **SERVERS) as http:
        assert told(await ask(http, document("bob@example.test", OUTLOOK)))["ErrorCode"] == "500"
        assert told(await ask(http, document("no address", OUTLOOK)))["ErrorCode"] == "501"
        redirect = told(await ask(http, document("alice@old.test", OUTLOOK)))
        assert (redirect["Action"], redirect["RedirectAddr"]) == ("redirectAddr", "alice@example.test")


async def test_a_get_over_plain_http_leads_to_https(people: str) -> None:
    with serving(people, "http://autodiscover.example.test") as http:
        answer = await http.get(POX)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{URL}{POX}")
    with serving(people) as http:
        assert (await http.get(POX)).status_code == 401
        assert b"<ErrorCode>600</ErrorCode>" in (await http.get(POX, headers=login())).content


# ---------------------------------------------------------------- the address of the server


async def _url(http: httpx.AsyncClient, **headers: str) -> str:
    return str(told(await ask(http, document(), **headers))["Url"]).removesuffix("/Microsoft-Server-ActiveSync")


async def test_without_a_public_url_the_server_is_called_as_the_client_called_it(people: str) -> None:
    with serving(people, "http://Eas.Example.test:8443", EASD_SERVER_PUBLIC_URL="") as http:
        assert await _url(http) == "http://eas.example.test:8443"
        forged = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"}
        assert await _url(http, **forged) == "http://eas.example.test:8443"
    trusted = {"EASD_SERVER_PUBLIC_URL": "", "EASD_SERVER_TRUSTED_PROXIES": "192.0.2.0/24"}
    with serving(people, "http://10.0.0.1", **trusted) as http:
        assert (
            await _url(http, **{"X-Forwarded-Host": "mail.x.test", "X-Forwarded-Proto": "https"})
            == "https://mail.x.test"
        )
        answer = await http.post(POX, content=document(), headers={**login(), "Host": 'x"><script>'})
        assert answer.status_code == 400


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "path",
    [
        "/autodiscover/autodiscover.json?Email=alice@example.test&Protocol=ActiveSync",
        "/autodiscover/autodiscover.json?email=nobody@EXAMPLE.test&protocol=activesync&RedirectCount=1",
        "/Autodiscover/Autodiscover.json/v1.0/alice@example.test?Protocol=ActiveSync",
    ],
)
async def test_json_names_the_url_without_credentials_and_tells_nobody_who_is_there(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path)
    assert answer.json() == {"Protocol": "ActiveSync", "Url": f"{URL}/Microsoft-Server-ActiveSync"}


async def test_json_leads_to_the_older_form_and_to_other_servers(http: httpx.AsyncClient) -> None:
    path = "/autodiscover/autodiscover.json"
    older = await http.get(path, params={"Email": "a@example.test", "Protocol": "AutodiscoverV1"})
    assert older.json()["Url"] == f"{URL}{POX}"
    moved = await http.get(path, params={"Email": "a@moved.test", "Protocol": "ActiveSync"})
    assert moved.json()["Url"] == "https://other.test/Microsoft-Server-ActiveSync"


@pytest.mark.parametrize(
    "query, status, code",
    [
        ("Email=a@example.test", 400, "MandatoryParameterMissing"),
        ("Protocol=ActiveSync", 400, "InvalidUserId"),
        ("Email=x&Protocol=ActiveSync", 400, "InvalidUserId"),
        ("Email=a@example.test&Protocol=Ews", 400, "InvalidProtocol"),
        ("Email=a@elsewhere.test&Protocol=ActiveSync", 404, "UserNotFound"),
    ],
)
async def test_json_says_what_is_wrong(http: httpx.AsyncClient, query: str, status: int, code: str) -> None:
    answer = await http.get(f"/autodiscover/autodiscover.json?{query}")
    assert (answer.status_code, answer.json()["ErrorCode"]) == (status, code)


# ---------------------------------------------------------------- autoconfig and profiles


@pytest.mark.parametrize(
    "url",
    [
        "https://example.test/.well-known/autoconfig/mail/config-v1.1.xml",
        "https://autoconfig.example.test/mail/config-v1.1.xml",
        "https://x.test/mail/config-v1.1.xml?emailaddress=alice%40example.test",
    ],
)
async def test_thunderbird_is_told_the_servers(people: str, url: str) -> None:
    with serving(people, **SERVERS) as http:
        root = etree.fromstring((await http.get(url)).content)
        servers = list(root[0])[3:]
        kinds = [(server.get("type"), server.findtext("hostname") or server.findtext("url")) for server in servers]
        assert root[0].findtext("domain") == "example.test"
        assert kinds == [
            ("imap", "imap.example.test"),
            ("activesync", f"{URL}/Microsoft-Server-ActiveSync"),
            ("smtp", "smtp.example.test"),
        ]
        assert [server.findtext("socketType") for server in servers] == ["SSL", None, "STARTTLS"]


async def test_other_domains_have_no_configuration_here(http: httpx.AsyncClient) -> None:
    assert (await http.get("/mail/config-v1.1.xml?emailaddress=a@elsewhere.test")).status_code == 404
    assert (await http.get("/email.mobileconfig?email=a@elsewhere.test")).status_code == 404
    assert (await http.get("/email.mobileconfig?email=alice")).status_code == 404


async def test_a_profile_holds_the_account_and_no_password(http: httpx.AsyncClient) -> None:
    answer = await http.get("/email.mobileconfig?email=Alice@example.test")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    whole = plistlib.loads(answer.content)
    (account,) = whole["PayloadContent"]
    assert (account["PayloadType"], account["Host"], account["SSL"]) == (
        "com.apple.eas.account",
        "mail.example.test",
        True,
    )
    assert (account["EmailAddress"], account["UserName"]) == ("alice@example.test", "alice@example.test")
    assert not [key for key in account if "Password" in key]
    again = await http.get("/email.mobileconfig?email=alice@example.test")
    assert plistlib.loads(again.content) == whole, "the same account is not added twice"


async def test_a_profile_is_signed_with_the_certificate_of_the_settings(people: str, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    signing = {"EASD_DISCOVERY_PROFILE_CERT": str(certificate), "EASD_DISCOVERY_PROFILE_KEY": str(key)}
    with serving(people, **signing) as http:
        content = (await http.get("/email.mobileconfig?email=alice@example.test")).content
    assert pkcs7.load_der_pkcs7_certificates(content) == x509.load_pem_x509_certificates(certificate.read_bytes())
    assert b"com.apple.eas.account" in content


# ---------------------------------------------------------------- a client that looks for it


class Internet(httpx.AsyncBaseTransport):
    """Hosts that lead to the application, and hosts that are not there; `asked` are the requests."""

    def __init__(self, application: Application, *hosts: str) -> None:
        self._server = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
        self._hosts = hosts
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if f"{request.url.scheme}://{request.url.host}" not in self._hosts:
            raise httpx.ConnectError("there is no such host")
        return await self._server.handle_async_request(request)


@pytest.mark.parametrize(
    "hosts",
    [
        ("https://example.test",),
        ("https://autodiscover.example.test",),
        ("http://autodiscover.example.test", "https://mail.example.test"),
        ("https://old.test", "https://autodiscover.example.test"),
    ],
    ids=lambda hosts: hosts[0],
)
async def test_the_client_finds_the_server_and_sends_no_password_in_the_clear(
    people: str, hosts: tuple[str, ...]
) -> None:
    with in_process_app(people, environ=SETTINGS) as application:
        internet = Internet(application, *hosts)
        address = "alice@old.test" if "old" in hosts[0] else "sales@example.test"
        trial = await Seeker(address, "alice@example.test", PASSWORD, internet).discover()
        assert (trial.url, trial.address) == (f"{URL}/Microsoft-Server-ActiveSync", "alice@example.test")
        assert not [r for r in internet.asked if r.url.scheme == "http" and "authorization" in r.headers]


async def test_the_client_says_what_came_of_each_step(people: str) -> None:
    with in_process_app(people, environ=SETTINGS) as application:
        internet = Internet(application, "https://example.test")
        with pytest.raises(NotFound) as caught:
            await Seeker("alice@example.test", "alice", "wrong", internet).discover()
        assert f"https://example.test{POX}: HTTP 401" in str(caught.value)
        assert f"http://autodiscover.example.test{POX}: no answer (ConnectError" in str(caught.value)


async def test_the_client_is_content_with_json(people: str) -> None:
    with in_process_app(people, environ=SETTINGS) as application:
        internet = Internet(application, "https://autodiscover.example.test")
        seeker = Seeker("alice@example.test", "alice", "wrong", internet)
        assert (await seeker.discover()).step.kind is Kind.JSON

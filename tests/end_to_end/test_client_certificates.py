"""Certificates of clients, over TLS and through proxies; and the server's own, renewed while it serves."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from easd.http.client_certificates import Authorities, from_header
from easd.http.tls import Renewal
from easd.main.composition import Application
from tests.support.certificates import self_signed
from tests.support.server import PASSWORD, demo_users, in_process_app, prepared, running_server

EAS = "/Microsoft-Server-ActiveSync"
HEADER = "X-SSL-Client-Cert"
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
DAY = timedelta(days=1)


@dataclass
class Authority:
    """Somebody who gives out certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str = "Authority") -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = (
            _builder(subject, subject, key.public_key(), datetime.now(UTC) - DAY, datetime.now(UTC) + DAY)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, made)

    def issue(
        self,
        *names: x509.GeneralName,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
        end: timedelta = DAY,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> bytes:
        """A certificate (DER) with these alternative names."""
        holder = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])
        now = datetime.now(UTC)
        made = (
            _builder(subject, self.certificate.subject, holder.public_key(), now - 2 * DAY, now + end)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return made.public_bytes(Encoding.DER)

    def write(self, folder: Path) -> Path:
        path = folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def mail(address: str = "alice@example.test") -> x509.GeneralName:
    return x509.RFC822Name(address)


def upn(name: str) -> x509.GeneralName:
    return x509.OtherName(UPN, bytes([0x0C, len(name)]) + name.encode())


def pem(der: bytes) -> str:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def authority() -> Authority:
    return Authority.make()


@pytest.fixture
def people(sqlite_url: str) -> str:
    url = prepared(sqlite_url)
    demo_users(url)
    return url


# ---------------------------------------------------------------- what a certificate says


def test_a_certificate_names_mail_addresses_and_user_principal_names(authority: Authority, tmp_path: Path) -> None:
    authorities = Authorities(str(authority.write(tmp_path)))
    der = authority.issue(mail("Alice@example.test"), upn("bob@example.test"), x509.DNSName("x.test"))
    assert authorities.addresses(der, datetime.now(UTC)) == ("alice@example.test", "bob@example.test")


def test_certificates_that_do_not_count_name_nobody(authority: Authority, tmp_path: Path) -> None:
    authorities = Authorities(str(authority.write(tmp_path)))
    stranger = Authority.make().issue(mail())
    for der in (
        stranger,
        authority.issue(mail(), purpose=ExtendedKeyUsageOID.SERVER_AUTH),
        authority.issue(mail(), end=-timedelta(hours=1)),
        authority.certificate.public_bytes(Encoding.DER),
        b"",
        b"nonsense",
    ):
        assert authorities.addresses(der, datetime.now(UTC)) == ()


def test_proxies_write_certificates_in_several_ways(authority: Authority) -> None:
    der = authority.issue(mail())
    plain = b64encode(der).decode()
    for text in (quote(pem(der)), pem(der).replace("\n", " "), plain, quote(plain), f"{plain},{plain}"):
        assert from_header(text) == der
    for text in ("", "(null)", "%", "ü", "a" * 20_000):
        assert from_header(text) is None


# ---------------------------------------------------------------- through a proxy


@contextmanager
def behind_a_proxy(people: str, authority: Authority, folder: Path, mode: str) -> Iterator[Application]:
    environ = {
        "EASD_AUTH_CLIENT_CERTIFICATES": mode,
        "EASD_AUTH_CLIENT_CA": str(authority.write(folder)),
        "EASD_AUTH_CLIENT_CERTIFICATE_HEADER": HEADER,
        "EASD_SERVER_TRUSTED_PROXIES": "192.0.2.0/24",
    }
    with in_process_app(people, environ=environ) as application:
        yield application


async def ask(
    application: Application, der: bytes | None, login: str = "", password: str = PASSWORD, peer: str = "192.0.2.1"
) -> int:
    """The status of OPTIONS."""
    headers = [] if der is None else [(HEADER, quote(pem(der)))]
    if login:
        headers.append(("Authorization", "Basic " + b64encode(f"{login}:{password}".encode()).decode()))
    transport = httpx.ASGITransport(application.asgi, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://mail.example.test") as client:
        return (await client.options(EAS, headers=headers)).status_code


async def test_a_certificate_signs_in_without_a_password(people: str, authority: Authority, tmp_path: Path) -> None:
    with behind_a_proxy(people, authority, tmp_path, "accepted") as application:
        assert await ask(application, authority.issue(mail())) == 200
        assert await ask(application, authority.issue(mail("nobody@example.test"))) == 401
        assert await ask(application, Authority.make().issue(mail())) == 401
        assert await ask(application, None) == 401
        assert await ask(application, None, "alice@example.test") == 200


async def test_nobody_but_a_trusted_proxy_is_believed(people: str, authority: Authority, tmp_path: Path) -> None:
    with behind_a_proxy(people, authority, tmp_path, "accepted") as application:
        assert await ask(application, authority.issue(mail()), peer="203.0.113.5") == 401
        der = quote(pem(authority.issue(mail())))
        transport = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://x.test") as client:
            twice = [(HEADER, der), (HEADER, der)]
            assert (await client.options(EAS, headers=twice)).status_code == 401


async def test_a_required_certificate_must_be_that_of_the_user(
    people: str, authority: Authority, tmp_path: Path
) -> None:
    with behind_a_proxy(people, authority, tmp_path, "required") as application:
        alices = authority.issue(mail())
        assert await ask(application, None, "alice@example.test") == 403
        assert await ask(application, Authority.make().issue(mail()), "alice@example.test") == 403
        assert await ask(application, alices, "alice@example.test") == 200
        assert await ask(application, alices, "bob@example.test") == 403
        assert await ask(application, alices, "alice@example.test", "wrong") == 401
        assert await ask(application, alices) == 200


# ---------------------------------------------------------------- over TLS


def test_a_certificate_signs_in_over_the_servers_own_tls(people: str, authority: Authority, tmp_path: Path) -> None:
    environ = {
        "EASD_AUTH_CLIENT_CERTIFICATES": "accepted",
        "EASD_AUTH_CLIENT_CA": str(authority.write(tmp_path)),
    }
    key = ec.generate_private_key(ec.SECP256R1())
    certificate_file, key_file = tmp_path / "alice.pem", tmp_path / "alice.key"
    certificate_file.write_text(pem(authority.issue(mail(), key=key)))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with running_server(people, tls=True, environ=environ) as server:
        context = ssl.create_default_context(cafile=server.certificate)
        with httpx.Client(verify=context, trust_env=False) as client:
            assert client.options(server.url + EAS).status_code == 401
            forged = client.options(server.url + EAS, headers={HEADER: quote(certificate_file.read_text())})
            assert forged.status_code == 401
        context.load_cert_chain(certificate_file, key_file)
        with httpx.Client(verify=context, trust_env=False) as client:
            assert client.options(server.url + EAS).status_code == 200


# ---------------------------------------------------------------- the server's own certificate


def _fingerprint(context: ssl.SSLContext) -> bytes:
    """The certificate that a new connection gets."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server)
    for _ in range(4):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = theirs.getpeercert(True)
    assert found is not None
    return found


def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    renewal, first = Renewal(context, str(certificate), str(key)), _fingerprint(context)
    assert not renewal.look()
    assert _fingerprint(context) == first
    self_signed(tmp_path, "127.0.0.1")
    assert renewal.look()
    assert not renewal.look()
    assert _fingerprint(context) != first


def test_files_that_do_not_fit_together_are_left_until_they_do(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    renewal, first = Renewal(context, str(certificate), str(key)), _fingerprint(context)
    (tmp_path / "next").mkdir()
    new_certificate, new_key = self_signed(tmp_path / "next", "127.0.0.1")
    certificate.write_bytes(new_certificate.read_bytes())
    assert not renewal.look()
    assert _fingerprint(context) == first
    key.unlink()
    assert not renewal.look()
    key.write_bytes(new_key.read_bytes())
    assert renewal.look()
    assert _fingerprint(context) != first


async def test_the_files_are_watched_as_long_as_the_server_runs(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    first = _fingerprint(context)
    pauses = iter([lambda: self_signed(tmp_path, "127.0.0.1"), _end])

    async def pause() -> None:
        next(pauses)()

    with pytest.raises(asyncio.CancelledError):
        await Renewal(context, str(certificate), str(key)).watch(pause)
    assert _fingerprint(context) != first


def _end() -> None:
    raise asyncio.CancelledError

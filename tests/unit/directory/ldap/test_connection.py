"""Connections to servers that are hostile, broken or away."""

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from easd.directory.ldap.ber import SEQUENCE, element, integer, octets
from easd.directory.ldap.connection import LdapUnavailable, Url
from easd.directory.ldap.filters import parse
from easd.directory.ldap.messages import Message, Operation, Question, Scope
from easd.directory.ldap.servers import Access, Servers, reach
from tests.support.false_ldap import Answers, entry, false_server, result
from tests.support.slapd import ROOT, ROOT_PASSWORD, SUFFIX, Slapd

ALL = Question("dc=example,dc=test", Scope.SUBTREE, parse("(objectClass=*)"), ("cn",))


def searched(answers: Answers, seconds: float = 10) -> list[str]:
    """What a search of a false server finds."""
    with false_server(answers) as url:
        servers = Servers(Access((url,), clear_text=True, answer_seconds=seconds, page=10))
        try:
            return [one.dn for one in servers.everything(ALL, 1000)]
        finally:
            servers.close()


def test_entries_come_and_referrals_are_not_followed() -> None:
    def answers(request: Message) -> Sequence[bytes]:
        elsewhere = element(Operation.SEARCH_REFERENCE, octets(b"ldap://192.0.2.1/"))
        referral = element(SEQUENCE, integer(request.number), elsewhere)
        return entry(request, "cn=a", cn=[b"a"]), referral, result(request, Operation.SEARCH_DONE)

    assert searched(answers) == ["cn=a"]


def test_a_server_that_never_ends_is_left() -> None:
    def answers(request: Message) -> Sequence[bytes]:
        return [entry(request, f"cn={number}") for number in range(2000)]

    with pytest.raises(LdapUnavailable, match="more than 1000 entries"):
        searched(answers)


@pytest.mark.parametrize(
    "sent, complaint",
    [
        (bytes.fromhex("3084 7fffffff"), "a message of 2147483653 bytes"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what comes is not LDAP"),
        (bytes.fromhex("30 80"), "a length of a strange size"),
        (bytes.fromhex("30 03 020101"), "without an operation"),
        (b"", "no answer in time"),
    ],
)
def test_what_is_no_answer_ends_the_connection(sent: bytes, complaint: str) -> None:
    with pytest.raises(LdapUnavailable, match=complaint):
        searched(lambda _request: [sent], 10 if sent else 0.2)


def test_an_answer_to_something_else_does_not_count() -> None:
    def answers(request: Message) -> Sequence[bytes]:
        other = Message(request.number + 1, request.operation, b"", b"")
        return [result(other, Operation.SEARCH_DONE)]

    with pytest.raises(LdapUnavailable, match="what nobody has asked"):
        searched(answers)


def test_an_incomplete_search_finds_nothing_rather_than_a_part() -> None:
    def answers(request: Message) -> Sequence[bytes]:
        return entry(request, "cn=a"), result(request, Operation.SEARCH_DONE, 11)

    with pytest.raises(LdapUnavailable, match="ended with 11"):
        searched(answers)


# ---------------------------------------------------------------- TLS


def test_where_StartTLS_is_refused_nothing_is_said_in_clear_text() -> None:
    heard: list[int] = []

    def answers(request: Message) -> Sequence[bytes]:
        heard.append(request.operation)
        return [result(request, Operation.EXTENDED_RESPONSE, 2)]

    with false_server(answers) as url:
        [(_, problem)] = reach(Access((url,), "cn=service", "/dev/null"))
    assert "StartTLS is refused" in problem
    assert heard == [Operation.EXTENDED]


def test_what_was_said_before_TLS_is_not_taken_for_an_answer() -> None:
    def answers(request: Message) -> Sequence[bytes]:
        return [result(request, Operation.EXTENDED_RESPONSE) + entry(request, "cn=forged")]

    with false_server(answers) as url:
        [(_, problem)] = reach(Access((url,)))
    assert "in clear text" in problem


def test_a_server_with_an_unknown_certificate_is_refused(slapd: Slapd) -> None:
    for url in (slapd.url, slapd.tls_url):
        [(_, problem)] = reach(Access((url,)))
        assert "certificate verify failed" in problem


def test_a_certificate_of_another_name_is_refused(slapd: Slapd) -> None:
    url = slapd.url.replace("127.0.0.1", "localhost")
    [(_, problem)] = reach(Access((url,), ca_file=str(slapd.certificate)))
    assert "Hostname mismatch" in problem or "hostname" in problem.lower()


@pytest.mark.parametrize("kind", ["url", "tls_url"])
def test_with_its_authority_TLS_is_spoken(slapd: Slapd, kind: str) -> None:
    assert reach(Access((getattr(slapd, kind),), ca_file=str(slapd.certificate)))[0][1] == ""


# ---------------------------------------------------------------- servers


def test_everything_comes_page_by_page(slapd: Slapd, tmp_path: Path) -> None:
    """The server gives ten entries at a time, and no more than fifty without pages."""
    office = slapd.office()
    for number in range(60):
        office.add(f"cn={number}", {"objectClass": ["device"]})
    (tmp_path / "password").write_text("service\n")
    servers = Servers(Access((slapd.url,), office.service, str(tmp_path / "password"), str(slapd.certificate), page=10))
    found = servers.everything(Question(office.base, Scope.SUBTREE, parse("(objectClass=device)"), ("cn",)), 1000)
    assert len({one.dn for one in found}) == 61  # with the service account
    servers.close()


def test_the_next_server_is_asked_where_one_is_away(slapd: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        away = f"ldap://127.0.0.1:{listener.getsockname()[1]}"
    servers = Servers(Access((away, slapd.url), ca_file=str(slapd.certificate)))
    assert servers.check(ROOT, ROOT_PASSWORD).code == 0
    assert servers.check(ROOT, "wrong").code == 49
    servers.close()


def test_servers_that_are_away_cost_their_time_once() -> None:
    """One that accepts and says nothing; after it was found out, nobody waits for it again for a while."""
    now = [0.0]
    with false_server(lambda _request: []) as url:
        servers = Servers(Access((url,), clear_text=True, answer_seconds=0.2), lambda: now[0])
        start = time.monotonic()
        for _ in range(100):
            with pytest.raises(LdapUnavailable, match="no answer in time"):
                servers.check(ROOT, "x")
        assert time.monotonic() - start < 10, "each of them waited"
        now[0] = 60
        start = time.monotonic()
        with pytest.raises(LdapUnavailable):
            servers.check(ROOT, "x")
        assert time.monotonic() - start >= 0.2


def test_a_connection_that_the_server_has_closed_meanwhile_is_made_anew() -> None:
    calls: list[int] = []

    def answers(request: Message) -> Sequence[bytes]:
        calls.append(request.number)
        if request.number > 1:
            raise OSError  # hang up
        return [result(request, Operation.BIND_RESPONSE)]

    with false_server(answers) as url:
        servers = Servers(Access((url,), clear_text=True, answer_seconds=1))
        assert servers.check(ROOT, "x").code == 0
        assert servers.check(ROOT, "x").code == 0
        servers.close()
    assert calls == [1, 2, 1]


def test_a_password_file_that_is_not_there_is_named(slapd: Slapd, tmp_path: Path) -> None:
    [(_, problem)] = reach(Access((slapd.url,), ROOT, str(tmp_path / "none"), str(slapd.certificate)))
    assert "No such file" in problem
    assert ROOT in problem


def test_a_wrong_password_of_the_service_is_told_without_it(slapd: Slapd, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    [(_, problem)] = reach(Access((slapd.url,), ROOT, str(tmp_path / "password"), str(slapd.certificate)))
    assert "may not bind: 49" in problem
    assert "hunter2" not in problem


def test_without_a_password_nobody_is_checked(slapd: Slapd) -> None:
    servers = Servers(Access((slapd.url,), ca_file=str(slapd.certificate)))
    with pytest.raises(ValueError, match="proves nothing"):
        servers.check(f"cn=anybody,{SUFFIX}", "")


@pytest.mark.parametrize("text", ["http://a", "ldap://", "ldap://h/dc=x", "h:389", "ldap://h?x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not ldap"):
        Url.parse(text)

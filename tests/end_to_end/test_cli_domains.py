"""`easd organisation`, `easd domain` and `easd access-control` from the command line."""

import re
import socket
import threading
from collections.abc import Iterator
from typing import Protocol

import dns.flags
import dns.message
import dns.rrset
import pytest

from tests.support.command_line import Ended, easd
from tests.support.server import variables


class Run(Protocol):
    """A command with the test's database."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    return lambda *arguments: easd(*arguments, environ=variables(people))


class NameServer:
    """A name server on a port of its own. `zone`: (name, type) to values; `silent`: it does not answer."""

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            query = dns.message.from_wire(wire)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            [question] = query.question
            kind = question.to_text().split()[-1]
            values = self.zone.get((question.name.to_text(), kind))
            if values:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
            self._socket.sendto(answer.to_wire(), client)

    def close(self) -> None:
        host, _, port = self.address.partition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", (host, int(port)))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    made = NameServer()
    yield made
    made.close()


def test_the_life_of_an_organisation(run: Run) -> None:
    [first] = run("organisation", "list", "--json").json
    assert re.fullmatch(r"m-[0-9a-f]{32}", first["identifier"])
    second = run("organisation", "add", "Second & Sons", "--json").json
    assert (second["alias"], second["state"], second["domains"]) == ("second-sons", "Active", 0)
    assert run("domain", "add", "second.test", "--organisation", "second-sons", "--json").json["default"] is True
    shown = run("organisation", "show", second["identifier"], "--json").json
    assert (shown["default_domain"], shown["domains"], shown["people"]) == ("second.test", 1, 0)
    assert run("organisation", "tag", "second-sons", "--set", "stage=test", "--json").json["tags"] == {"stage": "test"}
    assert run("organisation", "tag", "second-sons", "--remove", "stage", "--json").json["tags"] == {}
    found = run("organisation", "people", first["alias"], "--json").json
    assert {one["address"]: (one["state"], one["role"]) for one in found}["bob@example.test"] == ("ENABLED", "USER")
    assert "second-sons" in run("organisation", "list").out
    assert run("organisation", "remove", "second-sons", "--yes").code == 0
    assert [one["state"] for one in run("organisation", "list", "--deleted", "--json").json] == ["Active", "Deleted"]
    for arguments, words in (
        (("organisation", "show", "second-sons"), "no organisation second-sons"),
        (("organisation", "add", "Other", "--alias", first["alias"]), "there is an organisation with the alias"),
        (("domain", "show", "second.test", "--host", "mail.test"), "no domain second.test"),
        (("domain", "show", "example.test"), "--host"),
        (("domain", "remove", "example.test"), "addresses are in the domain"),
    ):
        ended = run(*arguments)
        assert (ended.code, ended.out) == (1, "")
        assert words in ended.err


def test_a_domain_is_verified_by_what_the_dns_says(run: Run, names: NameServer) -> None:
    asked = ("domain", "verify", "example.test", "--host", "Mail.example.test", "--dns-server", names.address)
    records = run("domain", "show", "example.test", "--host", "mail.example.test", "--json").json["records"]
    ended = run(*asked, "--json")
    assert (ended.code, ended.json["state"]) == (1, "FAILED")
    assert not any(one["fulfilled"] for one in ended.json["records"])

    for one in records:
        value = one["value"]
        quoted = f'"{value[:20]}" "{value[20:]}"' if one["type"] == "TXT" else value  # long texts come in pieces
        names.zone.setdefault((one["hostname"], one["type"]), []).append(quoted)
    ended = run(*asked, "--json")
    assert (ended.code, ended.json["state"]) == (0, "VERIFIED")
    assert all(one["fulfilled"] for one in ended.json["records"])
    assert [one["state"] for one in run("domain", "list", "--json").json if one["domain"] == "example.test"] == [
        "VERIFIED"
    ]

    names.zone["example.test.", "MX"] = ["5 other.test.", "50 MAIL.example.test."]  # another preference is the owner's
    names.zone["example.test.", "TXT"] = ['"v=spf1 include:ses.test -all"', '"unrelated"']
    names.zone["_dmarc.example.test.", "TXT"] = ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']  # two are none
    names.zone["autodiscover.example.test.", "CNAME"] = ["elsewhere.test."]
    found = {
        (one["record"]["hostname"], one["record"]["type"]): one["fulfilled"]
        for one in run(*asked, "--json").json["records"]
    }
    assert found["example.test.", "MX"]
    assert found["example.test.", "TXT"]
    assert not found["_dmarc.example.test.", "TXT"]
    assert not found["autodiscover.example.test.", "CNAME"]
    assert "elsewhere.test" in run(*asked).out


def test_without_an_answer_nothing_is_said_of_the_domain(run: Run) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    ended = run("domain", "verify", "example.test", "--host", "mail.test", "--dns-server", f"127.0.0.1:{port}")
    assert (ended.code, ended.out) == (1, "")
    assert "the DNS did not say" in ended.err
    assert run("domain", "list", "--json").json[0]["state"] == "PENDING"


def test_the_default_domain_is_chosen(run: Run) -> None:
    assert run("domain", "add", "other.test", "--json").json["default"] is False
    assert run("domain", "default", "other.test", "--json").json["default"] is True
    assert run("organisation", "show", "--json").json["default_domain"] == "other.test"
    assert run("domain", "remove", "other.test").code == 0


def test_the_life_of_an_access_control_rule(run: Run) -> None:
    assert [one["name"] for one in run("access-control", "list", "--json").json] == ["Default"]
    office = ("access-control", "put", "Outside", "deny", "--not-ip-range", "192.0.2.0/24", "--action", "activesync")
    made = run(*office, "--not-user", "bob", "--description", "Phones stay here", "--json").json
    assert made == {
        "name": "Outside",
        "effect": "DENY",
        "description": "Phones stay here",
        "conditions": {
            "not_ip_ranges": ["192.0.2.0/24"],
            "actions": ["ActiveSync"],
            "not_users": ["bob@example.test"],
        },
    }
    assert "not users: bob@example.test" in run("access-control", "list").out
    tried = run("access-control", "test", "alice", "ActiveSync", "198.51.100.1", "--json").json
    assert tried == {"effect": "DENY", "matched": ["Outside"]}
    assert "ALLOW" in run("access-control", "test", "alice", "IMAP", "198.51.100.1").out
    assert run("access-control", "test", "bob", "ActiveSync", "198.51.100.1", "--json").json["effect"] == "ALLOW"
    for arguments, words in (
        (("access-control", "put", "Odd", "DENY", "--ip-range", "here"), "not a network"),
        (("access-control", "remove", "Nothing"), "there is no rule Nothing"),
    ):
        ended = run(*arguments)
        assert (ended.code, ended.out) == (1, "")
        assert words in ended.err
    assert run("access-control", "remove", "Outside").code == 0
    assert len(run("access-control", "list", "--json").json) == 1

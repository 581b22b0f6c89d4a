"""`easd organisation`, `easd domain` and `easd access-control` from the command line."""

import re
from collections.abc import Iterator
from typing import Protocol

import pytest

from easd.client import Device
from easd.model.folder import FolderType
from tests.support.command_line import Ended, easd
from tests.support.name_server import FAILS, NameServer, name_server
from tests.support.server import PASSWORD, running_server, variables


class Run(Protocol):
    """A command with the test's database."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    return lambda *arguments: easd(*arguments, environ=variables(people))


@pytest.fixture
def names() -> Iterator[NameServer]:
    with name_server({}) as made:
        yield made


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
    assert run("dkim", "create", "example.test").code == 0
    asked = ("domain", "verify", "example.test", "--host", "Mail.example.test", "--dns-server", names.address)
    records = run("domain", "show", "example.test", "--host", "mail.example.test", "--json").json["records"]
    assert "v=DKIM1; k=" in records[-1]["value"]
    assert records[-1]["hostname"].endswith("._domainkey.example.test.")
    ended = run(*asked, "--json")
    assert (ended.code, ended.json["state"]) == (1, "FAILED")
    assert not any(one["fulfilled"] for one in ended.json["records"])

    for one in records:
        value = one["value"]
        pieces = '" "'.join(value[at : at + 20] for at in range(0, len(value), 20))  # long texts come so
        key = f"{one['hostname'].rstrip('.').lower()} {one['type']}"
        names.zone[key] = [*names.zone.get(key, []), pieces if one["type"] == "TXT" else value]
    ended = run(*asked, "--json")
    assert (ended.code, ended.json["state"]) == (0, "VERIFIED")
    assert all(one["fulfilled"] for one in ended.json["records"])
    [known] = [one for one in run("domain", "list", "--json").json if one["domain"] == "example.test"]
    assert (known["state"], known["dkim"]) == ("VERIFIED", "VERIFIED")
    names.zone.pop(next(key for key in names.zone if "_domainkey" in key))
    run(*asked)
    [known] = [one for one in run("domain", "list", "--json").json if one["domain"] == "example.test"]
    assert known["dkim"] == "FAILED"

    names.zone["example.test MX"] = ["5 other.test.", "50 MAIL.example.test."]  # another preference is the owner's
    names.zone["example.test TXT"] = ["v=spf1 include:ses.test -all", "unrelated"]
    names.zone["_dmarc.example.test TXT"] = ["v=DMARC1; p=none", "v=DMARC1; p=reject"]  # two are none
    names.zone["autodiscover.example.test CNAME"] = ["elsewhere.test."]
    found = {
        (one["record"]["hostname"], one["record"]["type"]): one["fulfilled"]
        for one in run(*asked, "--json").json["records"]
    }
    assert found["example.test.", "MX"]
    assert found["example.test.", "TXT"]
    assert not found["_dmarc.example.test.", "TXT"]
    assert not found["autodiscover.example.test.", "CNAME"]
    assert "elsewhere.test" in run(*asked).out


def test_without_an_answer_nothing_is_said_of_the_domain(run: Run, names: NameServer) -> None:
    names.zone.update({f"{name}example.test {kind}": FAILS for name in ("", "_easd.") for kind in ("TXT", "MX")})
    ended = run("domain", "verify", "example.test", "--host", "mail.test", "--dns-server", names.address)
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


async def test_a_phone_goes_on_when_the_primary_address_changes(sqlite_people: str) -> None:
    with running_server(sqlite_people) as server:
        async with Device(server.url, "alice@example.test", PASSWORD, "PHONE1") as device:
            await device.provision()
            await device.folder_sync()
            inbox = device.folder_of(FolderType.INBOX).server_id
            await device.sync_all(inbox)
            asked = ("user", "change", "alice", "--primary", "ally", "--role", "REMOTE_USER", "--json")
            changed = easd(*asked, environ=server.environ).json
            assert (changed["address"], changed["aliases"]) == ("ally@example.test", ["alice@example.test"])
            server.deliver("alice", b"From: Bob <bob@example.test>\r\nSubject: To the old address\r\n\r\nHello\r\n")
            await device.sync_all(inbox)
            assert [item.subject for item in await device.mail(inbox)] == ["To the old address"]
        for login in ("alice@example.test", "ally@example.test"):  # and one that signs in anew
            async with Device(server.url, login, PASSWORD, "PHONE2") as device:
                await device.provision()
    [found] = [
        one
        for one in easd("organisation", "people", "--json", environ=server.environ).json
        if one["address"] == "ally@example.test"
    ]
    assert found["role"] == "REMOTE_USER"
    told = ("user", "profile", "alice", "--city", "Bonn", "--zip-code", "53111", "--department", "Sales", "--json")
    profile = easd(*told, environ=server.environ).json
    assert (profile["city"], profile["zip_code"], profile["department"], profile["country"]) == (
        "Bonn",
        "53111",
        "Sales",
        "",
    )

"""`easd flow` from the command line."""

from typing import Protocol

import pytest

from tests.support.command_line import Ended, easd
from tests.support.server import variables


class Run(Protocol):
    """A command with the test's database."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    return lambda *arguments: easd(*arguments, environ=variables(people))


def test_the_life_of_a_rule(run: Run) -> None:
    assert run("flow", "list", "--json").json == []
    facts = {"name": "No news", "direction": "inbound", "action": "drop", "from": ["news.example"], "to": ["*"]}
    assert run("flow", "add", "No news", "drop", "--from", "News.Example", "--json").json == [facts]
    boss = ("--from", "ann@news.example", "--to", "bob@example.test")
    assert "ann@news.example" in run("flow", "add", "Ann", "never-junk", *boss).out
    blocked = ("--direction", "outbound", "--to", "*rival.example")
    assert run("flow", "add", "Rivals", "bounce", *blocked, "--json").json[0]["to"] == ["*rival.example"]
    assert [one["name"] for one in run("flow", "list", "--json").json] == ["No news", "Ann", "Rivals"]

    asked = run("flow", "test", "ann@news.example", "bob@example.test", "--json")
    assert asked.json == {"action": "never-junk", "rule": "Ann"}
    assert run("flow", "test", "ann@news.example", "alice@example.test", "--json").json["rule"] == "No news"
    assert "default" in run("flow", "test", "eve@other.example", "alice@example.test").out
    asked = run("flow", "test", "bob@example.test", "x@eu.rival.example", "--direction", "outbound", "--json")
    assert asked.json == {"action": "bounce", "rule": "Rivals"}

    assert run("flow", "remove", "ann").code == 0
    assert [one["name"] for one in run("flow", "list", "--json").json] == ["No news", "Rivals"]
    for arguments, words in (
        (("flow", "remove", "ann"), "there is no rule ann"),
        (("flow", "add", "no NEWS", "drop"), "there is a rule"),
        (("flow", "add", "Odd", "drop", "--from", "a*b"), "not an address"),
        (("flow", "add", "Odd", "junk", "--direction", "outbound"), "no action junk"),
        (("flow", "list", "--organisation", "Nobody"), "there is no organisation"),
    ):
        ended = run(*arguments)
        assert (ended.code, ended.out) == (1, "")
        assert words in ended.err


def test_dmarc_policies_are_enforced_until_somebody_says_otherwise(run: Run) -> None:
    assert run("flow", "dmarc", "--json").json == {"enforced": True}
    assert run("flow", "dmarc", "--recorded", "--json").json == {"enforced": False}
    assert "recorded only" in run("flow", "dmarc").out
    assert "enforced" in run("flow", "dmarc", "--enforced").out

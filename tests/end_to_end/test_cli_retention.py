"""`easd retention` from the command line."""

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


def test_the_life_of_a_retention_policy(run: Run) -> None:
    assert run("retention", "show", "--json").json is None
    assert "everything is kept" in run("retention", "show").err
    made = run("retention", "set", "--folder", "inbox=delete:30", "--folder", "DRAFTS=NONE", "--json").json
    assert made["folders"] == [
        {"folder": "INBOX", "action": "DELETE", "period": 30},
        {"folder": "DRAFTS", "action": "NONE", "period": None},
    ]
    assert run("retention", "show", "--json").json == made
    assert "INBOX" in run("retention", "show").out
    assert run("retention", "preview", "--json").json == []
    assert run("retention", "preview", "--folder", "SENT_ITEMS=DELETE:1", "--json").json == []
    assert run("retention", "set", "--folder", "INBOX=KEEP").code == 2
    ended = run("retention", "set", "--folder", "INBOX=DELETE:800")
    assert (ended.code, "1 to 730" in ended.err) == (1, True)
    assert run("retention", "remove").code == 0
    ended = run("retention", "remove")
    assert (ended.code, "no retention policy" in ended.err) == (1, True)

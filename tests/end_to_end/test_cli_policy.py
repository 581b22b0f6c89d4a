"""`easd policy`, and what `easd check` says of policies."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from easd.model.trouble import Trouble
from tests.end_to_end.test_cli import add_device
from tests.support.command_line import Ended, easd
from tests.support.server import office, variables


class Run(Protocol):
    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    """A command with the test's database."""
    return lambda *arguments: easd(*arguments, environ=variables(people))


def _refused(ended: Ended, words: str) -> None:
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("easd: ")
    assert words in ended.err


_GOOD = ("DevicePasswordEnabled=1", "MinDevicePasswordLength=6", "MaxInactivityTimeDeviceLock=300")


def test_a_policy_is_made_changed_and_shown(run: Run) -> None:
    assert run("policy", "list").err == "there is no policy: devices are asked for nothing\n"
    made = run("policy", "set", "Strict", *_GOOD)
    assert (made.code, made.out, made.err) == (0, "", "")
    changed = run("policy", "set", "strict", "AllowCamera=no", "--forbid-partial", "--refresh", "24", "--json").json
    assert (changed["settings"]["AllowCamera"], changed["refresh_hours"]) == (False, 24)
    shown: dict[str, Any] = run("policy", "show", "STRICT", "--json").json
    assert (shown["policy"], shown["assigned"], shown["readable"]) == ("Strict", [], True)
    assert (shown["allow_partial"], shown["allow_external"], shown["only_provisionable"]) == (False, False, False)
    assert shown["refresh_hours"] == 24
    assert (shown["settings"]["MinDevicePasswordLength"], shown["settings"]["AllowCamera"]) == (6, False)
    assert len(shown["settings"]) == 42
    assert run("policy", "set", "strict", "--refresh", "0", "--allow-partial", "--only-provisionable").code == 0
    shown = run("policy", "show", "strict", "--json").json
    assert (shown["refresh_hours"], shown["allow_partial"], shown["only_provisionable"]) == (None, True, True)
    assert "MinDevicePasswordLength" in run("policy", "show", "strict").out
    assert "AllowCamera=no" in run("policy", "list").out


def test_what_cannot_be_set_is_refused_and_changes_nothing(run: Run) -> None:
    _refused(run("policy", "set", "strict", "MinDevicePaswordLength=6"), "did you mean MinDevicePasswordLength?")
    _refused(run("policy", "set", "strict", "MinDevicePasswordLength=17"), "1 to 16 characters")
    _refused(run("policy", "set", " ", "AllowCamera=0"), "printable name")
    _refused(run("policy", "show", "strict"), "there is no policy strict")
    assert run("policy", "list", "--json").json == []
    assert run("policy", "assign", "strict").code == 2


def test_a_policy_is_assigned_and_taken_away(run: Run) -> None:
    for name in ("strict", "loose"):
        run("policy", "set", name)
    _refused(run("policy", "assign", "other", "--everybody"), "there is no policy other")
    assert run("policy", "of", "alice").err.startswith("nothing is assigned to alice@example.test")
    assert run("policy", "assign", "strict", "--everybody", "--json").json["assigned"] == ["everybody"]
    assert run("policy", "assign", "loose", "--user", "alice").code == 0
    assert run("policy", "of", "alice", "--json").json == [
        {"policy": "loose", "by": "user", "counts": True},
        {"policy": "strict", "by": "organisation", "counts": False},
    ]
    assert [one["assigned"] for one in run("policy", "list", "--json").json] == [["alice@example.test"], ["everybody"]]
    _refused(run("policy", "remove", "loose", "--yes"), "is assigned")
    assert run("policy", "unassign", "--user", "alice").code == 0
    _refused(run("policy", "unassign", "--user", "alice"), "no policy is assigned there")
    _refused(run("policy", "remove", "loose"), "use --yes")
    assert run("policy", "remove", "loose", "--yes").code == 0
    assert [one["policy"] for one in run("policy", "of", "alice", "--json").json] == ["strict"]


def test_a_policy_of_a_group_counts_for_its_people(run: Run) -> None:
    run("policy", "set", "strict")
    assert run("group", "add", "sales", "--name", "Sales").code == 0
    assert run("group", "join", "sales", "alice").code == 0
    assert run("policy", "assign", "strict", "--group", "sales", "--rank", "5").code == 0
    assert run("policy", "show", "strict", "--json").json["assigned"] == ["group sales@example.test, rank 5"]
    assert run("policy", "of", "alice", "--json").json == [{"policy": "strict", "by": "group", "counts": True}]
    assert run("policy", "of", "bob", "--json").json == []
    assert run("policy", "assign", "strict", "--group", "sales", "--everybody").code == 2
    assert run("policy", "unassign", "--group", "sales").code == 0
    assert run("policy", "of", "alice", "--json").json == []


def test_a_device_is_shown_with_its_policy_and_what_goes_wrong_with_it(run: Run, people: str) -> None:
    add_device(people, "alice", "PHONE1", "phone")
    run("policy", "set", "strict")
    run("policy", "assign", "strict", "--everybody")
    shown = run("device", "show", "alice", "PHONE1", "--json").json
    assert (shown["policy"], shown["trouble"], shown["state"]) == ("strict", None, "")
    with office(people) as opened, opened.store.writing(opened.user("alice").mailbox_id) as box:
        (device,) = box.devices()
        trouble = Trouble(datetime(2026, 11, 23, tzinfo=UTC), refusals=30, cycles=1, rejections=2, said=3)
        box.save_device(replace(device, trouble=trouble))
    shown = run("device", "show", "alice", "PHONE1", "--json").json
    assert shown["state"] == "fails to provision"
    assert shown["trouble"] == {
        "since": "2026-11-23T00:00:00Z",
        "failing": True,
        "refusals": 30,
        "acknowledged_in_vain": 1,
        "rejected": 2,
        "last_acknowledgement": 3,
    }
    assert "keeps failing to provision since 2026-11-23" in run("device", "show", "alice", "PHONE1").err
    assert "fails to provision" in run("device", "list").out


def test_what_is_known_against_a_policy_is_said(run: Run) -> None:
    """Field note B 16: Gmail."""
    assert "Gmail refuses" in run("policy", "set", "bad", "DevicePasswordEnabled=1").err
    run("policy", "set", "good", *_GOOD)
    found = run("policy", "lint", "--json")
    assert found.code == 1
    assert [(one["policy"], one["severity"]) for one in found.json] == [("bad", "refused")]
    good = run("policy", "lint", "good")
    assert (good.code, good.err) == (0, "nothing is known against it\n")
    assert "Gmail refuses" in run("policy", "lint").out
    check = run("check", "--json")
    assert check.code == 0
    assert [one["policy"] for one in check.json["policies"]] == ["bad"]
    assert "policy bad: refused: Gmail refuses" in run("check").err

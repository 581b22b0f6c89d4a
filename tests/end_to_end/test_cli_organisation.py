"""`easd group`, `easd resource`, `easd user grant`: the organisation from the command line."""

from typing import Protocol

import pytest

from easd.model.folder import FolderType
from tests.support.command_line import Ended, easd
from tests.support.server import office, variables
from tests.support.stores import mail


class Run(Protocol):
    """A command with the test's database."""

    def __call__(self, *arguments: str) -> Ended: ...


@pytest.fixture
def run(people: str) -> Run:
    return lambda *arguments: easd(*arguments, environ=variables(people))


def _refused(ended: Ended, words: str) -> None:
    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_the_life_of_a_group(run: Run) -> None:
    assert run("group", "list", "--json").json == []
    made = run("group", "add", "Staff", "bob", "zoe@elsewhere.test", "--name", "All staff", "--json").json
    facts = {
        "address": "staff@example.test",
        "name": "All staff",
        "aliases": [],
        "hidden": False,
        "enabled": True,
        "distribution": True,
        "security": True,
    }
    bob = {"address": "bob@example.test", "name": "Bob Brandt", "kind": "USER"}
    zoe = {"address": "zoe@elsewhere.test", "name": "", "kind": None}
    assert made == {**facts, "members": [bob, zoe]}
    assert "alice@example.test" in run("group", "join", "staff", "alice").out
    assert run("group", "leave", "staff", "bob", "zoe@elsewhere.test", "--json").json["members"] == [
        {"address": "alice@example.test", "name": "Alice Archer", "kind": "USER"}
    ]
    changed = run("group", "change", "staff", "--alias", "all", "--hidden", "--disabled", "--json").json
    assert (changed["aliases"], changed["hidden"], changed["enabled"]) == (["all@example.test"], True, False)
    changed = run("group", "change", "all", "--no-alias", "all", "--listed", "--enabled", "--name", "Us", "--json").json
    assert changed == {**facts, "name": "Us", "members": changed["members"]}
    assert "staff@example.test" in run("group", "list").out
    assert run("group", "list", "--json").json == [{**facts, "name": "Us", "members": 1}]
    assert "zoe" not in run("group", "show", "staff").out
    assert run("group", "remove", "staff", "--yes").code == 0
    _refused(run("group", "show", "staff"), "there is no group staff@example.test")


def test_the_life_of_a_resource(run: Run) -> None:
    facts = {
        "address": "room@example.test",
        "name": "Room 1",
        "type": "ROOM",
        "description": "",
        "aliases": [],
        "auto_accept": True,
        "auto_decline_recurring": False,
        "auto_decline_conflicts": True,
        "delegates": [],
        "hidden": False,
        "enabled": True,
    }
    assert run("resource", "add", "room", "--name", "Room 1", "--json").json == facts
    car = run("resource", "add", "car", "--type", "equipment", "--no-auto-accept", "--description", "blue", "--json")
    assert (car.json["type"], car.json["auto_accept"], car.json["description"]) == ("EQUIPMENT", False, "blue")
    change = ("--delegate", "bob", "--auto-decline-recurring", "--alias", "hall", "--hidden", "--name", "Hall")
    changed = run("resource", "change", "room", *change, "--json").json
    expected = {"delegates": ["bob@example.test"], "auto_decline_recurring": True, "aliases": ["hall@example.test"]}
    assert changed == {**facts, **expected, "hidden": True, "name": "Hall"}
    assert run("resource", "change", "hall", "--no-delegate", "bob", "--json").json["delegates"] == []
    assert [one["address"] for one in run("resource", "list", "--json").json] == [
        "room@example.test",
        "car@example.test",
    ]
    assert "EQUIPMENT" in run("resource", "list").out
    assert "auto accept" in run("resource", "show", "room").out
    _refused(run("user", "passwd", "room"), "room@example.test is a resource")
    assert run("resource", "remove", "room", "--yes").code == 0
    _refused(run("resource", "show", "room"), "there is no resource room@example.test")


def test_permissions_are_given_shown_and_taken(run: Run) -> None:
    assert "nobody but the owner" in run("user", "grants", "alice").err
    given = run("user", "grant", "alice", "bob", "full_access", "SEND_AS", "--json").json
    assert given == [{"grantee": "bob@example.test", "permissions": ["FULL_ACCESS", "SEND_AS"]}]
    assert "SEND_AS" in run("user", "grants", "alice").out
    left = run("user", "revoke", "alice", "bob", "FULL_ACCESS", "--json").json
    assert left == [{"grantee": "bob@example.test", "permissions": ["SEND_AS"]}]
    assert run("group", "add", "staff").code == 0
    _refused(run("user", "grant", "staff", "bob", "FULL_ACCESS"), "is a group")
    _refused(run("user", "grant", "nobody", "bob", "SEND_AS"), "nobody here")
    assert run("user", "grant", "alice", "bob", "NONSENSE").code == 2


def test_delegates_are_named_shown_and_taken(run: Run) -> None:
    assert "has no delegates" in run("user", "delegates", "alice").err
    made = run("user", "delegate", "alice", "bob", "--decides", "--json").json
    assert made == [{"delegate": "bob@example.test", "decides": True}]
    assert run("user", "undelegate", "alice", "bob", "--json").json == []
    _refused(run("user", "delegate", "alice", "alice"), "cannot be that of itself")


def test_a_user_is_renamed_gets_aliases_and_is_disabled(run: Run) -> None:
    changed = run("user", "change", "bob", "--name", "Robert", "--alias", "rob", "--disabled", "--json").json
    expected = {"address": "bob@example.test", "name": "Robert", "aliases": ["rob@example.test"], "enabled": False}
    assert changed == expected
    assert run("user", "change", "rob", "--no-alias", "rob", "--enabled").code == 0
    assert run("user", "list", "--json").json[1] == {**expected, "aliases": [], "enabled": True}


@pytest.mark.parametrize("command", [("group", "add"), ("resource", "add"), ("user", "change", "alice", "--alias")])
def test_no_address_belongs_to_two(run: Run, command: tuple[str, ...]) -> None:
    _refused(run(*command, "bob"), "the address bob@example.test is in use")


def test_a_mailbox_gets_a_quota_of_its_own_and_loses_it(run: Run) -> None:
    facts = {"address": "bob@example.test", "used_bytes": 0, "quota_bytes": 50 * 2**30, "own": False}
    assert run("user", "quota", "bob", "--json").json == facts
    own = run("user", "quota", "bob", "--megabytes", "2", "--json").json
    assert own == {**facts, "quota_bytes": 2 * 2**20, "own": True}
    assert "2097152" in run("user", "quota", "bob").out
    assert run("user", "quota", "bob", "--default", "--json").json == facts
    assert run("user", "quota", "bob", "--default", "--megabytes", "2").code == 2
    assert run("user", "quota", "bob", "--megabytes", "0").code == 2


def test_the_hundredth_alias_is_the_last(run: Run) -> None:
    aliases = [f"--alias=bob{number}" for number in range(100)]
    assert len(run("user", "change", "bob", *aliases, "--json").json["aliases"]) == 100
    _refused(run("user", "change", "bob", "--alias", "one.more"), "bob@example.test has 100 aliases: at most 100")


def test_the_life_of_a_share(run: Run) -> None:
    _refused(run("share", "add", "bob", "alice", "--calendar"), "may not open the mailbox of alice@example.test")
    run("user", "grant", "alice", "bob", "FULL_ACCESS")
    _refused(run("share", "add", "bob", "alice"), "which folders?")
    _refused(run("share", "add", "bob", "alice", "--folder", "Drafts"), "no folder 'Drafts'")
    _refused(run("share", "add", "bob", "alice", "--inbox", "--device", "NONE"), "has no device NONE")
    both = run("share", "add", "bob", "alice", "--calendar", "--folder", "Archive", "--read-only", "--json").json
    facts = {"owner": "alice@example.test", "device": "all", "access": "read", "private": "times only"}
    first, second = ({key: one[key] for key in one if key != "number"} for one in both)
    assert (first, second) == ({**facts, "folders": "calendar"}, {**facts, "folders": "Archive"})
    changed = run("share", "add", "bob", "alice", "--calendar", "--show-private", "--json").json
    assert [(one["folders"], one["access"], one["private"]) for one in changed] == [
        ("Archive", "read", "times only"),
        ("calendar", "read and write", "shown"),
    ]
    assert "alice@example.test" in run("share", "list", "bob").out
    _refused(run("share", "remove", "bob", "999"), "has no share 999")
    assert run("share", "remove", "bob", str(changed[0]["number"]), "--json").json == changed[1:]
    assert run("share", "remove", "bob", "--owner", "alice", "--json").json == []
    assert "nothing is shared with bob@example.test" in run("share", "list", "bob").err


def test_a_group_is_for_mail_for_rights_or_for_both(run: Run) -> None:
    made = run("group", "add", "readers", "bob", "--no-distribution", "--json").json
    assert (made["distribution"], made["security"]) == (False, True)
    assert run("user", "grant", "alice", "readers", "FULL_ACCESS").code == 0
    _refused(run("group", "change", "readers", "--no-security"), "has permissions")
    run("user", "revoke", "alice", "readers", "FULL_ACCESS")
    changed = run("group", "change", "readers", "--no-security", "--distribution", "--json").json
    assert (changed["distribution"], changed["security"]) == (True, False)
    _refused(run("user", "grant", "alice", "readers", "SEND_AS"), "no security group")


def test_a_user_who_was_removed_comes_back_with_the_mailbox(run: Run, people: str) -> None:
    with office(people) as opened:
        bob = opened.user("bob")
        with opened.store.writing(bob.mailbox_id) as box:
            box.add_mail(box.special(FolderType.INBOX).id, mail(1))
        used, _ = opened.accounts.quota(bob.mailbox_id)
    assert "kept for 30 days" in run("user", "remove", "bob", "--yes").err
    _refused(run("user", "restore", "dave"), "nobody who was removed")
    back = run("user", "restore", "bob", "--address", "bobby", "--json").json
    assert back["address"] == "bobby@example.test"
    assert run("user", "quota", "bobby", "--json").json["used_bytes"] == used > 0
    run("user", "remove", "bobby", "--purge", "--yes")
    _refused(run("user", "restore", "bobby"), "no mailbox is kept")

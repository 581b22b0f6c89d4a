"""The commands that say which devices may come in."""

from typing import Any

import pytest

from tests.end_to_end.test_cli import (
    Run,
    _refused,
    run as run,  # noqa: PLC0414 - the fixture
)


def rules(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run("access-rule", "list", "--json").json["rules"]
    return found


@pytest.mark.usefixtures("people")
def test_rules_are_added_changed_and_removed(run: Run) -> None:
    [default] = rules(run)
    assert (default["name"], default["effect"]) == ("Default", "ALLOW")
    made = run("access-rule", "add", "Old", "deny", "--os", "iOS 6", "--os", "Android 4", "--not-model", "x", "--json")
    assert (made.code, made.json["device_operating_systems"]) == (0, ["iOS 6", "Android 4"])
    assert run("access-rule", "update", "old", "--not-model", "", "--name", "Older").code == 0
    [_, changed] = rules(run)
    assert (changed["name"], changed["effect"], "not_device_models" in changed) == ("Older", "DENY", False)
    assert changed["device_operating_systems"] == ["iOS 6", "Android 4"]
    listed = run("access-rule", "list")
    assert "os iOS 6 or Android 4" in listed.out
    assert "block" in listed.err
    assert run("access-rule", "remove", str(changed["rule"])).code == 0
    assert "every device is blocked" in run("access-rule", "remove", "Default").err
    assert rules(run) == []
    assert "every device is blocked" in run("access-rule", "list").err


@pytest.mark.usefixtures("people")
def test_the_effect_is_simulated(run: Run) -> None:
    run("access-rule", "add", "NoOld", "DENY", "--type", "android", "--os", "Android 4")
    old = run("access-rule", "simulate", "--type", "Android", "--os", "Android 4.4", "--json").json
    assert (old["effect"], old["result"], [rule["name"] for rule in old["matched_rules"]]) == (
        "DENY",
        "blocked",
        ["NoOld"],
    )
    assert run("access-rule", "simulate", "--type", "Android", "--json").json["effect"] == "ALLOW"
    run("access-rule", "remove", "Default")
    nobody = run("access-rule", "simulate", "--type", "Android", "--json").json
    assert nobody == {"effect": "DENY", "result": "blocked", "matched_rules": []}
    assert "DENY: the device would be blocked" in run("access-rule", "simulate").err


@pytest.mark.usefixtures("people")
def test_what_cannot_be_is_refused_by_name(run: Run) -> None:
    _refused(run("access-rule", "add", "default", "ALLOW"), "a rule 'default' already")
    _refused(run("access-rule", "add", "x" * 65, "ALLOW"), "1 to 64 characters")
    _refused(run("access-rule", "add", "Many", "DENY", *(part for n in range(11) for part in ("--type", str(n)))), "10")
    _refused(run("access-rule", "add", "Long", "DENY", "--model", "x" * 257), "256")
    _refused(run("access-rule", "update", "none", "--name", "x"), "no rule none")
    _refused(run("access-rule", "list", "--organisation", "Other"), "no organisation Other")
    assert run("access-rule", "add", "Odd", "PERHAPS").code == 2


@pytest.mark.usefixtures("people")
def test_a_device_is_allowed_and_blocked_before_it_ever_came(run: Run) -> None:
    said = run("device", "allow", "alice", "APPL123", "--description", "her own", "--json").json
    assert said == {"user": "alice@example.test", "device": "APPL123", "effect": "ALLOW", "description": "her own"}
    assert "is blocked" in run("device", "block", "alice", "appl123").err
    [kept] = run("device", "overrides", "alice", "--json").json
    assert (kept["user"], kept["device"], kept["effect"]) == ("alice@example.test", "appl123", "DENY")
    assert "appl123" in run("device", "overrides").out
    assert run("device", "overrides", "bob", "--json").json == []
    assert run("device", "rules", "alice", "APPL123").code == 0
    _refused(run("device", "rules", "alice", "APPL123"), "nothing is said of the device")
    _refused(run("device", "allow", "alice", "x" * 65), "not a device id")
    _refused(run("device", "allow", "nobody", "APPL123"), "no user")

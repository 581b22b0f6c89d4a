"""`easd audit`: what commands have changed."""

from tests.support.command_line import easd
from tests.support.server import variables


def test_commands_are_in_the_audit_log_without_secrets(sqlite_people: str) -> None:
    environ = variables(sqlite_people)
    password = b"an entirely secret password\n"
    assert easd("audit", "list", "--target", "dora@example.test", environ=environ).err.strip() == "nothing was changed"
    assert easd("user", "add", "dora", "--password-stdin", standard_input=password, environ=environ).code == 0
    assert easd("user", "add", "dora", "--password-stdin", standard_input=password, environ=environ).code == 1
    assert easd("user", "grant", "bob", "dora", "FULL_ACCESS", environ=environ).code == 0
    listed = easd("audit", "list", "--target", "DORA@example.test", "--since", "5m", "--json", environ=environ)
    assert password.strip() not in listed.raw
    refused, done = listed.json
    assert (done["operation"], done["outcome"], done["organisation"]) == ("CreateUser", "done", "Example")
    assert done["actor"].startswith("cli:")
    assert (refused["operation"], refused["outcome"]) == (
        "CreateUser",
        "refused: the address dora@example.test is in use",
    )
    [granted] = easd("audit", "list", "--target", "bob@example.test", "--json", environ=environ).json
    assert granted["parameters"] == {"grantee": "dora@example.test", "allow": ["FULL_ACCESS"]}
    assert "FULL_ACCESS" in easd("audit", "list", "--actor", "cli", environ=environ).out
    assert easd("audit", "list", "--actor", "key", "--json", environ=environ).json == []


def test_a_moment_that_is_none_is_wrong_usage(sqlite_people: str) -> None:
    for text in ("yesterday", "99999999999d", "1x"):
        assert easd("audit", "list", "--since", text, environ=variables(sqlite_people)).code == 2

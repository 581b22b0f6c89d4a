"""`easd queue` and `easd dkim`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from easd.model.outgoing import Ending, Envelope
from tests.end_to_end.test_cli import Run, _refused
from tests.support.command_line import Ended, easd
from tests.support.server import office, variables


@pytest.fixture
def run(people: str) -> Callable[..., Ended]:
    return lambda *arguments: easd(*arguments, environ=variables(people))


def _fill(url: str) -> None:
    """One copy that nobody has looked at, and one that waits after a failure."""
    with office(url) as opened:
        now = datetime.now(UTC)
        envelope = Envelope.of("alice@example.test", ["bob@example.test", "zoe@elsewhere.test"])
        opened.store.enqueue(envelope, b"Subject: News\r\n\r\nHello\r\n", now)
        _, zoe = opened.store.queued(9)
        opened.store.route(zoe, elsewhere=True)
        later = replace(zoe, due=now + timedelta(hours=1), error="451 not now")
        with opened.store.settling([later], Ending.LATER):
            pass


def test_what_waits_is_listed_shown_hastened_and_removed(people: str, run: Run) -> None:
    assert "nothing waits" in run("queue", "list").err
    _fill(people)
    table = run("queue", "list", "--limit", "1")
    assert "bob@example.test" in table.out
    assert "and 1 more" in table.err
    first, second = run("queue", "list", "--json").json
    assert (first["destination"], second["destination"], second["last_error"]) == ("here", "elsewhere", "451 not now")
    shown = run("queue", "show", str(second["id"]), "--json").json
    assert (shown["to"], shown["header"], shown["bytes"]) == ("zoe@elsewhere.test", "Subject: News", 24)
    assert "Subject: News" in run("queue", "show", str(first["id"])).out
    assert "1 copies" in run("queue", "flush").err
    with office(people) as opened:
        [claimed] = opened.store.claim("a worker", second_due(second), 9)
        assert claimed.id == second["id"]
    _refused(run("queue", "retry", str(second["id"])), "a worker is working on it")
    assert "is due" in run("queue", "retry", str(first["id"])).err
    for entry in (first, second):
        assert run("queue", "remove", str(entry["id"]), "--yes").code == 0
    _refused(run("queue", "show", str(first["id"])), "no")
    assert run("queue", "list", "--json").json == []


def second_due(facts: dict[str, str]) -> datetime:

    return datetime.fromisoformat(facts["next_attempt"])


def test_keys_are_made_shown_and_removed_and_the_private_ones_never_printed(run: Run) -> None:
    assert "not signed" in run("dkim", "list").err
    made = run("dkim", "create", "example.test", "--selector", "R1")
    assert made.out.startswith('r1._domainkey.example.test. IN TXT ( "v=DKIM1; k=rsa; p=')
    assert all(len(text) <= 255 for text in made.out.split('"')[1::2])
    [short] = run("dkim", "create", "example.test", "--algorithm", "ed25519", "--selector", "e1", "--json").json
    assert short["record"].startswith("v=DKIM1; k=ed25519; p=")
    assert run("dkim", "show", "example.test").out.count("IN TXT") == 2
    assert [key["selector"] for key in run("dkim", "list", "--json").json] == ["r1", "e1"]
    assert "sealed" not in run("dkim", "list", "--json").out
    assert "ed25519-sha256" in run("dkim", "list").out
    assert run("dkim", "remove", "example.test", "--selector", "r1", "--yes").code == 0
    assert run("dkim", "show", "example.test").out.count("IN TXT") == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("create", "other.test"), "no domain other.test"),
        (("create", "example.test", "--algorithm", "dsa"), "no algorithm dsa"),
        (("create", "example.test", "--selector", "a b"), "no selector"),
        (("remove", "example.test", "--selector", "x", "--yes"), "no key with the selector x"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...], words: str) -> None:
    _refused(run("dkim", *arguments), words)


def test_the_password_of_the_relay_is_not_shown(people: str) -> None:
    known = {"EASD_RELAY_HOST": "relay.test", "EASD_RELAY_USERNAME": "u", "EASD_RELAY_PASSWORD": "hush-hush"}
    shown = easd("check", environ=variables(people, known))
    assert "relay.test" in shown.out
    assert "hush-hush" not in shown.out + shown.err

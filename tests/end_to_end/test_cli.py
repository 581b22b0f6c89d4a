"""Every command of the command line, on a store of its own."""

import mailbox
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import text

from easd.admin.secret_key import vault
from easd.config import Auth, Settings
from easd.eas.versions import Version
from easd.model.device import Device, DeviceInformation
from easd.model.email import Email, FlagStatus
from easd.model.trouble import Trouble
from easd.service.delivery import deliver
from easd.store.prepared import Prepared
from easd.wbxml import Element, decode, encode, tag
from tests.support.command_line import Ended, easd
from tests.support.server import DOMAIN, PASSWORD, office, variables

_MESSAGE = b"From: Bob <bob@example.test>\nSubject: Lunch\n\nAt noon?\n"


class Run(Protocol):
    """A command with the test's database."""

    def __call__(
        self, *arguments: str, standard_input: bytes = b"", environ: Mapping[str, str] | None = None
    ) -> Ended: ...


@pytest.fixture
def run(database_url: str) -> Run:
    def run(*arguments: str, standard_input: bytes = b"", environ: Mapping[str, str] | None = None) -> Ended:
        return easd(*arguments, standard_input=standard_input, environ=variables(database_url, environ))

    return run


def _refused(ended: Ended, words: str) -> None:
    """Exit code 1, nothing on standard output, one line on standard error that has these words."""
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("easd: ")
    assert ended.err.count("\n") == 1
    assert words in ended.err


def _mail(url: str, name: str, folder: str = "Inbox") -> list[Email]:
    with office(url) as opened:
        user = opened.user(name)
        with opened.store.reading(user.mailbox_id) as box:
            number = next(one.id for one in box.folders() if one.name == folder)
            uids = range(1, 10_000)
            return [item.email for _, item in sorted(box.items(number, list(uids)).items())]


# ---------------------------------------------------------------- the frame


def test_version_and_help_are_told() -> None:
    assert easd("--version").out.startswith("easd 0")
    assert "deliver" in easd("--help").out


@pytest.mark.parametrize("arguments", [["nonsense"], ["user", "add"], ["serve", "--nonsense"], ["demo", "--port", "x"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    ended = easd(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


def test_without_a_database_a_command_says_what_to_do(run: Run, tmp_path: Path) -> None:
    _refused(run("user", "list"), "run `easd init`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite://", "mysql://root:hunter2@host/name", "://hunter2"])
def test_a_database_that_cannot_be_is_named_without_its_password(run: Run, url: str) -> None:
    for command in (["user", "list"], ["init"], ["serve"]):
        ended = run(*command, environ={"EASD_DATABASE_URL": url})
        _refused(ended, "easd.db")
        assert "hunter2" not in ended.err


def test_a_database_out_of_reach_is_one_line(run: Run) -> None:
    url = "postgresql://easd:hunter2@127.0.0.1:1/easd?connect_timeout=1"
    ended = run("user", "list", environ={"EASD_DATABASE_URL": url})
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "hunter2" not in ended.err


def test_each_wrong_setting_is_a_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "easd.toml").write_text("[server]\nport = -1\nhots = ''\n")
    ended = run("--config", str(tmp_path / "easd.toml"), "user", "list")
    assert ended.code == 1
    assert [line[:6] for line in ended.err.splitlines()] == ["easd: ", "easd: "]
    _refused(run("--config", str(tmp_path / "absent.toml"), "check"), "No such file")


# ---------------------------------------------------------------- init and check


def test_init_makes_the_database_and_an_organisation_and_repeats(run: Run) -> None:
    for _ in range(2):
        ended = run("init", "--organisation", "Example", "--domain", DOMAIN)
        assert (ended.code, ended.out) == (0, "")
    assert run("user", "add", "dora", "--password-stdin", standard_input=b"secret\n").code == 0
    assert run("init").code == 0
    assert [user["address"] for user in run("user", "list", "--json").json] == [f"dora@{DOMAIN}"]


def test_init_refuses_a_domain_of_somebody_else(run: Run, people: str) -> None:
    _refused(run("init", "--organisation", "Other", "--domain", DOMAIN), "belongs to another organisation")
    assert run("init", "--organisation", "Other").code == 2
    _refused(run("init", "--organisation", " ", "--domain", "x.test"), "printable name")


def test_check_shows_each_setting_with_its_source(run: Run, people: str, tmp_path: Path) -> None:
    file = tmp_path / "easd.toml"
    file.write_text("[server]\nport = 4711\n[log]\nlevel = 'debug'\n")
    ended = run("-c", str(file), "check", "--json", environ={"EASD_LOG_LEVEL": "error"})
    settings = {one["name"]: (one["value"], one["source"]) for one in ended.json["settings"]}
    assert ended.code == 0
    assert settings["server.port"] == (4711, "file")
    assert settings["log.level"] == ("error", "EASD_LOG_LEVEL")
    assert settings["server.threads"] == (0, "default")
    database = ended.json["database"]
    assert (database["reachable"], database["current"], database["problem"]) == (True, True, "")
    table = run("check")
    assert table.code == 0
    assert "server.threads" in table.out
    assert table.err.endswith(": ready\n")


def test_check_tells_what_is_missing_and_makes_nothing(run: Run, sqlite_url: str, tmp_path: Path) -> None:
    ended = run("check", "--json", environ={"EASD_DATABASE_URL": sqlite_url})
    assert ended.code == 1
    assert "`easd init` makes it" in ended.json["database"]["problem"]
    assert list(tmp_path.iterdir()) == []


def test_check_hides_passwords(run: Run) -> None:
    url = "postgresql://easd:hunter2@127.0.0.1:1/easd?connect_timeout=1&sslpassword=hunter3"
    for form in ([], ["--json"]):
        ended = run("check", *form, environ={"EASD_DATABASE_URL": url})
        assert ended.code == 1
        assert "hunter" not in ended.out + ended.err
        assert "easd:***@127.0.0.1" in ended.out


def test_check_tries_the_certificate(run: Run, people: str, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    tls = {"EASD_SERVER_TLS_CERT": str(tmp_path / "cert.pem"), "EASD_SERVER_TLS_KEY": str(tmp_path / "key.pem")}
    ended = run("check", environ=tls)
    assert ended.code == 1
    assert "cert.pem" in ended.err.splitlines()[-1]
    _refused(run("serve", environ=tls), "cert.pem")


# ---------------------------------------------------------------- users


def test_users_come_change_and_go(run: Run, people: str) -> None:
    added = run("user", "add", "Dora@Example.test", "--name", "Dora D.", "--json", environ={"EASD_PASSWORD": "first"})
    assert added.json == {"address": "dora@example.test", "name": "Dora D.", "aliases": [], "enabled": True}
    assert run("user", "passwd", "dora", "--password-stdin", standard_input=b"second\nmore").code == 0
    with office(people) as opened:
        assert opened.directory.authenticate("dora", "first") is None
        assert opened.directory.authenticate("dora", "second") is not None
    assert "Dora D." in run("user", "list").out
    _refused(run("user", "remove", "dora"), "use --yes")
    assert run("user", "remove", "dora", "--yes").code == 0
    assert "Dora D." not in run("user", "list").out
    _refused(run("user", "remove", "dora", "--yes"), "there is no user dora@example.test")


@pytest.mark.parametrize(
    "arguments, given, words",
    [
        (["add", "alice"], b"x\n", "alice@example.test is in use"),
        (["add", "dora@elsewhere.test"], b"x\n", "there is no domain elsewhere.test: `easd init"),
        (["add", "a b@example.test"], b"x\n", "not a mail address"),
        (["add", "dora"], b"\n", "no password on standard input"),
        (["add", "dora"], b"x" * 1025, "more than 1024 bytes"),
        (["passwd", "nobody"], b"x\n", "there is no user nobody@example.test"),
    ],
)
def test_what_cannot_be_done_to_users_is_one_line(
    run: Run, people: str, arguments: list[str], given: bytes, words: str
) -> None:
    _refused(run("user", *arguments, "--password-stdin", standard_input=given), words)


def test_a_password_comes_from_somewhere(run: Run, people: str) -> None:
    _refused(run("user", "passwd", "alice"), "EASD_PASSWORD")


def test_a_bare_name_in_two_domains_is_asked_back(run: Run, people: str) -> None:
    none = {"EASD_ORGANISATION_DEFAULT_DOMAIN": ""}
    run("init", "--organisation", "Example", "--domain", "more.test")
    _refused(run("user", "remove", "alice", environ=none), "use --yes")  # the organisation's default domain is meant
    run("init", "--organisation", "Other", "--domain", "other.test")
    _refused(run("user", "passwd", "alice", environ=none), "Write alice@")


def test_an_empty_list_of_users_is_said_apart(run: Run) -> None:
    run("init")
    assert run("user", "list").err.startswith("there are no users")
    assert run("user", "list", "--json").json == []


# ---------------------------------------------------------------- mail


def test_a_message_is_delivered(run: Run, people: str) -> None:
    before = datetime.now(UTC)
    ended = run("deliver", "Alice@Example.test", "--json", standard_input=_MESSAGE)
    [delivered] = ended.json
    assert (delivered["recipient"], delivered["subject"]) == ("alice@example.test", "Lunch")
    [email] = _mail(people, "alice")
    assert (email.subject, email.read, email.mime_size) == ("Lunch", False, len(_MESSAGE) + _MESSAGE.count(b"\n"))
    assert 0 <= (email.received - before).total_seconds() < 60


def test_a_message_to_a_group_is_delivered_to_each_of_it(run: Run, people: str) -> None:
    run("group", "add", "staff", "alice", "bob")
    delivered = run("deliver", "staff", "--json", standard_input=_MESSAGE).json
    assert [one["recipient"] for one in delivered] == ["alice@example.test", "bob@example.test"]
    assert [len(_mail(people, name)) for name in ("alice", "bob", "carol")] == [1, 1, 0]
    run("group", "join", "staff", "zoe@elsewhere.test")
    _refused(run("deliver", "staff", standard_input=_MESSAGE), "members outside this server")
    run("group", "leave", "staff", "alice", "bob", "zoe@elsewhere.test")
    _refused(run("deliver", "staff", standard_input=_MESSAGE), "no members")


@pytest.mark.parametrize(
    "recipient, message, words",
    [("nobody", _MESSAGE, "nobody here receives mail"), ("alice", b"\n", "no message on standard input")],
)
def test_what_cannot_be_delivered_is_one_line(
    run: Run, people: str, recipient: str, message: bytes, words: str
) -> None:
    _refused(run("deliver", recipient, standard_input=message), words)
    assert _mail(people, "alice") == []


def test_a_message_beyond_the_limit_is_refused(run: Run, people: str) -> None:
    limits = {"EASD_LIMITS_MESSAGE_BYTES": "1024", "EASD_LIMITS_BODY_BYTES": "1024"}
    _refused(run("deliver", "alice", standard_input=b"x" * 1025, environ=limits), "1024 bytes")


def _maildir(folder: Path) -> Path:
    box = mailbox.Maildir(folder)
    for number, flags in enumerate(("S", "FS", "")):
        message = mailbox.MaildirMessage(b"Subject: %d\n\nbody\n" % number)
        message.set_subdir("cur" if flags else "new")
        message.set_flags(flags)
        message.set_date(1_700_000_000 + number)
        box.add(message)
    return folder


def test_a_maildir_is_imported_with_times_and_flags(run: Run, people: str, tmp_path: Path) -> None:
    folder = _maildir(tmp_path / "mail")
    ended = run("import", "maildir", str(folder), "alice", "--folder", "archive", "--json")
    assert ended.json == {"imported": 3, "unread": 1, "flagged": 1, "malformed": [], "left_out": []}
    found = {email.subject: email for email in _mail(people, "alice", "Archive")}
    assert [found[name].read for name in "012"] == [True, True, False]
    assert [email.flag and email.flag.status for email in (found["0"], found["1"])] == [None, FlagStatus.ACTIVE]
    assert {email.received.timestamp() - 1_700_000_000 for email in found.values()} == {0, 1, 2}


def test_an_mbox_is_imported_and_problems_are_told(run: Run, people: str, tmp_path: Path) -> None:
    box = tmp_path / "box"
    start = b"From a@example.test Mon Nov 23 12:00:00 2026\n"
    broken = b"Content-Type: multipart/mixed\n\nno boundary\n"
    box.write_bytes(start + _MESSAGE + b"\n" + start + broken + b"\n" + start + b"\n")
    ended = run("import", "mbox", str(box), "bob", "--json")
    assert ended.code == 1
    assert ended.json["imported"] == 2
    assert [one["message"] for one in ended.json["malformed"]] == [f"{box}, message 2"]
    assert [one["message"] for one in ended.json["left_out"]] == [f"{box}, message 3"]
    assert [email.received for email in _mail(people, "bob")] == [datetime(2026, 11, 23, 12, tzinfo=UTC)] * 2
    told = run("import", "mbox", str(box), "bob").err
    assert "2 messages are in Inbox now" in told
    assert "1 left out:" in told


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["maildir", ".", "alice"], "is no Maildir"),
        (["mbox", "absent", "alice"], "absent: No such file"),
        (["mbox", "pyproject.toml", "alice"], "is no mbox file"),
        (["mbox", "LICENSE", "alice", "--folder", "Calendar"], "no mail folder Calendar, but Inbox,"),
        (["mbox", "LICENSE", "nobody"], "there is no user nobody"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    run: Run, people: str, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    _refused(run("import", *arguments), words)


def test_many_messages_are_imported_in_batches(run: Run, people: str, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(b"From a@example.test Mon Nov 23 12:00:00 2026\nSubject: x\n\ny\n\n" * 250)
    assert run("import", "mbox", str(box), "alice", "--json").json["imported"] == 250
    assert len(_mail(people, "alice")) == 250


def test_a_mailbox_is_reset(run: Run, people: str) -> None:
    run("deliver", "alice", standard_input=_MESSAGE)
    _refused(run("mailbox", "reset", "alice"), "use --yes")
    assert len(_mail(people, "alice")) == 1
    assert run("mailbox", "reset", "alice", "--yes").code == 0
    assert _mail(people, "alice") == []


# ---------------------------------------------------------------- devices


def add_device(url: str, name: str, device_id: str, device_type: str, version: Version = Version.V16_1) -> None:
    """A device that has synchronised once."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with office(url) as opened:
        user = opened.user(name)
        device = Device(
            0,
            user.id,
            device_id,
            device_type,
            version=version.text,
            information=DeviceInformation(model="Model 7"),
            first_seen=now,
            last_seen=now,
        )
        with opened.store.writing(user.mailbox_id) as box:
            box.save_device(device)


def test_devices_are_listed_shown_and_forgotten(run: Run, people: str) -> None:
    assert run("device", "list").err == "no device has synchronised yet\n"
    for name, device_type in (("alice", "phone"), ("alice", "tablet"), ("bob", "phone")):
        add_device(people, name, "D1", device_type)
    assert len(run("device", "list", "--json").json) == 3
    assert [one["type"] for one in run("device", "list", "alice", "--json").json] == ["phone", "tablet"]
    assert "Model 7" in run("device", "list").out
    _refused(run("device", "show", "alice", "d1"), "say --type, one of phone, tablet")
    shown: dict[str, Any] = run("device", "show", "bob", "d1", "--json").json
    assert (shown["model"], shown["version"], shown["provisioned"]) == ("Model 7", "16.1", False)
    assert "Model 7" in run("device", "show", "bob", "D1").out
    _refused(run("device", "remove", "alice", "D1", "--type", "tablet"), "use --yes")
    assert run("device", "remove", "alice", "D1", "--type", "tablet", "--yes").code == 0
    assert [one["type"] for one in run("device", "list", "alice", "--json").json] == ["phone"]
    _refused(run("device", "remove", "carol", "D1", "--yes"), "carol@example.test has no device D1")


def test_a_device_that_keeps_failing_is_shown_in_the_list(run: Run, people: str) -> None:
    add_device(people, "alice", "D1", "phone")
    add_device(people, "bob", "D2", "phone")
    assert "no device keeps failing" in run("device", "list", "--failing").err
    with office(people) as opened:
        bob = opened.user("bob")
        with opened.store.writing(bob.mailbox_id) as box:
            device = box.device("D2", "phone")
            assert device is not None
            box.save_device(replace(device, trouble=Trouble(opened.now(), rejections=3)))
    listed = run("device", "list").out.splitlines()
    assert [("keeps failing" in line) for line in listed if "D1" in line or "D2" in line] == [False, True]
    assert [one["device"] for one in run("device", "list", "--failing", "--json").json] == ["D2"]


def test_a_recovery_password_is_shown_when_it_is_asked_for_MS_ASCMD_R5737(
    run: Run, people: str, tmp_path: Path
) -> None:
    key = {"EASD_AUTH_SECRET_KEY_FILE": str(tmp_path / "keys" / "one.key")}
    add_device(people, "alice", "D1", "phone")
    _refused(run("device", "show", "alice", "D1", "--recovery-password", environ=key), "left no recovery password")
    with office(people) as opened:
        alice = opened.user("alice")
        kept = vault(Settings(auth=Auth(secret_key_file=key["EASD_AUTH_SECRET_KEY_FILE"])))
        with opened.store.writing(alice.mailbox_id) as box:
            (device,) = box.devices()
            box.save_device(replace(device, recovery_password=kept.seal("4711")))
    assert Path(key["EASD_AUTH_SECRET_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
    assert "4711" not in run("device", "show", "alice", "D1", "--json", environ=key).out
    shown = run("device", "show", "alice", "D1", "--recovery-password", "--json", environ=key)
    assert shown.json["recovery_password"] == "4711"
    other = {"EASD_AUTH_SECRET_KEY_FILE": str(tmp_path / "other.key")}
    _refused(run("device", "show", "alice", "D1", "--recovery-password", environ=other), "another key than")


def test_a_device_is_shown_with_the_items_that_it_could_not_be_shown_in_full(run: Run, people: str) -> None:
    add_device(people, "alice", "D1", "phone")
    with office(people) as opened:
        alice = opened.user("alice")
        item = deliver(opened.store, alice, b"Subject: Bad\r\n\r\nHello\r\n", datetime.now(UTC))
        with opened.store.writing(alice.mailbox_id) as box:
            (device,) = box.devices()
            box.note_reduced(device.id, item.folder_id, {item.uid: "KeyError at easd/x.py:7"}, 1)
    (noted,) = run("device", "show", "alice", "D1", "--json").json["reduced"]
    assert (noted["item"], noted["folder"]) == (f"{item.folder_id}:{item.uid}", "Inbox")
    assert "KeyError at easd/x.py:7" in run("device", "show", "alice", "D1").out


# ---------------------------------------------------------------- messages of the protocol


def test_wbxml_becomes_xml_and_the_same_again(tmp_path: Path) -> None:
    raw = encode(Element(tag("FolderHierarchy:FolderSync"), [Element(tag("FolderHierarchy:SyncKey"), "0")]))
    xml = easd("wbxml", "decode", standard_input=raw)
    assert xml.out == '<FolderSync xmlns="FolderHierarchy">\n  <SyncKey>0</SyncKey>\n</FolderSync>\n'
    assert easd("wbxml", "encode", standard_input=xml.raw).raw == raw
    (tmp_path / "a.xml").write_bytes(xml.raw)
    easd("wbxml", "encode", str(tmp_path / "a.xml"), "-o", str(tmp_path / "a.wbxml"))
    assert decode((tmp_path / "a.wbxml").read_bytes()) == decode(raw)


@pytest.mark.parametrize(
    "arguments, given, words",
    [
        (["decode"], b"\x03\x01\x6a\x00\x00\x07\xff", "standard input: "),
        (["decode"], b"", "at byte 0 of 0"),
        (["encode"], b"<a", "in line 1"),
        (["encode"], b"\xff", "not UTF-8, at byte 0"),
        (["encode"], b'<Nonsense xmlns="AirSync"/>', "Nonsense"),
        (["decode", "/nonexistent"], b"", "/nonexistent: No such file"),
    ],
)
def test_what_is_no_message_is_one_line_with_its_place(arguments: list[str], given: bytes, words: str) -> None:
    _refused(easd("wbxml", *arguments, standard_input=given), words)


# ---------------------------------------------------------------- probe


def test_probe_needs_a_server_and_a_password() -> None:
    assert easd("probe", "example.test", "alice").code == 2
    _refused(easd("probe", "http://127.0.0.1:1", "alice"), "EASD_PASSWORD")
    unreachable = easd("probe", "http://127.0.0.1:1", "alice", environ={"EASD_PASSWORD": PASSWORD})
    assert unreachable.code == 1
    assert "Traceback" not in unreachable.out + unreachable.err


def test_probe_refuses_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    given = {"EASD_PASSWORD": PASSWORD}
    for file, words in (("ca.pem", "no usable certificate"), ("absent.pem", "No such file")):
        _refused(easd("probe", "https://127.0.0.1:1", "a", "--ca-file", str(tmp_path / file), environ=given), words)


# ---------------------------------------------------------------- search


def test_a_profile_is_shown_changed_and_hidden(run: Run, people: str, tmp_path: Path) -> None:
    picture = tmp_path / "alice.jpg"
    picture.write_bytes(b"\xff\xd8image")
    changed = run(
        "user", "profile", "alice", "--title", "Director", "--phone", "+49 1", "--picture", str(picture), "--json"
    )
    assert (changed.json["title"], changed.json["picture_bytes"], changed.json["hidden"]) == ("Director", 7, False)
    assert run("user", "profile", "alice", "--phone", "", "--hidden").code == 0
    shown = run("user", "profile", "alice", "--json").json
    assert (shown["title"], shown["phone"], shown["picture_bytes"], shown["hidden"]) == ("Director", "", 7, True)
    assert run("user", "profile", "alice", "--no-picture", "--listed", "--json").json["picture_bytes"] == 0
    assert "Director" in run("user", "profile", "alice").out
    _refused(run("user", "profile", "alice", "--picture", str(tmp_path / "none.jpg")), "No such file")
    picture.write_bytes(bytes(1024 * 1024 + 1))
    _refused(run("user", "profile", "alice", "--picture", str(picture)), "at most")
    _refused(run("user", "profile", "nobody"), "no user")


def test_what_was_there_before_the_index_is_indexed(run: Run, people: str) -> None:
    assert run("deliver", "alice", standard_input=_MESSAGE).code == 0
    with office(people) as opened, opened.store.database.write() as block:
        for statement in ("DELETE FROM search_docs", "INSERT INTO search_pending SELECT folder_id, uid FROM items"):
            block.session.run(Prepared(text(statement)))
    assert run("mailbox", "index").err == "1 items indexed\n"
    assert run("mailbox", "index").err == "0 items indexed\n"

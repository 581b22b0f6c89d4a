"""The reader of the demonstration's index: what it gives, and what it says of a broken one."""

from datetime import timedelta
from pathlib import Path

import pytest

from easd.demo.mail import COLUMNS, INDEX, BrokenIndexError, DemoMessage, messages
from easd.model.email import FlagStatus

GOOD = ("a.eml", "alice@example.test", "Inbox", "90", "no", "active", "Work;Home", "pdf", "a letter")
RAW = b"Subject: \xff\r\n\r\nbare\rand\x00\n"


def written(folder: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    """A folder with one message file and an index of these rows."""
    (folder / "a.eml").write_bytes(RAW)
    (folder / INDEX).write_text("\n".join("\t".join(row) for row in (columns, *rows)) + "\n", "utf-8")
    return folder


def changed(**fields: str) -> tuple[str, ...]:
    """The good row with some fields replaced."""
    return tuple(fields.get(name, value) for name, value in zip(COLUMNS, GOOD, strict=True))


def test_a_line_becomes_a_message_with_its_exact_bytes(tmp_path: Path) -> None:
    (found,) = messages(written(tmp_path, GOOD))

    assert found == DemoMessage(
        recipient="alice@example.test",
        folder_name="Inbox",
        raw=RAW,
        age=timedelta(minutes=90),
        read=False,
        flag=FlagStatus.ACTIVE,
        categories=("Work", "Home"),
    )


def test_a_file_may_stand_in_several_mailboxes_and_the_order_is_kept(tmp_path: Path) -> None:
    rows = (changed(mailbox="bob@example.test", categories=""), GOOD)

    found = list(messages(written(tmp_path, *rows)))

    assert [message.recipient for message in found] == ["bob@example.test", "alice@example.test"]
    assert found[0].categories == ()


def test_an_index_without_lines_gives_nothing(tmp_path: Path) -> None:
    assert list(messages(written(tmp_path))) == []


@pytest.mark.parametrize(
    "row, said",
    [
        (GOOD[:-1], "8 columns where 9 are needed"),
        (("",), "1 columns where 9 are needed"),
        (changed(file="b.eml"), "'b.eml' does not exist"),
        (changed(file=""), "not a path below the index"),
        (changed(file="../a.eml"), "not a path below the index"),
        (changed(file="/etc/passwd"), "not a path below the index"),
        (changed(file="x\\a.eml"), "not a path below the index"),
        (changed(mailbox="alice"), "'alice' is not an address"),
        (changed(folder="inbox"), "the folder 'inbox' is none of"),
        (changed(folder="Outbox"), "the folder 'Outbox' is none of"),
        (changed(folder="Calendar"), "the folder 'Calendar' is none of"),
        (changed(age_minutes="-5"), "age_minutes '-5'"),
        (changed(age_minutes="1.5"), "age_minutes '1.5'"),
        (changed(age_minutes="٣"), "age_minutes '٣'"),
        (changed(age_minutes="99999999"), "age_minutes '99999999'"),
        (changed(read="true"), "read 'true' is neither yes nor no"),
        (changed(flag="red"), "flag 'red' is none of cleared, active, complete"),
    ],
)
def test_a_wrong_line_is_named_before_any_message_comes(tmp_path: Path, row: tuple[str, ...], said: str) -> None:
    index = messages(written(tmp_path, changed(mailbox="bob@example.test"), row))

    with pytest.raises(BrokenIndexError, match=r"index\.tsv: line 3: ") as caught:
        next(index)

    assert said in str(caught.value)


def test_the_same_message_twice_in_a_mailbox_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndexError, match=r"line 3: a\.eml stands twice in the mailbox of alice@example\.test"):
        list(messages(written(tmp_path, GOOD, GOOD)))


def test_wrong_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndexError, match="line 1: the columns must be file, mailbox"):
        list(messages(written(tmp_path, GOOD, columns=COLUMNS[::-1])))


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndexError, match=r"index\.tsv: cannot be read"):
        list(messages(tmp_path))


def test_an_index_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_bytes(b"file\xff")

    with pytest.raises(BrokenIndexError, match=r"index\.tsv: cannot be read"):
        list(messages(tmp_path))

"""A file of master keys: what is wrong with it is said before anything is lost."""

import os
import stat
from pathlib import Path

import pytest

from easd.custody.keepers import Keepers
from easd.custody.key_file import KeyFile
from easd.service.ports.master_keys import MasterKeyMissing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "master.key"


def test_a_new_file_is_for_its_owner_alone_and_opens_what_it_seals(path: Path) -> None:
    name = KeyFile(path).add()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyFile(path).current() == name
    sealed_by, wrapped = KeyFile(path).wrap(b"secret")
    assert sealed_by == name
    assert b"secret" not in wrapped
    assert KeyFile(path).unwrap(name, wrapped) == b"secret"


def test_a_key_that_is_added_seals_and_the_one_before_it_still_opens(path: Path) -> None:
    running = KeyFile(path)
    first = running.add()
    _, wrapped = running.wrap(b"secret")
    second = KeyFile(path).add()
    assert running.current() == second
    assert running.names() == [first, second]
    assert running.unwrap(first, wrapped) == b"secret"
    with pytest.raises(ValueError, match="present"):
        running.drop(second)
    running.drop(first)
    with pytest.raises(MasterKeyMissing, match=f"{first} is not in this file, only {second}"):
        running.unwrap(first, wrapped)
    with pytest.raises(KeyError):
        running.drop(first)


def test_what_was_sealed_is_not_opened_once_it_is_altered(path: Path) -> None:
    file = KeyFile(path)
    name = file.add()
    wrapped = bytearray(file.wrap(b"secret")[1])
    wrapped[-1] ^= 1
    with pytest.raises(MasterKeyMissing, match="altered"):
        file.unwrap(name, bytes(wrapped))


def test_a_file_that_is_missing_says_what_to_do(path: Path) -> None:
    with pytest.raises(MasterKeyMissing, match="there is no such file"):
        KeyFile(path).current()


@pytest.mark.parametrize("content", ["", "# nothing\n", "not a key\n", "c2hvcnQ=\n"])
def test_a_file_that_is_none_of_keys_is_refused_and_stays_as_it_is(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(MasterKeyMissing):
        KeyFile(path).current()
    with pytest.raises(MasterKeyMissing):
        KeyFile(path).add()
    assert path.read_text() == content


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    KeyFile(path).add()
    path.chmod(mode)
    with pytest.raises(MasterKeyMissing, match="chmod 600"):
        KeyFile(path).current()


def test_keys_of_a_kind_that_the_settings_do_not_name_are_missing(path: Path) -> None:
    file = KeyFile(path)
    file.add()
    both = Keepers("file", {"file": file})
    name, wrapped = both.wrap(b"secret")
    assert both.unwrap(name, wrapped) == b"secret"
    with pytest.raises(MasterKeyMissing, match="kms:other"):
        both.unwrap("kms:other", wrapped)

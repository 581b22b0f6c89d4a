"""Password hashes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters

from easd.directory import PASSWORD_MAX, Passwords, hash_password


def test_a_hash_has_the_parameters_that_owasp_names_and_a_salt() -> None:
    kept = hash_password("correct horse")
    parameters = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (2, 19456, 1)
    assert hash_password("correct horse") != kept
    assert "correct" not in kept


@pytest.mark.parametrize("password", ["x", "pässwörd – 密码", "\udcff", " ", "a\0b", "é" * (PASSWORD_MAX // 2)])
def test_any_text_can_be_a_password(password: str) -> None:
    passwords = Passwords(1)
    kept = passwords.hash(password)
    assert passwords.verify(kept, password)
    assert not passwords.verify(kept, password + "x")
    assert not passwords.verify(kept, "")


def test_what_is_too_long_or_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="1024 bytes"):
        hash_password("é" * (PASSWORD_MAX // 2) + "x")
    with pytest.raises(ValueError, match="empty"):
        hash_password("")


class Recording(PasswordHasher):
    """Argon2 at its cheapest, that tells what it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
        self.asked.append(str(hash))
        return super().verify(hash, password)


def test_a_password_too_long_is_refused_before_it_is_hashed() -> None:
    hasher = Recording()
    assert not Passwords(1, hasher).verify(hasher.hash("x"), "x" * (PASSWORD_MAX + 1))
    assert hasher.asked == []


def test_nobody_and_damaged_hashes_say_no() -> None:
    passwords = Passwords(1)
    for kept in ("", "!", "$argon2id$v=19$broken", "plain", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$"):
        assert not passwords.verify(kept, "x")


def test_an_unknown_user_costs_a_hash_of_the_same_parameters() -> None:
    hasher = Recording()
    passwords = Passwords(1, hasher)
    assert not passwords.verify("", "x")
    assert not passwords.verify("", "x")
    assert extract_parameters(hasher.asked[0]) == extract_parameters(hasher.hash("x"))
    assert hasher.asked[0] == hasher.asked[1]


def test_a_hash_of_other_parameters_is_outdated() -> None:
    passwords = Passwords(1)
    assert not passwords.outdated(passwords.hash("x"))
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))


class Slow(PasswordHasher):
    """Waits until two are inside."""

    def __init__(self) -> None:
        super().__init__()
        self._guard, self._full = threading.Lock(), threading.Barrier(2, timeout=20)
        self.inside = self.most = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
        with self._guard:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self._full.wait()
        with self._guard:
            self.inside -= 1
        return True


def test_no_more_than_so_many_at_a_time() -> None:
    hasher = Slow()
    passwords = Passwords(2, hasher)
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda _: passwords.verify("kept", "x"), range(6)))
    assert hasher.most == 2

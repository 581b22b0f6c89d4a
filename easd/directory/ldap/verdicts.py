"""What a directory has said of passwords, remembered for a while: as keyed digests in memory and nothing else."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_MOST: Final = 50_000


class Verdicts:
    """For threads. Each kind holds a bounded number; the oldest is forgotten first."""

    def __init__(self, clock: Callable[[], float], remembered: float) -> None:
        """`clock` is monotonic, in seconds; `remembered`: for how many of them a refusal is."""
        self._clock = clock
        self._remembered = remembered
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._accepted: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def mark(self, name: str, password: str) -> bytes:
        """What stands for the two in the memory."""
        fields = [text.encode("utf-8", "surrogatepass") for text in (name, password)]
        framed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
        return blake2b(framed, key=self._key, digest_size=32).digest()

    def accept(self, mark: bytes, user_id: int) -> None:
        """The directory says yes."""
        with self._lock:
            _put(self._accepted, mark, (user_id, self._clock()))

    def accepted(self, mark: bytes, within: float) -> int | None:
        """Whom it has let in with that within so many seconds."""
        with self._lock:
            user_id, at = self._accepted.get(mark, (None, 0.0))
            return user_id if user_id is not None and self._clock() - at < within else None

    def forget(self, mark: bytes) -> None:
        """It says so no more."""
        with self._lock:
            self._accepted.pop(mark, None)

    def refuse(self, person: str, mark: bytes, state: str) -> None:
        """It says that the password is wrong. `state` is another text as soon as the person has a new one."""
        with self._lock:
            _put(self._refused, mark, (state, self._clock()))
            _put(self._failures, person, [*self._recent(person), self._clock()])

    def refused(self, mark: bytes, state: str) -> bool:
        """Whether it has said so, and the person's password is still the same."""
        with self._lock:
            known, at = self._refused.get(mark, (None, 0.0))
            return known == state and self._clock() - at < self._remembered

    def failures(self, person: str) -> int:
        """How many wrong passwords of the person it has heard of lately."""
        with self._lock:
            return len(self._recent(person))

    def _recent(self, person: str) -> list[float]:
        return [at for at in self._failures.get(person, ()) if self._clock() - at < self._remembered]


def _put(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _MOST:
        kept.popitem(last=False)

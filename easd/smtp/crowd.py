"""How many clients there are at the same time, in all and from one address."""

from collections import Counter

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one client may do. Sizes in bytes, times in seconds."""

    message_bytes: int = 26_214_400
    recipients: int = 500
    connections: int = 200
    connections_per_address: int = 20
    errors: int = 20
    messages: int = 100
    command_seconds: float = 300
    content_seconds: float = 600


class Crowd:
    """All clients of this process."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._inside: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether one more from there may come in; if so, it must `leave`."""
        if self._inside.total() >= self._most or self._inside[address] >= self._most_of_one:
            return False
        self._inside[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One from there has gone."""
        self._inside[address] -= 1
        if not self._inside[address]:
            del self._inside[address]

"""Slowing down whoever guesses passwords: one token bucket for each account or address."""

from collections import OrderedDict
from collections.abc import Callable


class Throttle:
    """Grants `burst` attempts at once, and one more every `seconds`.

    Two ways to use it. `take` pays for an attempt before it is made and `give_back` returns it on success: many at the
    same time gain nothing. `wait` only asks and `charge` pays for a failure, if need be with tokens to come: as many as
    like may try at the same time, and those who fail wait the longer. At most `entries_max` buckets are kept; the one
    unused for longest is forgotten first, and a full one is no news.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float], entries_max: int = 100_000) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._entries_max = entries_max
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Pay for one attempt: 0.0, or the seconds until the next one is granted."""
        tokens = self._tokens(key)
        if tokens < 1:
            self._buckets.move_to_end(key)
            return (1 - tokens) * self._seconds
        self._put(key, tokens - 1)
        return 0.0

    def wait(self, key: str) -> float:
        """The seconds until the next attempt is granted, without paying."""
        return max(0.0, 1 - self._tokens(key)) * self._seconds

    def charge(self, key: str) -> None:
        """Pay for a failure, with a debt of one burst at most."""
        self._put(key, max(-self._burst, self._tokens(key) - 1))

    def give_back(self, key: str) -> None:
        """The attempt was no guess."""
        self._put(key, self._tokens(key) + 1)

    def _tokens(self, key: str) -> float:
        if key not in self._buckets:
            return self._burst
        tokens, at = self._buckets[key]
        return min(self._burst, tokens + (self._clock() - at) / self._seconds)

    def _put(self, key: str, tokens: float) -> None:
        if tokens >= self._burst:
            self._buckets.pop(key, None)
            return
        self._buckets[key] = (tokens, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._entries_max:
            self._buckets.popitem(last=False)

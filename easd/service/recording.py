"""What devices and the server said to each other lately, for people who look for a fault.

Of every exchange that went wrong, and of all exchanges of devices that somebody watches, the bytes are put into a ring
in memory: that is all that happens on the way of a request. A job masks them (`easd.eas.redaction`) and keeps them in
the store, the last ones of each device.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from secrets import token_bytes
from threading import Lock

from easd.eas.redaction import redacted
from easd.eas.request import EasRequest
from easd.model.account import Principal
from easd.model.exchange import Exchange
from easd.service.context import Answer, Hold, HttpError, Services
from easd.service.ports import ExchangeArchive, Watched
from easd.wbxml import WbxmlError, decode, encode

_BODY_MAX = 256 * 1024
"""Bytes of a body that is kept; of a larger one there is only the size."""

_DETAIL_MAX = 300


@dataclass(frozen=True, slots=True)
class _Raw:
    """An exchange as it was."""

    device: Watched
    exchange: Exchange
    request: bytes
    response: bytes

    @property
    def size(self) -> int:
        return len(self.request) + len(self.response)


class Recorder:
    """The ring. `everything`: exchanges that went well are kept, too, of all devices."""

    def __init__(self, *, everything: bool = False, most: int = 500, bytes_max: int = 16 * 2**20) -> None:
        self._everything = everything
        self._most = most
        self._bytes_max = bytes_max
        self._ring: deque[_Raw] = deque()
        self._size = 0
        self._lock = Lock()
        self._key = token_bytes(32)
        self._watched: frozenset[Watched] = frozenset()

    def __len__(self) -> int:
        return len(self._ring)

    @property
    def watching(self) -> bool:
        """Whether there is any device all of whose exchanges are wanted."""
        return self._everything or bool(self._watched)

    def watches(self, device: Watched) -> bool:
        """Whether it is this device."""
        return self._everything or device in self._watched

    def add(self, device: Watched, exchange: Exchange, request: bytes, response: bytes) -> None:
        """Note an exchange; where there is no room, the oldest ones go."""
        kept = [body if len(body) <= _BODY_MAX else b"" for body in (request, response)]
        raw = _Raw(device, exchange, *kept)
        with self._lock:
            self._ring.append(raw)
            self._size += raw.size
            while len(self._ring) > self._most or self._size > self._bytes_max:
                self._size -= self._ring.popleft().size

    def flush(self, archive: ExchangeArchive, now: datetime) -> None:
        """Keep what is in the ring, masked, and hear which devices are watched from now on."""
        self._watched = frozenset(archive.watched(now))
        with self._lock:
            raws, self._size = list(self._ring), 0
            self._ring.clear()
        if raws:
            gathered: defaultdict[Watched, list[Exchange]] = defaultdict(list)
            for raw in raws:
                gathered[raw.device].append(self._masked(raw))
            archive.keep(gathered)

    def _masked(self, raw: _Raw) -> Exchange:
        return replace(raw.exchange, request=self._body(raw.request), response=self._body(raw.response))

    def _body(self, body: bytes) -> bytes | None:
        try:
            return encode(redacted(decode(body), self._key)) if body else None
        except (WbxmlError, ValueError):
            return None  # mail as it was written, a multipart answer, or what nobody can read


Serve = Callable[[Services, Principal, EasRequest, bytes], Answer | Hold]


def recorded(
    recorder: Recorder, serve: Serve, services: Services, principal: Principal, request: EasRequest, body: bytes
) -> Answer | Hold:
    """Serve the request, and note the exchange if it is wanted."""
    note = partial(_Note, recorder, services.clock, principal, request, body)  # made only where it is needed
    watched = recorder.watching and recorder.watches(_device(principal, request))
    try:
        outcome = serve(services, principal, request, body)
    except HttpError as error:
        note().write(error.status, (error.cause,))
        raise
    except Exception as error:
        note().write(500, (type(error).__name__,))
        raise
    if isinstance(outcome, Hold):
        return _held(note(), outcome, services.clock()) if watched else outcome
    if watched or outcome.notes:
        note().answered(outcome)
    return outcome


def _device(principal: Principal, request: EasRequest) -> Watched:
    return Watched(principal.user.mailbox_id, request.device_id, request.device_type)


@dataclass(frozen=True, slots=True)
class _Note:
    """An exchange that may have to be written down."""

    recorder: Recorder
    clock: Callable[[], datetime]
    principal: Principal
    request: EasRequest
    body: bytes

    def answered(self, answer: Answer, since: datetime | None = None) -> None:
        response = answer.body if answer.more is None else b""
        self.write(answer.status, answer.notes, response, answer.size, since)

    def write(
        self, http: int, notes: tuple[str, ...], response: bytes = b"", size: int = 0, since: datetime | None = None
    ) -> None:
        now, request = self.clock(), self.request
        exchange = Exchange(
            now,
            request.command.wire_name,
            request.version.text,
            request.user_agent[:_DETAIL_MAX],
            "none" if request.policy_key is None else "yes" if request.policy_key else "0",
            http,
            0.0 if since is None else (now - since).total_seconds(),
            tuple(note[:_DETAIL_MAX] for note in notes),
            request_size=len(self.body),
            response_size=size,
        )
        self.recorder.add(_device(self.principal, self.request), exchange, self.body, response)


def _held(note: _Note, hold: Hold, since: datetime) -> Hold:
    def again(changed: bool) -> Answer | Hold:
        try:
            outcome = hold.again(changed)
        except HttpError as error:
            note.write(error.status, (error.cause,), since=since)
            raise
        if isinstance(outcome, Hold):
            return _held(note, outcome, since)
        note.answered(outcome, since)
        return outcome

    return replace(hold, again=again)

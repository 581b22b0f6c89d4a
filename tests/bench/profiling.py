"""Where the time of a request goes: each kind of work in this process, without HTTP, under the profiler.

    python -m tests.bench.profiling [WORK ...]

Prints microseconds of processor time a piece of work without the profiler, and the functions that take most of it with
the profiler on, by their own time and with what they call.
"""

import argparse
import cProfile
import io
import pstats
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count

from easd.eas.request import Command, EasRequest
from easd.eas.versions import V16_1
from easd.model.account import Principal, User
from easd.model.email import BodyType
from easd.service.context import Answer, Hold, Services
from easd.service.delivery import deliver, new_mail
from easd.service.dispatch import dispatch
from tests.bench import documents
from tests.bench.lean import TYPE, Phone
from tests.bench.mails import letters
from tests.bench.site import KEY, Site, site

_SECONDS = 1.0
_LINES = 22
_LETTERS = 400

Work = Callable[[], object]


class Desk:
    """A mailbox with letters, and a device of it whose requests are answered in this process."""

    def __init__(self, place: Site) -> None:
        self.place = place
        self.user = place.user()
        self.raw = list(letters(_LETTERS))
        place.load(self.user, (new_mail(raw, received) for raw, received in self.raw))
        self.phone = place.phones(self.user, 1, wishes=documents.options(BodyType.HTML))[0]
        self.services = Services(place.store, place.office.directory, lambda: datetime.now(UTC), secrets.randbits)
        self._numbers = count()

    def ask(self, command: Command, body: bytes, phone: Phone | None = None, user: User | None = None) -> bytes:
        """The body of the answer to the device, or to that of another user. A held request has none."""
        sender, principal = phone or self.phone, Principal(user or self.user, 1)
        request = EasRequest(command, V16_1, sender.device_id, TYPE, policy_key=sender.policy_key)
        answer: Answer | Hold = dispatch(self.services, principal, request, body)
        return answer.body if isinstance(answer, Answer) else b""

    def empty_sync(self) -> Work:
        """Nothing to tell."""
        body = documents.sync_of(self.phone).with_key(KEY)
        return lambda: self.ask(Command.SYNC, body)

    def folder_sync(self) -> Work:
        """Nothing to tell."""
        body = documents.hierarchy(self.phone, KEY.decode())
        return lambda: self.ask(Command.FOLDER_SYNC, body)

    def ping(self) -> Work:
        """A Ping that ends in waiting."""
        body = documents.ping_inbox(self.phone, 600)
        return lambda: self.ask(Command.PING, body)

    def change(self) -> Work:
        """The read flag of a letter, toggled."""
        user, phone = self._another()
        keys = [KEY]

        def once() -> None:
            number = next(self._numbers)
            request = documents.read_flag(phone, f"{phone.inbox}:1", read=number % 2 == 0)
            keys[0] = documents.Result(self.ask(Command.SYNC, request.with_key(keys[0]), phone, user)).key

        return once

    def new_letter(self) -> Work:
        """A delivery of a short letter and the Sync that brings it."""
        user, phone = self._another()
        keys, request = [KEY], documents.sync_of(phone)

        def once() -> None:
            raw = b"Subject: New\r\nMessage-ID: <%d@bench.test>\r\n\r\nSomething new.\r\n" % next(self._numbers)
            deliver(self.place.store, user, raw, datetime.now(UTC))
            keys[0] = documents.Result(self.ask(Command.SYNC, request.with_key(keys[0]), phone, user)).key

        return once

    def first_sync(self) -> Work:
        """An answer with 100 letters and their HTML."""
        phone = self.place.new_phone(self.user, "first", V16_1)
        start = documents.Result(self.ask(Command.SYNC, documents.sync_of(phone).with_key(b"0"), phone)).key
        wishes = documents.options(BodyType.HTML)
        body = documents.sync_of(phone, window=100, wishes=wishes).with_key(start)
        # The same key again: the answer was lost, and is computed anew.
        return lambda: self.ask(Command.SYNC, body, phone)

    def send_mail(self) -> Work:
        """A short letter to another user, delivered."""
        recipient = self.place.user().address
        return lambda: self.ask(Command.SEND_MAIL, documents.mail_to(self.phone, recipient, next(self._numbers)))

    def extract(self) -> Work:
        """What is taken from an ordinary letter at its delivery."""
        numbers = count()
        return lambda: new_mail(*self.raw[next(numbers) % len(self.raw)])

    def _another(self) -> tuple[User, Phone]:
        """A further user with 100 short letters and a device that knows them."""
        user = self.place.user()
        self.place.fill(user, 100)
        return user, self.place.phones(user, 1, wishes=documents.options(BodyType.HTML))[0]


WORKS = ("empty_sync", "folder_sync", "ping", "change", "new_letter", "first_sync", "send_mail", "extract")


def profile(work: Work, seconds: float = _SECONDS) -> Iterator[str]:
    """What is to be said of the work, in paragraphs."""
    work()
    times = sorted(_repeat(work, seconds))
    yield f"{times[len(times) // 2] * 1e6:,.0f} µs, the best {times[0] * 1e6:,.0f} µs ({len(times)} times)"
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    rounds = len(_repeat(work, seconds))
    profiler.disable()
    for order in ("tottime", "cumtime"):
        text = io.StringIO()
        pstats.Stats(profiler, stream=text).strip_dirs().sort_stats(order).print_stats(_LINES)
        yield f"{rounds} rounds, by {order}\n" + text.getvalue().partition("\n\n\n")[0].strip()


def _repeat(work: Work, seconds: float) -> list[float]:
    until, times = time.monotonic() + seconds, []
    while time.monotonic() < until:
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return times


def main() -> None:
    """Profile what is asked for, or everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("work", nargs="*", choices=[*WORKS, []], help=", ".join(WORKS))
    chosen = parser.parse_args().work or WORKS
    with site("sqlite") as place:
        desk = Desk(place)
        for name in chosen:
            print(f"\n======== {name}: {getattr(desk, name).__doc__}")
            for paragraph in profile(getattr(desk, name)()):
                print(paragraph)


if __name__ == "__main__":
    main()

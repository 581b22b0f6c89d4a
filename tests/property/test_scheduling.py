"""Two weeks of an office: organizers and attendees with devices of all versions, mail that comes in any order, and lost
answers. In the end each calendar holds the same meetings, and nobody has heard anything twice.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from easd.eas.commands.meeting_response import MeetingAnswer, SendResponse, UserResponse
from easd.eas.commands.sync import AddResult, ClientAdd, ClientChange, ClientCommand, ClientDelete
from easd.eas.versions import DIALECTS, V2_5, V12_1, V14_0, V14_1, V16_0, V16_1
from easd.model.email import Email
from easd.model.event import CANCELLED, Attendee, Event, Occurrence
from easd.model.folder import FolderType
from easd.model.instances import instance_of
from easd.model.outgoing import Outbound
from easd.scheduling.message import times_of
from easd.service import ids
from easd.service.submission import deliver_queued
from tests.support.databases import copied
from tests.support.events import Said, calendar, event_data
from tests.support.meetings import address, device_mail, events, respond, send_mail
from tests.support.world import Phone, World, furnish

PEOPLE = ("alice", "bob", "carol", "dora")
VERSIONS = ((V16_1, V14_1), (V16_0, V2_5), (V14_0, V16_1), (V12_1, V14_1))
"""The devices of each of them."""
STATUS = {UserResponse.ACCEPTED: 3, UserResponse.TENTATIVE: 2, UserResponse.DECLINED: 4}
FORMAT = "%Y%m%dT%H%M%SZ"


class Disorder:
    """A store whose queue gives out some of its entries, in any order; all of them once `patience` is over."""

    def __init__(self, world: World, random: Random) -> None:
        self._store, self._random, self.patience = world.sql, random, True

    def queued(self, limit: int) -> Sequence[Outbound]:
        found = list(self._store.queued(500))
        self._random.shuffle(found)
        return found[: self._random.randint(0, len(found))] if self.patience else found[:limit]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass
class Office:
    """People, their devices, and what they do."""

    world: World
    random: Random
    phones: dict[str, list[Phone]] = field(default_factory=dict)
    words: int = 0
    hours: int = 0
    left: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in PEOPLE[2:]:
            self.world.admin.create_user(f"{name}@example.test", name.capitalize(), "")
        for name, versions in zip(PEOPLE, VERSIONS, strict=True):
            self.phones[name] = [self.world.phone(name, version) for version in versions]
        self.disorder = Disorder(self.world, self.random)
        self.world.through(self.disorder)

    # ------------------------------------------------------------ one hour

    def work(self) -> None:
        """Somebody does something, and some mail arrives."""
        self.world.forward(minutes=self.random.randint(20, 180))
        acts = [self.organize] * 2 + [self.change] * 3 + [self.occurrence] * 2 + [self.respond] * 6 + [self.drop]
        self.random.choice(acts)(self.random.choice(PEOPLE))
        deliver_queued(self.world.services)

    def finish(self) -> None:
        """All mail arrives."""
        self.disorder.patience = False
        deliver_queued(self.world.services)

    # ------------------------------------------------------------ what organizers do

    def organize(self, name: str) -> None:
        """A meeting, or a weekly one."""
        others = [each for each in PEOPLE if each != name]
        guests = self.random.sample(others, self.random.randint(1, 3))
        phone = self.random.choice(self.phones[name])
        rule = self.random.random() < 0.4
        start = self._time()
        data = self._data(start, guests, rule=rule)
        folder = calendar(phone)
        command = ClientAdd("new", data)
        if self.random.random() < 0.3:
            phone.sync(folder, command, lose=True)
        (result,) = phone.sync(folder, command).responses
        assert isinstance(result, AddResult)
        assert result.server_id is not None
        self._mail(phone, result.server_id, "REQUEST", guests)

    def change(self, name: str) -> None:
        """Another time, another name, other people, or only a reminder."""
        phone = self.random.choice(self.phones[name])
        if (found := self._own(name)) is None:
            return
        server_id, event = found
        what = self.random.choice(("time", "name", "people", "reminder"))
        guests = [each.email.partition("@")[0] for each in event.attendees]
        start = self._time() if what == "time" else event.start.astimezone(UTC)
        gone: list[str] = []
        if what == "people":
            guests, gone = self._other_people(name, event, guests)
        more: dict[str, Said] = {"Reminder": str(self.random.randint(1, 60))} if what == "reminder" else {}
        subject = self._word() if what == "name" else event.subject or ""
        if DIALECTS[phone.version].server_invites:
            if what == "time" and event.recurrence is not None:
                more = {"Recurrence": self._rule(start)}
            data = event_data(**self._part(what, start, subject, guests), **more)
        else:
            data = self._data(start, guests, rule=event.recurrence is not None, subject=subject, **more)
        self._sync(phone, ClientChange(server_id, data))
        if what != "reminder":
            self._mail(phone, server_id, "REQUEST", guests)
            self._mail(phone, server_id, "CANCEL", gone)

    def occurrence(self, name: str) -> None:
        """One occurrence at another time, under another name, or not at all."""
        phone = self.random.choice(self.phones[name])
        found = self._own(name, series=True)
        if found is None:
            return
        server_id, event = found
        taken = {each.original.date() for each in event.exceptions}
        days = [event.start + timedelta(weeks=week) for week in range(4)]
        free = [day for day in days if day.date() not in taken]
        if not free:
            return
        original = self.random.choice(free)
        off = self.random.random() < 0.3
        said = original.astimezone(UTC).strftime(FORMAT)
        start = original + timedelta(minutes=self.random.randint(10, 50))
        times: dict[str, Said] = {"StartTime": start.strftime(FORMAT), "Subject": self._word()}
        times["EndTime"] = (start + timedelta(hours=1)).strftime(FORMAT)
        if DIALECTS[phone.version].server_invites:
            command = ClientDelete(server_id, instance_id=said) if off else ClientChange(
                server_id, event_data(**times), instance_id=said)  # fmt: skip
        else:
            one: dict[str, Said] = {"ExceptionStartTime": said, **({"Deleted": "1"} if off else times)}
            guests = [each.email.partition("@")[0] for each in event.attendees]
            start = event.start.astimezone(UTC)
            subject = event.subject or ""
            data = self._data(start, guests, rule=True, subject=subject, Exceptions=[one])
            command = ClientChange(server_id, data)
        self._sync(phone, command)
        self._mail_one(phone, server_id, "CANCEL" if off else "REQUEST", original)

    def drop(self, name: str) -> None:
        """A meeting is called off."""
        phone = self.random.choice(self.phones[name])
        if (found := self._own(name)) is None:
            return
        server_id, event = found
        self._sync(phone, ClientDelete(server_id))
        guests = [each.email.partition("@")[0] for each in event.attendees]
        if not DIALECTS[phone.version].server_invites:
            send_mail(phone, device_mail(phone, event, "CANCEL", *guests))

    # ------------------------------------------------------------ what others do

    def respond(self, name: str) -> None:
        """An answer to a request in the Inbox, or in the calendar."""
        phone, said = self.random.choice(self.phones[name]), self.random.choice(list(UserResponse))
        if (place := self._asked(name, phone)) is None:
            return
        server_id, event = place
        folder = ids.item_numbers(server_id)
        assert folder is not None
        server_invites = DIALECTS[phone.version].server_invites
        request = MeetingAnswer(said, str(folder[0]), server_id, send=SendResponse() if server_invites else None)
        for _ in range(self.random.randint(1, 2)):  # the answer may be lost
            (result,) = respond(phone, request)
            assert result.status == 1, phone.notes
        if not server_invites:
            me = Attendee(address(name), name, STATUS[said])
            reply = replace(event, attendees=(me,), exceptions=())
            send_mail(phone, device_mail(phone, reply, "REPLY", event.organizer_email or ""))

    def _asked(self, name: str, phone: Phone) -> tuple[str, Event] | None:
        """A request to which there can be an answer, and the meeting that it is about."""
        inbox = self.world.items(self.world.folder(FolderType.INBOX, name).id, name)
        known = {found.uid: (server_id, found) for server_id, found in events(self.world, name).items()}
        places: list[tuple[str, Event]] = []
        for server_id, item in inbox.items():
            meeting = item.email.meeting
            if meeting is None or meeting.method != "REQUEST" or meeting.recurrence_id is not None:
                continue
            kept = known.get(meeting.uid)
            if kept is not None and kept[1].sequence <= meeting.sequence and self._is_open(kept[1]):
                places.append((server_id, kept[1]))
        if DIALECTS[phone.version].answers_in_calendar:
            places += [found for found in known.values() if self._is_open(found[1])]
        return self.random.choice(places) if places else None

    @staticmethod
    def _is_open(found: Event) -> bool:
        return found.is_received and found.instance is None and not (found.meeting_status or 0) & CANCELLED

    # ------------------------------------------------------------ tools

    def _own(self, name: str, *, series: bool = False) -> tuple[str, Event] | None:
        found = [
            (server_id, each)
            for server_id, each in events(self.world, name).items()
            if not each.is_received and (each.recurrence is not None or not series)
        ]
        return self.random.choice(found) if found else None

    def _other_people(self, name: str, event: Event, guests: list[str]) -> tuple[list[str], list[str]]:
        new = [each for each in PEOPLE if each not in (name, *guests) and (each, event.uid) not in self.left]
        if new and self.random.random() < 0.6:
            return [*guests, self.random.choice(new)], []
        if len(guests) < 2:
            return guests, []
        gone = self.random.choice(guests)
        self.left.add((gone, event.uid))  # who was asked to leave is not asked to come back
        return [each for each in guests if each != gone], [gone]

    def _time(self) -> datetime:
        self.hours += 1
        return datetime(2026, 12, 14, 8, tzinfo=UTC) + timedelta(hours=self.hours)

    def _word(self) -> str:
        self.words += 1
        return f"Meeting {self.words}"

    def _data(self, start: datetime, guests: list[str], *, rule: bool, subject: str = "", **more: Said) -> bytes:
        """All of a meeting."""
        every = self._part("time", start, subject, guests) | self._part("people", start, subject, guests)
        if rule:
            every["Recurrence"] = self._rule(start)
        return event_data(**every, Subject=subject or self._word(), MeetingStatus="1", **more)

    @staticmethod
    def _rule(start: datetime) -> dict[str, Said]:
        return {"Type": "1", "Interval": "1", "DayOfWeek": str(1 << start.isoweekday() % 7), "Occurrences": "4"}

    @staticmethod
    def _part(what: str, start: datetime, subject: str, guests: list[str]) -> dict[str, Said]:
        """What a device of 16.0 and later says of a change."""
        match what:
            case "time":
                end = start + timedelta(hours=1)
                return {"StartTime": start.strftime(FORMAT), "EndTime": end.strftime(FORMAT)}
            case "name":
                return {"Subject": subject}
            case "people":
                return {"Attendees": [{"Email": address(each), "Name": each.capitalize()} for each in guests]}
            case _:
                return {}

    def _sync(self, phone: Phone, command: ClientCommand) -> None:
        folder = calendar(phone)
        if self.random.random() < 0.3:
            phone.sync(folder, command, lose=True)
        result = phone.sync(folder, command)
        assert all(each.status == 1 for each in result.responses), phone.notes

    def _mail(self, phone: Phone, server_id: str, method: str, guests: list[str]) -> None:
        """What a device before 16.0 mails after a change; some mail again and again (complaint B8)."""
        if DIALECTS[phone.version].server_invites or not guests:
            return
        event = events(self.world, phone.name)[server_id]
        for _ in range(self.random.randint(1, 2)):
            send_mail(phone, device_mail(phone, event, method, *guests))

    def _mail_one(self, phone: Phone, server_id: str, method: str, original: datetime) -> None:
        if DIALECTS[phone.version].server_invites:
            return
        event = events(self.world, phone.name)[server_id]
        guests = [each.email.partition("@")[0] for each in event.attendees]
        send_mail(phone, device_mail(phone, event, method, *guests, occurrence=_exception(event, original)))

    # ------------------------------------------------------------ the end

    def agrees(self) -> int:
        """Each calendar holds what the organizers' do; how many meetings were compared."""
        held = {name: {found.uid: found for found in events(self.world, name).values()} for name in PEOPLE}
        live = {
            found.uid: found for name in PEOPLE for found in held[name].values()
            if not found.is_received and not (found.meeting_status or 0) & CANCELLED
        }  # fmt: skip
        for uid, meeting in live.items():
            for guest in meeting.attendees:
                self._compare(meeting, guest, held[guest.email.partition("@")[0]].get(uid))
        for name in PEOPLE:
            for uid, found in held[name].items():
                invited = uid in live and address(name) in {each.email for each in live[uid].attendees}
                if found.is_received and not invited:
                    assert (found.meeting_status or 0) & CANCELLED, f"{name} still has {found.subject}"
        return len(live)

    @staticmethod
    def _compare(meeting: Event, guest: Attendee, found: Event | None) -> None:
        if found is None:
            assert guest.status == 4, f"{guest.email} has not {meeting.subject}, and has not declined: {guest}"
            return
        if found.instance is not None:  # who has declined a series hears of its occurrences one by one
            assert guest.status == 4
            assert set(_shown(found)[1]) <= set(_shown(meeting)[1]), guest.email
            return
        assert _shown(found) == _shown(meeting), guest.email
        assert not (found.meeting_status or 0) & CANCELLED
        if guest.status != 4:
            assert guest.status == found.response_type, (guest, found.subject)

    def heard_once(self) -> int:
        """Nobody has heard anything twice; how many messages there were."""
        count = 0
        for name in PEOPLE:
            mails = [
                item.email
                for kind in (FolderType.INBOX, FolderType.DELETED_ITEMS)
                for item in self.world.items(self.world.folder(kind, name).id, name).values()
                if item.email.meeting is not None
            ]
            count += len(mails)
            asked = Counter(_said(mail) for mail in mails if _method(mail) in ("REQUEST", "CANCEL"))
            assert [said for said, times in asked.items() if times > 1] == [], name
            answers = sorted(
                ((mail.from_[0].address, _uid(mail)), mail.meeting.stamp, mail.message_class, _said(mail)[3:])
                for mail in mails
                if mail.meeting is not None and _method(mail) == "REPLY"
            )
            for one, two in pairwise(answers):
                assert (one[0], *one[2:]) != (two[0], *two[2:]), f"{name} has heard twice of {two}"
        return count


def _exception(event: Event, original: datetime) -> Occurrence:
    kept = (each for each in event.exceptions if each.original.date() == original.date())
    return next(kept, Occurrence(original))


def _shown(found: Event) -> tuple[bool, tuple[object, ...]]:
    """The meeting as people see it: each occurrence that takes place, when, and under which name."""
    series = found.recurrence is not None
    days = [found.start + timedelta(weeks=week) for week in range(4)] if series else [found.start]
    shown = []
    for day in days:
        one = _exception(found, day)
        if not one.deleted and not (one.meeting_status or 0) & CANCELLED:
            instance = instance_of(found, one)
            shown.append((times_of(instance), instance.subject))
    return series, tuple(shown)


def _method(mail: Email) -> str:
    return mail.meeting.method if mail.meeting is not None else ""


def _uid(mail: Email) -> str:
    return mail.meeting.uid if mail.meeting is not None else ""


def _said(mail: Email) -> tuple[object, ...]:
    meeting = mail.meeting
    assert meeting is not None
    recurrence_id = meeting.recurrence_id.isoformat() if meeting.recurrence_id else ""
    when = meeting.start.isoformat(), meeting.end.isoformat()
    return meeting.method, meeting.uid, mail.subject, recurrence_id, *when, meeting.sequence


@pytest.mark.parametrize("seed", range(2))
def test_two_weeks_of_meetings_leave_all_calendars_equal_and_each_mail_sent_once(sqlite_url: str, seed: int) -> None:
    world = World(copied(sqlite_url, furnish))
    office = Office(world, Random(seed))
    end = world.now + timedelta(days=14)
    while world.now < end:
        office.work()
    office.finish()
    assert office.agrees() > 5
    assert office.heard_once() > 50
    world.close()


class Forgetful:
    """A store that does not know what was told to whom."""

    def __init__(self, store: Disorder) -> None:
        self._store = store

    @contextmanager
    def writing(self, mailbox_id: int) -> Iterator[Any]:
        with self._store.writing(mailbox_id) as box:
            yield _Blank(box)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Blank:
    def __init__(self, box: Any) -> None:
        self._box = box

    def told(self, meeting: bytes) -> dict[str, Any]:
        return {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._box, name)


def test_without_the_ledger_people_hear_things_twice(sqlite_url: str) -> None:
    world = World(copied(sqlite_url, furnish))
    office = Office(world, Random(0))
    world.through(Forgetful(office.disorder))
    for _ in range(60):
        office.work()
    office.finish()
    with pytest.raises(AssertionError):
        office.heard_once()
    world.close()

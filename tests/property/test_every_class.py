"""Generated items of every class: a phone writes them, the mailbox keeps them, they go out as a file and come in again
as what the mailbox keeps.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest
from hypothesis import Phase, given, settings, strategies as st

from easd.eas.items.contacts import encode_contact
from easd.eas.items.notes import encode_note
from easd.eas.items.tasks import encode_task
from easd.eas.versions import V14_1, V16_0, V16_1, Version
from easd.mime.icalendar.file import Imported, items_of
from easd.mime.icalendar.tasks import written_note, written_task
from easd.mime.icalendar.write import Written, calendar_text, written_event
from easd.mime.note_body import select_notes
from easd.mime.vcard import contacts_from, vcard
from easd.model.body import BodyPreference, BodyWishes
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.event import Event
from easd.model.folder import FolderType
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.model.recurrence import Recurrence, RecurrenceType
from easd.model.task import Task, TaskRecurrence
from tests.property.test_calendar import NOW, rules, written
from tests.property.test_icalendar import settled, written_events
from tests.support.databases import copied
from tests.support.typed_items import added, kept, synced
from tests.support.world import Phone, World, furnish
from tests.unit.mime.test_vcard import CONTACTS, compact

WISHES = BodyWishes((BodyPreference(BodyType.HTML), BodyPreference(BodyType.PLAIN)))
VERSIONS = (V14_1, V16_0, V16_1)

_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target)
"""Each example is a Sync: to make failing ones smaller would take minutes."""

_numbers = count(1)
_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(str.strip).filter(bool)
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
_days = _moments.map(lambda moment: moment.replace(hour=0, minute=0, second=0))
_bodies = st.builds(NoteBody, st.sampled_from([BodyType.PLAIN, BodyType.HTML]), _words)
_categories = st.lists(_words, max_size=3, unique=True).map(tuple)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('every') / 'easd.db'}", furnish)
    made = World(url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def phones(world: World) -> dict[Version, Phone]:
    return {version: world.phone(version=version) for version in VERSIONS}


def through(written: Written) -> Imported:
    (one,) = items_of(calendar_text([written]), NOW, frozenset({"alice@example.test"}))
    return one


@given(CONTACTS, st.sampled_from(VERSIONS))
@settings(max_examples=30, phases=_PHASES)
def test_contacts(world: World, phones: dict[Version, Phone], contact: Contact, version: Version) -> None:
    phone = phones[version]
    data = encode_contact(contact, select_notes(WISHES, contact.body), version)
    made = kept(world, added(phone, synced(phone, FolderType.CONTACTS), data), Contact)
    assert replace(made, modified=NOW) == replace(contact, modified=NOW)
    (back,) = contacts_from(vcard(made), made.modified)
    assert replace(back, card=(), file_as=None) == replace(compact(made), file_as=None)


@given(written_events(), st.sampled_from(VERSIONS))
@settings(max_examples=30, phases=_PHASES)
def test_events(world: World, phones: dict[Version, Phone], event: Event, version: Version) -> None:
    phone, event = phones[version], replace(event, uid=f"{next(_numbers)}@example.test")  # a known UID is no new event
    made = kept(world, added(phone, synced(phone, FolderType.CALENDAR), written(event, version)), Event)
    assert made.subject == event.subject
    back = through(written_event(made)).item
    assert isinstance(back, Event)
    assert settled(replace(back, calendar=())) == settled(made)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    due, start = draw(st.none() | _days), draw(st.none() | _days)
    rule = draw(st.none() | rules())
    done = draw(st.booleans())
    reminder = draw(st.none() | _moments)
    return Task(
        NOW,
        draw(st.none() | _words),
        draw(st.integers(0, 2)),
        start,
        start and draw(_moments),
        due,
        due and draw(_moments),
        draw(_categories),
        None if rule is None else _of_task(rule, draw(_days), draw(st.none() | st.booleans())),
        done,
        draw(_moments) if done else None,
        draw(st.integers(0, 3)),
        reminder is not None,
        reminder,
        draw(st.none() | _moments),
        draw(st.none() | _words),
        draw(st.just(NoteBody()) | _bodies),
    )


def _of_task(rule: Recurrence, start: datetime, regenerate: bool | None) -> TaskRecurrence:
    values = {name: getattr(rule, name) for name in Recurrence.__dataclass_fields__}
    return TaskRecurrence(**values, start=start, regenerate=regenerate, dead_occur=0)


def _settled_task(task: Task) -> Task:
    rule = task.recurrence
    if rule is not None:
        first = (rule.first_day_of_week or 0) if rule.type is RecurrenceType.WEEKLY else None
        rule = replace(rule, first_day_of_week=first, calendar_type=None, is_leap_month=None)
    return replace(task, recurrence=rule, calendar=())


@given(tasks(), st.sampled_from(VERSIONS))
@settings(max_examples=30, phases=_PHASES)
def test_tasks(world: World, phones: dict[Version, Phone], task: Task, version: Version) -> None:
    phone = phones[version]
    data = encode_task(task, select_notes(WISHES, task.body), version)
    made = kept(world, added(phone, synced(phone, FolderType.TASKS), data), Task)
    assert _settled_task(replace(made, modified=NOW)) == _settled_task(task)
    one = through(written_task(made, "u1"))
    assert one.uid == "u1"
    assert isinstance(one.item, Task)
    assert _settled_task(one.item) == _settled_task(made)
    again = partial(written_task, uid="other")
    assert again(one.item).lines == again(through(again(one.item)).item).lines  # type: ignore[arg-type]


@given(
    st.builds(Note, st.just(NOW), st.none() | _words, categories=_categories, body=_bodies), st.sampled_from(VERSIONS)
)
@settings(max_examples=30, phases=_PHASES)
def test_notes(world: World, phones: dict[Version, Phone], note: Note, version: Version) -> None:
    phone = phones[version]
    data = encode_note(note, select_notes(WISHES, note.body), version)
    made = kept(world, added(phone, synced(phone, FolderType.NOTES), data), Note)
    assert replace(made, modified=NOW) == note
    one = through(written_note(made, "u1")).item
    assert isinstance(one, Note)
    assert replace(one, calendar=()) == made

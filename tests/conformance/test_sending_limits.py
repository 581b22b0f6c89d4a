"""How much one user sends: the size of a message, recipients of one and of a day, members of groups counted."""

from dataclasses import replace

import pytest

from easd.config_incoming import Smtp
from easd.eas.commands.sync import ClientAdd
from easd.eas.items.draft import DraftChange
from easd.eas.status import CommonStatus
from easd.eas.versions import V16_0, Version, since
from easd.model.absence import Absence, AbsenceState, Reply
from easd.model.outgoing import Envelope
from easd.service.context import Limits
from easd.service.incoming.refusing import Refused
from easd.service.incoming.submitting import Submitted, submit
from easd.service.submission import deliver_queued
from easd.store import Groups
from tests.conformance.test_drafts import add, change, drafts, each_new, made, only as only_result
from tests.conformance.test_meetings_organized import TIMES
from tests.conformance.test_send_mail import everything, letter, refused, sent
from tests.support.carrying import with_a_way
from tests.support.events import calendar, event_data
from tests.support.versions import at
from tests.support.world import Phone, World

HERE = letter("To: bob@example.test")


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


def _elsewhere(count: int, first: int = 0) -> str:
    return ", ".join(f"u{number}@elsewhere.test" for number in range(first, first + count))


def test_a_message_that_is_too_large_is_122_and_is_not_sent(world: World, phone: Phone) -> None:
    world.limit(sent_bytes_max=3000)
    refused(phone, letter(body="x" * 3000), 122)
    assert everything(world, "bob") == []
    sent(phone, letter(body="x" * 2000))


def test_recipients_elsewhere_of_a_day_are_limited_R4842(world: World, phone: Phone) -> None:
    """Those here do not count, nor what is refused; the next day of UTC is another one."""
    world.limit(recipients_per_day=3)
    sent(phone, letter(f"To: {_elsewhere(2)}, u0@ELSEWHERE.test, bob@example.test"), save=False)
    refused(phone, letter(f"To: {_elsewhere(2, 5)}, bob@example.test"), 115)
    assert len(everything(world, "bob")) == 1
    sent(phone, letter(f"To: {_elsewhere(1, 5)}"), save=False)
    refused(phone, letter(f"To: {_elsewhere(1)}"), 115)
    sent(phone, HERE)
    sent(world.phone("bob", phone.version), letter(f"To: {_elsewhere(3)}"))
    world.forward(hours=12)
    sent(phone, letter(f"To: {_elsewhere(3)}"))


def test_members_of_groups_elsewhere_count_each(world: World, phone: Phone) -> None:
    groups = Groups(world.sql)
    group = groups.create("friends@example.test", "Friends")
    for number in range(3):
        groups.add_member(group.id, f"u{number}@elsewhere.test")
    world.limit(recipients_per_day=2, recipients_max=1)
    refused(phone, letter("To: friends@example.test"), 115)
    world.limit(recipients_per_day=3)
    sent(phone, letter("To: friends@example.test"))


@each_new
def test_a_draft_beyond_the_limits_stays(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    folder = drafts(phone)
    world.limit(recipients_per_day=1)
    server_id, _ = made(phone, DraftChange(to=_elsewhere(2), subject="s"))
    answer = only_result(phone, change(phone, server_id, DraftChange(subject="t"), send=True))
    assert answer.status == CommonStatus.SEND_QUOTA_EXCEEDED
    assert list(world.items(folder)) == [server_id]
    world.limit(recipients_per_day=2, sent_bytes_max=1)
    answer = only_result(phone, change(phone, server_id, DraftChange(subject="t"), send=True))
    assert answer.status == CommonStatus.ATTACHMENT_IS_TOO_LARGE
    assert not world.sql.queued(9)
    assert only_result(phone, add(phone, DraftChange(to="bob@example.test"), send=True)).status != 1


@at(since(V16_0))
def test_invitations_count_and_a_meeting_with_too_many_is_not_made_R4842(world: World, version: Version) -> None:
    """What the device asked for is undone as a whole: nobody is invited to an event that is not there."""
    phone, attendees = world.phone(version=version), [{"Email": f"u{n}@elsewhere.test"} for n in range(2)]
    folder = calendar(phone)
    data = event_data(StartTime=TIMES["StartTime"], EndTime=TIMES["EndTime"], MeetingStatus="1", Attendees=attendees)
    world.limit(recipients_per_day=1)
    (result,) = phone.sync(folder, ClientAdd("m", data)).responses
    assert result.status == CommonStatus.SEND_QUOTA_EXCEEDED
    assert (world.items(folder), everything(world, "alice")) == ({}, [])
    world.limit(recipients_per_day=3)
    (result,) = phone.sync(folder, ClientAdd("n", data)).responses
    assert result.status == 1
    with world.writing() as box:
        assert box.sent_on(world.now.toordinal()).user == 2


def test_what_the_server_sends_by_itself_counts_and_is_left_unsent_beyond_the_limit(world: World) -> None:
    """An automatic reply; who has not been told today is told tomorrow."""
    user = world.user("bob")
    with_a_way(world)
    with world.writing("bob") as box:
        box.save_absence(Absence(AbsenceState.GLOBAL, external_unknown=Reply(True, "Away.")))

    def write(sender: str) -> list[str]:
        raw = f"From: {sender}\r\nTo: {user.address}\r\nMessage-ID: <{sender}>\r\n\r\n".encode()
        world.sql.enqueue(Envelope.of(sender, [user.address]), raw, world.now)
        deliver_queued(world.services)
        return sorted(entry.recipient for entry in world.sql.listed(9) if entry.sender == "")

    world.limit(recipients_per_day=1)
    assert write("zoe@elsewhere.test") == ["zoe@elsewhere.test"]
    assert write("yan@elsewhere.test") == ["zoe@elsewhere.test"]
    refused(world.phone("bob"), letter(f"To: {_elsewhere(1)}"), 115)
    world.forward(hours=24)
    assert write("yan@elsewhere.test") == ["yan@elsewhere.test", "zoe@elsewhere.test"]


def test_the_largest_message_is_25_MB_as_documented() -> None:
    assert Limits().sent_bytes_max == Smtp().message_bytes == 25 * 2**20


def test_recipients_elsewhere_of_a_day_are_limited_for_the_whole_organisation(any_world: World) -> None:
    world, phone, bob = any_world, any_world.phone(), any_world.phone("bob")
    world.limit(organisation_recipients_per_day=3)
    sent(phone, letter(f"To: {_elsewhere(2)}"), save=False)
    refused(bob, letter(f"To: {_elsewhere(2, 5)}"), 115)
    sent(bob, letter(f"To: {_elsewhere(1)}"), save=False)
    refused(phone, letter(f"To: {_elsewhere(1)}"), 115)
    sent(phone, HERE)
    world.forward(hours=12)
    sent(bob, letter(f"To: {_elsewhere(3)}"))


def test_mail_from_a_test_domain_is_limited_wherever_it_goes(world: World) -> None:
    phone, bob = world.phone(), world.phone("bob")
    world.services = replace(world.services, is_test_domain=lambda domain: domain == "example.test")
    world.limit(test_recipients_per_day=3)
    sent(phone, letter(f"To: bob@example.test, {_elsewhere(1)}"), save=False)
    refused(bob, letter("To: alice@example.test, bob@example.test"), 115)
    sent(phone, HERE, save=False)
    refused(phone, letter("To: bob@example.test", body="again"), 115)


@pytest.mark.parametrize(
    "limit, code, status",
    [
        ({"sent_bytes_max": 5}, 552, "5.3.4"),
        ({"recipients_per_day": 1}, 452, "4.7.28"),
        ({"organisation_recipients_per_day": 1}, 452, "4.7.28"),
    ],
)
def test_who_sends_by_SMTP_meets_the_same_limits(world: World, limit: dict[str, int], code: int, status: str) -> None:
    envelope = Envelope.of("alice@example.test", ["u@elsewhere.test", "v@elsewhere.test"])
    said = Submitted(envelope, letter("From: alice@example.test", "To: undisclosed-recipients:;"))
    before = world.services.limits
    world.limit(**limit)
    with pytest.raises(Refused) as caught:
        submit(world.services, world.user(), said)
    assert (caught.value.refusal.code, caught.value.refusal.status) == (code, status)
    assert world.sql.listed(9) == []
    world.services = replace(world.services, limits=before)
    submit(world.services, world.user(), said)
    assert len(world.sql.listed(9)) == 2

"""Short messages (SMS) beside mail (MS-ASMS; MS-ASCMD Class, Options, EnableOutboundSMS)."""

from datetime import timedelta

import pytest

from easd.eas.commands import settings
from easd.eas.commands.options import Options
from easd.eas.commands.search import OfClass
from easd.eas.commands.settings import DeviceInformationSet, SettingsRequest
from easd.eas.commands.sync import (
    AddResult,
    ClientAdd,
    ClientDelete,
    ClientFetch,
    FetchResult,
    ServerAdd,
    ServerChange,
    ServerDelete,
    ServerSoftDelete,
    SyncCollectionResult,
)
from easd.eas.items.body import BodyData
from easd.eas.items.email import EmailChange
from easd.eas.items.short_message import ShortMessage, dump_short_message
from easd.eas.request import Command
from easd.eas.versions import V12_1, V14_0, V14_1, Version, since
from easd.mime.extract import extract
from easd.model.body import BodyPreference
from easd.model.device import DeviceInformation
from easd.model.email import BodyType, Flag, FlagStatus, Importance
from easd.model.folder import FolderType
from easd.service.renewal import renewed
from tests.support.searching import element, mailbox
from tests.support.versions import at
from tests.support.world import NOW, Phone, Refused, World, child, emails, text

SMS = Options(class_="SMS")
BOTH = (Options(class_="Email"), SMS)
FROM, TO = '"Carol" [MOBILE:+1 425-555-0123]', '"Alice" [MOBILE:+14255550199]'


def sms(client_id: str = "s1", words: str = "On my way", version: Version = V14_1, **fields: object) -> ClientAdd:
    """The command that adds a short message."""
    said = {
        "from_": FROM,
        "to": TO,
        "date_received": NOW,
        "body": BodyData(BodyType.PLAIN, data=words.encode()),
        "state": EmailChange(read=False),
        **fields,
    }
    return ClientAdd(client_id, dump_short_message(ShortMessage(**said), version), "SMS")  # type: ignore[arg-type]


def add(phone: Phone, folder: str, *commands: ClientAdd) -> list[str]:
    """Add them; their ServerIds."""
    result = phone.sync(folder, *(commands or (sms(version=phone.version),)), options=BOTH)
    found = [response for response in result.responses if isinstance(response, AddResult)]
    assert [response.status for response in found] == [1] * len(found)
    return [response.server_id or "" for response in found]


def classes(result: SyncCollectionResult) -> dict[str, str | None]:
    return {c.server_id: c.class_ for c in result.commands if not isinstance(c, ServerSoftDelete)}


# ------------------------------------------------------------ kept and told


@at(since(V14_0))
def test_a_short_message_is_kept_as_it_was_added_R42(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    result = phone.sync(inbox, sms(words="Grüße 👋\r\nbis gleich", version=version, importance=Importance.HIGH))
    (response,) = result.responses
    assert isinstance(response, AddResult)
    assert (response.status, response.class_) == (1, "SMS")
    email = emails(world, inbox)[response.server_id or ""]
    assert (email.from_[0].name, email.to[0].name, email.received) == (FROM, TO, NOW)
    assert (email.importance, email.read, email.short_message) == (Importance.HIGH, False, True)
    phone.quiet(inbox)  # its own addition is no news to it


@at(since(V14_0))
def test_another_device_that_asks_for_short_messages_is_told_with_their_class_R941_R942_R944(
    world: World, version: Version
) -> None:
    phone, tablet = world.phone(), world.phone(version=version)
    inbox = phone.folder()
    tablet.folder()
    for each in (phone, tablet):
        each.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox, sms(words="Grüße 👋", state=EmailChange(read=True)))
    letter = world.deliver("A letter")
    result = tablet.sync(inbox)
    assert classes(result) == {message: "SMS", letter: None}
    item = tablet.held(inbox).items[message]
    names = [c.name for c in item.children]
    assert (text(item, "Email:From"), text(item, "Email:To")) == (FROM, TO)
    assert (text(item, "Email:DateReceived"), text(item, "Email:Read")) == ("2026-11-23T12:30:00.000Z", "1")
    body = child(item, "AirSyncBase:Body")
    assert body is not None
    assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:Data")) == ("1", "Grüße 👋")
    assert child(item, "Email2:ConversationId") is not None
    assert not {"Email:Subject", "Email:MessageClass", "Email2:IsDraft", "Email:Categories"} & set(names)


@pytest.mark.parametrize("options", [(), (Options(class_="Email"),), (Options(filter_type=3),)])
def test_a_device_that_does_not_ask_for_short_messages_hears_nothing_of_them_R932(
    world: World, options: tuple[Options, ...]
) -> None:
    phone, tablet = world.phone(), world.phone(version=V14_1)
    inbox = phone.folder()
    tablet.folder()
    letter = world.deliver()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    tablet.sync_all(inbox, options=options)
    assert list(tablet.held(inbox).items) == [letter]
    phone.sync(inbox, phone.change(message, EmailChange(read=True)), sms("s2"))
    tablet.quiet(inbox)
    assert tablet.estimate(inbox, options=options).collection.estimate == 0  # type: ignore[union-attr]
    phone.sync(inbox, ClientDelete(message))
    tablet.quiet(inbox)


def test_older_versions_hear_nothing_of_short_messages_R6298(world: World, version: Version) -> None:
    phone, old = world.phone(), world.phone(version=version)
    inbox = phone.folder()
    old.folder()
    phone.sync_all(inbox, options=BOTH)
    add(phone, inbox)
    letter = world.deliver()
    old.sync_all(inbox)
    assert list(old.held(inbox).items) == [letter]


def test_a_waiting_device_is_not_woken_by_short_messages_that_it_does_not_want(world: World) -> None:
    phone, tablet = world.phone(), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    tablet.sync_all(inbox)
    hold = tablet.ping(inbox)
    waiting = phone.ping(inbox)
    other = world.phone()
    other.folder()
    other.sync_all(inbox, options=BOTH)
    add(other, inbox)
    again = tablet.ping_again(hold)  # type: ignore[arg-type]
    assert not hasattr(again, "status")
    assert phone.ping_again(waiting).status == 2  # type: ignore[arg-type, union-attr]


# ------------------------------------------------------------ changes and deletions


@at(since(V14_0))
def test_changes_and_deletions_are_told_with_the_class_but_deletions_at_14_0_R939_R940_R6300(
    world: World, version: Version
) -> None:
    phone, tablet = world.phone(), world.phone(version=version)
    inbox = phone.folder()
    tablet.folder()
    for each in (phone, tablet):
        each.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    letter = world.deliver()
    for each in (phone, tablet):
        each.sync_all(inbox)
    flag = Flag(FlagStatus.ACTIVE, flag_type="for Follow Up")
    phone.sync(inbox, phone.change(message, EmailChange(read=True, flag=flag)))
    result = tablet.sync(inbox)
    assert [(type(c), c.server_id) for c in result.commands] == [(ServerChange, message)]
    assert classes(result) == {message: "SMS"}
    assert text(tablet.held(inbox).items[message], "Email:Read") == "1"
    for gone in (message, letter):
        assert phone.sync(inbox, ClientDelete(gone), deletes_as_moves=False).status == 1
    result = tablet.sync(inbox)
    assert {type(c) for c in result.commands} == {ServerDelete}
    assert classes(result) == {message: None if version is V14_0 else "SMS", letter: None}


def test_a_folder_that_is_emptied_tells_which_were_short_messages_R939(world: World) -> None:
    phone = world.phone()
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    letter = world.deliver()
    phone.sync(inbox)
    with world.writing() as box:
        box.clear(int(inbox), 100, 100)
    assert classes(phone.sync(inbox)) == {message: "SMS", letter: None}


def test_a_short_message_goes_to_another_folder_and_stays_one(world: World) -> None:
    phone = world.phone()
    inbox, sent = phone.folder(), phone.folder(FolderType.SENT_ITEMS)
    for folder in (inbox, sent):
        phone.sync_all(folder, options=BOTH)
    (message,) = add(phone, inbox)
    moved = phone.move(message, inbox, sent).target_id
    assert moved is not None
    assert classes(phone.sync(sent)) == {moved: "SMS"}
    assert classes(phone.sync(inbox)) == {message: "SMS"}
    assert emails(world, sent)[moved].short_message


def test_Fetch_gives_a_short_message_as_one(world: World) -> None:
    phone = world.phone()
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    (answer,) = phone.sync(inbox, ClientFetch(message)).responses
    assert isinstance(answer, FetchResult)
    assert text(phone.held(inbox).items[message], "Email:From") == FROM


# ------------------------------------------------------------ wishes


def test_short_messages_that_are_no_longer_wanted_are_taken_off_softly_R3968(world: World) -> None:
    phone = world.phone()
    inbox = phone.folder()
    letter = world.deliver()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    result = phone.sync(inbox, options=(Options(class_="Email"),))
    assert [(type(c), c.server_id) for c in result.commands] == [(ServerSoftDelete, message)]
    assert message in emails(world, inbox)
    result = phone.sync(inbox, options=BOTH)
    assert [(type(c), c.server_id) for c in result.commands] == [(ServerAdd, message)]
    assert set(phone.held(inbox).items) == {letter, message}


@pytest.mark.parametrize("mail", [0, 1, 3])
@pytest.mark.parametrize("short", [0, 1, 3])
def test_each_class_has_a_window_of_its_own_R3600(world: World, mail: int, short: int) -> None:
    phone, tablet = world.phone(), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    ages = (0, 2, 9)
    dates = [NOW - timedelta(days=age) for age in ages]
    messages = add(phone, inbox, *(sms(f"s{n}", date_received=date) for n, date in enumerate(dates)))
    letters = [world.deliver(received=date) for date in dates]
    window = {0: 99, 1: 1, 3: 7}
    wanted = {i for i, age in zip(messages, ages, strict=True) if age <= window[short]}
    wanted |= {i for i, age in zip(letters, ages, strict=True) if age <= window[mail]}
    options = (Options(class_="SMS", filter_type=short), Options(class_="Email", filter_type=mail))
    results = tablet.sync_all(inbox, options=options, window_size=2)
    assert sum(len(result.commands) for result in results) == len(wanted)
    assert set(tablet.held(inbox).items) == wanted
    assert tablet.estimate(inbox, options=options).collection.estimate == 0  # type: ignore[union-attr]
    world.forward(days=8)
    tablet.sync_all(inbox)
    assert set(tablet.held(inbox).items) == {
        *(messages if short == 0 else ()),
        *(letters if mail == 0 else ()),
    }


def test_each_class_has_body_preferences_of_its_own_R3600(world: World) -> None:
    phone, tablet = world.phone(), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox, sms(words="0123456789"))
    letter = world.deliver(body="0123456789\r\n")
    mail = Options(class_="Email", body_preferences=(BodyPreference(BodyType.HTML),))
    short = Options(class_="SMS", body_preferences=(BodyPreference(BodyType.PLAIN, truncation_size=4),))
    tablet.sync_all(inbox, options=(mail, short))
    one, other = (child(tablet.held(inbox).items[i], "AirSyncBase:Body") for i in (message, letter))
    assert one is not None
    assert other is not None
    assert (text(one, "AirSyncBase:Type"), text(one, "AirSyncBase:Data")) == ("1", "0123")
    assert text(other, "AirSyncBase:Type") == "2"


def test_conversations_and_short_messages_may_be_asked_for_together(world: World) -> None:
    phone, tablet = world.phone(), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    messages = add(phone, inbox, sms(), sms("s2", date_received=NOW - timedelta(days=9)))
    letter = world.deliver()
    options = (Options(class_="Email", filter_type=2), Options(class_="SMS", filter_type=2))
    tablet.sync_all(inbox, options=options, conversation_mode=True)
    assert set(tablet.held(inbox).items) == {letter, messages[0]}
    body = child(tablet.held(inbox).items[messages[0]], "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Data") == "On my way"


@pytest.mark.parametrize("where", [FolderType.DRAFTS, FolderType.DELETED_ITEMS, FolderType.USER_MAIL])
def test_14_0_has_short_messages_in_three_folders_only_R935(world: World, where: FolderType) -> None:
    phone, newer = world.phone(version=V14_0), world.phone(version=V14_1)
    folder = phone.folder(where)
    newer.folder()
    with pytest.raises(Refused, match="status 4"):
        phone.sync(folder, sync_key="0", options=(SMS,))
    phone.sync_all(folder)
    (response,) = phone.sync(folder, sms(version=V14_0)).responses
    assert response.status == 4
    newer.sync_all(folder, options=BOTH)
    add(newer, folder)


def test_what_a_device_adds_without_having_asked_is_not_taken_off_its_hands(world: World) -> None:
    """A device deletes what it is told to: its user's messages would be gone from the phone."""
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.sync_all(inbox)
    result = phone.sync(inbox, sms())
    assert [r.status for r in result.responses] == [1]
    assert result.commands == ()
    phone.quiet(inbox)


# ------------------------------------------------------------ what cannot be added


@pytest.mark.parametrize(
    "fields",
    [{"body": BodyData(BodyType.HTML, data=b"<p>x</p>")}, {"body": BodyData(BodyType.PLAIN, data=b"x" * 100_001)}],
)
def test_status_6_for_a_short_message_that_is_none(world: World, fields: dict[str, object]) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    (response,) = phone.sync(inbox, sms(**fields)).responses  # type: ignore[arg-type]
    assert (response.status, emails(world, inbox)) == (6, {})


def test_an_addition_whose_answer_is_lost_is_not_made_twice_R961(world: World) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    phone.sync(inbox, sms(), lose=True)
    (response,) = phone.sync(inbox, sms()).responses
    assert isinstance(response, AddResult)
    assert list(emails(world, inbox)) == [response.server_id]
    phone.sync(inbox, sms("s2", "One"), lose=True)
    (response,) = phone.sync(inbox, sms("s2", "Two")).responses
    assert isinstance(response, AddResult)
    assert len(emails(world, inbox)) == 2
    assert emails(world, inbox)[response.server_id or ""].preview == "Two"


def test_nothing_need_be_said_of_a_short_message(world: World) -> None:
    phone, tablet = world.phone(version=V14_1), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    add(phone, inbox, sms(from_=None, to=None, date_received=None, body=None, state=EmailChange()))
    tablet.sync_all(inbox, options=BOTH)
    (item,) = tablet.held(inbox).items.values()
    assert text(item, "Email:DateReceived") == "2026-11-23T12:30:00.000Z"


def test_one_talk_is_one_conversation_in_both_directions_R343(world: World) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    bare = sms("s2", from_="[MOBILE:+14255550199]", to="[MOBILE:+14255550123]")
    messages = add(phone, inbox, sms(), bare, sms("s3", from_="[MOBILE:+4915150]"))
    found = [emails(world, inbox)[message].conversation_id for message in messages]
    assert found[0] == found[1] != found[2]


# ------------------------------------------------------------ sending by way of a device


def outbound(phone: Phone, *, enabled: bool) -> int:
    """Say by Settings whether the phone sends short messages for others; the status."""
    request = SettingsRequest(device_information=DeviceInformationSet(DeviceInformation(enable_outbound_sms=enabled)))
    response = phone.ask(Command.SETTINGS, settings.REQUEST, request, settings.RESPONSE)
    assert response.device_information is not None
    return response.device_information.status or 0


@at(since(V14_0))
def test_what_is_to_be_sent_is_told_to_devices_that_send_R2253_R7498(world: World, version: Version) -> None:
    tablet, phone, other = world.phone(version=version), world.phone(version=version), world.phone(version=version)
    outbox, *_ = (each.folder(FolderType.OUTBOX) for each in (tablet, phone, other))
    assert outbound(phone, enabled=True) == 1  # without a telephone number
    for each in (tablet, phone, other):
        each.sync_all(outbox, options=BOTH)
    (message,) = add(tablet, outbox, sms(version=version))
    tablet.quiet(outbox)  # what it has added itself stays with it
    other.quiet(outbox)
    assert classes(phone.sync(outbox)) == {message: "SMS"}
    sent = phone.folder(FolderType.SENT_ITEMS)
    phone.sync_all(sent, options=BOTH)
    assert phone.move(message, outbox, sent).status == 3
    assert [type(c) for c in tablet.sync(outbox).commands] == [ServerDelete]
    assert outbound(phone, enabled=False) == 1
    add(tablet, outbox, sms("s2", version=version))
    assert [type(c) for c in phone.sync(outbox).commands] == [ServerDelete]  # of what it has moved, and no more


# ------------------------------------------------------------ found and fetched


def found(phone: Phone, words: str, *named: str) -> list[tuple[str | None, str | None]]:
    """Class and From of what a search finds, in its order."""
    results = mailbox(phone, *map(OfClass, named), words).results
    return [(r.class_, text(element(r), "Email:From")) for r in results if r.properties is not None]


@at(since(V14_0))
def test_a_search_finds_short_messages_by_their_class_R920_R6288(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    world.deliver("Older", received=NOW - timedelta(hours=1), body="Pineapple\r\n")
    add(phone, inbox, sms(words="A pineapple", version=version, date_received=NOW - timedelta(minutes=30)))
    world.deliver("Newer", body="Pineapple\r\n")
    letter = '"Bob" <bob@example.test>'
    assert found(phone, "pineapple", "SMS") == [("SMS", FROM)]
    assert found(phone, "pineapple", "Email") == [("Email", letter)] * 2
    assert found(phone, "pineapple") == [("Email", letter), ("SMS", FROM), ("Email", letter)]
    assert found(phone, "14255550199", "SMS") == [("SMS", FROM)]


def test_a_search_at_12_1_finds_no_short_messages_R6288(world: World) -> None:
    phone, old = world.phone(), world.phone(version=V12_1)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    add(phone, inbox, sms(words="A pineapple"))
    assert found(old, "pineapple") == []


# ------------------------------------------------------------ kept for good


def test_an_upgrade_leaves_a_short_message_what_it_is(world: World) -> None:
    phone = world.phone(version=V14_1)
    inbox = phone.folder()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    item = world.items(inbox)[message]
    assert item.blob_id is not None
    with world.writing() as box:
        raw = box.blob(item.blob_id)
    read = extract(raw, item.email.received)
    assert read.texts.plain.strip() == b"On my way"
    assert renewed(item.email, read.email) == item.email


def test_a_short_message_whose_row_is_damaged_is_told_as_one(world: World) -> None:
    phone, tablet = world.phone(version=V14_1), world.phone()
    inbox = phone.folder()
    tablet.folder()
    phone.sync_all(inbox, options=BOTH)
    (message,) = add(phone, inbox)
    world.spoil(message, b"{")
    assert classes(tablet.sync_all(inbox, options=BOTH)[-1]) == {message: "SMS"}
    assert text(tablet.held(inbox).items[message], "Email:DateReceived") == "2026-11-23T12:30:00.000Z"


@at(since(V14_0))
def test_an_estimate_without_options_counts_what_the_next_Sync_tells(world: World, version: Version) -> None:
    phone, tablet = world.phone(version=version), world.phone()
    inbox = phone.folder()
    tablet.folder()
    for each in (phone, tablet):
        each.sync_all(inbox, options=BOTH)
    add(tablet, inbox)
    found = phone.estimate(inbox)
    assert found.collection is not None
    assert found.collection.estimate == 1
    phone.sync_all(inbox)
    found = phone.estimate(inbox)
    assert found.collection is not None
    assert found.collection.estimate == 0

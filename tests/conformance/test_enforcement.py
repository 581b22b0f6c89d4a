"""What a policy limits on the server's side, whatever the device asks for or is able to: MS-ASPROV R484 leaves it to
the device, which may take part in no policy at all.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from easd.eas.commands.options import Options
from easd.eas.commands.sync import ClientAdd
from easd.eas.versions import V12_0, V12_1, V14_0, V14_1, V16_0, Version, since, until
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.model.policy import PolicyDocument
from easd.policy.rules import PolicyRules
from easd.service.context import Hold
from easd.wbxml import Element
from tests.conformance.test_drafts import DRAFT, add, drafts
from tests.conformance.test_send_mail import everything, refused, sent
from tests.support import fetching
from tests.support.events import event_data
from tests.support.fetching import SIGNED
from tests.support.searching import element, mailbox
from tests.support.versions import at
from tests.support.world import Phone, World, child, filtered, text

PLAIN, HTML, RTF, MIME = BodyType
_WORDS = "Grüße aus Köln. " * 1000
_PAGE = f"<html><body><p>{_WORDS}</p></body></html>"


def policy(world: World, **settings: Any) -> None:
    """From now on a policy with these settings holds for all."""
    world.services = replace(world.services, policy=PolicyRules(PolicyDocument(**settings)))


def unmanaged(world: World, version: Version) -> Phone:
    """A phone that takes part in no policy: nothing but the server's side can limit it."""
    phone = world.phone(version=version)
    phone.policy_key = None
    return phone


# ---------------------------------------------------------------- how old mail and events may be

_AGES = {"hours": 12, "two days": 48, "six days": 144, "ten days": 240, "three weeks": 504, "a year": 8760}


def _aged(world: World) -> None:
    for name, hours in _AGES.items():
        world.deliver(name, received=world.now - timedelta(hours=hours))


def _subjects(phone: Phone, folder: str) -> set[str]:
    return {text(item, "Email:Subject") for item in phone.held(folder).items.values()}


@pytest.mark.parametrize("most, reach", [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)])
def test_no_mail_is_older_than_the_policy_lets_it_be_R257(
    world: World, version: Version, most: int, reach: int
) -> None:
    _aged(world)
    policy(world, max_email_age_filter=most)
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert _subjects(phone, inbox) == set(list(_AGES)[:reach])


@pytest.mark.parametrize(
    "asked, most, reach", [(0, 3, 3), (5, 3, 3), (3, 3, 3), (1, 3, 1), (4, 0, 4), (0, 0, 6), (2, 5, 2)]
)
def test_a_wider_FilterType_is_narrowed_and_a_narrower_one_stays(
    world: World, version: Version, asked: int, most: int, reach: int
) -> None:
    _aged(world)
    policy(world, max_email_age_filter=most)
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.start(inbox)
    told: dict[str, Any] = {"options": filtered(asked)} if version in since(V14_0) else {"filter_type": asked}
    counted = phone.estimate(inbox, **told).collection
    assert counted is not None
    assert counted.estimate == reach
    phone.sync_all(inbox, options=filtered(asked))
    assert _subjects(phone, inbox) == set(list(_AGES)[:reach])


def test_what_a_new_policy_puts_out_of_reach_is_taken_away_without_deleting_it(world: World, version: Version) -> None:
    _aged(world)
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    policy(world, max_email_age_filter=3)
    result = phone.sync(inbox)
    assert {type(command).__name__ for command in result.commands} == {"ServerSoftDelete"}
    assert _subjects(phone, inbox) == set(list(_AGES)[:3])
    assert len(world.items(inbox)) == len(_AGES)
    policy(world)
    phone.sync_all(inbox)
    assert _subjects(phone, inbox) == set(_AGES)


def test_mail_that_is_too_old_wakes_nobody(world: World, version: Version) -> None:
    policy(world, max_email_age_filter=1)
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    hold = phone.ping(inbox)
    assert isinstance(hold, Hold)
    world.deliver("old", received=world.now - timedelta(days=30))
    assert isinstance(hold.again(True), Hold)
    world.deliver("new")
    assert not isinstance(hold.again(True), Hold)


@pytest.mark.parametrize(
    "most, held", [(0, {"next week", "old", "older"}), (4, {"next week"}), (6, {"next week", "old"})]
)
def test_no_event_is_older_than_the_policy_lets_it_be_R245(
    world: World, version: Version, most: int, held: set[str]
) -> None:
    writer = world.phone(version=version)
    calendar = writer.folder(FolderType.CALENDAR)
    writer.sync_all(calendar)
    days = {"next week": 7, "old": -60, "older": -150}
    adds = [ClientAdd(name, _event(world.now + timedelta(days=day), name)) for name, day in days.items()]
    writer.sync(calendar, *adds)
    policy(world, max_calendar_age_filter=most, max_email_age_filter=1)
    phone = unmanaged(world, version)
    phone.sync_all(calendar)
    assert {text(item, "Calendar:Subject") for item in phone.held(calendar).items.values()} == held


def _event(start: datetime, subject: str) -> bytes:
    stamp = "%Y%m%dT%H%M%SZ"
    moment = start.astimezone(UTC)
    return event_data(
        DtStamp=moment.strftime(stamp),
        StartTime=moment.strftime(stamp),
        EndTime=(moment + timedelta(hours=1)).strftime(stamp),
        Subject=subject,
        UID=f"{subject}-uid",
    )


def test_other_classes_have_no_age(world: World, version: Version) -> None:
    policy(world, max_email_age_filter=1, max_calendar_age_filter=4)
    phone = unmanaged(world, version)
    contacts = phone.folder(FolderType.CONTACTS)
    phone.sync_all(contacts, options=filtered(0))
    assert phone.held(contacts).sync_key != "0"


# ---------------------------------------------------------------- bodies


def _shown(world: World, version: Version, options: Options, *, page: bool = True) -> Element:
    """A message as a phone gets it in Sync."""
    server_id = world.deliver(raw=fetching.letter(html=page, body=_WORDS).as_bytes())
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(options,))
    return phone.held(inbox).items[server_id]


def _preferring(*types: BodyType, **more: Any) -> Options:
    return Options(body_preferences=tuple(BodyPreference(kind) for kind in types), **more)


def _body(item: Element, name: str = "Body") -> tuple[BodyType, int, bool]:
    """Type, size of the data in bytes, and whether it was cut."""
    body = child(item, f"AirSyncBase:{name}")
    assert body is not None
    size = len(text(body, "AirSyncBase:Data").encode())
    return BodyType(int(text(body, "AirSyncBase:Type"))), size, text(body, "AirSyncBase:Truncated") == "1"


@at(since(V12_0))
@pytest.mark.parametrize("kib, most", [(0, 0), (1, 1024), (4, 4096)])
def test_plain_text_is_cut_at_the_policys_size_R269(world: World, version: Version, kib: int, most: int) -> None:
    policy(world, max_email_body_truncation_size=kib)
    kind, size, cut = _body(_shown(world, version, _preferring(PLAIN)))
    assert (kind, cut) == (PLAIN, True)
    assert most - 4 <= size <= most


@at(since(V12_0))
def test_html_is_cut_at_its_own_size_R275(world: World, version: Version) -> None:
    policy(world, max_email_html_body_truncation_size=2)
    kind, size, cut = _body(_shown(world, version, _preferring(HTML)))
    assert (kind, cut) == (HTML, True)
    assert size <= 2048
    plain, size, cut = _body(_shown(world, version, _preferring(PLAIN)))
    assert (plain, cut) == (PLAIN, False)
    assert size > 2048


@at(since(V12_0))
def test_a_device_may_ask_for_less_than_the_policy_allows(world: World, version: Version) -> None:
    policy(world, max_email_body_truncation_size=4)
    asked = Options(body_preferences=(BodyPreference(PLAIN, truncation_size=500),))
    assert _body(_shown(world, version, asked))[1] <= 500
    whole = Options(body_preferences=(BodyPreference(PLAIN, truncation_size=100_000),))
    assert _body(_shown(world, version, whole))[1] <= 4096


@at(since(V12_0))
def test_the_limits_are_kept_where_a_device_asks_for_nothing(world: World, version: Version) -> None:
    policy(world, max_email_body_truncation_size=1)
    assert _body(_shown(world, version, Options())) == (PLAIN, 1024, True)


@at(until(V12_0))
def test_Truncation_of_old_versions_is_limited_too(world: World, version: Version) -> None:
    policy(world, max_email_body_truncation_size=1)
    item = _shown(world, version, Options(truncation=9))
    tags = {"Email:Body", "AirSyncBase:Body"}
    (body,) = [found for found in item.children if found.name in tags]
    words = body.text if body.name == "Email:Body" else text(body, "AirSyncBase:Data")
    assert 1020 <= len(words.encode()) <= 1024


@at(since(V12_0))
@pytest.mark.parametrize("types", [(HTML,), (HTML, PLAIN), (MIME,), (HTML, MIME), (RTF, HTML)])
def test_no_html_is_given_where_the_policy_forbids_it_R107(
    world: World, version: Version, types: tuple[BodyType, ...]
) -> None:
    policy(world, allow_html_email=False)
    item = _shown(world, version, _preferring(*types, mime_support=2))
    kind, size, _ = _body(item)
    assert kind is PLAIN
    assert size > 0
    assert "<p>" not in text(child(item, "AirSyncBase:Body") or item, "AirSyncBase:Data")


@at(since(V12_0))
def test_mime_of_a_plain_message_is_no_html(world: World, version: Version) -> None:
    policy(world, allow_html_email=False, max_email_body_truncation_size=1)
    kind, size, cut = _body(_shown(world, version, _preferring(MIME, mime_support=2), page=False))
    assert (kind, cut) == (MIME, True)
    assert size <= 1024


@at(since(V14_1))
def test_a_message_part_holds_none_of_the_html_either_R107(world: World, version: Version) -> None:
    policy(world, allow_html_email=False, max_email_html_body_truncation_size=1)
    server_id = world.deliver(raw=b"Content-Type: text/html\r\n\r\n<p><b>fat</b> words</p>")
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(Options(body_part_preferences=(BodyPreference(HTML),)),))
    part = child(phone.held(inbox).items[server_id], "AirSyncBase:BodyPart")
    assert part is not None
    data = text(part, "AirSyncBase:Data")
    assert "fat words" in data
    assert "<b>" not in data


@at(since(V12_0))
def test_the_limits_count_for_ItemOperations_and_Search(world: World, version: Version) -> None:
    policy(world, allow_html_email=False, max_email_body_truncation_size=1)
    server_id = world.deliver(raw=fetching.letter(body=_WORDS).as_bytes())
    phone = unmanaged(world, version)
    result = fetching.one(phone, fetching.fetch(server_id, BodyPreference(HTML)))
    assert isinstance(result.properties, Element)
    kind, size, cut = _body(result.properties)
    assert (kind, cut) == (PLAIN, True)
    assert size <= 1024
    if version in since(V12_1):
        found = mailbox(phone, "Köln", body_preferences=(BodyPreference(HTML),))
        assert _body(element(found.results[0]))[0] is PLAIN


def test_the_bodies_of_other_classes_are_no_mail(world: World, version: Version) -> None:
    policy(world, allow_html_email=False, max_email_body_truncation_size=0)
    writer = unmanaged(world, version)
    calendar = writer.folder(FolderType.CALENDAR)
    writer.sync_all(calendar)
    if version in since(V12_0):
        body = event_data(Body={"Type": "1", "Data": "what we talk about"}) if version in since(V12_0) else b""
        writer.sync(calendar, ClientAdd("1", _event(world.now, "talk") + body))
        phone = unmanaged(world, version)
        phone.sync_all(calendar, options=(_preferring(PLAIN),))
        (item,) = phone.held(calendar).items.values()
        assert _body(item)[2] is False


# ---------------------------------------------------------------- files


def _with_file(world: World) -> str:
    return world.deliver(raw=fetching.with_files().as_bytes())


@at(since(V12_0))
@pytest.mark.parametrize(
    "settings, whole",
    [
        ({}, True),
        ({"attachments_enabled": False}, False),
        ({"max_attachment_size": 100}, False),
        ({"max_attachment_size": 100_000}, True),
    ],
)
def test_no_file_comes_inside_a_whole_message_that_could_not_be_fetched_R206_R738(
    world: World, version: Version, settings: dict[str, Any], whole: bool
) -> None:
    policy(world, **settings)
    server_id = _with_file(world)
    phone = unmanaged(world, version)
    inbox = phone.folder()
    phone.sync_all(inbox, options=(_preferring(MIME, mime_support=2),))
    item = phone.held(inbox).items[server_id]
    assert (_body(item)[0] is MIME) is whole
    listed = child(item, "AirSyncBase:Attachments")
    assert listed is not None  # the user learns that there are files
    result = fetching.one(phone, fetching.fetch(server_id, BodyPreference(MIME), mime_support=2))
    assert isinstance(result.properties, Element)
    assert (_body(result.properties)[0] is MIME) is whole


@at(since(V12_0))
def test_a_message_without_files_comes_whole(world: World, version: Version) -> None:
    policy(world, attachments_enabled=False)
    assert _body(_shown(world, version, _preferring(MIME, mime_support=2)))[0] is MIME


# ---------------------------------------------------------------- sending

_PLAIN_MAIL = b"To: bob@example.test\r\nSubject: Hello\r\n\r\nHello\r\n"
_SIGNED_MAIL = SIGNED.replace(b"From: Bob <bob@example.test>\r\nTo: alice@example.test", b"To: bob@example.test")
_PKCS7 = (
    b"To: bob@example.test\r\nContent-Type: application/pkcs7-mime%s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"MIIB\r\n"
)
_OPAQUE_MAIL = _PKCS7 % b"; smime-type=signed-data"
_ENCRYPTED_MAIL = _PKCS7 % b"; smime-type=enveloped-data; name=smime.p7m"
_OLD_ENCRYPTED_MAIL = _PKCS7 % b"; name=smime.p7m"


@pytest.mark.parametrize(
    "settings, mime, taken",
    [
        ({}, _PLAIN_MAIL, True),
        ({"require_signed_smime_messages": True}, _PLAIN_MAIL, False),
        ({"require_signed_smime_messages": True}, _SIGNED_MAIL, True),
        ({"require_signed_smime_messages": True}, _OPAQUE_MAIL, True),
        ({"require_signed_smime_messages": True}, _ENCRYPTED_MAIL, True),
        ({"require_encrypted_smime_messages": True}, _PLAIN_MAIL, False),
        ({"require_encrypted_smime_messages": True}, _SIGNED_MAIL, False),
        ({"require_encrypted_smime_messages": True}, _OPAQUE_MAIL, False),
        ({"require_encrypted_smime_messages": True}, _ENCRYPTED_MAIL, True),
        ({"require_encrypted_smime_messages": True}, _OLD_ENCRYPTED_MAIL, True),
    ],
)
def test_mail_that_is_not_signed_or_encrypted_as_required_is_not_sent_R358_R335(
    world: World, version: Version, settings: dict[str, Any], mime: bytes, taken: bool
) -> None:
    policy(world, **settings)
    phone = unmanaged(world, version)
    if taken:
        sent(phone, mime)
        assert len(everything(world, "bob")) == 1
    else:
        refused(phone, mime, 130, 403)
        assert not everything(world, "bob")


@at(since(V16_0))
def test_a_draft_that_the_server_would_send_unsigned_stays_a_draft_R358(world: World, version: Version) -> None:
    policy(world, require_signed_smime_messages=True)
    phone = unmanaged(world, version)
    folder = drafts(phone)
    (answer,) = phone.sync(folder, add(phone, replace(DRAFT, cc="", bcc=""), send=True)).responses
    assert answer.status == 130
    assert not everything(world, "bob")

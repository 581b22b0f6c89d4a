"""Search (MS-ASCMD Search) in the mailbox."""

from datetime import timedelta

import pytest

from easd.eas.commands import search
from easd.eas.commands.item_operations import Fetch
from easd.eas.commands.search import (
    MAILBOX,
    And,
    EqualTo,
    FreeText,
    GreaterThan,
    InCollection,
    InConversation,
    LessThan,
    OfClass,
    Or,
    Part,
    SearchStore,
)
from easd.eas.commands.sync import ClientAdd
from easd.eas.items.contacts import dump_contact
from easd.eas.request import Command
from easd.eas.schema.kinds import format_date
from easd.eas.versions import V12_0, V12_1, V14_0, V14_1, Version, since, until
from easd.model.body import BodyPreference
from easd.model.contact import Contact
from easd.model.email import BodyType
from easd.model.folder import FolderType
from easd.service.context import Answer
from easd.service.ports import Unavailable
from easd.wbxml import Writer, tag
from tests.support.asking import tell, value
from tests.support.faults import Fault, FaultyStore
from tests.support.fetching import SIGNED, item, one, with_files
from tests.support.searching import ask, element, mailbox, searched, subjects
from tests.support.typed_items import root, synced
from tests.support.versions import at
from tests.support.world import NOW, Phone, Refused, World, child, text


def test_words_are_found_at_every_version_R6087(world: World, version: Version) -> None:
    world.deliver("the budget", body="numbers of the quarter")
    world.deliver("something else")
    phone = world.phone(version=version)
    found = mailbox(phone, "quart budg")
    assert (found.status, subjects(found), found.range, found.total) == (1, ["the budget"], "0-0", 1)
    [result] = found.results
    assert (result.class_, result.collection_id) == ("Email", str(world.folder().id))  # R5849, R2028
    assert subjects(mailbox(phone, "bob@example.test")) == ["something else", "the budget"]


@at(since(V12_0))
def test_a_long_id_can_be_fetched_R3240(world: World, version: Version) -> None:
    """Somebody opens a result of a search: no device may be left with an item that it cannot open."""
    world.deliver("found", body="the whole text")
    phone = world.phone(version=version)
    [result] = mailbox(phone, "found").results
    assert result.long_id is not None
    assert len(result.long_id) <= 256  # R3241
    assert text(item(one(phone, Fetch(MAILBOX, long_id=result.long_id))), "Email:Subject") == "found"


def test_without_a_match_there_is_one_empty_result_R3850(world: World, version: Version) -> None:
    found = mailbox(world.phone(version=version), "nothing")
    [result] = found.results
    assert (found.status, found.total, found.range) == (1, 0, None)
    assert (result.class_, result.long_id, result.properties) == (None, None, None)


def test_the_newest_come_first_in_pages_R3725_R4638(world: World, phone: Phone) -> None:
    for number in range(7):
        world.deliver(f"letter {number}", received=NOW + timedelta(minutes=number))
    first = mailbox(phone, "letter", range="0-2")
    assert (subjects(first), first.range, first.total) == (["letter 6", "letter 5", "letter 4"], "0-2", 7)
    last = mailbox(phone, "letter", range="5-9")
    assert (subjects(last), last.range, last.total) == (["letter 1", "letter 0"], "5-6", 7)
    assert mailbox(phone, "letter", range="0-0").range == "0-0"  # R3729
    whole = mailbox(phone, "letter")
    assert (whole.range, whole.total) == ("0-6", 7)


def test_at_most_a_hundred_can_be_had_and_status_12_says_so_R3733_R3736(world: World, phone: Phone) -> None:
    for number in range(102):
        world.deliver(f"letter {number}")
    found = mailbox(phone, "letter")
    assert (found.status, found.range, found.total) == (1, "0-99", 102)
    more = mailbox(phone, "letter", range="0-149")
    assert (more.status, more.range, len(more.results)) == (12, "0-99", 100)
    beyond = mailbox(phone, "letter", range="100-199")
    assert (beyond.status, beyond.range, beyond.total) == (12, None, 102)


def test_a_range_behind_the_matches_is_status_12_R4361(world: World, phone: Phone) -> None:
    world.deliver("letter")
    assert mailbox(phone, "letter", range="1-9").status == 12
    assert mailbox(phone, "letter", range="0-9").status == 1


@pytest.mark.parametrize("said", ["", "9", "9-0", "a-b", "-1-5", "0-99999999999", "0-9-9"])
def test_what_is_no_range_is_status_2_R4329(phone: Phone, said: str) -> None:
    assert mailbox(phone, "letter", range=said).status == 2


def test_folders_restrict_a_search_R2030_R2031_R2146(world: World, version: Version) -> None:
    inbox = world.folder().id
    with world.writing() as box:
        inner = box.add_folder(inbox, "inner", FolderType.USER_MAIL).id
        innermost = box.add_folder(inner, "innermost", FolderType.USER_MAIL).id
        other = box.add_folder(0, "other", FolderType.USER_MAIL).id
    for name, folder in (("in inner", inner), ("in innermost", innermost), ("in other", other)):
        world.move(world.deliver(name), folder)
    world.deliver("in inbox")
    phone = world.phone(version=version)

    def found(*folders: int | str, deep: bool = False) -> set[str]:
        parts = [InCollection(str(folder)) for folder in folders]
        return set(subjects(mailbox(phone, "in", *parts, deep_traversal=deep)))

    everything = {"in inner", "in innermost", "in other", "in inbox"}
    assert found() == found(deep=True) == everything
    assert found(inbox) == {"in inbox"}
    assert found(inbox, deep=True) == everything - {"in other"}
    assert found(inner, other) == {"in inner", "in other"}
    assert found("0") == found("0", deep=True) == everything


def test_outlook_searches_all_folders_as_collection_0_C6(world: World, phone: Phone) -> None:
    """Outlook's cloud sends CollectionId 0 for all folders: it found nothing."""
    world.move(world.deliver("moved letter"), world.folder(FolderType.DELETED_ITEMS).id)
    assert subjects(mailbox(phone, "moved", OfClass("Email"), InCollection("0"), rebuild_results=True)) == [
        "moved letter"
    ]


@pytest.mark.parametrize("folder", ["99", "x", "1:1", "-1"])
def test_a_folder_that_is_not_there_is_status_11_R4358(world: World, version: Version, folder: str) -> None:
    assert mailbox(world.phone(version=version), "letter", InCollection(folder)).status == 11


def test_dates_restrict_a_search_strictly_R3140(world: World, version: Version) -> None:
    for hour in range(4):
        world.deliver(f"hour {hour}", received=NOW + timedelta(hours=hour))
    phone = world.phone(version=version)
    after, before = (format_date(NOW + timedelta(hours=hour)) for hour in (0, 3))
    assert subjects(mailbox(phone, GreaterThan(after), LessThan(before))) == ["hour 2", "hour 1"]
    assert subjects(mailbox(phone, "hour", GreaterThan(after))) == ["hour 3", "hour 2", "hour 1"]
    compact = f"{NOW + timedelta(hours=1):%Y%m%dT%H%M%SZ}"
    assert subjects(mailbox(phone, LessThan(compact))) == ["hour 0"]


def test_a_date_that_cannot_be_read_is_status_2_R4329(phone: Phone) -> None:
    assert mailbox(phone, GreaterThan("yesterday")).status == 2


def test_a_conversation_is_found_in_all_folders_R2082_MS_ASCON_R176(world: World, version: Version) -> None:
    if version in until(V12_1):
        return
    server_id = world.deliver("talk")
    conversation = world.items(world.folder().id)[server_id].email.conversation_id
    answer = world.deliver("Re: talk")
    world.change(answer, conversation_id=conversation)
    world.move(answer, world.folder(FolderType.DELETED_ITEMS).id)
    world.deliver("other")
    found = mailbox(world.phone(version=version), InConversation(conversation))
    assert sorted(subjects(found)) == ["Re: talk", "talk"]


def test_several_conversations_are_status_2_R2088(phone: Phone) -> None:
    assert mailbox(phone, InConversation(b"1"), InConversation(b"2")).status == 2


def test_a_conversation_cannot_be_asked_for_at_12_1_R6364(world: World) -> None:
    assert mailbox(world.phone(version=V12_1), InConversation(b"1")).status == 2


@pytest.mark.parametrize("name", ["Email", "Tasks", "Calendar", "Contacts"])
def test_classes_restrict_a_search_R920_R6289(world: World, version: Version, name: str) -> None:
    world.deliver("letter")
    found = mailbox(world.phone(version=version), "letter", OfClass(name))
    assert (found.status, subjects(found)) == (1, ["letter"] if name == "Email" else [])


@pytest.mark.parametrize("name", ["Notes", "SMS"])
def test_notes_and_sms_are_classes_from_14_0_on_R6288(world: World, version: Version, name: str) -> None:
    assert mailbox(world.phone(version=version), "x", OfClass(name)).status == (2 if version < V14_0 else 1)


def test_an_unknown_class_is_status_2_R4329(phone: Phone) -> None:
    assert mailbox(phone, "x", OfClass("Journal")).status == 2


_DATE = "2026-01-01T00:00:00.000Z"
_PARTS: tuple[Part, ...] = (
    FreeText("x"),
    OfClass("Email"),
    InCollection("1"),
    InConversation(b"1"),
    GreaterThan(_DATE),
    LessThan(_DATE),
)


@pytest.mark.parametrize("part", _PARTS, ids=lambda part: type(part).__name__)
def test_what_is_not_in_an_and_is_too_complex_R923_R2032_R2086_R3105_R3143_R3220(phone: Phone, part: Part) -> None:
    for query in ((part,), (Or((part,)),), (And(_PARTS[:1]), part), (And((Or((part,)),)),)):
        assert searched(phone, SearchStore(MAILBOX, query)).status == 8


def test_several_ands_are_too_complex_R772(phone: Phone) -> None:
    one = And((FreeText("x"),))
    for query in ((one, one), (And((one,)),), (Or((one, one)),)):
        assert searched(phone, SearchStore(MAILBOX, query)).status == 8


def test_an_and_inside_an_or_is_searched_for_R5569(world: World, phone: Phone) -> None:
    world.deliver("letter")
    assert subjects(searched(phone, SearchStore(MAILBOX, (Or((And((FreeText("letter"),)),)),)))) == ["letter"]


@pytest.mark.parametrize("said", ["w" * 1025, " ".join(f"w{number}" for number in range(65))])
def test_a_text_without_end_is_too_complex_R4350(phone: Phone, said: str) -> None:
    assert mailbox(phone, said).status == 8


def test_a_query_of_nothing_is_status_2_R4329(phone: Phone) -> None:
    for query in ((And(),), "", "letter"):
        assert searched(phone, SearchStore(MAILBOX, query)).status == 2
    assert mailbox(phone, "  ").status == 2


def test_a_link_is_for_document_libraries_alone_R2278_R4329(phone: Phone) -> None:
    link = EqualTo("", "\\\\server\\share")
    for query in ((link,), (And((FreeText("letter"), link)),)):
        assert searched(phone, SearchStore(MAILBOX, query)).status == 2


@pytest.mark.parametrize("name", ["Email:Subject", "Email:Read", "Email2:Sender", "Email:Flag"])
def test_an_element_of_a_message_in_a_query_is_status_2_MS_ASEMAIL_R68(
    world: World, version: Version, name: str
) -> None:
    phone = world.phone(version=version)
    phone.folder_sync()
    writer = Writer()
    for outer in ("Search:Search", "Search:Store"):
        writer.start(tag(outer))
    writer.text(tag("Search:Name"), "Mailbox")
    for outer in ("Search:Query", "Search:And"):
        writer.start(tag(outer))
    writer.text(tag("Search:FreeText"), "letter")
    writer.text(tag(name), "letter")
    for _ in range(4):
        writer.end()
    answer = phone.post(Command.SEARCH, writer.document())
    assert isinstance(answer, Answer)
    told = phone.read(search.RESPONSE, answer)
    assert told.response is not None
    assert told.response.store.status == 2


def test_a_text_without_a_word_finds_nothing(world: World, phone: Phone) -> None:
    world.deliver("letter")
    assert mailbox(phone, "?!").total == 0


@at(since(V12_0))
def test_bodies_come_as_they_are_asked_for_R2403(world: World, version: Version) -> None:
    world.deliver("letter", raw=with_files().as_bytes())
    phone = world.phone(version=version)
    [result] = mailbox(phone, "files", body_preferences=(BodyPreference(BodyType.PLAIN, truncation_size=3),)).results
    body = child(element(result), "AirSyncBase:Body")
    assert body is not None
    assert text(body, "AirSyncBase:Data") == "see"
    attachments = child(element(result), "AirSyncBase:Attachments")
    assert attachments is not None
    assert len(attachments.children) == 3
    assert subjects(mailbox(phone, "Bild")) == ["Köln"]  # a file's name


@at(since(V12_0))
def test_mime_is_sent_of_signed_messages_R3383_R3388(world: World, version: Version) -> None:
    world.deliver(raw=SIGNED)
    mime = (BodyPreference(BodyType.MIME), BodyPreference(BodyType.PLAIN))
    phone = world.phone(version=version)
    [result] = mailbox(phone, "signed", mime_support=1, body_preferences=mime).results
    body = child(element(result), "AirSyncBase:Body")
    assert body is not None
    names = [one.name.partition(":")[2] for one in body.children]
    assert names == ["Type", "EstimatedDataSize", "Truncated", "Data"]  # R3387
    assert (text(body, "AirSyncBase:Type"), text(body, "AirSyncBase:Truncated")) == ("4", "0")
    assert text(body, "AirSyncBase:Data").encode() == SIGNED


def test_a_body_part_of_a_conversation_R5568(world: World, version: Version) -> None:
    if version < V14_1:
        return
    server_id = world.deliver("talk")
    conversation = world.items(world.folder().id)[server_id].email.conversation_id
    phone = world.phone(version=version)
    html = (BodyPreference(BodyType.HTML),)
    [result] = mailbox(phone, InConversation(conversation), body_part_preferences=html).results
    assert child(element(result), "AirSyncBase:BodyPart") is not None
    assert child(element(result), "AirSyncBase:Body") is None  # MS-ASCON R247
    plain = (BodyPreference(BodyType.PLAIN),)
    assert mailbox(phone, InConversation(conversation), body_part_preferences=plain).status == 164  # R5410


def test_an_answer_is_bounded_and_its_range_says_what_came_R4642(world: World, phone: Phone) -> None:
    for number in range(5):
        world.deliver(f"letter {number}", body="x" * 4000)
    world.limit(response_bytes_max=9000)
    found = mailbox(phone, "letter")
    assert (found.range, found.total, len(found.results)) == ("0-1", 5, 2)


def test_a_message_that_cannot_be_shown_does_not_cost_the_others(world: World, phone: Phone) -> None:
    world.deliver("letter good")
    broken = world.deliver("letter broken")
    world.spoil(broken, b'{"received":"2026-01-01T00:00:00Z","subject":7}')
    found = mailbox(phone, "letter")
    assert (found.status, found.total, len(found.results)) == (1, 2, 2)


def test_nobody_finds_what_others_have(world: World) -> None:
    world.deliver("secret", to="bob")
    assert mailbox(world.phone("alice"), "secret").total == 0
    assert mailbox(world.phone("bob"), "secret").total == 1


def test_an_unknown_store_is_status_2_R4329(phone: Phone) -> None:
    assert searched(phone, SearchStore("Attic", (And((FreeText("x"),)),))).status == 2


def test_of_several_stores_the_last_is_searched_R4535(world: World, phone: Phone) -> None:
    world.deliver("letter")
    phone.provision()
    nothing, letter = (SearchStore(MAILBOX, (And((FreeText(word),)),)) for word in ("nothing", "letter"))
    answer = ask(phone, nothing, letter)
    assert answer.response is not None
    assert subjects(answer.response.store) == ["letter"]


def test_what_was_deleted_is_found_no_more_R3757(world: World, phone: Phone) -> None:
    world.deliver("letter 1")
    gone = world.deliver("letter 2")
    assert subjects(mailbox(phone, "letter")) == ["letter 2", "letter 1"]
    world.remove(gone)
    assert subjects(mailbox(phone, "letter")) == ["letter 1"]


def test_a_store_that_is_away_is_status_3_R4332(world: World, phone: Phone) -> None:
    phone.provision()
    world.through(FaultyStore(world.sql, [Fault("search", Unavailable("away"))]).store)
    with pytest.raises(Refused) as refused:
        mailbox(phone, "x")
    assert refused.value.status == 3


def test_what_is_no_search_is_status_103_R4816(phone: Phone) -> None:
    phone.provision()
    assert tell(phone, Command.SEARCH, b"\x03\x01\x6a\x00\x00\x0fE\x01").status == 103


@at(since(V12_0))
@pytest.mark.parametrize(
    "preference",
    [
        (("Type", "a"), ("TruncationSize", "100"), ("AllOrNone", "1")),
        (("Type", "1"), ("TruncationSize", "100"), ("AllOrNone", "1"), ("AllOrNone", "1")),
        (("TruncationSize", "100"), ("AllOrNone", "1"), ("Type", "1")),
        (("Type", "1"), ("BodyPreference", "")),
    ],
    ids=["type R10033", "instances R10034", "order R10035", "placement R10036"],
)
def test_a_preference_that_breaks_the_grammar_is_status_2_of_the_store_R10033_R10034_R10035_R10036(
    world: World, version: Version, preference: tuple[tuple[str, str], ...]
) -> None:
    phone = world.phone(version=version)
    phone.provision()
    said = tuple((f"AirSyncBase:{name}", value) for name, value in preference)
    options = (("AirSyncBase:BodyPreference", said), ("Search:Range", "0-9"))
    store = (("Search:Name", MAILBOX), ("Search:Query", (("Search:FreeText", "x"),)), ("Search:Options", options))
    told = tell(phone, Command.SEARCH, root("Search:Search", {"Search:Store": store}))
    answer = value(phone, search.RESPONSE, told)
    assert answer.status == 1  # R4321: the command knows none for it
    assert answer.response is not None
    assert answer.response.store.status == 2


def test_without_a_class_all_are_searched_R922(world: World, version: Version) -> None:
    world.deliver("Zoë")
    phone = world.phone(version=version)
    contact = dump_contact(Contact(NOW, first_name="Zoë"), None, version)
    phone.sync(synced(phone, FolderType.CONTACTS), ClientAdd("1", contact))
    assert {result.class_ for result in mailbox(phone, "Zoë").results} == {"Email", "Contacts"}


def test_quoted_words_are_found_in_their_order_only(world: World, phone: Phone) -> None:
    world.deliver("one", body="We plan the new office.\r\n")
    world.deliver("two", body="The office is new.\r\n")
    assert subjects(mailbox(phone, '"new office"')) == ["one"]
    assert subjects(mailbox(phone, 'plan "new office"')) == ["one"]
    assert subjects(mailbox(phone, "new office")) == ["two", "one"]
    assert mailbox(phone, '"new office"').total == 1

"""Find (MS-ASCMD Find), which 16.1 has."""

from datetime import timedelta

import pytest

from easd.eas.commands import find as find_tables
from easd.eas.commands.find import (
    ExecuteSearch,
    FindOptions,
    FindProperties,
    FindQuery,
    FindRequest,
    FindResponse,
    FindResults,
    GalCriterion,
    MailBoxCriterion,
)
from easd.eas.commands.gal import PictureOptions
from easd.eas.headers import protocol_commands
from easd.eas.request import Command
from easd.eas.versions import V12_1, V16_1, Version, until
from easd.model.account import Profile
from easd.model.email import Address, Importance
from easd.model.folder import FolderType
from easd.service.commands import COMMANDS
from easd.service.ports import Unavailable
from easd.wbxml import encode
from easd.wbxml.readable import from_xml
from tests.support.asking import tell
from tests.support.faults import Fault, FaultyStore
from tests.support.fetching import with_files
from tests.support.searching import ask_find, find, find_people, found_subjects
from tests.support.world import NOW, Phone, Refused, World


def test_a_message_is_told_with_a_preview_and_its_ids_R36841704(world: World, phone: Phone) -> None:
    server_id = world.deliver("the budget", body="x" * 300)
    [result] = find(phone, "budget").results
    assert (result.class_, result.server_id, result.collection_id) == ("Email", server_id, str(world.folder().id))
    assert result.properties == FindProperties(
        subject="the budget",
        date_received=NOW,
        display_to="alice@example.test",
        importance=Importance.NORMAL,
        read=False,
        is_draft=False,
        preview="x" * 255,  # R6978101702
        has_attachments=False,
        from_='"Bob" <bob@example.test>',
    )


def test_those_beside_the_recipients_and_files_R6439100717_R6439100704_R6685101601(world: World, phone: Phone) -> None:
    server_id = world.deliver("letter", raw=with_files().as_bytes())
    people = (Address("Carla", "c@example.test"), Address("", "d@example.test"))
    world.change(server_id, cc=people, bcc=people[:1], read=True, is_draft=True)
    [result] = find(phone, "carla").results
    told = result.properties
    assert (told.display_cc, told.display_bcc) == ("Carla; d@example.test", "Carla")
    assert (told.has_attachments, told.read, told.is_draft) == (True, True, True)


def test_the_command_is_known_at_16_1_alone_R6559(world: World, version: Version) -> None:
    phone = world.phone(version=version)
    phone.provision()
    request = FindRequest("1", ExecuteSearch(MailBoxCriterion(FindQuery("x", "Email"))))
    told = tell(phone, Command.FIND, find_tables.REQUEST.encode(request, version))
    if version in until(V12_1):
        assert told.http == 400  # MS-ASCMD R7461
    else:
        assert told.status == (1 if version is V16_1 else 138)  # R4896


def test_one_list_of_commands_serves_all_versions_ASHTTP_R702() -> None:
    assert protocol_commands(COMMANDS).split(",")[-1] == "Find"


@pytest.mark.parametrize(
    "said, subjects",
    [
        ("red", ["red and blue", "red"]),
        ("red -blue", ["red"]),
        ("red AND blue", ["red and blue"]),
        ("red OR green", ["green", "red and blue", "red"]),
        ("subject:red", ["red and blue", "red"]),
        ("from:bob green", ["green"]),
        ("from:carla", []),
        ("to:alice green", ["green"]),
        ('"red"', ["red and blue", "red"]),
        ("received:2026-11-24", ["red and blue"]),
        ("received>=2026-11-24", ["green", "red and blue"]),
        ("NOT red", ["green"]),
        ("hasattachment:true", []),
    ],
)
def test_the_language_of_queries_R6659100904_R6659100910(
    world: World, phone: Phone, said: str, subjects: list[str]
) -> None:
    for day, subject in enumerate(["red", "red and blue", "green"]):
        world.deliver(subject, received=NOW + timedelta(days=day))
    assert found_subjects(find(phone, said)) == subjects


def test_folders_restrict_R982100612_R6399100714(world: World, phone: Phone) -> None:
    inbox = world.folder().id
    with world.writing() as box:
        inner = box.add_folder(inbox, "inner", FolderType.USER_MAIL).id
    world.move(world.deliver("word inner"), inner)
    world.deliver("word inbox")
    assert found_subjects(find(phone, "word", str(inbox))) == ["word inbox"]
    both = {"word inbox", "word inner"}
    assert set(found_subjects(find(phone, "word", str(inbox), deep_traversal=True))) == both
    assert set(found_subjects(find(phone, "word"))) == both
    assert set(found_subjects(find(phone, "word", deep_traversal=True))) == both


def test_pages_R37071811_R37071812(world: World, phone: Phone) -> None:
    for number in range(105):
        world.deliver(f"letter {number}", received=NOW + timedelta(minutes=number))
    whole = find(phone, "letter")
    assert (whole.range, whole.total, len(whole.results)) == ("0-99", 105, 100)  # R3707101815
    rest = find(phone, "letter", range="100-999")
    assert (rest.range, rest.total, found_subjects(rest)[-1]) == ("100-104", 105, "letter 0")
    assert find(phone, "letter", range="0-0").range == "0-0"


def test_without_a_match_there_is_no_result_R38391805(phone: Phone) -> None:
    found = find(phone, "nothing")
    assert (found.status, found.results, found.range, found.total, found.store) == (1, (), None, 0, "Mailbox")


def test_a_page_that_is_not_there_is_to_begin_at_0_R72172518(world: World, phone: Phone) -> None:
    world.deliver("letter")
    assert find(phone, "letter").status == 1
    assert find(phone, "letter", range="1-9").status == 4


def test_a_search_begins_at_0_and_goes_on_under_its_id_R72172518_R3707101814_R70981808(
    world: World, phone: Phone
) -> None:
    for number in range(3):
        world.deliver(f"letter {number}", received=NOW + timedelta(minutes=number))

    def page(search_id: str, range_: str) -> tuple[int, int | None, str | None, int]:
        criterion = MailBoxCriterion(FindQuery("letter", "Email"), FindOptions(range=range_))
        answer = ask_find(phone, ExecuteSearch(criterion), search_id)
        assert answer.response is not None
        return answer.status, answer.response.status, answer.response.range, len(answer.response.results)

    assert page("new", "1-2") == (1, 4, None, 0)
    assert page("new", "0-0") == (1, 1, "0-0", 1)
    assert page("new", "1-2") == (1, 1, "1-2", 2)
    assert page("other", "1-2") == (1, 4, None, 0)
    for number in range(8):
        assert page(str(number), "0-0")[1] == 1
    assert page("new", "1-2")[1] == 4


@pytest.mark.parametrize("said", ["", "9", "9-0", "0-1000", "a-b"])
def test_what_is_no_range_is_status_2_R72172521(phone: Phone, said: str) -> None:
    assert find(phone, "letter", range=said).status == 2
    assert find_people(phone, "letter", range=said).status == 2


@pytest.mark.parametrize("said", [None, "", "  "])
def test_a_query_of_nothing_is_status_2_R72172521(phone: Phone, said: str | None) -> None:
    assert find(phone, said).status == 2
    assert find_people(phone, said or "").status == 2


def test_another_class_is_status_2_R901100613(phone: Phone) -> None:
    answer = ask_find(phone, ExecuteSearch(MailBoxCriterion(FindQuery("x", "Contacts"))))
    assert answer.response is not None
    assert answer.response.status == 2


@pytest.mark.parametrize("said", ["x" * 1025, "red OR received:2026-01-01", "(" * 99 + "x"])
def test_a_query_that_cannot_be_answered_is_status_2_R72172512(phone: Phone, said: str) -> None:
    answer = ask_find(phone, ExecuteSearch(MailBoxCriterion(FindQuery(said, "Email"))))
    assert answer.response is not None
    assert (answer.status, answer.response.status, answer.response.results) == (2, 2, ())  # R72172521


def test_a_folder_that_is_not_there_is_status_3_R72172515(phone: Phone) -> None:
    with pytest.raises(Refused) as refused:
        find(phone, "x", "99")
    assert refused.value.status == 3


def test_not_one_criterion_is_status_2_R72172512(phone: Phone) -> None:
    both = ExecuteSearch(MailBoxCriterion(FindQuery("x", "Email")), GalCriterion("x"))
    for execute in (both, ExecuteSearch()):
        assert ask_find(phone, execute).status == 2


def test_without_a_search_id_it_is_status_2_R7098101802(phone: Phone) -> None:
    answer = ask_find(phone, ExecuteSearch(gal=GalCriterion("x")), search_id="")
    assert answer.response is not None
    assert (answer.status, answer.response.status) == (2, 2)


@pytest.mark.parametrize(
    "inside",
    [
        "<ExecuteSearch/>",
        "<SearchId>1</SearchId>",
        "<SearchId>1</SearchId><ExecuteSearch><MailBoxSearchCriterion/></ExecuteSearch>",
        "<SearchId>1</SearchId><SearchId>2</SearchId><ExecuteSearch/>",
    ],
    ids=["no SearchId", "no ExecuteSearch", "no Query", "two SearchIds"],
)
def test_what_breaks_the_grammar_is_told_in_both_places_R72172512_R72172521_R45251807(
    phone: Phone, inside: str
) -> None:
    phone.provision()
    body = encode(from_xml(f'<Find xmlns="Find">{inside}</Find>'))
    answer = find_tables.RESPONSE.load(tell(phone, Command.FIND, body).root, V16_1)
    assert answer == FindResponse(2, FindResults(2, store="Mailbox"))


def test_a_store_that_is_away_is_status_111_R4833(world: World, phone: Phone) -> None:
    phone.provision()
    world.through(FaultyStore(world.sql, [Fault("search", Unavailable("away"))]).store)
    with pytest.raises(Refused) as refused:
        find(phone, "x")
    assert refused.value.status == 111


def test_people_are_found_with_all_that_is_known_R10031997(world: World, phone: Phone) -> None:
    user = world.admin.create_user("zoe@example.test", "Zoë Test", "")
    world.admin.set_profile(user.id, Profile("Zoë", "Test", title="Director"), b"\x00\xff", hidden=False)
    found = find_people(phone, "zoe", picture=PictureOptions())
    [result] = found.results
    told = result.properties
    assert (told.display_name, told.title, told.email_address) == ("Zoë Test", "Director", "zoe@example.test")
    assert told.picture is not None
    assert (told.picture.status, told.picture.data) == (1, b"\x00\xff")
    assert (found.range, found.total, result.class_, result.server_id) == ("0-0", 1, None, None)


def test_pictures_are_limited_R32831607_R32831610(world: World, phone: Phone) -> None:
    for name in ("one", "two"):
        user = world.admin.create_user(f"{name}@example.test", f"Picture {name}", "")
        world.admin.set_profile(user.id, Profile(), b"x", hidden=False)
    found = find_people(phone, "picture", picture=PictureOptions(max_pictures=1))
    assert [result.properties.picture.status for result in found.results if result.properties.picture] == [1, 175]


def test_people_come_in_pages_by_name_R131999_R132004(phone: Phone) -> None:
    found = find_people(phone, "example", range="0-0")
    assert (found.total, found.range, [r.properties.display_name for r in found.results]) == (2, "0-0", ["Alice"])
    assert [r.properties.display_name for r in find_people(phone, "example", range="1-9").results] == ["Bob"]


# ------------------------------------------------------------ phrases


def test_quoted_words_are_found_in_their_order_only(any_world: World) -> None:
    world, phone = any_world, any_world.phone()
    world.deliver("Budget meeting", body="We plan the new office.\r\n")
    world.deliver("meeting budget", body="The office is planned; new ones come.\r\n")
    world.deliver("Lunch", body="Words on two\r\nlines: the NEW  Office!\r\n")
    assert found_subjects(find(phone, '"budget meeting"')) == ["Budget meeting"]
    assert found_subjects(find(phone, '"new office"')) == ["Lunch", "Budget meeting"]
    assert found_subjects(find(phone, '"office new"')) == []
    assert found_subjects(find(phone, '"new offic"')) == []  # whole words
    assert found_subjects(find(phone, "new office")) == ["Lunch", "meeting budget", "Budget meeting"]
    assert found_subjects(find(phone, 'subject:"budget meeting"')) == ["Budget meeting"]
    assert found_subjects(find(phone, 'subject:"new office"')) == []
    assert found_subjects(find(phone, '"new office" "two lines"')) == ["Lunch"]


def test_a_phrase_that_is_one_of_several_parts_asks_for_its_words_alone(world: World, phone: Phone) -> None:
    world.deliver("Budget meeting")
    world.deliver("meeting budget")
    assert len(found_subjects(find(phone, '"budget meeting" OR lunch'))) == 2
    assert found_subjects(find(phone, 'NOT "budget meeting" budget')) == []


def test_a_phrase_in_a_script_without_spaces(world: World, phone: Phone) -> None:
    world.deliver("one", body="明日の会議 budget draft\r\n")
    world.deliver("two", body="budget 明日の会議 draft\r\n")
    assert found_subjects(find(phone, '"会議 budget"')) == ["one"]


def test_of_phrases_pages_and_totals_are_those_of_what_has_them(world: World, phone: Phone) -> None:
    for number in range(6):
        world.deliver(f"Letter {number}", body="red green\r\n" if number % 2 else "green red\r\n")
    find(phone, '"red green"', range="0-0")
    found = find(phone, '"red green"', range="1-1")
    assert (found.total, found_subjects(found)) == (3, ["Letter 3"])

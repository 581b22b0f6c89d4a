"""The index: what is found where, and that it follows the items in every transaction."""

import random
from contextlib import suppress
from dataclasses import replace
from typing import get_args

import pytest
from sqlalchemy import text

from easd.model.contact import Contact
from easd.model.content import Content
from easd.model.email import Address, Attachment, BodyType, Email, EmailTexts
from easd.model.event import Attendee, Event, Occurrence, Place
from easd.model.folder import FolderType, ItemClass
from easd.model.note import Note
from easd.model.note_body import NoteBody
from easd.search import query
from easd.search.query import All, Any, Between, Field, Has, Node, Not, Query, Word
from easd.service.ports import NewMail
from easd.store import Administration
from easd.store.content import CLASS_OF_CONTENT
from easd.store.indexing import index_pending, pending
from easd.store.prepared import Prepared
from tests.support.stores import START, email, folders, mail
from tests.unit.store.conftest import Home


def add(home: Home, plain: str = "", folder: int | None = None, at: int = START, **fields: object) -> tuple[int, int]:
    """A message with this text; its place."""
    content = replace(email(0, at), **{"subject": "", "to": (), "from_": (), **fields})  # type: ignore[arg-type]
    raw = f"{content} {plain}".encode()
    with home.store.writing(home.mailbox) as box:
        item = box.add_mail(folder or home.inbox, NewMail(raw, content, EmailTexts(plain.encode()), 1))
    return item.folder_id, item.uid


def find(home: Home, what: Node | str, *, mailbox: int | None = None, **restricted: object) -> list[tuple[int, int]]:
    """All places of what is found, newest first."""
    node = query.text(what) if isinstance(what, str) else what
    with home.store.reading(mailbox or home.mailbox) as box:
        found = box.search(Query(node, **restricted), 0, query.COUNT_MAX)  # type: ignore[arg-type]
    assert found.total == len(found.places)
    return list(found.places)


def index_size(home: Home) -> tuple[int, int]:
    """How many items and how many entries of words there are in the whole database."""
    with home.store.database.read() as block:
        [(docs,)] = block.session.all(Prepared(text("SELECT count(*) FROM search_docs")))
        [(words,)] = block.session.all(Prepared(text("SELECT count(*) FROM search_words")))
    return docs, words


@pytest.mark.parametrize(
    "asked", ["invoice", "INVOICE", "invo", "köln invoice", "koln", "KÖLN", "Müller", "muller", "  invoice,  köln! "]
)
def test_words_are_found_without_case_and_diacritics_and_from_their_beginning(home: Home, asked: str) -> None:
    place = add(home, "The Invoice from Köln, by Mr Müller")
    assert find(home, asked) == [place]


@pytest.mark.parametrize("asked", ["voice", "in", "invoices", "invoice berlin"])
def test_what_is_not_there_is_not_found(home: Home, asked: str) -> None:
    add(home, "The Invoice from Köln")
    assert find(home, asked) == []


@pytest.mark.parametrize(
    "said, asked",
    [
        ("東京都の天気予報", "東京"),
        ("東京都の天気予報", "天気予報"),
        ("東京都の天気予報", "報"),
        ("東京都の天気予報", "京"),
        ("今日はABC会議です", "abc会議"),
        ("한국어 메시지입니다", "메시지"),
        ("สวัสดีครับ", "สวัสดี"),
        ("नमस्ते दुनिया", "दुनिया"),
        ("Добрый ДЕНЬ", "добрый день"),
        ("مَرْحَبًا", "مرحبا"),
        ("Ａｌｐｈａ ２０２６", "alpha 2026"),
        ("ΟΔΟΣ", "οδος"),
        ("Straße", "STRASSE"),
        ("ﬁnance", "finance"),
    ],
)
def test_any_language_is_found(home: Home, said: str, asked: str) -> None:
    place = add(home, said)
    assert find(home, asked) == [place]
    assert find(home, "無") == []


def test_each_field_is_found_for_itself_and_anywhere(home: Home) -> None:
    people = {name: (Address(f"{name.title()} Person", f"{name}@example.test"),) for name in ("fred", "tina", "carl")}
    place = add(
        home,
        "bodyword",
        subject="subjectword",
        from_=people["fred"],
        to=people["tina"],
        cc=people["carl"],
        attachments=(Attachment("2", "Fileword 7.pdf", "application/pdf", 3),),
    )
    for word, field in {
        "subjectword": Field.SUBJECT,
        "fred": Field.FROM,
        "tina": Field.TO,
        "carl": Field.CC,
        "fileword": Field.ATTACHMENT,
        "bodyword": Field.ANYWHERE,
    }.items():
        assert find(home, word) == [place]
        assert find(home, query.text(word, field)) == [place]
        others = set(Field) - {field, Field.ANYWHERE}
        assert [find(home, query.text(word, other)) for other in others] == [[]] * len(others)
    assert find(home, Has(query.ATTACHMENTS)) == [place]
    assert find(home, Has(query.class_mark("Email"))) == [place]
    assert find(home, Has(query.class_mark("Notes"))) == []
    assert find(home, Has(query.conversation_mark(email().conversation_id))) == [place]


def test_the_operators(home: Home) -> None:
    one, two, both = add(home, "red", at=START), add(home, "blue", at=START + 1), add(home, "red blue", at=START + 2)
    red, blue = Word("red"), Word("blue")
    assert find(home, All((red, blue))) == [both]
    assert find(home, Any((red, blue))) == [both, two, one]
    assert find(home, All((red, Not(blue)))) == [one]
    assert find(home, Not(red)) == [two]
    assert find(home, All((Not(red), Not(blue)))) == []
    assert find(home, Any((Not(red), All((red, blue))))) == [both, two]
    assert find(home, Not(Not(red))) == [both, one]
    assert find(home, All()) == [both, two, one]
    assert find(home, Any()) == []


def test_folders_and_times_restrict(home: Home) -> None:
    there = [add(home, "word", at=START + n * 1000) for n in range(4)]
    away = add(home, "word", home.trash, at=START + 1500)
    assert find(home, "word") == [there[3], there[2], away, there[1], there[0]]
    assert find(home, "word", folders=(home.trash,)) == [away]
    assert find(home, "word", folders=(home.inbox, home.trash), times=Between(START + 1500)) == [
        there[3],
        there[2],
        away,
    ]
    assert find(home, "word", folders=(home.inbox,), times=Between(START + 1000, START + 3000)) == [there[2], there[1]]
    assert find(home, "word", folders=()) == []
    assert find(home, "word", times=Between(start=2**62)) == find(home, "word", times=Between(end=-(2**62))) == []


def test_a_range_is_cut_from_the_newest_and_the_total_is_bounded(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [add(home, "word", at=START + n) for n in range(5)]
    with home.store.reading(home.mailbox) as box:
        assert box.search(Query(Word("word")), 1, 2) == query.Found(5, (places[3], places[2]))
        assert box.search(Query(Word("word")), 5, 2) == query.Found(5, ())
        monkeypatch.setattr("easd.store.finding.COUNT_MAX", 3)
        assert box.search(Query(Word("word")), 0, 9) == query.Found(3, (places[4], places[3], places[2]))


_WORDS = ("bar", "bare", "bark", "barn", "base", "dog", "dot", "door", "red")


def _said(source: random.Random) -> frozenset[str]:
    return frozenset(source.choices(_WORDS, [1 / (rank + 1) for rank in range(len(_WORDS))], k=source.randint(1, 6)))


def _asked(source: random.Random, depth: int = 2) -> Node:
    kind = source.randrange(5 if depth else 2)
    if kind < 2:
        word = source.choice(_WORDS)
        return Word(word[:3], prefix=True) if kind else Word(word)
    if kind == 2:
        return Not(_asked(source, depth - 1))
    return (All, Any)[kind - 3](tuple(_asked(source, depth - 1) for _ in range(source.randint(1, 3))))


def _is_meant(node: Node, said: frozenset[str]) -> bool:
    if isinstance(node, Word):
        return any(word.startswith(node.word) for word in said) if node.prefix else node.word in said
    if isinstance(node, Not):
        return not _is_meant(node.part, said)
    assert isinstance(node, All | Any)
    return (all if isinstance(node, All) else any)(_is_meant(part, said) for part in node.parts)


@pytest.mark.parametrize("page, dense, terms, most", [(300, 0.25, 30, 1000), (4, 0.5, 2, 9), (1, 0.0, 0, 5)])
def test_whichever_way_leads_to_it_the_newest_of_all_matches_are_found(
    home: Home, monkeypatch: pytest.MonkeyPatch, page: int, dense: float, terms: int, most: int
) -> None:
    for name, value in {"_PAGE": page, "_DENSE": (dense, dense), "_TERMS_MAX": terms, "COUNT_MAX": most}.items():
        monkeypatch.setattr(f"easd.store.finding.{name}", value)
    source = random.Random(7)
    letters = []
    for n in range(40):
        said, folder = _said(source), source.choice((home.inbox, home.trash))
        letters.append((add(home, " ".join(said), folder, START + n * 1000), said))
    for _ in range(60):
        node, since = _asked(source), START + source.randrange(40) * 1000
        for inside in (None, (home.inbox,), (home.inbox, home.trash)):
            meant = [
                place
                for place, said in reversed(letters)
                if _is_meant(node, said) and (inside is None or place[0] in inside)
            ]
            assert find(home, node, folders=inside) == meant[:most], node
        recent = [place for place, said in reversed(letters[(since - START) // 1000 :]) if _is_meant(node, said)]
        assert find(home, node, times=Between(since)) == recent[:most], node


def test_items_of_one_moment_are_all_found(home: Home) -> None:
    places = [add(home, "word") for _ in range(20)]
    assert sorted(find(home, "word")) == places


def test_times_out_of_all_bounds_are_found_all_the_same(home: Home) -> None:
    old, new = add(home, "word", at=-62_000_000_000_000), add(home, "word", at=250_000_000_000_000)
    assert find(home, "word") == [new, old]


def test_a_moved_item_is_found_where_it_is(home: Home) -> None:
    place = add(home, "word", at=START + 7, subject="also")
    with home.store.writing(home.mailbox) as box:
        moved = box.move(*place, home.trash)
    assert find(home, "word also") == [(moved.folder_id, moved.uid)]
    assert find(home, "word", folders=(home.inbox,)) == []
    assert find(home, "word", folders=(home.trash,), times=Between(START + 7, START + 8)) != []
    assert index_size(home) == (1, 1)


def test_a_change_of_state_leaves_the_index_alone_and_another_subject_is_found(home: Home) -> None:
    place = add(home, "body", subject="before")
    with home.store.writing(home.mailbox) as box:
        content = box.items(place[0], [place[1]])[place[1]].email
        box.update_item(*place, replace(content, read=True))
        box.update_item(*place, replace(content, subject="after", received=email(0, START + 5000).received))
    assert find(home, "after body", times=Between(START + 5000)) == [place]
    assert find(home, "before") == []
    assert index_size(home) == (1, 1)


def test_an_unseen_change_is_found_too(home: Home) -> None:
    place = add(home, "body", subject="before")
    with home.store.writing(home.mailbox) as box:
        box.update_item(*place, replace(email(), subject="after"))
    assert find(home, "after") == find(home, "body") == [place]
    assert find(home, "before") == []


def test_nothing_remains_of_what_is_removed(home: Home) -> None:
    places = [add(home, "word") for _ in range(3)]
    with home.store.writing(home.mailbox) as box:
        box.remove(*places[0])
    assert sorted(find(home, "word")) == places[1:]
    assert index_size(home) == (2, 2)


def test_nothing_remains_of_a_removed_folder_a_reset_mailbox_or_a_removed_user(home: Home) -> None:
    with home.store.writing(home.mailbox) as box:
        folder = box.add_folder(0, "Folder", FolderType.USER_MAIL)
    add(home, "word", folder.id)
    kept = add(home, "word")
    with home.store.writing(home.mailbox) as box:
        box.remove_folder(folder.id)
    assert find(home, "word") == [kept]
    Administration(home.store).reset_mailbox(home.mailbox)
    assert find(home, "word") == []
    inbox, _ = folders(home.store, home.mailbox)
    add(home, "word", inbox)
    Administration(home.store).remove_user(home.user_id)
    assert index_size(home) == (0, 0)


def test_a_transaction_that_fails_leaves_no_trace(home: Home) -> None:
    place = add(home, "word")
    with suppress(RuntimeError), home.store.writing(home.mailbox) as box:
        box.add_mail(home.inbox, mail(7))
        box.remove(*place)
        raise RuntimeError
    assert find(home, "word") == [place]
    assert index_size(home) == (1, 1)


def test_nobody_finds_what_others_have(home: Home) -> None:
    add(home, "word")
    other = home.others[0]
    assert find(home, "word", mailbox=other) == find(home, All(), mailbox=other) == []
    assert find(home, Not(Word("nothing")), mailbox=other) == []
    assert find(home, "word", mailbox=other, folders=(home.inbox,)) == []


@pytest.mark.parametrize(
    "said",
    [
        '"',
        "'",
        "' OR '1'='1",
        'word" OR "other',
        "word' | 'other",
        "word AND NOT other",
        "NEAR(word other)",
        "words: word",
        "word*",
        "-word",
        "^word",
        "{words} : word",
        "\\",
        "a\0b",
        "\ud800",
        ":*",
        "&|!()<->",
        "word;DROP TABLE items",
        "%s %(x)s :query",
        "﷽",
    ],
)
def test_nothing_that_is_asked_is_syntax(home: Home, said: str) -> None:
    """Whatever it is, it is words to look for; those that are all in this message find it, and no fault is raised."""
    place = add(home, "other and more")
    assert find(home, said) in ([], [place])
    assert find(home, Not(query.text(said))) in ([], [place])


def test_a_term_that_could_be_syntax_is_refused(home: Home) -> None:
    for word in ("a b", 'a"', "a'", "a*"):
        with home.store.reading(home.mailbox) as box, pytest.raises(ValueError, match="not a term"):
            box.search(Query(Word(word)), 0, 1)


@pytest.fixture
def unindexed(home: Home) -> list[tuple[int, int]]:
    """Items as they are after the migration of a database from before the index."""
    places = [add(home, f"word number{n}") for n in range(7)]
    with home.store.database.write() as block:
        for statement in (
            "DELETE FROM search_docs",
            "INSERT INTO search_pending (folder_id, uid) SELECT folder_id, uid FROM items",
        ):
            block.session.run(Prepared(text(statement)))
    return places


def test_what_was_there_before_is_indexed_in_batches(home: Home, unindexed: list[tuple[int, int]]) -> None:
    assert find(home, "word") == []
    told: list[int] = []
    assert index_pending(home.store, batch=3, done=told.append) == 7
    assert told == [3, 6, 7]
    assert pending(home.store) == 0
    assert sorted(find(home, "word")) == unindexed
    assert find(home, "number4") == [unindexed[4]]
    assert index_pending(home.store) == 0


def test_what_changes_before_it_is_indexed_is_indexed_as_it_is_then(
    home: Home, unindexed: list[tuple[int, int]]
) -> None:
    with home.store.writing(home.mailbox) as box:
        moved = box.move(*unindexed[0], home.trash)
        box.remove(*unindexed[1])
        box.update_item(*unindexed[2], replace(email(), subject="changed"))
    index_pending(home.store)
    assert find(home, "word", folders=(home.trash,)) == [(moved.folder_id, moved.uid)]
    assert find(home, "changed word") == [unindexed[2]]
    assert index_size(home) == (6, 6)
    assert pending(home.store) == 0


def test_an_empty_message_can_be_found_by_its_time(home: Home) -> None:
    with home.store.writing(home.mailbox) as box:
        empty = Email(received=email(0, START).received)
        item = box.add_mail(home.inbox, NewMail(b"", empty, EmailTexts(), 1))
    assert find(home, All(), times=Between(START, START + 1)) == [(item.folder_id, item.uid)]


def test_contacts_and_notes_are_found_by_all_that_they_say(home: Home) -> None:
    moment = email().received
    contact = Contact(
        moment, first_name="Zoë", company_name="Acme", email1_address="zoe@example.test", children=("Kim",)
    )
    contact = replace(contact, children=("Kim",))
    note = Note(moment, subject="shopping", body=NoteBody(BodyType.HTML, "<p class='red'>milk<br>and bread"))
    with home.store.writing(home.mailbox) as box:
        person = box.add_item(box.special(FolderType.CONTACTS).id, ItemClass.CONTACTS, contact)
        paper = box.add_item(box.special(FolderType.NOTES).id, ItemClass.NOTES, note)
    people, papers = [(person.folder_id, person.uid)], [(paper.folder_id, paper.uid)]
    for asked in ("zoe", "acme", "zoe@example.test", "kim"):
        assert find(home, asked) == people
    assert find(home, "milk bread") == find(home, query.text("shop", Field.SUBJECT)) == papers
    assert find(home, "class") == []
    assert find(home, Has(query.class_mark("Contacts"))) == people
    with home.store.writing(home.mailbox) as box:
        box.update_item(*people[0], replace(contact, company_name="Other"))
    assert find(home, "acme") == []
    assert find(home, "other zoe") == people


def test_events_are_found_by_what_people_say_of_them(home: Home) -> None:
    moment = email().received
    event = Event(
        moment,
        moment,
        moment,
        zone="Europe/Berlin",
        uid="of-a-machine",
        subject="Feast",
        location=Place("Town hall", city="Ulm"),
        attendees=(Attendee("bob@example.test", "Bob"),),
        exceptions=(Occurrence(moment, body=NoteBody(BodyType.HTML, "<b>cake</b>")),),
    )
    with home.store.writing(home.mailbox) as box:
        item = box.add_item(box.special(FolderType.CALENDAR).id, ItemClass.CALENDAR, event)
    found = [(item.folder_id, item.uid)]
    for asked in ("feast", "town hall ulm", "bob", "bob@example.test", "cake"):
        assert find(home, asked) == found, asked
    assert find(home, "berlin") == find(home, "machine") == []
    assert find(home, Has(query.class_mark("Calendar"))) == found


def test_every_class_of_content_has_a_mark() -> None:
    assert set(CLASS_OF_CONTENT) == set(get_args(Content))

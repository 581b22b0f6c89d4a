"""Other bytes for a message that keeps its uid."""

from dataclasses import replace

import pytest

from easd.model.event import Event
from easd.model.folder import ItemClass
from easd.search.query import Query, Word
from easd.sync.ports import Change
from tests.support.stores import START, email, mail
from tests.unit.store.conftest import Home


def test_a_replaced_message_keeps_its_uid_and_has_the_new_bytes_texts_and_time(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        old = writing.add_mail(home.inbox, mail(1))
        new = mail(2, START + 5000, b"Entirely different\r\n")
        item = writing.replace_mail(home.inbox, old.uid, new)
        assert item.uid == old.uid
        assert item.mod_seq > old.mod_seq
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [old.uid]) == {old.uid: item}
        assert reading.collection(home.inbox).changes(0, 9) == [Change(item.uid, item.mod_seq, START + 5000)]
        assert item.content == new.email
        assert item.blob_id is not None
        assert reading.blob(item.blob_id) == new.raw
        assert reading.texts([item.blob_id]) == {item.blob_id: new.texts}


def test_a_replaced_message_is_found_by_its_new_words_alone(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        old = writing.add_mail(home.inbox, mail(1))
        writing.replace_mail(home.inbox, old.uid, mail(2))
    with home.store.reading(home.mailbox) as reading:
        before, after = (reading.search(Query(Word(word)), 0, 9) for word in ("1", "2"))
    assert before.total == 0
    assert after.places == ((home.inbox, old.uid),)


def test_what_is_not_there_is_not_replaced(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        before = writing.modseq
        with pytest.raises(KeyError):
            writing.replace_mail(home.inbox, 77, mail(1))
        assert writing.modseq == before


def test_an_event_gets_bytes_that_its_owner_alone_may_read(home: Home) -> None:
    event = Event(email().received, email(0, 9_000).received, email().received, uid="one")
    with home.store.writing(home.mailbox) as writing:
        old = writing.add_item(home.inbox, ItemClass.CALENDAR, event)
        new = writing.replace_item(home.inbox, old.uid, replace(event, subject="Feast"), b"files")
        assert (new.mod_seq, new.sort_time) == (old.mod_seq + 1, 9_000)
        with pytest.raises(KeyError):
            writing.replace_item(home.inbox, 77, event, b"files")
    with home.store.reading(home.mailbox) as reading:
        assert reading.items(home.inbox, [old.uid]) == {old.uid: new}
        assert reading.event(home.inbox, "one") == new
        assert reading.blob(new.blob_id or 0) == b"files"

"""Mail that is encrypted at rest: devices see no difference, and an alteration costs one message alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from easd.store.sealing.keys import Keys
from tests.support.databases import copied
from tests.support.encrypting import key_file, turn_on, written
from tests.support.world import Phone, World, furnish, xml

SECRET = "The merger of Fabrikam and Contoso is on Thursday."


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    made = World(copied(sqlite_url, furnish))
    made.sql.database.keys = Keys(key_file(tmp_path))
    turn_on(made.sql)
    yield made
    made.close()


def test_mail_comes_as_ever_and_is_not_in_the_database(world: World, phone: Phone, sqlite_url: str) -> None:
    letter = world.deliver("Lunch", body=SECRET)
    inbox = phone.folder()
    phone.sync_all(inbox)
    assert SECRET in xml(phone.held(inbox).items[letter])
    assert SECRET.encode() not in written(sqlite_url, "items", "texts", "chunks")


def test_altered_mail_comes_with_an_apology_and_all_other_mail_as_it_is(
    world: World, phone: Phone, sqlite_url: str
) -> None:
    altered, sound = world.deliver(body=SECRET), world.deliver(body=SECRET + SECRET)
    inbox = phone.folder()
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE texts SET plain = x'00' WHERE blob_id = 1"))
        connection.execute(text("UPDATE chunks SET data = x'00' WHERE blob_id = 1"))
    engine.dispose()
    phone.sync_all(inbox)
    held = phone.held(inbox).items
    assert "cannot be shown in full" in xml(held[altered])
    assert f"{altered} sent in a reduced form: BytesLost" in phone.notes
    assert SECRET + SECRET in xml(held[sound])

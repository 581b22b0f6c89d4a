"""Statements become texts of both dialects."""

import pytest
from sqlalchemy import insert, select, update

from easd.store.prepared import POSTGRESQL, SQLITE, Prepared, among, named, param, params
from easd.store.tables import folders, sent_mail


def _words(text: str) -> str:
    return " ".join(text.split())


def test_parameters_are_named_and_constants_inlined() -> None:
    statement = Prepared(select(folders.c.id).where(folders.c.type == 2, folders.c.name == param("name")).limit(5))
    assert _words(statement.compile(SQLITE)) == (
        "SELECT folders.id FROM folders WHERE folders.type = 2 AND folders.name = :name LIMIT 5 OFFSET 0"
    )
    assert _words(statement.compile(POSTGRESQL)) == (
        "SELECT folders.id FROM folders WHERE folders.type = 2::BIGINT"
        " AND folders.name = %(name)s::VARCHAR LIMIT 5::INTEGER"
    )
    assert statement.texts == [statement.compile(SQLITE), statement.compile(POSTGRESQL)]


def test_a_constant_that_would_need_quoting_is_refused() -> None:
    statement = Prepared(select(folders.c.id).where(folders.c.name == "it's"))
    for dialect in (SQLITE, POSTGRESQL):
        with pytest.raises(ValueError, match="make it a parameter"):
            statement.compile(dialect)


def test_one_upsert_for_both_dialects() -> None:
    statement = Prepared(lambda to: to(sent_mail).values(params(sent_mail)).on_conflict_do_nothing())
    assert "VALUES (:mailbox_id, :client_id, :at) ON CONFLICT DO NOTHING" in statement.compile(SQLITE)
    assert "ON CONFLICT DO NOTHING" in statement.compile(POSTGRESQL)


def test_a_dialect_may_have_a_form_of_its_own() -> None:
    statement = Prepared(select(folders.c.id), postgresql=select(folders.c.name))
    assert "folders.id" in statement.compile(SQLITE)
    assert "folders.name" in statement.compile(POSTGRESQL)


def test_membership_takes_one_parameter() -> None:
    statement = Prepared(select(folders.c.id).where(among(folders.c.id, "ids")))
    assert "folders.id IN (SELECT value FROM json_each(:ids))" in statement.compile(SQLITE)
    assert "folders.id = ANY (CAST(%(ids)s AS BIGINT[]))" in statement.compile(POSTGRESQL)


def test_values_by_the_names_of_columns() -> None:
    assert set(params(sent_mail, "at")) == {"mailbox_id", "client_id"}
    written = Prepared(update(sent_mail).where(sent_mail.c.client_id == param("client_id")).values(named(["at"])))
    assert _words(written.compile(SQLITE)) == "UPDATE sent_mail SET at=:at WHERE sent_mail.client_id = :client_id"
    assert ":mailbox_id" in Prepared(insert(sent_mail).values(params(sent_mail))).compile(SQLITE)

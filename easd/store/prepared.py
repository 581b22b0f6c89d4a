"""Statements: written once in SQLAlchemy Core, compiled once a dialect, run on the driver's own cursor.

SQLAlchemy's per-call work (cache keys, result sets, type conversion) costs ten times what SQLite needs for a statement.
The column types of `easd.store.tables` need no conversion, so what remains of a statement is its text and a dictionary
of values, and both drivers take those.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

SQLITE, POSTGRESQL = 0, 1
"""The dialects, as indexes of `Prepared.texts`."""

_DIALECTS: tuple[Dialect, Dialect] = (
    sqlite.dialect(paramstyle="named"),
    postgresql.psycopg.dialect(paramstyle="pyformat"),  # type: ignore[no-untyped-call]
)
_INSERTS: tuple[Callable[[Table], Any], Callable[[Table], Any]] = (sqlite.insert, postgresql.insert)
_PLACEHOLDERS = (r":{}\b", r"%\({}\)s")

Build = Callable[[Callable[[Table], Any]], ClauseElement]


class Prepared:
    """One statement. Its parameters are the names of its `bindparam`s; integer constants become part of the text."""

    __slots__ = ("_builds", "texts")

    def __init__(self, statement: ClauseElement | Build, *, postgresql: ClauseElement | None = None) -> None:
        """`statement` is a construct, or for an upsert a function from the dialect's `insert` to one.

        `postgresql` says the same in the form that PostgreSQL plans better.
        """
        self._builds = (statement, statement if postgresql is None else postgresql)
        self.texts: list[str] = ["", ""]

    def compile(self, dialect: int) -> str:
        """The SQL text for a dialect, kept in `texts`. ValueError for a constant that is no integer: name it."""
        build = self._builds[dialect]
        construct = build if isinstance(build, ClauseElement) else build(_INSERTS[dialect])
        compiled = construct.compile(dialect=_DIALECTS[dialect])
        assert isinstance(compiled, SQLCompiler)
        text = compiled.string
        for name, bind in compiled.binds.items():
            if not bind.required:
                text = _inline(text, _PLACEHOLDERS[dialect].format(re.escape(name)), bind.value)
        self.texts[dialect] = text
        return text


def _inline(text: str, placeholder: str, value: object) -> str:
    if not isinstance(value, int):
        raise ValueError(f"a statement has the constant {value!r}: make it a parameter")
    return re.sub(placeholder, str(int(value)), text)


def param(name: str) -> BindParameter[Any]:
    """A value that every execution gives."""
    return bindparam(name)


def params(table: Table, *without: str) -> dict[str, BindParameter[Any]]:
    """A parameter for each column of the table, of the column's name, except `without`."""
    return {column.name: bindparam(column.name) for column in table.columns if column.name not in without}


def named(names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """A parameter for each column name."""
    return {name: bindparam(name) for name in names}


class among(ColumnElement[bool]):  # noqa: N801 - reads as an operator
    """`among(column, "ids")`: the column's value is one of a parameter's integers (made by `Session.integers`)."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[int], name: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = bindparam(name)


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = compiler.process(element.column, **options), compiler.process(element.values, **options)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are compiled by SQLAlchemy


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = compiler.process(element.column, **options), compiler.process(element.values, **options)
    return f"{column} = ANY (CAST({values} AS BIGINT[]))"

"""What the server would work with: every setting with where it comes from, and whether the database is ready."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from easd.admin.sqlite_file import sqlite_path
from easd.config import Settings, settings
from easd.store import StoreError, schema_is_current

_URLS = frozenset({"database.url"})
_SECRETS = frozenset({"relay.password"})


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting. `source` is "default", "file" or the name of a variable."""

    name: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Whether the database answers, and whether its schema is this program's. `problem` is empty if all is well."""

    url: str
    reachable: bool
    current: bool
    problem: str


def effective(found: Settings, config: Path | None, environ: Mapping[str, str] | None = None) -> Iterator[Effective]:
    """All settings in the order of the documentation; passwords inside are left out."""
    variables = os.environ if environ is None else environ
    named = tomllib.loads(config.read_text(encoding="utf-8")) if config else {}
    for setting in settings():
        source = "file" if setting.key in named.get(setting.section, {}) else "default"
        if setting.variable in variables:
            source = setting.variable
        value = getattr(getattr(found, setting.section), setting.key)
        if value and setting.name in _URLS:
            value = shown(value)
        if value and setting.name in _SECRETS:
            value = "***"
        yield Effective(setting.name, value, source)


def database_state(found: Settings) -> DatabaseState:
    """Ask the database. Makes nothing: a SQLite file that is not there stays so."""
    url = found.database_url
    try:
        path = sqlite_path(url)
        if path is not None and not path.is_file():
            return DatabaseState(shown(url), False, False, f"{path} is not there: `easd init` makes it")
        current = schema_is_current(url)
    except StoreError as error:
        return DatabaseState(shown(url), False, False, str(error))
    problem = "" if current else "the schema is not this version's: `easd init` upgrades it"
    return DatabaseState(shown(url), True, current, problem)


def shown(url: str) -> str:
    """A database URL without its password; a text that is no URL is not shown at all."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        made = make_url(url)
        hidden = {name: "***" for name in made.query if "pass" in name.lower()}
        return made.update_query_dict(hidden).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):  # whatever it is, it may hold a password
        return "(unreadable)"

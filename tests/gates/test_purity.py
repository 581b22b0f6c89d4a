"""The rules of the architecture that an import graph cannot see, over the whole source; each rule is shown to bite."""

import ast
import subprocess
import sys

import pytest

from tests.gates import rules
from tests.gates.rules import Finding, Source

_STANDARD = frozenset(sys.stdlib_module_names)
_PRODUCT = list(rules.sources("easd"))
_PURE = [source for source in _PRODUCT if source.path.split("/")[1] in rules.PURE]
_ALL = [*_PRODUCT, *rules.sources("tests", "fixtures", "scripts")]


def _places(source: Source, findings: list[Finding]) -> list[str]:
    return [f"{source.path}:{line}: {what}" for line, what in findings]


@pytest.mark.parametrize(
    "path, code, count",
    [
        ("easd/sync/engine.py", "import socket", 1),
        ("easd/sync/engine.py", "import time", 1),
        ("easd/sync/engine.py", "def f():\n    from sqlalchemy import select", 1),
        ("easd/eas/items/x.py", "import logging.handlers, asyncio", 2),
        ("easd/model/item.py", "import icalendar", 1),
        ("easd/mime/itip.py", "from icalendar import Calendar", 0),
        ("easd/wbxml/readable.py", "from lxml import etree", 0),
        ("easd/wbxml/decoder.py", "from lxml import etree", 1),
        ("easd/sync/engine.py", "import re\nfrom easd.model.item import Item\nfrom datetime import datetime", 0),
    ],
)
def test_impure_imports_are_seen(path: str, code: str, count: int) -> None:
    assert len(rules.impure_imports(path, ast.parse(code), _STANDARD)) == count


@pytest.mark.parametrize("source", _PURE, ids=lambda source: source.path)
def test_pure_packages_import_nothing_of_the_world(source: Source) -> None:
    assert _places(source, rules.impure_imports(source.path, source.tree, _STANDARD)) == []


@pytest.mark.parametrize(
    "code, count",
    [
        ("datetime.now(UTC)", 1),
        ("datetime.datetime.utcnow()", 1),
        ("date.today()", 1),
        ("uuid.uuid4()", 1),
        ("open('x')", 1),
        ("clock.now()", 0),
        ("datetime(2026, 1, 1, tzinfo=UTC)", 0),
        ("uuid.UUID(bytes=raw)", 0),
    ],
)
def test_worldly_calls_are_seen(code: str, count: int) -> None:
    assert len(rules.worldly_calls(ast.parse(code))) == count


@pytest.mark.parametrize("source", _PURE, ids=lambda source: source.path)
def test_pure_packages_read_no_clock_and_make_no_ids(source: Source) -> None:
    assert _places(source, rules.worldly_calls(source.tree)) == []


@pytest.mark.parametrize(
    "code, count",
    [
        ("if version >= Version.V14_0: pass", 1),
        ("x = request.version == V14_1", 1),
        ("if 140 <= request.version: pass", 1),
        ("y = v in (Version.V16_0, Version.V16_1)", 1),
        ("match v:\n    case Version.V2_5: pass", 1),
        ("if request.version is None: pass", 0),
        ("changed = device.version != request.version", 0),
        ("known = version in SUPPORTED", 0),
        ("d = DIALECTS[request.version].has_forms", 0),
        ("if size > 3: pass", 0),
    ],
)
def test_version_comparisons_are_seen(code: str, count: int) -> None:
    assert len(rules.version_comparisons(ast.parse(code))) == count


@pytest.mark.parametrize("source", _PRODUCT, ids=lambda source: source.path)
def test_versions_are_compared_in_the_tables_only(source: Source) -> None:
    # easd.wbxml knows no protocol version: its "version" is the first byte of a document.
    if not source.path.startswith((*rules.VERSION_TABLES, "easd/wbxml/")):
        assert _places(source, rules.version_comparisons(source.tree)) == []


@pytest.mark.parametrize(
    "code, count",
    [
        ('if "iPhone" in agent: pass', 1),
        ('device_type.startswith("SAMSUNG")', 1),
        ('if kind == "Outlook": pass', 1),
        ('re.search(r"Android [0-9]+", agent)', 1),
        ('match kind:\n    case "iPad": pass', 1),
        ('if "text/html" in accept: pass', 0),
        ('device = Device(kind="iPhone")', 0),
    ],
)
def test_client_sniffing_is_seen(code: str, count: int) -> None:
    assert len(rules.client_sniffing(ast.parse(code))) == count


@pytest.mark.parametrize("source", _PRODUCT, ids=lambda source: source.path)
def test_clients_are_told_apart_in_the_registry_only(source: Source) -> None:
    if not source.path.startswith(rules.QUIRK_TABLES):
        assert _places(source, rules.client_sniffing(source.tree)) == []


@pytest.mark.parametrize(
    "path, code, count",
    [
        ("easd/sync/utils.py", "", 1),
        ("easd/helpers/x.py", "", 1),
        ("easd/x.py", "class SyncManager: pass", 1),
        ("easd/x.py", "class BaseHandler: pass", 1),
        ("easd/x.py", "class Database: pass\nclass Basis: pass", 0),
    ],
)
def test_empty_names_are_seen(path: str, code: str, count: int) -> None:
    assert len(rules.empty_names(path, ast.parse(code))) == count


@pytest.mark.parametrize("source", _ALL, ids=lambda source: source.path)
def test_names_say_what_a_thing_does(source: Source) -> None:
    assert _places(source, rules.empty_names(source.path, source.tree)) == []


@pytest.mark.parametrize(
    "text, count",
    [
        (f"see /{'work'}/main/x", 1),
        (f"--index-url https://{'pypi'}.org/simple", 1),
        (f"https://files.{'python'}hosted.org/x", 1),
        (f"a {'sub'}agent wrote this", 1),
        ("the User-Agent of a work account issues a policy key in a session", 0),
        ("network/cards and framework/x", 0),
    ],
)
def test_leaks_are_seen(text: str, count: int) -> None:
    assert len(rules.leaks(text)) == count


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, check=False, capture_output=True, cwd=rules.REPOSITORY)
    return sorted({name.decode() for name in done.stdout.split(b"\0") if name})


def test_no_file_speaks_of_a_machine_a_registry_or_a_workplace() -> None:
    files = _files()
    if not files:
        pytest.skip("not a git checkout: there is no list of the project's own files")
    found = []
    for name in files:
        path = rules.REPOSITORY / name
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found += [f"{name}:{line}: {what}" for line, what in rules.leaks(text)]
    assert found == []

"""Each status that the specification gives a command is provoked by a test, or there is a reason why it never is.

That the tests really provoke them is seen whenever they run (tests/conformance/conftest.py).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spec.statuses import KNOWN, renewed
from tests.support.shared import SHARED
from tests.support.statuses import COMMON, FIRST_COMMON, is_test, table

_ROOT = Path(__file__).parents[2]
_LATER = {"Autodiscover", "MeetingResponse"}
"""Commands that the server does not have yet."""


def _published(shared: Path) -> Iterator[tuple[str, str]]:
    protocol = json.loads((shared / "reference" / "protocol.json").read_text())
    for command, statuses in protocol["status_by_command"].items():
        if isinstance(statuses, list) and command not in _LATER:
            yield from ((COMMON if int(status) >= FIRST_COMMON else command, status) for status in statuses)
    yield from ((COMMON, status) for status in protocol["common_status"])


@pytest.mark.skipif(SHARED is None, reason="the specifications are not here")
def test_no_published_status_is_missing_in_the_table() -> None:
    assert SHARED is not None
    assert [(part, status) for part, status in _published(SHARED) if status not in table()[part]] == []


def test_each_status_that_the_server_knows_is_in_the_table() -> None:
    known = {(part, str(int(code))) for part, codes in KNOWN.items() for code in codes if code < FIRST_COMMON}
    known |= {(COMMON, str(int(code))) for code in KNOWN[COMMON]}
    assert [(part, status) for part, status in sorted(known) if status not in table()[part]] == []


def test_each_status_has_a_test_or_a_reason() -> None:
    assert [(part, status) for part, known in table().items() for status, entry in known.items() if not entry] == []


@pytest.mark.parametrize("entry", sorted({e for known in table().values() for e in known.values() if is_test(e)}))
def test_the_tests_of_the_table_are_there(entry: str) -> None:
    path, name = entry.split("::")
    assert f"def {name.partition('[')[0]}(" in (_ROOT / path).read_text()


def test_a_status_that_is_no_longer_provoked_loses_its_test_and_a_reason_stays() -> None:
    old = {"Ping": {"1": "tests/x.py::test_one", "8": "never"}}
    made = renewed(old, {("Ping", 2): [(2, "tests/x.py::test_many"), (1, "tests/x.py::test_two")]})
    assert (made["Ping"]["1"], made["Ping"]["2"], made["Ping"]["8"]) == ("", "tests/x.py::test_two", "never")

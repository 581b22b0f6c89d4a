"""Finds out which conformance test provokes which status, and writes the table of them anew.

    python -m tests.spec.statuses

Runs the conformance tests. Entries that are still true stay, and so do reasons; a status that is provoked and has no
test yet gets the one that provokes the fewest others. What nothing provokes is printed.
"""

import sys
from collections.abc import Iterable
from typing import Any

import pytest

from easd.eas import status as codes
from tests.support.statuses import COMMON, FIRST_COMMON, TABLE, is_test, table

KNOWN: dict[str, Iterable[int]] = {
    COMMON: codes.CommonStatus,
    "Sync": codes.SyncStatus,
    "FolderSync": (1, 6, 9, 10, 11, 12),
    "FolderCreate": (1, 2, 3, 5, 6, 9, 10, 11, 12),
    "FolderDelete": (1, 3, 4, 6, 9, 10, 11),
    "FolderUpdate": (1, 2, 3, 4, 5, 6, 9, 10, 11),
    "Ping": codes.PingStatus,
    "GetItemEstimate": codes.GetItemEstimateStatus,
    "ItemOperations": codes.ItemOperationsStatus,
    "MoveItems": codes.MoveItemsStatus,
    "Provision": codes.ProvisionStatus,
    "Policy": codes.PolicyStatus,
    "Settings": codes.SettingsStatus,
    "ResolveRecipients": codes.ResolveRecipientsStatus,
    "ValidateCert": codes.ValidateCertStatus,
    "Search": codes.SearchStatus,
    "Find": codes.FindStatus,
}
"""The statuses that MS-ASCMD and MS-ASPROV give the commands, by part of the table."""

_HEAD = """# Which test provokes which status, or why none does; each test is held to it.
# Made by `python -m tests.spec.statuses`. Reasons are written by hand.
"""

Provoked = dict[tuple[str, int], list[tuple[int, str]]]


class Collector:
    """A plugin that notes who was answered with what."""

    def __init__(self) -> None:
        self.provoked: Provoked = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":
            return
        answered: list[tuple[str, int]] = dict(report.user_properties).get("statuses", [])  # type: ignore[assignment]
        for part, status in answered:
            self.provoked.setdefault((part, status), []).append((len(answered), report.nodeid))


def renewed(old: dict[str, dict[str, str]], provoked: Provoked) -> dict[str, dict[str, str]]:
    """The table as it is now."""
    wanted = {(part if code < FIRST_COMMON else COMMON, str(code)) for part, known in KNOWN.items() for code in known}
    wanted |= {(part, str(status)) for part, status in provoked} | {(p, s) for p, known in old.items() for s in known}
    made: dict[str, dict[str, str]] = {}
    for part, status in sorted(wanted, key=lambda each: (each[0], int(each[1]))):
        entry = _entry(old.get(part, {}).get(status, ""), status, provoked.get((part, int(status)), []))
        made.setdefault(part, {})[status] = entry
    return made


def _entry(before: str, status: str, tests: list[tuple[int, str]]) -> str:
    if not tests:
        return "" if is_test(before) else before
    names = {name for _, name in tests}
    return before if before in names else min(tests, key=lambda each: (f"_{status}_" not in each[1], *each))[1]


def written(parts: dict[str, dict[str, str]]) -> str:
    """The table as TOML."""
    return _HEAD + "".join(f"\n[{part}]\n" + "".join(_lines(known.items())) for part, known in parts.items())


def _lines(entries: Iterable[tuple[str, str]]) -> Iterable[str]:
    for status, entry in entries:
        quoted = entry.replace("\\", "\\\\").replace('"', '\\"')
        yield f'{status} = "{quoted}"\n'


def main() -> int:
    """Write the table; 1 if a status has neither a test nor a reason."""
    collector = Collector()
    plugins: list[Any] = [collector]
    pytest.main(["-q", "tests/conformance", *sys.argv[1:]], plugins)
    made = renewed(table() if TABLE.exists() else {}, collector.provoked)
    TABLE.write_text(written(made))
    open_ = [f"{part} {status}" for part, known in made.items() for status, entry in known.items() if not entry]
    sys.stdout.write(
        "\n".join(["neither test nor reason:", *open_]) if open_ else "every status has a test or a reason"
    )
    return 1 if open_ else 0


if __name__ == "__main__":
    sys.exit(main())

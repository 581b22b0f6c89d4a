"""docs/spec-coverage.md is what the tool writes, names tests that exist, and leaves nothing open."""

import ast
import functools
import re

import pytest

from tests.spec import coverage
from tests.support.shared import SHARED

WRITTEN = coverage.FILE.read_text(encoding="utf-8")
_PLACE = re.compile(r"(tests/\S+?\.py)::(test_\w+)")


def test_every_test_that_the_file_names_exists() -> None:
    missing = {f"{path}::{name}" for path, name in set(_PLACE.findall(WRITTEN)) if name not in _tests_in(path)}
    assert not missing, "write it anew: python -m tests.spec.coverage"


@functools.cache
def _tests_in(path: str) -> set[str]:
    file = coverage.ROOT / path
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")
def test_the_file_is_what_the_tool_writes_and_nothing_is_open() -> None:
    assert SHARED is not None
    found = coverage.lines(SHARED / "spec")
    assert [
        f"{document} {line.requirement.number}" for document in found for line in found[document] if line.open
    ] == []
    assert coverage.render(found) == WRITTEN, "write it anew: python -m tests.spec.coverage"

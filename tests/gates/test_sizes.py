"""Files and functions stay small enough to be read at once. (Complexity is ruff's C901.)"""

import ast
import statistics

import pytest

from tests.gates.rules import Function, Source, functions, sources

_FILE_LINES = 600
_FUNCTION_LINES = 60
_MEDIAN_LINES = 10

_TEST_FILE_LINES = 800
_TEST_FUNCTION_LINES = 80

# Functions of 61 to 100 lines that are better whole, as "path name": the reason.
_LONG: dict[str, str] = {}
_LONG_LINES = 100

_PRODUCT = list(sources("easd"))
_TESTS = list(sources("tests", "fixtures", "scripts"))
_PRODUCT_FUNCTIONS, _TEST_FUNCTIONS = (
    [function for source in files for function in functions(source.path, source.tree)] for files in (_PRODUCT, _TESTS)
)


def _limit(function: Function) -> int:
    return _LONG_LINES if f"{function.path} {function.name}" in _LONG else _FUNCTION_LINES


def test_a_function_is_measured_with_its_name_and_length() -> None:
    tree = ast.parse(
        "class A:\n    def b(self):\n        def c():\n            pass\n        return c\n\nasync def d(): ..."
    )
    found = [(f.name, f.line, f.lines) for f in functions("x.py", tree)]
    assert found == [("A.b", 2, 4), ("A.b.c", 3, 2), ("d", 7, 1)]


@pytest.mark.parametrize("files, limit", [(_PRODUCT, _FILE_LINES), (_TESTS, _TEST_FILE_LINES)], ids=["easd", "tests"])
def test_no_file_is_too_long(files: list[Source], limit: int) -> None:
    lengths = {source.path: source.text.count("\n") for source in files}
    assert lengths, "no files were found to measure"
    assert {path: lines for path, lines in lengths.items() if lines > limit} == {}


def test_no_function_is_too_long() -> None:
    assert [function for function in _PRODUCT_FUNCTIONS if function.lines > _limit(function)] == []


def test_no_function_of_the_tests_is_too_long() -> None:
    assert [function for function in _TEST_FUNCTIONS if function.lines > _TEST_FUNCTION_LINES] == []


def test_listed_long_functions_are_still_long() -> None:
    long = {f"{f.path} {f.name}" for f in _PRODUCT_FUNCTIONS if f.lines > _FUNCTION_LINES}
    assert set(_LONG) - long == set()


def test_most_functions_are_short() -> None:
    lengths = sorted(function.lines for function in _PRODUCT_FUNCTIONS)
    assert statistics.median(lengths) <= _MEDIAN_LINES
    assert lengths[len(lengths) * 99 // 100] <= _FUNCTION_LINES

"""What the project's own code and tests cite: requirement numbers in names, texts and comments.

A number stands for the document that was named last before it ("MS-ASCMD Status R4440, R4447"; in names of tests
MS_ASCMD_R4440). A number with no document before it stands for the first document of the module's docstring.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_DOCUMENT = re.compile(r"MS[-_](AS[A-Z0-9]+)")
_TOKEN = re.compile(r"MS[-_](AS[A-Z0-9]+)|\bR(\d+)(?:-R?(\d+))?(?![A-Za-z0-9])|_R(\d+)(?:_to_R(\d+))?(?![A-Za-z0-9])")
_LONGEST_RANGE = 60
_OWN_TEST = Path(__file__).with_name("test_citations.py")


@dataclass(frozen=True, order=True, slots=True)
class Citation:
    """A requirement's document and number, and where it is cited: `path` or `path::test`."""

    document: str
    number: str
    place: str


def of_tests(root: Path) -> Iterator[Citation]:
    """What tests cite: in their names, decorators, docstrings and bodies."""
    for path in sorted((root / "tests").rglob("test_*.py")):
        if path == _OWN_TEST:
            continue  # its citations are examples
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        usual = _usual(ast.get_docstring(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                place = f"{path.relative_to(root).as_posix()}::{node.name}"
                yield from _cited(_source_of(node, source), usual, place)


def of_code(root: Path) -> Iterator[Citation]:
    """What the product's modules cite."""
    for path in sorted((root / "easd").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        usual = _usual(ast.get_docstring(ast.parse(source)))
        yield from _cited(source, usual, path.relative_to(root).as_posix())


def _usual(docstring: str | None) -> str | None:
    found = _DOCUMENT.search(docstring or "")
    return f"MS-{found[1]}" if found else None


def _source_of(node: ast.FunctionDef | ast.AsyncFunctionDef, source: str) -> str:
    """The function with its decorators and comments."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(source.split("\n")[first - 1 : node.end_lineno])


def _cited(text: str, usual: str | None, place: str) -> Iterator[Citation]:
    document = usual
    for found in _TOKEN.finditer(text):
        if found[1]:
            document = f"MS-{found[1]}"
        elif document is not None:
            for number in _numbers(found):
                yield Citation(document, f"R{number}", place)


def _numbers(found: re.Match[str]) -> Iterator[str]:
    first, last = found[2] or found[4], found[3] or found[5]
    yield first
    if last is not None and 0 < int(last) - int(first) <= _LONGEST_RANGE:
        yield from map(str, range(int(first) + 1, int(last) + 1))


def by_requirement(citations: Iterator[Citation]) -> Mapping[tuple[str, str], list[str]]:
    """The places of each requirement, sorted, each once."""
    found: dict[tuple[str, str], set[str]] = {}
    for citation in citations:
        found.setdefault((citation.document, citation.number), set()).add(citation.place)
    return {key: sorted(places) for key, places in found.items()}

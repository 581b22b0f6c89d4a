"""`docs/spec-coverage.md`: each normative server requirement, with the tests and the code that name it, or a reason.

`python -m tests.spec.coverage` writes the file; `--open DOCUMENT` lists what has neither test nor reason yet.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.spec import citations, families, requirements
from tests.spec.families import Rule
from tests.spec.requirements import Requirement
from tests.support.shared import SHARED

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "spec-coverage.md"

_HEAD = """# What the specifications ask, and what holds it

Made by `python -m tests.spec.coverage`; a test keeps it true. For each requirement that binds a server (kind Normative,
scope Server or Both), by its number in Microsoft's lists: the tests that cite it, and the code; or the family that it
belongs to with what guards that, or the reason why nothing does. Numbers are cited in the names, docstrings and
comments of tests, and at the deciding lines of the code.

"""


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement and what is known of it."""

    requirement: Requirement
    tests: Sequence[str]
    code: Sequence[str]
    rule: Rule | None

    @property
    def open(self) -> bool:
        """Whether there is neither a test nor a reason."""
        return not self.tests and self.rule is None


def lines(folder: Path, root: Path = ROOT) -> Mapping[str, Sequence[Line]]:
    """All requirements that bind a server, by document."""
    tests = citations.by_requirement(citations.of_tests(root))
    code = citations.by_requirement(citations.of_code(root))
    rules = families.load()
    return {
        document: [
            Line(
                one,
                tests.get((document, number), ()),
                code.get((document, number), ()),
                families.first(rules.get(document, ()), one),
            )
            for number, one in known.items()
            if one.binds_the_server
        ]
        for document, known in requirements.read(folder).items()
    }


def render(found: Mapping[str, Sequence[Line]]) -> str:
    """The whole file."""
    return _HEAD + "\n".join([_summary(found), *(_document(name, rows) for name, rows in found.items())])


def _summary(found: Mapping[str, Sequence[Line]]) -> str:
    titles = ("document", "requirements", "cited by tests", "in a guarded family", "with a reason", "open")
    head = f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|\n"
    return head + "".join(
        f"| {name} | {len(rows)} | {_count(rows, 'tests')} | {_count(rows, 'family')} | {_count(rows, 'reason')} | "
        f"{_count(rows, 'open')} |\n"
        for name, rows in found.items()
    )


def _standing(line: Line) -> str:
    if line.tests:
        return "tests"
    if line.rule is None:
        return "open"
    return "family" if line.rule.test else "reason"


def _count(rows: Iterable[Line], standing: str) -> int:
    return sum(_standing(line) == standing for line in rows)


def _document(name: str, rows: Sequence[Line]) -> str:
    sections = groupby(rows, key=lambda line: line.requirement.section)
    return f"## {name}\n\n" + "\n".join(_section(section, list(group)) for section, group in sections)


def _section(section: str, rows: Sequence[Line]) -> str:
    cited = [_cited(line) for line in rows if line.tests]
    families: dict[str, list[str]] = {}
    for line in rows:
        if not line.tests:
            families.setdefault(_why(line.rule), []).append(line.requirement.number)
    told = [f"- {', '.join(numbers)}: {why}" for why, numbers in families.items()]
    return f"### {section}\n\n" + "\n".join([*cited, *told]) + "\n"


def _cited(line: Line) -> str:
    code = f" — {', '.join(line.code)}" if line.code else ""
    return f"- {line.requirement.number}: {', '.join(line.tests)}{code}"


def _why(rule: Rule | None) -> str:
    if rule is None:
        return "**open**"
    return f"{rule.reason} ({rule.test})" if rule.test else rule.reason


def _listing(found: Mapping[str, Sequence[Line]], document: str) -> str:
    rows = [line for line in found[document] if line.open]
    return "\n".join(f"{r.requirement.number}\t{r.requirement.section}\t{r.requirement.text}" for r in rows)


def main() -> int:
    """Write the file, or list what is open."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--open", metavar="DOCUMENT", help="list the document's requirements without test and reason")
    options = parser.parse_args()
    if SHARED is None:
        print("the lists of requirements are not at hand (EASD_SHARED)", file=sys.stderr)
        return 2
    found = lines(SHARED / "spec")
    if options.open:
        print(_listing(found, options.open))
    else:
        FILE.write_text(render(found), encoding="utf-8")
        print(_summary(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

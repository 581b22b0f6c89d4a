"""Requirements that come in families: what guards a whole family, or why none of it is guarded.

`rules/DOCUMENT.toml` holds the families of one document. A rule matches by `section` (a pattern of the whole
section) and `text` (a pattern found in the text), or by `numbers` (a list parted by spaces). `test` names what guards
the family as `tests/path.py::test_name`; without it `reason` says why nothing does. `unserved` names the command that
this server does not have, which is why; `differs` marks what the product does otherwise on purpose. The first rule that
covers a requirement counts.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.spec.requirements import Requirement

FOLDER = Path(__file__).with_name("rules")


@dataclass(frozen=True, slots=True)
class Rule:
    """The requirements whose section and text match, or whose number is listed. `test` names what guards them, else
    `reason` says why nothing does. `unserved` is the command that is not there; `differs`: a difference on purpose.
    """

    section: re.Pattern[str] | None
    text: re.Pattern[str] | None
    numbers: frozenset[str]
    test: str | None
    reason: str
    unserved: str | None = None
    differs: bool = False

    def covers(self, one: Requirement) -> bool:
        """Whether the requirement, of the rule's document, belongs to the family."""
        if one.number in self.numbers:
            return True
        if self.section is None and self.text is None:
            return False
        return (self.section is None or bool(self.section.fullmatch(one.section))) and (
            self.text is None or bool(self.text.search(one.text))
        )


def load(folder: Path = FOLDER) -> Mapping[str, Sequence[Rule]]:
    """The rules of each document, in their order."""
    return {path.stem: _rules(path) for path in sorted(folder.glob("MS-*.toml"))}


def first(rules: Sequence[Rule], one: Requirement) -> Rule | None:
    """The rule that counts for a requirement."""
    return next((rule for rule in rules if rule.covers(one)), None)


def _rules(path: Path) -> Sequence[Rule]:
    return [_rule(row) for row in tomllib.loads(path.read_text(encoding="utf-8")).get("rule", [])]


def _rule(row: dict[str, object]) -> Rule:
    unknown = row.keys() - {"section", "text", "numbers", "test", "reason", "unserved", "differs"}
    if unknown:
        raise ValueError(f"a rule has no {', '.join(sorted(unknown))}")
    return Rule(
        section=re.compile(str(row["section"])) if "section" in row else None,
        text=re.compile(str(row["text"])) if "text" in row else None,
        numbers=frozenset(str(row.get("numbers", "")).split()),
        test=str(row["test"]) if "test" in row else None,
        reason=str(row["reason"]),
        unserved=str(row["unserved"]) if "unserved" in row else None,
        differs=bool(row.get("differs")),
    )

"""Requirements that come in families: what guards a whole family, or why none of it is guarded (`rules.toml`)."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.spec.requirements import Requirement

RULES = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True, slots=True)
class Rule:
    """The requirements whose document, section and text match, or whose number is listed. `test` names what guards
    them, else `reason` says why nothing does.
    """

    document: re.Pattern[str]
    section: re.Pattern[str] | None
    text: re.Pattern[str] | None
    numbers: frozenset[str]
    test: str | None
    reason: str

    def covers(self, one: Requirement) -> bool:
        """Whether the requirement belongs to the family."""
        if not self.document.fullmatch(one.document):
            return False
        if one.number in self.numbers:
            return True
        if self.section is None and self.text is None:
            return False
        return (self.section is None or bool(self.section.fullmatch(one.section))) and (
            self.text is None or bool(self.text.search(one.text))
        )


def load(path: Path = RULES) -> Sequence[Rule]:
    """The rules in their order; the first that covers a requirement counts."""
    return [_rule(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]]


def _rule(row: dict[str, object]) -> Rule:
    numbers = str(row.get("numbers", "")).split()
    return Rule(
        document=re.compile(str(row.get("document", ".*"))),
        section=re.compile(str(row["section"])) if "section" in row else None,
        text=re.compile(str(row["text"])) if "text" in row else None,
        numbers=frozenset(numbers),
        test=str(row["test"]) if "test" in row else None,
        reason=str(row["reason"]),
    )

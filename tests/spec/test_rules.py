"""The rules of families of requirements name tests that exist, and each rule still covers something."""

import ast
from pathlib import Path

import pytest

from easd.service.commands import COMMANDS
from tests.spec import families, requirements
from tests.spec.families import Rule
from tests.support.shared import SHARED

ROOT = Path(__file__).resolve().parents[2]
RULES = [(document, rule) for document, rules in families.load().items() for rule in rules]


def _defines(place: str) -> bool:
    path, _, name = place.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in tree.body)


@pytest.mark.parametrize("document, rule", RULES)
def test_the_test_that_a_rule_names_exists(document: str, rule: Rule) -> None:
    assert rule.test is None or _defines(rule.test), f"{document}: there is no {rule.test}"


@pytest.mark.parametrize("document, rule", RULES)
def test_what_is_called_unserved_is_not_served(document: str, rule: Rule) -> None:
    """When a command comes, its rule goes: its requirements need tests, then."""
    assert rule.unserved not in {command.wire_name for command in COMMANDS}


@pytest.mark.skipif(SHARED is None, reason="the lists of requirements are not at hand (EASD_SHARED)")
def test_every_rule_covers_a_requirement() -> None:
    assert SHARED is not None
    known = requirements.read(SHARED / "spec")
    idle = [rule for document, rule in RULES if not any(rule.covers(one) for one in known[document].values())]
    assert not idle

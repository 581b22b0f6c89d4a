"""Documents that are made from the code say what the code says."""

from pathlib import Path

from easd.config import documentation

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_configuration_page_is_up_to_date() -> None:
    written = (_DOCS / "configuration.md").read_text(encoding="utf-8")
    assert written == documentation(), "write it anew: python -m easd.config > docs/configuration.md"

"""What the doctor has found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `area` and `what` name it, `found` says how it is, `advice` what to change."""

    area: str
    what: str
    verdict: Verdict
    found: str
    advice: str = ""


def good(area: str, what: str, found: str) -> Finding:
    """All is well."""
    return Finding(area, what, Verdict.GOOD, found)


def note(area: str, what: str, found: str, advice: str = "") -> Finding:
    """Some clients may mind."""
    return Finding(area, what, Verdict.NOTE, found, advice)


def bad(area: str, what: str, found: str, advice: str) -> Finding:
    """Clients fail."""
    return Finding(area, what, Verdict.BAD, found, advice)

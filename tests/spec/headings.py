"""Which element, of which commands, a section of MS-ASCMD is about."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.spec import requirements
from tests.spec.places import Place
from tests.spec.requirements import Requirement

_MISPRINTED = {
    "2.2.3.55.1": "EmailAddress(Find)",
    "2.2.3.67.2": "Fetch(Sync)",
    "2.2.3.70.2": "FirstName(Search)",
    "2.2.3.95.1": "LastName(Find)",
    "2.2.3.95.2": "LastName(Search)",
    "2.2.3.121.2": "Office(Search)",
    "2.2.3.153.2": "Response(Find)",
    "2.2.3.184.1": "Total(Find)",
}
"""Sections whose requirements do not say their heading as the document has it."""


ELEMENTS = ("2.2.1.", "2.2.2.", "2.2.3.")
"""Sections about commands and elements."""
_FOREIGN = {name.lower(): name for name in ("AirSyncBase", "DocumentLibrary", "Email", "RightsManagement")}
"""Namespaces whose elements other documents describe, by their prefix."""


@dataclass(frozen=True, slots=True)
class Heading:
    """An element's local name, and the commands that the section speaks of (none: all that have the element).
    `namespace` is the foreign one that it names; none: one of this document's.
    """

    element: str
    commands: tuple[str, ...] = ()
    namespace: str = ""

    def names(self, place: Place) -> bool:
        """Whether the section is about this place."""
        return (
            place.name == self.element
            and (not self.commands or place.command in self.commands)
            and (place.namespace not in _FOREIGN.values() or place.namespace == self.namespace)
        )


@cache
def headings(folder: Path, document: str = "MS-ASCMD") -> Mapping[str, Heading]:
    """The heading of each section about elements and commands, as most of its requirements give it."""
    found: dict[str, list[Requirement]] = {}
    for one in requirements.read(folder)[document].values():
        if one.section.startswith(ELEMENTS):
            found.setdefault(one.section, []).append(one)
    if document == "MS-ASPROV":
        return {section: _of_provision(_usual(rows)) for section, rows in found.items()}
    return {section: _parsed(_MISPRINTED.get(section) or _usual(rows)) for section, rows in found.items()}


def _usual(rows: Iterable[Requirement]) -> str:
    titles = (re.match(r"\[(?:In )?([^\]]*)\]", one.text) for one in rows)
    return next((title for title, _ in Counter(title[1] for title in titles if title).most_common(1)), "")


def _parsed(title: str) -> Heading:
    name, _, scope = title.partition("(")
    prefix, _, element = name.strip().replace("Recurence", "Recurrence").rpartition(":")
    return Heading(element, tuple(re.findall(r"[A-Z]\w+", scope)), _FOREIGN.get(prefix, ""))


def _of_provision(title: str) -> Heading:
    """Here the words in parentheses tell elements of one name apart."""
    name = title.partition("(")[0].strip().rpartition(":")[2]
    return Heading("AllowWiFi" if name == "AllowWifi" else name, ("Provision",))

"""Sentences of MS-ASCMD that come by the hundreds: which version has an element, and the tables of its responses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from easd.eas.schema import Enumeration, Integer, OptionalInteger
from easd.eas.versions import Version
from easd.service.commands import COMMANDS
from tests.spec.headings import Heading
from tests.spec.places import Place, places
from tests.spec.requirements import Requirement

_VERSION = re.compile(
    r"rotocol version (?P<version>\d\d\.\d) (?P<not>does not )?(?:does )?supports? (?:this )?(?:\[[^\]]*\] ?)?"
    r"(?P<what>element|command)(?:.*(?:child of|child element of\]) (?P<parents>.*))?"
)
_SHAPE = re.compile(
    r"Element .*?(?:in|Find) (?P<command>\w+) command.*?(?:respons|repl)\w*.*?"
    r"(?P<what>parent|child|type|number)(?: elements?| allowed)? (?:is|are) (?P<says>.*)$"
)
_KIN = re.compile(
    r"is an? (?P<need>required|optional) child element of (?P<parents>.*?) in (?P<command>\w+) command "
    r"(?:\w+ )?(?:requests and )?(?:\w+ )?responses"
)
_PLAIN_CHILD = re.compile(
    r"is an? (?:optional |required )?child (?:element )?(?:of type (?P<type>\w+) .*?)?of the (?P<parent>\w+) element"
)
_PLAIN = {
    re.compile(r"element cannot have (?P<says>child elements)"): "child",
    re.compile(r"is an? (?:optional|required) (?P<says>container)"): "type",
    re.compile(r"has only the following child elements?: (?P<says>\w+)"): "child",
}
"""Sentences of MS-ASPROV, and what they are about."""
_CHILDLESS = re.compile(r"None \[Element .*? in (?P<command>\w+) command.*respons.*has no child element")
_NAME = re.compile(r"(?:\w+:)?([A-Z]\w+)")
_ELEMENT = re.compile(r"the (?:\w+:)?([A-Z]\w+) element")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<\d+>")
_NUMBERS = (Integer, Enumeration, OptionalInteger)
_NUMBER_TYPES = {
    "integer",
    "unsignedbyte",
    "unsigned integer",
    "unsignedint",
    "unsignedintorempty",
    "unsignedbyteorempty",
}


@dataclass(frozen=True, slots=True)
class Support:
    """That an element, as a child of `parents` (none: of any), or a command, is or is not part of a version."""

    one: Requirement
    heading: Heading
    parents: tuple[str, ...]
    version: Version
    supported: bool

    def true(self) -> bool:
        """Whether the product's tables say the same."""
        if self.one.document == "MS-ASCMD" and self.one.section.startswith("2.2.1."):
            served = {command.wire_name: entry.versions for command, entry in COMMANDS.items()}
            return (self.version in served.get(self.heading.element, ())) == self.supported
        held = any(self.version in place.versions for place in places() if self._speaks_of(place))
        return held == self.supported

    def _speaks_of(self, place: Place) -> bool:
        return self.heading.names(place) and (not self.parents or place.parent in self.parents)


def support(one: Requirement, heading: Heading) -> Support | None:
    """What a sentence says of a version; None if it is none of these sentences."""
    found = _VERSION.search(one.text)
    if not found:
        return None
    text = found["parents"] or ""
    parents = () if "other" in text else tuple(_NAME.findall(text))
    return Support(one, heading, parents, Version.parse(found["version"]), not found["not"])


@dataclass(frozen=True, slots=True)
class Shape:
    """One row of the table of an element in a command's response, or a sentence about its parents. `what` it is about:
    its parent, child, type, number, or that it is "required" or "optional"; `parents` are those that the table names.
    """

    one: Requirement
    heading: Heading
    command: str
    what: str
    says: str
    parents: tuple[str, ...]

    def true(self) -> bool:
        """Whether the product's tables say the same."""
        found = self.places()
        checks = {"child": self._child, "type": self._type, "number": self._number, "required": self._required}
        return bool(found) and checks.get(self.what, self._parent)(found)

    def places(self) -> Sequence[Place]:
        """Where the element stands in our tables of the response."""
        return [
            place
            for place in places()
            if place.response
            and place.name == self.heading.element
            and place.command == self.command
            and (not self.parents or place.parent in self.parents)
        ]

    def _parent(self, found: Sequence[Place]) -> bool:
        return {place.parent for place in found} >= set(self.parents)

    def _required(self, found: Sequence[Place]) -> bool:
        return self._parent(found) and all(place.required or place.many for place in found)

    def _child(self, found: Sequence[Place]) -> bool:
        if self.says in ("none", "child elements"):
            return not any(place.holds_elements for place in found)
        paths = {place.path for place in found}
        held = {one.name for one in places() if one.response and one.path[:-1] in paths}
        return held >= set(_NAME.findall(self.says))

    def _type(self, found: Sequence[Place]) -> bool:
        asked = self.says.strip(" .,").lower()
        if asked.startswith("container"):
            return all(place.holds_elements for place in found)
        numbers = asked not in _NUMBER_TYPES or all(isinstance(place.kind, _NUMBERS) for place in found)
        return numbers and not any(place.holds_elements for place in found)

    def _number(self, found: Sequence[Place]) -> bool:
        repeats = any(place.many for place in found)
        if "...N" in self.says:
            return repeats
        if "otherwise" in self.says or not self.says.startswith("1"):
            return not repeats
        return all(place.required and not place.many for place in found)


def shapes(rows: Sequence[Requirement], heading: Heading) -> Iterator[Shape]:
    """The rows of the tables of one section; a row about parents starts a table."""
    parents: tuple[str, ...] = ()
    for one in rows:
        childless, kin, found = (pattern.search(one.text) for pattern in (_CHILDLESS, _KIN, _SHAPE))
        if kin:
            yield Shape(one, heading, kin["command"], kin["need"], "", tuple(_ELEMENT.findall(kin["parents"])))
        elif childless:
            yield Shape(one, heading, childless["command"], "child", "none", parents)
        elif found:
            says = _without_asides(found["says"].replace("…", "..."))
            if found["what"] == "parent":
                parents = tuple(_NAME.findall(says))
            yield Shape(one, heading, found["command"], found["what"], says, parents)


def plain_shapes(one: Requirement, heading: Heading, command: str) -> Iterator[Shape]:
    """What a sentence of a document of one command says of an element in its answers."""
    text = _without_asides(one.text)
    for pattern, what in _PLAIN.items():
        if found := pattern.search(text):
            yield Shape(one, heading, command, what, found["says"], ())
    if child := _PLAIN_CHILD.search(text):
        yield Shape(one, heading, command, "parent", "", (child["parent"],))
        if child["type"]:
            yield Shape(one, heading, command, "type", child["type"], (child["parent"],))


def _without_asides(text: str) -> str:
    while _ASIDE.search(text):
        text = _ASIDE.sub(" ", text)
    return text

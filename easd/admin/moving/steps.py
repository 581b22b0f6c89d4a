"""What is to be done to make a description true, step by step, and what became of each step."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from easd.admin.office import refusing
from easd.admin.refused import Refused


@dataclass(frozen=True, slots=True)
class Happened:
    """One step: what it was about, what it did ("new", "removed", or what of it has changed), and why it could not
    ("": it could).
    """

    kind: str
    name: str
    what: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, not done yet. `part`: what of somebody it is about."""

    kind: str
    name: str
    what: str
    act: Callable[[], object]
    part: str = ""

    def told(self, fault: str = "") -> Happened:
        """The step in words."""
        return Happened(self.kind, self.name, self.part or self.what, fault)

    def done(self) -> Happened:
        """Do it; what is objected to is the fault."""
        try:
            with refusing():
                self.act()
        except Refused as refused:
            return self.told(str(refused))
        return self.told()


@dataclass(slots=True)
class Count:
    """How many of one kind."""

    new: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0


def counted(happened: Iterable[Happened]) -> dict[str, Count]:
    """By kind, in the order in which they came."""
    found: dict[str, Count] = {}
    for one in happened:
        count = found.setdefault(one.kind, Count())
        if one.fault:
            count.failed += 1
        elif one.what in ("new", "removed"):
            setattr(count, one.what, getattr(count, one.what) + 1)
        else:
            count.changed += 1
    return found

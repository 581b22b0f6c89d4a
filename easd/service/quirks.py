"""What is known of clients beside what the protocol says: data, and the only place that looks at who a client is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from easd.model.device import Device


@dataclass(frozen=True, slots=True)
class Quirks:
    """How to take what a client says. `says_nothing_empty`: attributes of an item that it sends empty without wishing
    them away; `class_names`: what it calls a class, and what that is called; `sends_no_answers`: it answers meetings
    without the mail to the organizer that a device before 16.0 has to send.
    """

    says_nothing_empty: frozenset[str] = frozenset()
    class_names: Mapping[str, str] = field(default_factory=dict)
    sends_no_answers: bool = False

    def class_named(self, name: str | None) -> str | None:
        """The class that the client means."""
        return name if name is None else self.class_names.get(name, name)


@dataclass(frozen=True, slots=True)
class _Known:
    """One peculiarity: of clients whose User-Agent matches, what is seen, and how to take it."""

    user_agent: re.Pattern[str]
    symptom: str
    says_nothing_empty: frozenset[str] = frozenset()
    class_names: Mapping[str, str] = field(default_factory=dict)
    sends_no_answers: bool = False


_KNOWN: Final = (
    _Known(
        # iOS 8.2 is build 12D, "1204."; later the version stands there itself.
        re.compile(
            r"Apple-i(?:Phone|Pad|Pod)[^/]*/(?:120[4-9]|12[1-9]\d|1[3-9]\d\d|[2-9]\d{3})\.|iOS/(?:8\.[2-9]|9|[1-9]\d)"
        ),
        "each edit of a contact has an empty Picture, if the picture was not made on the phone: it would be gone",
        says_nothing_empty=frozenset({"picture"}),
    ),
    _Known(
        # Builds 16G to 17H: iOS 12.4 to 13.
        re.compile(r"Apple-i(?:Phone|Pad|Pod)[^/]*/(?:160[7-9]|16[1-9]\d|170[0-7])\."),
        "organizers hear of no answer until 14.1: the phone sends MeetingResponse, and no mail",
        sends_no_answers=True,
    ),
    _Known(
        re.compile("libeas"),
        "Evolution calls the class of contacts Contact until 12.0",
        class_names={"Contact": "Contacts"},
    ),
)


def of(device: Device) -> Quirks:
    """All that is known of the device's client."""
    return _of(device.user_agent)


@lru_cache(maxsize=256)
def _of(user_agent: str) -> Quirks:
    found = Quirks()
    for known in _KNOWN:
        if known.user_agent.match(user_agent):
            found = replace(
                found,
                says_nothing_empty=found.says_nothing_empty | known.says_nothing_empty,
                class_names={**found.class_names, **known.class_names},
                sends_no_answers=found.sends_no_answers or known.sends_no_answers,
            )
    return found

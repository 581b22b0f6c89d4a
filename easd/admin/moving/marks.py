"""What IMAP flags say of a message, in our terms; and what of that is new."""

from dataclasses import replace
from typing import Final

from easd.model.email import Email, Flag, FlagStatus

_REPLIED, _FORWARDED = 1, 3
"""MS-ASEMAIL LastVerbExecuted."""
_LABELS: Final = {
    "$label1": "Important",
    "$label2": "Work",
    "$label3": "Personal",
    "$label4": "To Do",
    "$label5": "Later",
}
"""Thunderbird's tags, which travel as these keywords."""
_NOT_CATEGORIES: Final = frozenset({"junk", "nonjunk", "notjunk", "forwarded", "mdnsent", "unread"})
"""Keywords that programs set for themselves."""
_CATEGORIES_MAX: Final = 300
"""MS-ASEMAIL Categories: a list holds so many."""


def state_of(flags: frozenset[str]) -> str:
    """The flags as one text, to compare later ones with."""
    return " ".join(sorted(flags))


def flagged(email: Email, flags: frozenset[str]) -> Email:
    """A message as these flags have it."""
    return changed(email, frozenset(), flags, first=True)


def changed(email: Email, before: frozenset[str], flags: frozenset[str], *, first: bool = False) -> Email:
    """A message after its flags there went from `before` to `flags`: what did not change there stays as it is here."""
    was, now = _lower(before), _lower(flags)
    moved = was ^ now
    if first or "\\seen" in moved:
        email = replace(email, read="\\seen" in now)
    if "\\flagged" in moved:
        email = replace(email, flag=Flag(FlagStatus.ACTIVE, "Flag for follow up") if "\\flagged" in now else None)
    if first or "\\draft" in moved:
        email = replace(email, is_draft="\\draft" in now)
    if moved & {"\\answered", "$forwarded"}:
        email = replace(email, last_verb_executed=_verb(now))
    old, new = _categories(before), _categories(flags)
    if old != new:
        kept = [each for each in email.categories if each not in old or each in new]
        email = replace(email, categories=(*kept, *(each for each in new if each not in kept))[:_CATEGORIES_MAX])
    return email


def _lower(flags: frozenset[str]) -> frozenset[str]:
    return frozenset(each.lower() for each in flags)


def _verb(flags: frozenset[str]) -> int | None:
    if "\\answered" in flags:
        return _REPLIED
    return _FORWARDED if "$forwarded" in flags else None


def _categories(flags: frozenset[str]) -> list[str]:
    found = (_category(each) for each in sorted(flags))
    return [each for each in found if each]


def _category(keyword: str) -> str | None:
    if keyword.lower() in _LABELS:
        return _LABELS[keyword.lower()]
    return None if keyword[:1] in ("\\", "$") or keyword.lower() in _NOT_CATEGORIES else keyword

"""The Keyword Query Language of Find (MS-ASCMD FreeText (Find), MS-KQL), as far as a mailbox has what it asks for.

Words, "several words", word*; AND, OR, NOT, + and -, parentheses; subject: from: to: cc: bcc: recipients: participants:
body: attachment: kind: hasattachment: and received: with a day, a range of days (2026-01-01..2026-02-01) or a
comparison. Several words are found in their order, except where they are one of several parts or negated. What is
unfinished, as while somebody types, is read as far as it goes; an unknown property is text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from easd.search.query import (
    ALWAYS,
    ATTACHMENTS,
    All,
    Any,
    Between,
    Field,
    Has,
    Node,
    Not,
    Phrase,
    class_mark,
    size,
    text,
)
from easd.search.words import phrase

LENGTH_MAX = 1024
"""Characters of a query."""
WORDS_MAX = 64
DEPTH_MAX = 16


class TooComplex(Exception):
    """The query is longer, wider or deeper than is searched for; or it asks for a time in a part that is negated or
    one of several.
    """


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was asked for."""

    what: Node
    times: Between = ALWAYS
    phrases: tuple[Phrase, ...] = ()


class _Token(NamedTuple):
    kind: str
    text: str
    name: str = ""
    sign: str = ""
    quoted: bool = False


_TOKEN = re.compile(
    r"""
    (?P<open>\() | (?P<close>\)) |
    (?P<name>[A-Za-z]+)(?P<sign>:|<=|>=|<>|[=<>])(?:"(?P<quoted_value>[^"]*)"?|(?P<value>[^\s()"]+)) |
    "(?P<quoted>[^"]*)"? |
    (?P<word>[^\s()"]+)
    """,
    re.VERBOSE,
)
_FIELDS = {
    "subject": (Field.SUBJECT,),
    "from": (Field.FROM,),
    "sender": (Field.FROM,),
    "to": (Field.TO,),
    "cc": (Field.CC,),
    "bcc": (Field.BCC,),
    "recipients": (Field.TO, Field.CC, Field.BCC),
    "participants": (Field.FROM, Field.TO, Field.CC, Field.BCC),
    "attachment": (Field.ATTACHMENT,),
    "attachmentnames": (Field.ATTACHMENT,),
    "body": (Field.ANYWHERE,),
}
_DATES = {"received", "sent", "date"}
_YES = {"true", "yes", "1"}
_DAY = timedelta(days=1)


def parse(query: str) -> Parsed:
    """Read a query; TooComplex."""
    if len(query) > LENGTH_MAX:
        raise TooComplex(f"{len(query)} characters")
    reader = _Reader(_tokens(query))
    what = reader.anything()
    if size((what,)) > WORDS_MAX:
        raise TooComplex(f"more than {WORDS_MAX} words")
    return Parsed(what, reader.times, reader.phrases)


def _tokens(query: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(query):
        if match["name"] is not None:
            value = match["value"] if match["value"] is not None else match["quoted_value"]
            quoted = match["value"] is None
            tokens.append(_Token("property", value or "", match["name"].lower(), match["sign"], quoted))
        elif match["word"] in ("AND", "OR", "NOT"):
            tokens.append(_Token(match["word"], match[0]))
        else:
            kind = match.lastgroup or ""
            tokens.append(_Token(kind, match[kind]))
    return tokens


class _Reader:
    """A descent through the tokens, one function for each level of precedence."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self.times = ALWAYS
        self.phrases: tuple[Phrase, ...] = ()

    def anything(self) -> Node:
        """All tokens; a parenthesis that closes nothing is read over."""
        parts = [self._alternative()]
        while self._kind():
            self._at += 1
            if self._kind():
                parts.append(self._alternative())
        return _all([part for part in parts if part is not None])

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _alternative(self) -> Node | None:
        """Parts with OR between them."""
        before, phrases = self.times, self.phrases
        found = [self._sequence()]
        while self._kind() == "OR":
            self._at += 1
            found.append(self._sequence())
        if len(found) > 1:
            self._no_times_since(before)
            self.phrases = phrases  # of one among several, the words are enough
        parts = [part for part in found if part is not None]
        return parts[0] if len(parts) == 1 else Any(tuple(parts)) if parts else None

    def _sequence(self) -> Node | None:
        """Parts with AND or nothing between them."""
        parts: list[Node] = []
        while self._kind() not in ("", "OR", "close"):
            if self._kind() == "AND":
                self._at += 1
            elif (part := self._part()) is not None:
                parts.append(part)
        return _all(parts) if parts else None

    def _part(self) -> Node | None:
        token = self._take()
        if token.kind == "NOT":
            return self._negated()
        if token.kind == "open":
            return self._inside()
        if token.kind == "property":
            return self._property(token)
        if token.kind == "quoted":
            self._note_phrase(token.text, (Field.ANYWHERE,))
            return _words(token.text, exact=True)
        if token.text.startswith("-") and len(token.text) > 1:
            return _negation(_words(token.text[1:]))
        return _words(token.text)

    def _note_phrase(self, said: str, fields: tuple[Field, ...]) -> None:
        if found := phrase(said):
            self.phrases += (Phrase(found, fields),)

    def _negated(self) -> Node | None:
        if self._kind() in ("", "OR", "close"):
            return None
        before, phrases = self.times, self.phrases
        negated = self._nested(self._part)
        self._no_times_since(before)
        self.phrases = phrases
        return _negation(negated)

    def _no_times_since(self, before: Between) -> None:
        if self.times != before:
            raise TooComplex("a time in a part that is negated or one of several")

    def _inside(self) -> Node | None:
        found = self._nested(self._alternative)
        if self._kind() == "close":
            self._at += 1
        return found

    def _nested(self, read: Callable[[], Node | None]) -> Node | None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise TooComplex(f"deeper than {DEPTH_MAX} levels")
        found = read()
        self._depth -= 1
        return found

    def _property(self, token: _Token) -> Node | None:
        if token.name in _DATES and (times := _times(token)) is not None:
            self.times = _both(self.times, times)
            return None
        if token.name in _FIELDS and token.sign in (":", "="):
            if token.quoted:
                self._note_phrase(token.text, _FIELDS[token.name])
            return Any(tuple(text(token.text, field, exact=token.sign == "=") for field in _FIELDS[token.name]))
        if token.name in ("hasattachment", "hasattachments"):
            has = Has(ATTACHMENTS)
            return has if token.text.lower() in _YES else Not(has)
        if token.name == "kind":
            return Has(class_mark(token.text)) if token.text.isalnum() else Any()
        return _words(f"{token.name} {token.text}")


def _words(words: str, *, exact: bool = False) -> Node | None:
    """None for a text without a word: it is read over."""
    found = text(words, exact=exact)
    return None if found == Any() else found


def _negation(part: Node | None) -> Node | None:
    return None if part is None else Not(part)


def _all(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _both(one: Between, other: Between) -> Between:
    starts = [start for start in (one.start, other.start) if start is not None]
    ends = [end for end in (one.end, other.end) if end is not None]
    return Between(max(starts, default=None), min(ends, default=None))


def _times(token: _Token) -> Between | None:
    """The days that are asked for, in UTC; None where they cannot be read."""
    first, dots, last = token.text.partition("..")
    start, end = _day(first), _day(last if dots else first)
    if start is None or end is None:
        return None
    after = end + _DAY
    return {
        ":": Between(_ms(start), _ms(after)),
        "=": Between(_ms(start), _ms(after)),
        ">": Between(_ms(after), None),
        ">=": Between(_ms(start), None),
        "<": Between(None, _ms(start)),
        "<=": Between(None, _ms(after)),
    }.get(token.sign)


def _day(value: str) -> datetime | None:
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

"""Address headers (RFC 5322 section 3.4) as they come in real mail: quoted names, groups, comments, encoded words,
bare junk.
"""

import re
from typing import Final

from easd.mime.headers import Headers, decode_words
from easd.model.email import Address

MAX_ADDRESSES: Final = 5000

# One token of an address list. Quantifiers are possessive: an unclosed quote or comment costs one pass.
_TOKEN = re.compile(
    r"""
    (?P<quoted>"(?:[^"\\]|\\.)*+"?)
    | (?P<angle><[^<>]*+>?)
    | (?P<comment>\()
    | (?P<mark>[,;:])
    | (?P<text>[^"<(,;:]++)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ROUTE = re.compile(r"^@[^:]*:")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse_addresses(value: str) -> tuple[Address, ...]:
    """All mailboxes of an unfolded address field, in order, those of groups included; group names are dropped.

    `undisclosed-recipients:;` gives nothing. A word without "@" is kept as an address: it may name a local user.
    """
    return tuple(_Reader(value).read())


def address_field(headers: Headers, name: str) -> tuple[Address, ...]:
    """The mailboxes of all fields of that name: a repeated To counts in full, as mail readers show it."""
    found: list[Address] = []
    for value in headers.every(name):
        found += parse_addresses(value)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


class _Reader:
    """Collects tokens until a comma or semicolon ends one mailbox."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._found: list[Address] = []
        self._start_mailbox()

    def _start_mailbox(self) -> None:
        self._words: list[str] = []
        self._comment = ""
        self._angle: str | None = None

    def read(self) -> list[Address]:
        at = 0
        while at < len(self._value) and len(self._found) < MAX_ADDRESSES:
            token = _TOKEN.match(self._value, at)
            assert token is not None  # every character begins a token
            at = token.end()
            if token.lastgroup == "comment":
                at = self._read_comment(at)
            else:
                self._take(token.lastgroup or "", token[0])
        self._end_mailbox()
        return self._found

    def _read_comment(self, at: int) -> int:
        """Past a comment, with the nested ones; an unclosed one reaches to the end."""
        start, depth = at, 1
        for found in _COMMENT_MARK.finditer(self._value, at):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if depth == 0:
                self._comment = self._value[start : found.start()]
                return found.end()
        self._comment = self._value[start:]
        return len(self._value)

    def _take(self, kind: str, text: str) -> None:
        if kind == "mark":
            self._take_mark(text)
        elif kind == "angle":
            self._angle = text.strip("<>")
        elif kind == "quoted" or text.strip():
            self._words.append(text)

    def _take_mark(self, mark: str) -> None:
        if mark != ":":
            self._end_mailbox()
        elif any("@" in word for word in self._words):  # an address like a@b:25 or [IPv6:...], not a group name
            self._words.append(mark)
        else:
            self._start_mailbox()

    def _end_mailbox(self) -> None:
        mailbox = self._mailbox()
        if mailbox is not None:
            self._found.append(mailbox)
        self._start_mailbox()

    def _mailbox(self) -> Address | None:
        if self._angle is None:
            return self._bare()
        name = decode_words(_ESCAPE.sub(r"\1", " ".join(_unquote(word) for word in self._words)).strip())
        name = re.sub(r"\s+", " ", name).strip() or decode_words(self._comment.strip())
        address = _clean(_ROUTE.sub("", self._angle.strip()))
        return Address(_without_quotes(name), address) if address or name else None

    def _bare(self) -> Address | None:
        """A mailbox without angle brackets: `local@domain (name)`, or words that hold an address somewhere."""
        text = "".join(self._words).strip()
        if not text:
            return None
        address = next((word for word in text.split() if "@" in word), None)
        if address is None or text.startswith('"'):
            return Address(decode_words(self._comment.strip()), _clean(decode_words(text)))
        name = text.replace(address, "", 1).strip()
        return Address(decode_words(name or self._comment.strip()), _clean(address))


def _unquote(word: str) -> str:
    return word[1:].removesuffix('"') if word.startswith('"') else word.strip()


def _without_quotes(name: str) -> str:
    """Some senders quote twice: `"'Ann Example'" <ann@example.com>`."""
    quote = name[:1]
    return name[1:-1].strip() if len(name) > 2 and quote in "'\"" and name.endswith(quote) else name


def _clean(address: str) -> str:
    return re.sub(r"[\x00-\x20\x7f]+", "", address) if '"' not in address else address

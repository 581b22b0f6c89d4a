"""The text of a document in Rich Text Format, in one pass (MS-ASAIRS Type 3: notes that a device wrote in it)."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

_TOKEN: Final = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])"
    r"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)"
)
_GROUPS: Final = (
    "fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf"
    " listtable listoverridetable rsidtbl generator themedata datastore xmlnstbl fldinst bkmkstart bkmkend"
)
_UNSEEN: Final = frozenset(_GROUPS.split())
"""Groups that are no part of the text; so are those marked with an asterisk."""
_WORDS: Final = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t", "emdash": "\u2014",
    "endash": "\u2013", "bullet": "\u2022", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "emspace": "\u2003", "enspace": "\u2002",
}  # fmt: skip
_SYMBOLS: Final = {"\\": "\\", "{": "{", "}": "}", "~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n"}
_MAX_DEPTH: Final = 1000
"""Groups inside of groups that are told apart; what is deeper is not shown."""


@dataclass(frozen=True, slots=True)
class _Group:
    seen: bool = True
    fallback: int = 1


@dataclass(slots=True)
class _Reader:
    """What is open while reading. `skip` are characters still to be left out: those that stand for a Unicode one."""

    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    depth: int = 0
    skip: int = 0
    charset: str = "cp1252"
    pending: bytearray = field(default_factory=bytearray)

    def read(self, document: str) -> Iterator[str]:
        for token in _TOKEN.finditer(document):
            if token["byte"] is not None:
                yield from self._byte(int(token["byte"], 16))
                continue
            yield from self._flushed()
            if token["brace"]:
                self._brace(token["brace"])
            elif token["word"]:
                yield from self._word(token["word"], int(token["number"]) if token["number"] else None)
            elif token["symbol"] == "*":
                self._set(seen=False)
            else:
                yield from self._text(token["text"] or _SYMBOLS.get(token["symbol"], ""))
        yield from self._flushed()

    def _brace(self, brace: str) -> None:
        self.skip = 0
        if brace == "}":
            if self.depth > _MAX_DEPTH:
                self.depth -= 1
            elif self.depth:
                self.depth -= 1
                self.groups.pop()
            return
        self.depth += 1
        if self.depth <= _MAX_DEPTH:
            self.groups.append(self.groups[-1])

    def _set(self, **changes: bool | int) -> None:
        self.groups[-1] = replace(self.groups[-1], **changes)  # type: ignore[arg-type]

    def _word(self, word: str, number: int | None) -> Iterator[str]:
        if word in _UNSEEN:
            self._set(seen=False)
        elif word == "uc" and number is not None:
            self._set(fallback=max(number, 0))
        elif word == "ansicpg" and number is not None:
            self.charset = f"cp{number}"
        elif word == "u" and number is not None:
            yield from self._shown(chr(number & 0xFFFF))
            self.skip = self.groups[-1].fallback
        elif word in _WORDS:
            yield from self._text(_WORDS[word])

    def _byte(self, byte: int) -> Iterator[str]:
        if self.skip:
            self.skip -= 1
        elif self._visible:
            self.pending.append(byte)
        yield from ()

    def _text(self, text: str) -> Iterator[str]:
        left_out = min(self.skip, len(text))
        self.skip -= left_out
        yield from self._shown(text[left_out:])

    def _shown(self, text: str) -> Iterator[str]:
        if text and self._visible:
            yield text

    @property
    def _visible(self) -> bool:
        return self.groups[-1].seen and self.depth <= _MAX_DEPTH

    def _flushed(self) -> Iterator[str]:
        if self.pending:
            try:
                yield self.pending.decode(self.charset, "replace")
            except LookupError:
                yield self.pending.decode("cp1252", "replace")
            self.pending.clear()


def rtf_to_text(data: str) -> str:
    """The readable text of a document as Data has it: in base64 (MS-ASAIRS R179, R187). What is no base64 is taken for
    the document itself.
    """
    try:
        document = b64decode("".join(data.split()), validate=True).decode("latin-1")
    except ValueError:
        document = data
    text = "".join(_Reader().read(document))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "").strip("\n")

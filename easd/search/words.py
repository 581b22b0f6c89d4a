"""Text <-> the words that an index keeps of it: the same for what is stored and for what is asked.

Words are compared without letter case, width forms and diacritics. Scripts that are written without spaces (Chinese,
Japanese, Thai and their like) are kept as pairs of neighbouring characters, each run ending with its last character
alone, so that any part of a run can be found. A word holds letters and digits only: nothing of a database's syntax.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

TEXT_MAX = 64 * 1024
"""Characters of one text that are looked at; what comes after them is not found."""
WORD_MAX = 40
"""Characters of a word that count."""
_ADDRESS_MAX = 256

PREFIX_MIN = 3
"""Letters from which on a word also finds those that begin with it: below that nearly everything would be found."""

_NO_SPACES = (
    "\u0e00-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_RUN = re.compile(rf"(?P<pairs>[{_NO_SPACES}]+)|(?:[^\W_{_NO_SPACES}]|[{_INDIC}])+")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+")
_ASCII_WORD = re.compile(f"([0-9a-z]{{1,{WORD_MAX}}})[0-9a-z]*")


def folded(text: str) -> str:
    """The text in the form in which texts are compared."""
    if text.isascii():
        return text.lower()
    decomposed = normalize("NFKD", normalize("NFKC", text).casefold())
    return normalize("NFC", _MARKS.sub("", decomposed))


def words(text: str) -> list[str]:
    """The words of a text, in order, as often as they come; of at most TEXT_MAX characters."""
    made = folded(text[:TEXT_MAX])
    if made.isascii():
        return _ASCII_WORD.findall(made)
    return list(_words(made))


def _words(made: str) -> Iterator[str]:
    for run in _RUN.finditer(made):
        if run["pairs"] is None:
            yield run[0][:WORD_MAX]
        else:
            yield from _pairs(run[0])


def _pairs(run: str) -> Iterator[str]:
    for start in range(len(run)):
        yield run[start : start + 2]


def phrase(text: str) -> str:
    """The words of the text, as `has_phrase` looks for them in their order. Empty for less than two, for which the
    index is enough.
    """
    runs = [run[0] for run in _RUN.finditer(folded(text[:TEXT_MAX]))]
    return " ".join(runs) if len(runs) > 1 else ""


def has_phrase(text: str, wanted: str) -> bool:
    """Whether the words of a `phrase` follow each other in the text. A run of a script without spaces may be part of a
    longer one.
    """
    return _pattern(wanted).search(folded(text[:TEXT_MAX])) is not None


@lru_cache(maxsize=64)
def _pattern(wanted: str) -> re.Pattern[str]:
    runs = list(_RUN.finditer(wanted))
    before = "" if runs[0]["pairs"] else r"(?<![^\W_])"
    after = "" if runs[-1]["pairs"] else r"(?![^\W_])"
    return re.compile(before + r"[\W_]+".join(re.escape(run[0]) for run in runs) + after)


def asked_words(text: str) -> list[tuple[str, bool]]:
    """The words to look for, each once, and whether it stands for all words that begin so.

    Where a run of pairs has several characters, its last one alone says nothing more and is left out.
    """
    found: dict[str, bool] = {}
    made = folded(text[:TEXT_MAX])
    for run in _RUN.finditer(made):
        if run["pairs"] is None:
            found.setdefault(run[0][:WORD_MAX], len(run[0]) >= PREFIX_MIN)
        elif len(run[0]) == 1:
            found[run[0]] = True
        else:
            found |= dict.fromkeys(list(_pairs(run[0]))[:-1], False)
    return list(found.items())


def whole_address(text: str) -> str:
    """A mail address as one word, so that it is found as a whole and not by its parts; empty for what has no local
    part.
    """
    local, at, _ = text.partition("@")
    if not (at and any(map(str.isalnum, local))) or len(text) > _ADDRESS_MAX:
        return ""
    return "".join(filter(str.isalnum, folded(text)))

"""Which charset a text without a (true) label is in, where it is in other than Latin letters.

Latin text has lonely bytes above 127 between its ASCII letters; other scripts come in runs of them. What tells the
charsets of one run apart are the letters that people use most: small ones in Cyrillic, kana in Japanese, the first
levels of the Chinese and Korean tables.
"""

import re
from typing import Final

_RUN = re.compile(rb"[\x80-\xff]{3,}")
_SAMPLE: Final = 16_384
_SMALL: Final = {
    "cp1251": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў"),
    "koi8_r": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
}
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HANGUL = re.compile("[\uac00-\ud7a3]")


def script_codec(data: bytes) -> str | None:
    """The Python codec of the text, None where it may be in Latin letters. `data` is no UTF-8."""
    sample = data[:_SAMPLE]
    eight_bit = len(sample.translate(None, bytes(range(128))))
    runs = sum(len(run) for run in _RUN.findall(sample))
    if runs < 6 or runs * 2 < eight_bit:
        return None
    return _cyrillic(sample, eight_bit) or _eastern(sample)


def _cyrillic(sample: bytes, eight_bit: int) -> str | None:
    small = {
        codec: sum(character in letters for character in sample.decode(codec, "replace"))
        for codec, letters in _SMALL.items()
    }
    best = max(small, key=lambda codec: small[codec])
    return best if small[best] >= eight_bit * 0.75 else None


def _eastern(sample: bytes) -> str | None:
    for codec, usual in (("euc_jp", _KANA), ("cp932", _KANA), ("euc_kr", _HANGUL)):
        text = _decoded(sample, codec)
        wide = [character for character in text if character > "\u1100"]
        share = 0.2 if usual is _KANA else 0.8
        if wide and len(usual.findall(text)) >= len(wide) * share:
            return codec
    return next((codec for codec in ("gb2312", "big5", "gb18030") if _decoded(sample, codec)), None)


def _decoded(sample: bytes, codec: str) -> str:
    """The text; nothing where the bytes are not of that charset. The sample may end inside a character."""
    for end in range(len(sample), max(0, len(sample) - 4), -1):
        try:
            return sample[:end].decode(codec)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:
                return ""
    return ""

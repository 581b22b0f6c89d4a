"""Bytes to text for mail: declared charsets, wrong ones, missing ones; and the code page numbers that InternetCPID
shows.

Only the text codecs named here are ever used: a charset name comes from a stranger, and Python also registers codecs
that decompress, run for quadratic time or interpret escapes. UTF-7 is not among them: it hides markup in plain ASCII,
and no mail program has sent it for decades.
"""

import re
from encodings.aliases import aliases
from typing import Final

from easd.mime.script import script_codec

# Codec -> code page identifier (MS-ASEMAIL R496 InternetCPID). The keys are the only codecs that a message can select.
CODE_PAGES: Final[dict[str, int]] = {
    "ascii": 20127, "utf_8": 65001, "utf_16": 1200, "utf_16_le": 1200, "utf_16_be": 1201,
    "utf_32": 12000, "utf_32_le": 12000, "utf_32_be": 12001,
    "latin_1": 28591, "iso8859_2": 28592, "iso8859_3": 28593, "iso8859_4": 28594, "iso8859_5": 28595,
    "iso8859_6": 28596, "iso8859_7": 28597, "iso8859_8": 28598, "iso8859_9": 28599, "iso8859_10": 28600,
    "iso8859_11": 874, "iso8859_13": 28603, "iso8859_14": 28604, "iso8859_15": 28605, "iso8859_16": 28606,
    "cp1250": 1250, "cp1251": 1251, "cp1252": 1252, "cp1253": 1253, "cp1254": 1254, "cp1255": 1255, "cp1256": 1256,
    "cp1257": 1257, "cp1258": 1258, "cp874": 874, "cp437": 437, "cp850": 850, "cp852": 852, "cp855": 855, "cp857": 857,
    "cp858": 858, "cp862": 862, "cp864": 864, "cp865": 865, "cp866": 866, "cp932": 932, "cp949": 949, "cp950": 950,
    "shift_jis": 932, "shift_jis_2004": 932, "euc_jp": 51932, "iso2022_jp": 50220, "iso2022_jp_1": 50220,
    "iso2022_jp_2": 50220, "iso2022_jp_ext": 50221, "euc_kr": 51949, "iso2022_kr": 50225, "johab": 1361,
    "gb2312": 936, "gbk": 936, "gb18030": 54936, "hz": 52936, "big5": 950, "big5hkscs": 950,
    "koi8_r": 20866, "koi8_u": 21866, "mac_roman": 10000, "mac_cyrillic": 10007, "tis_620": 874, "cp1125": 1125,
}  # fmt: skip

# Names seen in mail that Python's alias table lacks.
_EXTRA_ALIASES: Final[dict[str, str]] = {
    "ks_c_5601_1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "x_windows_949": "cp949", "x_sjis": "cp932",
    "x_ms_cp932": "cp932", "windows_31j": "cp932", "cp_850": "cp850", "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8", "iso_8859_6_i": "iso8859_6",
    "unicode_1_1_utf_8": "utf_8", "utf8mb4": "utf_8", "x_gbk": "gbk", "x_euc_jp": "euc_jp", "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman", "x_mac_cyrillic": "mac_cyrillic", "x_cp1250": "cp1250", "x_cp1251": "cp1251",
    "x_cp1252": "cp1252", "x_user_defined": "cp1252", "windows_874": "cp874", "ansi_x3_4_1968": "ascii",
    "cp65001": "utf_8", "ansi": "cp1252",
    "iso_2022_jp_ms": "iso2022_jp_ext", "cp50220": "iso2022_jp", "cp50221": "iso2022_jp_ext", "dos_720": "cp864",
}  # fmt: skip

# What readers really use for a name: the superset that senders mean (windows-1252 for latin-1 and ASCII, and so on).
_SUPERSETS: Final[dict[str, str]] = {
    "latin_1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "iso8859_9": "cp1254", "iso8859_11": "cp874", "tis_620": "cp874",
}  # fmt: skip

_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_:.\-]{1,40})""", re.IGNORECASE
)
_META_WINDOW: Final = 2048
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CONTROL_BYTES: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_LATIN: Final = frozenset(("latin_1", "cp1252", "iso8859_15"))
_BOMS: Final = ((b"\xef\xbb\xbf", "utf_8"), (b"\xff\xfe", "utf_16"), (b"\xfe\xff", "utf_16"))


def codec_for(name: str) -> str | None:
    """The Python codec for a charset name as written in a message, or None for one that is unknown or not a text
    codec.
    """
    key = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    for candidate in (key, _EXTRA_ALIASES.get(key), aliases.get(key), aliases.get(key.replace("windows_", "cp"))):
        if candidate in CODE_PAGES:
            return candidate
    return None


def decode(data: bytes, declared: str | None, *, html: bool = False) -> tuple[str, int]:
    """`data` as text, and the code page number for InternetCPID.

    Tried in this order: a byte order mark, the declared charset (for HTML without a known one: the charset of a meta
    element in the first 2,048 bytes), UTF-8, other scripts by their letters, windows-1252. UTF-8 that calls itself
    Latin-1 is read as UTF-8: no text of that kind has its letters by chance. Never fails: what no codec explains
    becomes U+FFFD. Control characters, which XML cannot hold, and lone surrogates are removed.
    """
    for mark, marked in _BOMS:
        if data.startswith(mark):
            return _clean(data.decode(marked, "replace").removeprefix("\ufeff"), data), CODE_PAGES[marked]
    codec = codec_for(declared) if declared else None
    if codec is None and html:
        codec = _meta_codec(data)
    text, used = _decode_with(data, codec)
    return _clean(text, data), CODE_PAGES[used]


def _meta_codec(data: bytes) -> str | None:
    found = _META_CHARSET.search(data[:_META_WINDOW])
    codec = codec_for(found[1].decode("ascii")) if found else None
    # A meta element that was readable as ASCII cannot stand in UTF-16 or UTF-32 text: the HTML standard says UTF-8
    # then.
    return "utf_8" if codec and codec.startswith(("utf_16", "utf_32")) else codec


def _decode_with(data: bytes, codec: str | None) -> tuple[str, str]:
    """The text and the codec to report: the declared one where it fits the bytes, else the one that did."""
    if codec in (None, "ascii"):
        return _undeclared(data)
    assert codec is not None
    used = _SUPERSETS.get(codec, codec)
    if codec in _LATIN and not data.isascii() and _is_utf_8(data):
        return data.decode(), "utf_8"
    try:
        return data.decode(used), codec
    except UnicodeDecodeError:
        return _mismatched(data, used, codec)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _undeclared(data: bytes) -> tuple[str, str]:
    if data.isascii():
        shift_in = b"\x1b$B" in data or b"\x1b$@" in data  # ISO-2022-JP is 7-bit and often left unlabelled
        codec = "iso2022_jp" if shift_in else "ascii"
        return data.decode(codec, "replace"), codec
    return _guess(data)


def _guess(data: bytes) -> tuple[str, str]:
    if _is_utf_8(data):
        return data.decode(), "utf_8"
    codec = script_codec(data) or "cp1252"
    return data.decode(_SUPERSETS.get(codec, codec), "replace"), codec


def _mismatched(data: bytes, used: str, reported: str) -> tuple[str, str]:
    """Bytes that do not fit their declared charset: other charsets are tried only where the damage is not a mere
    spot.
    """
    text = data.decode(used, "replace")
    if used == "utf_8":
        damaged = text.count("\ufffd")
        sound = sum(1 for character in text if character > "\x7f") - damaged
        return (text, "utf_8") if sound > damaged else (data.decode("cp1252", "replace"), "cp1252")
    try:
        return data.decode("utf_8"), "utf_8"
    except UnicodeDecodeError:
        return text, reported


def _clean(text: str, data: bytes) -> str:
    controls = len(data.translate(None, _CONTROL_BYTES)) != len(data)
    if controls or "\ufffe" in text or "\uffff" in text:
        text = _CONTROL.sub("", text)
    try:
        text.encode()  # a fifth of the time of looking for them, and they are rare
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text

"""Charsets: declared, wrong, unknown, absent (MS-ASEMAIL)."""

import pytest

from easd.mime.charset import codec_for, decode


@pytest.mark.parametrize(
    "data, declared, text, page",
    [
        ("Grüße €".encode(), "utf-8", "Grüße €", 65001),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße", 28591),
        (b"\x80 5", "ISO-8859-1", "€ 5", 28591),  # windows-1252 sent under the name of latin-1
        ("Grüße €".encode("cp1252"), "Windows-1252", "Grüße €", 1252),
        ("привет".encode("koi8-r"), "koi8-r", "привет", 20866),
        ("日本語".encode("iso2022_jp"), "iso-2022-jp", "日本語", 50220),
        ("日本語".encode("iso2022_jp"), None, "日本語", 50220),
        ("日本語".encode("cp932"), "Shift_JIS", "日本語", 932),
        ("中文".encode("gb18030"), "gb2312", "中文", 936),
        ("한국어".encode("cp949"), "ks_c_5601-1987", "한국어", 949),
        (b"plain", "us-ascii", "plain", 20127),
        (b"plain", None, "plain", 20127),
        ("Grüße".encode(), "us-ascii", "Grüße", 65001),
        ("Grüße".encode(), None, "Grüße", 65001),
        ("Grüße".encode("cp1252"), None, "Grüße", 1252),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße", 1252),
        ("Grüße und mehr".encode()[:-8] + b"\xff", "utf-8", "Grüße \ufffd", 65001),
        ("Grüße".encode(), "x-nonsense", "Grüße", 65001),
        ("Grüße".encode(), "gb2312", "Gr眉脽e", 936),
        ("ü".encode(), "shift_jis", "ﾃｼ", 932),
        ("Größe ü".encode() + "ß".encode(), "iso-2022-jp", "Größe üß", 65001),
        (b"\xfc\xff", "iso-2022-jp", "\ufffd\ufffd", 50220),
        (b"\xef\xbb\xbfmark", "iso-8859-1", "mark", 65001),
        ("mark".encode("utf-16"), "utf-8", "mark", 1200),
        (b"\xfe\xff\x00m", None, "m", 1200),
        (b"a\x00b", None, "ab", 20127),
        (b"+ADw-script+AD4-", "utf-7", "+ADw-script+AD4-", 20127),
        ("Grüße".encode(), "iso-8859-1", "Grüße", 65001),
        ("Добрый день, коллеги! Высылаю отчёт.".encode("koi8-r"), None, "Добрый день, коллеги! Высылаю отчёт.", 20866),
        ("Добрый день, коллеги! Высылаю отчёт.".encode("cp1251"), None, "Добрый день, коллеги! Высылаю отчёт.", 1251),
        (
            "各位同事，大家好！附件是上周的报告。".encode("gb18030"),
            "ascii",
            "各位同事，大家好！附件是上周的报告。",
            936,
        ),
        ("先週の報告書をお送りします。".encode("cp932"), None, "先週の報告書をお送りします。", 932),
        ("先週の報告書をお送りします。".encode("euc_jp"), "x", "先週の報告書をお送りします。", 51932),
        ("各位同事，大家好！附件是上週的報告。".encode("big5"), None, "各位同事，大家好！附件是上週的報告。", 950),
        (
            "안녕하세요, 지난주 보고서를 보내드립니다.".encode("euc_kr"),
            None,
            "안녕하세요, 지난주 보고서를 보내드립니다.",
            51949,
        ),
        (
            "Une façon très française d'être à l'heure.".encode("cp1252"),
            None,
            "Une façon très française d'être à l'heure.",
            1252,
        ),
        (b"a\x07b\x1b[1mc\r\n\td", None, "ab[1mc\r\n\td", 20127),
        (b"eJxLBAAAYgBi", "zlib", "eJxLBAAAYgBi", 20127),
        (b"a\\u0041", "unicode_escape", "a\\u0041", 20127),
    ],
)
def test_decode_R496(data: bytes, declared: str | None, text: str, page: int) -> None:
    assert decode(data, declared) == (text, page)


@pytest.mark.parametrize(
    "markup, declared, text",
    [
        ('<meta charset="windows-1251">привет', None, "привет"),
        ('<META http-equiv=Content-Type content="text/html; charset=windows-1251">привет', None, "привет"),
        ('<meta charset="utf-8">привет', "windows-1251", "привет"),  # the header field counts more than the document
        ('<meta charset="windows-1251">привет', "unknown-8bit", "привет"),
    ],
)
def test_charset_of_a_meta_element(markup: str, declared: str | None, text: str) -> None:
    assert decode(markup.encode("cp1251"), declared, html=True)[0].endswith(text)


def test_a_meta_element_cannot_claim_utf_16() -> None:
    assert decode('<meta charset="utf-16">ü'.encode(), None, html=True)[0].endswith("ü")


@pytest.mark.parametrize(
    "name", ["base64", "rot13", "bz2", "hex", "idna", "punycode", "undefined", "", "../etc", "x" * 500]
)
def test_only_text_codecs_are_used(name: str) -> None:
    assert codec_for(name) is None


@pytest.mark.parametrize(
    "name, codec",
    [
        (" UTF8 ", "utf_8"),
        ("windows-1252", "cp1252"),
        ("cp-850", "cp850"),
        ("iso-8859-8-i", "iso8859_8"),
        ("macintosh", "mac_roman"),
    ],
)
def test_names_of_charsets(name: str, codec: str) -> None:
    assert codec_for(name) == codec

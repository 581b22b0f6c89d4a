"""Which body a client gets (MS-ASAIRS), in what form, how much of it."""

from collections.abc import Callable

import pytest

from easd.mime.body import cut, select, select_part
from easd.model.body import Body, BodyPreference, BodyWishes
from easd.model.email import BodyType, Email, EmailTexts
from tests.unit.mime.messages import NOW

PLAIN, HTML, RTF, MIME = BodyType.PLAIN, BodyType.HTML, BodyType.RTF, BodyType.MIME
RAW = b"Subject: x\r\n\r\n" + b"m" * 20_000
TEXT = b"The quick brown fox"
MARKUP = b"<p>The <b>quick</b> brown fox</p>"

HTML_MAIL = EmailTexts(TEXT, MARKUP)
PLAIN_MAIL = EmailTexts(TEXT)


def raw() -> bytes:
    return RAW


def not_wanted() -> bytes:
    raise AssertionError("the bytes of the message were not needed")


def choose(
    texts: EmailTexts,
    *preferences: BodyPreference,
    mime_support: int = 0,
    mime_truncation: int | None = None,
    message_class: str = "IPM.Note",
    source: Callable[[], bytes] = raw,
) -> Body:
    native = PLAIN if texts.html is None else HTML
    email = Email(NOW, message_class=message_class, native_body_type=native, preview="The quick brown fox")
    return select(BodyWishes(preferences, mime_support, mime_truncation), email, texts, source)


def test_no_preference_gives_the_whole_plain_text_R105() -> None:
    assert choose(HTML_MAIL, source=not_wanted) == Body(PLAIN, TEXT, len(TEXT), truncated=False)


@pytest.mark.parametrize(
    "texts, asked, kind",
    [
        (HTML_MAIL, (PLAIN, HTML), HTML),
        (HTML_MAIL, (HTML, PLAIN), HTML),
        (HTML_MAIL, (PLAIN,), PLAIN),
        (PLAIN_MAIL, (PLAIN, HTML), PLAIN),
        (PLAIN_MAIL, (HTML, PLAIN), PLAIN),
        (PLAIN_MAIL, (HTML,), HTML),
        (PLAIN_MAIL, (RTF,), RTF),
        (HTML_MAIL, (RTF, HTML), HTML),
        (HTML_MAIL, (RTF, PLAIN), PLAIN),
        (HTML_MAIL, (RTF,), RTF),
        (HTML_MAIL, (PLAIN, HTML, MIME), HTML),
    ],
)
def test_the_native_type_wins_where_asked_for_R77(
    texts: EmailTexts, asked: tuple[BodyType, ...], kind: BodyType
) -> None:
    body = choose(texts, *(BodyPreference(each) for each in asked), source=not_wanted)
    assert body.type == kind
    assert not body.truncated
    assert body.data is not None
    assert body.estimated_size == len(body.data)


def test_plain_text_is_converted_for_a_client_that_only_reads_html() -> None:
    body = choose(EmailTexts(b"a < b\r\nc"), BodyPreference(HTML))
    assert body.data is not None
    assert b"a &lt; b<br>\r\nc" in body.data


@pytest.mark.parametrize("size, data", [(9, b"The quick"), (1, b"T"), (19, TEXT), (4_294_967_295, TEXT), (0, b"")])
def test_truncation_counts_bytes_R20_R288_R299(size: int, data: bytes) -> None:
    body = choose(PLAIN_MAIL, BodyPreference(PLAIN, truncation_size=size))
    assert body == Body(PLAIN, data, len(TEXT), truncated=len(data) < len(TEXT))


def test_no_truncation_size_gives_all_R300() -> None:
    big = EmailTexts(b"x" * 1_000_000)
    assert choose(big, BodyPreference(PLAIN)).data == big.plain


@pytest.mark.parametrize("size", range(1, 12))
def test_html_is_cut_where_its_size_is_also_inside_a_tag_R77_R378(size: int) -> None:
    """A reader drops a tag that is not whole. Only of a character reference it would show a part."""
    markup = "<p>Köln</p>".encode()
    body = choose(EmailTexts(TEXT, markup), BodyPreference(HTML, truncation_size=size))
    assert body.data == markup[: 4 if size == 5 else size]
    body = choose(EmailTexts(TEXT, b"<p>&amp;&lt;</p>"), BodyPreference(HTML, truncation_size=size))
    assert body.data == b"<p>&amp;&lt;</p>"[: 3 if 3 < size < 8 else 8 if 8 < size < 12 else size]


def test_estimated_size_is_that_of_the_whole_body_of_the_sent_type_R196() -> None:
    body = choose(HTML_MAIL, BodyPreference(HTML, truncation_size=5))
    assert (body.type, body.data, body.estimated_size, body.truncated) == (HTML, b"<p>Th", len(MARKUP), True)


@pytest.mark.parametrize("size, data", [(1, "é"[:0]), (2, "é"), (3, "é"), (5, "é€"), (8, "é€"), (9, "é€😀")])
def test_no_character_is_cut_in_two(size: int, data: str) -> None:
    assert choose(EmailTexts("é€😀".encode()), BodyPreference(PLAIN, truncation_size=size)).data == data.encode()


def test_all_or_none_with_truncation_gives_the_next_preference_R78_R80_R385() -> None:
    body = choose(
        HTML_MAIL,
        BodyPreference(HTML, truncation_size=10, all_or_none=True),
        BodyPreference(PLAIN, truncation_size=10),
    )
    assert body == Body(PLAIN, TEXT[:10], len(TEXT), truncated=True)


def test_all_or_none_gives_all_where_it_fits_R54() -> None:
    body = choose(
        HTML_MAIL,
        BodyPreference(HTML, truncation_size=len(MARKUP), all_or_none=True),
        BodyPreference(PLAIN, truncation_size=10),
    )
    assert body == Body(HTML, MARKUP, len(MARKUP), truncated=False)


def test_all_or_none_that_nothing_meets_gives_no_data_R376() -> None:
    body = choose(
        HTML_MAIL,
        BodyPreference(HTML, truncation_size=10, all_or_none=True),
        BodyPreference(PLAIN, truncation_size=10, all_or_none=True),
    )
    assert body == Body(HTML, None, len(MARKUP), truncated=True)


def test_all_or_none_without_truncation_size_is_ignored_R75_R401() -> None:
    assert choose(HTML_MAIL, BodyPreference(HTML, all_or_none=True)).data == MARKUP


@pytest.mark.parametrize(
    "support, message_class, kind",
    [
        (0, "IPM.Note", HTML),
        (0, "IPM.Note.SMIME", HTML),
        (1, "IPM.Note", HTML),
        (1, "IPM.Note.SMIME", MIME),
        (1, "IPM.Note.SMIME.MultipartSigned", MIME),
        (1, "IPM.Note.Receipt.SMIME", MIME),
        (2, "IPM.Note", MIME),
        (2, "IPM.Note.SMIME", MIME),
    ],
)
def test_mime_support_R3355_R3356_R5881_R3357(support: int, message_class: str, kind: BodyType) -> None:
    wishes = (BodyPreference(HTML), BodyPreference(MIME))
    body = choose(HTML_MAIL, *wishes, mime_support=support, message_class=message_class)
    assert body.type == kind
    assert (body.data == RAW) is (kind == MIME)


def test_mime_needs_a_preference_of_type_4_R3407() -> None:
    assert choose(HTML_MAIL, BodyPreference(HTML), mime_support=2, source=not_wanted).type == HTML


def test_mime_support_without_any_preference() -> None:
    assert choose(HTML_MAIL, mime_support=2) == Body(MIME, RAW, len(RAW), truncated=False)


def test_the_regular_body_for_a_client_that_only_reads_mime_R3398() -> None:
    body = choose(HTML_MAIL, BodyPreference(MIME, truncation_size=8), mime_support=1, source=not_wanted)
    assert body == Body(HTML, b"<p>The <", len(MARKUP), truncated=True)


@pytest.mark.parametrize(
    "truncation, size, length",
    [
        (None, None, len(RAW)),
        (8, None, len(RAW)),
        (1, None, 4096),
        (2, None, 5120),
        (3, None, 7168),
        (4, None, 10_240),
        (4, 200_000, 10_240),
        (4, 500, 500),
        (5, None, len(RAW)),
        (6, None, len(RAW)),
        (7, None, len(RAW)),
        (8, 100, 100),
    ],
)
def test_mime_truncation_R3419_R3420_R3421_R3422_R3423_R3426(
    truncation: int | None, size: int | None, length: int
) -> None:
    body = choose(HTML_MAIL, BodyPreference(MIME, truncation_size=size), mime_support=2, mime_truncation=truncation)
    assert body == Body(MIME, RAW[:length], len(RAW), truncated=length < len(RAW))


def test_mime_truncation_0_leaves_nothing_R3418() -> None:
    assert choose(HTML_MAIL, mime_support=2, mime_truncation=0) == Body(MIME, b"", len(RAW), truncated=True)


def test_mime_that_may_not_be_truncated_gives_the_other_preference_R80() -> None:
    mime = BodyPreference(MIME, truncation_size=100, all_or_none=True)
    assert choose(HTML_MAIL, mime, BodyPreference(PLAIN), mime_support=2).type == PLAIN
    assert choose(HTML_MAIL, mime, mime_support=2) == Body(MIME, None, len(RAW), truncated=True)


@pytest.mark.parametrize(
    "preference, preview",
    [
        (BodyPreference(HTML, preview=9), "The quick"),
        (BodyPreference(HTML, preview=255), "The quick brown fox"),
        (BodyPreference(HTML, preview=0), None),
        (BodyPreference(HTML), None),
        (BodyPreference(PLAIN, preview=9), None),
        (BodyPreference(PLAIN, truncation_size=0, preview=9), "The quick"),
        (BodyPreference(PLAIN, truncation_size=1, all_or_none=True, preview=9), "The quick"),
    ],
)
def test_preview_R250_R266_R1001036(preference: BodyPreference, preview: str | None) -> None:
    assert choose(HTML_MAIL, preference).preview == preview


def test_an_empty_body_is_a_body() -> None:
    assert choose(EmailTexts(), BodyPreference(PLAIN, truncation_size=100)) == Body(PLAIN, b"", 0, truncated=False)


@pytest.mark.parametrize("text, size, left", [(b"abc", -1, b""), (b"\x80" * 10, 8, b"\x80" * 5), (b"abc", 3, b"abc")])
def test_cutting_what_is_no_utf_8_goes_back_three_bytes_at_most(text: bytes, size: int, left: bytes) -> None:
    assert cut(text, size) == left


@pytest.mark.parametrize(
    "size, all_or_none, data",
    [(10, False, b"<p>The <b>"), (10, True, None), (len(MARKUP), True, MARKUP), (None, True, MARKUP)],
    ids=["cut_R62", "none_R63_R65", "whole", "no_size"],
)
def test_all_or_none_of_a_message_part(size: int | None, all_or_none: bool, data: bytes | None) -> None:
    email = Email(NOW, message_class="IPM.Note", native_body_type=HTML)
    preference = BodyPreference(HTML, truncation_size=size, all_or_none=all_or_none)
    part = select_part((preference,), email, HTML_MAIL)
    assert (part.type, part.data, part.truncated) == (HTML, data, data != MARKUP)


def page(head: str, body: str) -> EmailTexts:
    return EmailTexts(b"words", f"<html><head><meta charset=utf-8>{head}</head>{body}</html>".encode())


@pytest.mark.parametrize(
    "texts, data",
    [
        (page("", "<body><b>words</b></body>"), "<div><b>words</b></div>"),
        (page("", '<body title="a>b"><b>words</b></body>'), '<div title="a>b"><b>words</b></div>'),
        (page("<style>b{c:d}</style>", "<body>words</body>"), "<div><style>b{c:d}</style>words</div>"),
        (EmailTexts(b"words", None), "<div><div>words</div></div>"),
    ],
    ids=["body", "attributes", "style sheets", "plain text"],
)
def test_a_message_part_is_one_element_for_the_page_of_a_conversation(texts: EmailTexts, data: str) -> None:
    part = select_part((BodyPreference(HTML),), Email(NOW), texts)
    assert (part.data, part.estimated_size) == (data.encode(), len(data))


def test_a_short_message_part_has_words_and_no_style_sheet() -> None:
    texts = page(f"<style>{'b{c:d}' * 50}</style>", f"<body>{'words ' * 20}</body>")
    part = select_part((BodyPreference(HTML, 17),), Email(NOW), texts)
    assert (part.data, part.truncated) == (b"<div>words words ", True)


@pytest.mark.parametrize("truncation", [None, *range(9)])
@pytest.mark.parametrize("size", [None, 0, 3, 17, 6000, len(RAW) - 1, len(RAW), len(RAW) + 9])
@pytest.mark.parametrize("all_or_none", [True, False])
def test_of_a_message_no_more_is_read_than_is_sent(truncation: int | None, size: int | None, all_or_none: bool) -> None:
    message = b"Subject: x\r\n\r\n" + "äö".encode() + RAW[12:]
    asked: list[int] = []

    def start(length: int) -> tuple[int, bytes]:
        asked.append(length)
        return len(message), message[:length]

    wishes = BodyWishes((BodyPreference(MIME, size, all_or_none),), 2, truncation)
    email = Email(NOW, native_body_type=PLAIN)
    whole = select(wishes, email, PLAIN_MAIL, lambda: message)
    wanted_all = size is None and truncation in (None, 8)
    found = select(wishes, email, PLAIN_MAIL, (lambda: message) if wanted_all else not_wanted, start)
    assert found == whole
    limits = [
        limit for limit in (size, {1: 4096, 2: 5120, 3: 7168, 4: 10_240}.get(truncation or 9)) if limit is not None
    ]
    assert truncation == 0 or not limits or max(asked) <= min(limits) + 4

"""Letters of an ordinary mailbox, the same in every run: plain text with HTML, some Cyrillic, some with a file."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

SMALLEST, LARGEST = 2_000, 60_000
_START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_BETWEEN = timedelta(minutes=7)
_LATIN = (
    "the report of last week is done and the numbers look good please find the table below we should talk about "
    "budget travel invoice customer meeting schedule contract Köln café naïve answer question office window morning"
)
_CYRILLIC = "добрый день отчёт за прошлую неделю готов посмотрите пожалуйста таблицу ниже встреча договор счёт"


def letters(count: int, seed: int = 1) -> Iterator[tuple[bytes, datetime]]:
    """So many letters in the order of their arrival, with its moment."""
    source = random.Random(seed)
    for number in range(count):
        received = _START + number * _BETWEEN
        yield _letter(source, number, received).as_bytes(), received


def _letter(source: random.Random, number: int, sent: datetime) -> EmailMessage:
    letter = EmailMessage()
    words = (_CYRILLIC if number % 7 == 3 else _LATIN).split()
    letter["From"] = f"Sender {number % 50} <sender{number % 50}@example.org>"
    letter["To"] = "user1@example.test, Somebody Else <else@example.org>"
    letter["Subject"] = f"{' '.join(source.choices(words, k=5))} {number}"
    letter["Date"] = format_datetime(sent)
    letter["Message-ID"] = f"<{number}.bench@example.org>"
    paragraphs = list(_paragraphs(source, words, source.randint(SMALLEST, LARGEST) * 2 // 5))
    letter.set_content("\r\n\r\n".join(paragraphs))
    letter.add_alternative(_html(number, paragraphs), subtype="html")
    if number % 8 == 5:
        data = source.randbytes(source.randint(2_000, 20_000))
        letter.add_attachment(data, maintype="application", subtype="pdf", filename=f"Document {number}.pdf")
    return letter


def _paragraphs(source: random.Random, words: list[str], size: int) -> Iterator[str]:
    """Text of so many bytes in all, about."""
    while size > 0:
        paragraph = " ".join(source.choices(words, k=40))
        size -= len(paragraph.encode())
        yield paragraph


def _html(number: int, paragraphs: list[str]) -> str:
    style = "p { margin: 0 0 1em 0; font-family: Calibri, sans-serif; }"
    body = "".join(f'<p class="MsoNormal"><span lang="EN-GB">{text}</span></p>\n' for text in paragraphs)
    head = f"<head><title>{number}</title><style>{style}</style></head>"
    return f'<html>{head}<body lang="EN-GB" link="#0563C1">{body}</body></html>'

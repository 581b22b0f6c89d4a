"""What an index keeps of one item: its words by field, and marks for what is no text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from easd.model.email import Address, Email, EmailTexts
from easd.search.query import ATTACHMENTS, Field, class_mark, conversation_mark
from easd.search.words import TEXT_MAX, folded, words

WORDS_MAX = 10_000
"""Different words and marks of one item that are kept; the text's last ones are left out."""
_ADDRESSES_MAX = 500
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,190}")


@dataclass(frozen=True, slots=True)
class Entry:
    """Terms, each once: marks, and words after the letter of their field."""

    terms: tuple[str, ...]


def email_entry(email: Email, texts: EmailTexts) -> Entry:
    """What is kept of a message."""
    kept = dict.fromkeys(_email_terms(email, texts))
    return Entry(tuple(kept)[:WORDS_MAX])


def _email_terms(email: Email, texts: EmailTexts) -> Iterator[str]:
    yield class_mark("Email")
    if email.conversation_id:
        yield conversation_mark(email.conversation_id)
    if any(not attachment.inline for attachment in email.attachments):
        yield ATTACHMENTS
    yield from _in(Field.SUBJECT, words(email.subject))
    senders = (*email.from_, *((email.sender,) if email.sender else ()))
    for field, people in ((Field.FROM, senders), (Field.TO, email.to), (Field.CC, email.cc), (Field.BCC, email.bcc)):
        yield from _in(field, _people(people))
    yield from _in(Field.ATTACHMENT, words(" ".join(attachment.name for attachment in email.attachments)))
    text = texts.plain[: 4 * TEXT_MAX].decode(errors="replace")[:TEXT_MAX]
    for address in _ADDRESS.findall(text) if "@" in text else ():
        yield Field.ANYWHERE + whole_address(address)
    for word in words(text):
        yield Field.ANYWHERE + word


def _in(field: Field, found: Iterable[str]) -> Iterator[str]:
    """Each word under its field, and anywhere."""
    for word in found:
        yield field + word
        yield Field.ANYWHERE + word


def _people(people: tuple[Address, ...]) -> Iterator[str]:
    for person in people[:_ADDRESSES_MAX]:
        yield from words(person.name)
        yield from words(person.address)
        if whole := whole_address(person.address):
            yield whole


def whole_address(address: str) -> str:
    """An address as one word, so that it is found as a whole and not by its parts; empty where it is none."""
    if "@" not in address or len(address) > 254:
        return ""
    return "".join(character for character in folded(address) if character.isalnum())

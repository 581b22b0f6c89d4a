"""What an index keeps of one item: its words by field, and marks for what is no text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from itertools import chain, islice
from operator import attrgetter

from easd.model.content import Content
from easd.model.email import Address, BodyType, Email, EmailTexts
from easd.model.note_body import NoteBody
from easd.search.query import ATTACHMENTS, Field, Phrase, class_mark, conversation_mark
from easd.search.words import TEXT_MAX, has_phrase as words_follow, whole_address, words

TERMS_MAX = 10_000
"""Different words and marks of one item that are kept; the text's last ones are left out."""
_SEEN_MAX = 100_000
"""Words that are looked at, repeated ones too."""
_ADDRESSES_MAX = 500
_ANYWHERE = Field.ANYWHERE.value
_MARKUP = re.compile("<[^>]*>")
_looked_at = attrgetter("received", "subject", "from_", "sender", "to", "cc", "bcc", "attachments", "conversation_id")
_NOT_SAID = frozenset({"uid", "client_uid", "zone"})
"""Texts of an event that no person has written."""
_DOMAIN = re.compile(r"@[\w.-]{1,190}")
_LOCAL_PART = re.compile(r"[\w.+-]{1,64}\Z")


def terms_of_item(class_: str, content: Content, texts: EmailTexts, *, bodies: bool = True) -> tuple[str, ...]:
    """What is kept of an item of that class, each once: marks, and words after the letter of their field. `texts` are
    the readable bodies of a message. Without `bodies` none of their words are kept, nor those of notes of other items.
    """
    if isinstance(content, Email):
        found = _email_terms(content, texts if bodies else EmailTexts())
    else:
        found = _other_terms(content, bodies)
    return tuple(dict.fromkeys(chain((class_mark(class_),), islice(found, _SEEN_MAX))))[:TERMS_MAX]


def has_phrase(content: Content, texts: EmailTexts, wanted: Phrase) -> bool:
    """Whether the item has the words in their order, in one of its texts."""
    found = _email_texts(content, texts, wanted.fields) if isinstance(content, Email) else _other_texts(content)
    return any(words_follow(text, wanted.words) for text in found)


def _email_texts(email: Email, texts: EmailTexts, inside: tuple[Field, ...]) -> Iterator[str]:
    wanted = frozenset(Field) if Field.ANYWHERE in inside else frozenset(inside)
    if Field.SUBJECT in wanted:
        yield email.subject
    senders = (*email.from_, *((email.sender,) if email.sender else ()))
    for field, people in ((Field.FROM, senders), (Field.TO, email.to), (Field.CC, email.cc), (Field.BCC, email.bcc)):
        if field in wanted:
            yield from (f"{person.name} {person.address}" for person in people[:_ADDRESSES_MAX])
    if Field.ATTACHMENT in wanted:
        yield from (attachment.name for attachment in email.attachments)
    if Field.ANYWHERE in wanted:
        yield texts.plain[: 4 * TEXT_MAX].decode(errors="replace")


def _other_texts(content: object) -> Iterator[str]:
    """All texts of what is no message, each in no field."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, NoteBody):
        yield _MARKUP.sub(" ", content.text) if content.type is BodyType.HTML else content.text
    elif isinstance(content, tuple):
        for part in content:
            yield from _other_texts(part)
    elif is_dataclass(content):
        for field in fields(content):
            if field.name not in _NOT_SAID:
                yield from _other_texts(getattr(content, field.name))


def same_terms(one: Content, other: Content) -> bool:
    """Whether two states of an item, whose text is the same, have the same terms and the same time."""
    if not (isinstance(one, Email) and isinstance(other, Email)):
        return False
    return bool(_looked_at(one) == _looked_at(other))


def _email_terms(email: Email, texts: EmailTexts) -> Iterator[str]:
    if email.conversation_id:
        yield conversation_mark(email.conversation_id)
    if any(not attachment.inline for attachment in email.attachments):
        yield ATTACHMENTS
    yield from _in(Field.SUBJECT, words(email.subject))
    senders = (*email.from_, *((email.sender,) if email.sender else ()))
    for field, people in ((Field.FROM, senders), (Field.TO, email.to), (Field.CC, email.cc), (Field.BCC, email.bcc)):
        yield from _in(field, _people(people))
    yield from _in(Field.ATTACHMENT, words(" ".join(attachment.name for attachment in email.attachments)))
    yield from _text(texts.plain[: 4 * TEXT_MAX].decode(errors="replace"))


def _other_terms(content: object, bodies: bool) -> Iterator[str]:
    """All texts of a contact, a note or whatever has typed content, each in no field; HTML without its tags."""
    if isinstance(content, str):
        yield from _text(content)
    elif isinstance(content, NoteBody):
        if not bodies:
            return
        yield from _text(_MARKUP.sub(" ", content.text) if content.type is BodyType.HTML else content.text)
    elif isinstance(content, tuple):
        for part in content:
            yield from _other_terms(part, bodies)
    elif is_dataclass(content):
        if subject := getattr(content, "subject", None):
            yield from _in(Field.SUBJECT, words(subject))
        for field in fields(content):
            if field.name in _NOT_SAID:
                continue
            yield from _other_terms(getattr(content, field.name), bodies)


def _text(text: str) -> list[str]:
    text = text[:TEXT_MAX]
    addresses = _addresses(text) if "@" in text else ()
    found = dict.fromkeys(words(text))
    return [*(_ANYWHERE + whole_address(address) for address in addresses), *[_ANYWHERE + word for word in found]]


def _addresses(text: str) -> Iterator[str]:
    """What looks like a mail address. To look for the sign first is much faster than for what may come before it."""
    for domain in _DOMAIN.finditer(text):
        at = domain.start()
        if local_part := _LOCAL_PART.search(text, max(at - 64, 0), at):
            yield local_part[0] + domain[0]


def _in(field: Field, found: Iterable[str]) -> Iterator[str]:
    """Each word under its field, and anywhere."""
    for word in found:
        yield field.value + word
        yield _ANYWHERE + word


def _people(people: tuple[Address, ...]) -> Iterator[str]:
    for person in people[:_ADDRESSES_MAX]:
        yield from words(person.name)
        yield from words(person.address)
        if whole := whole_address(person.address):
            yield whole

"""The notes of a contact, event, task or note as a device wants them: chosen and cut by the same rules as mail."""

from dataclasses import dataclass

from easd.mime.bodies import fold_preview
from easd.mime.body import select
from easd.mime.html_text import html_to_text
from easd.mime.rtf_text import rtf_to_text
from easd.model.body import Body, BodyWishes
from easd.model.email import Attachment, BodyType, EmailTexts
from easd.model.note_body import NoteBody


@dataclass(frozen=True, slots=True)
class _Described:
    native_body_type: BodyType
    preview: str
    message_class: str = ""
    attachments: tuple[Attachment, ...] = ()


def select_notes(wishes: BodyWishes, notes: NoteBody) -> Body:
    """The body to send; without a wish, plain text. Notes have no MIME form, so wishes for one do not count."""
    preferences = tuple(wish for wish in wishes.preferences if wish.type is not BodyType.MIME)
    texts = _texts(notes)
    described = _Described(notes.type, fold_preview(texts.plain.decode()))
    return select(BodyWishes(preferences), described, texts, bytes)


def _texts(notes: NoteBody) -> EmailTexts:
    plain = plain_text(notes).encode()
    if notes.type is BodyType.HTML:
        return EmailTexts(plain, notes.text.encode())
    return EmailTexts(plain, rtf=notes.text.encode() if notes.type is BodyType.RTF else None)


def plain_text(notes: NoteBody) -> str:
    """What the notes say, whatever they were written in."""
    if notes.type is BodyType.HTML:
        return html_to_text(notes.text)
    return rtf_to_text(notes.text) if notes.type is BodyType.RTF else notes.text


def is_echo(written: NoteBody, kept: NoteBody, wishes: BodyWishes) -> bool:
    """Whether what a device wrote is nothing but the part of the notes that it was sent: it must not take the place of
    the whole.
    """
    shown = select_notes(wishes, kept)
    if not shown.truncated or shown.data is None or written.type is not shown.type:
        return False
    return _plain_lines(written.text) == _plain_lines(shown.data.decode())


def _plain_lines(text: str) -> str:
    """Without the differences that devices make on the way: line ends, and white space at the end."""
    return "\n".join(text.splitlines()).rstrip()

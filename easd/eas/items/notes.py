"""Notes (MS-ASNOTE, 14.0 and later): one table for both directions."""

from easd.eas.items.change import ItemChange, load_change
from easd.eas.items.note_body import NoteData, note_data, note_rows
from easd.eas.schema import COMPACT_DATE, ListOf, Malformed, Prop, Schema, Text
from easd.eas.versions import V14_0, Version, since
from easd.model.body import Body
from easd.model.note import NOTE_CLASS, Note
from easd.wbxml import Element, Tag, Writer, tag

MAX_CATEGORIES = 300

_14_0 = since(V14_0)
_CATEGORY_LIST = ListOf("Notes:Category", Text(max_length=1024), at_most=MAX_CATEGORIES)
_SUBJECT = Text(max_length=32_768)

NOTE: Schema[Note] = Schema(
    Note,
    (
        Prop("Notes:Subject", "subject", _SUBJECT, "MS-ASNOTE Subject R58", _14_0),
        Prop("Notes:MessageClass", "message_class", Text(max_length=255), "MS-ASNOTE MessageClass R54", _14_0),
        Prop("Notes:LastModifiedDate", "modified", COMPACT_DATE, "MS-ASNOTE LastModifiedDate R53", _14_0),
        Prop("Notes:Categories", "categories", _CATEGORY_LIST, "MS-ASNOTE Categories R44", _14_0),
    ),
)
"""A note without its text."""
BODY_OF_NOTE: Schema[NoteData] = Schema(NoteData, note_rows("Notes")[:2])
_BODY_ASKED: Schema[NoteData] = Schema(NoteData, note_rows("Notes", asked=True)[:2])
_MODIFIED = tag("Notes:LastModifiedDate")


def managed(_supported: tuple[Tag, ...] | None) -> tuple[str, ...]:
    """What a Change removes by leaving it out: the categories (R112); subject and text stay (R113, R10003)."""
    return ("categories",)


def encode_note(note: Note, text: Body, version: Version, part: int | None = None) -> bytes:
    """The children of a note's ApplicationData or Properties, as a fragment. `text` is what was chosen of its text."""
    writer = Writer()
    BODY_OF_NOTE.dump_children(writer, note_data(text, note.body.type, part), version)
    NOTE.dump_children(writer, note, version)
    return writer.fragment()


def load_note(element: Element, version: Version) -> ItemChange:
    """What an ApplicationData in a client's Add or Change says. LastModifiedDate is ignored, whatever it says (R84,
    R209). Malformed (Status 6) for a MessageClass that is none of a note (R119), and what cannot be read.
    """
    children = [child for child in element.children if child.tag != _MODIFIED]
    change = load_change(NOTE, _BODY_ASKED, Element(element.tag, children), version)
    message_class = change.stated.get("message_class", NOTE_CLASS) or ""
    if message_class != NOTE_CLASS and not message_class.startswith(f"{NOTE_CLASS}."):
        raise Malformed(f"not the class of a note: {message_class[:40]!r}", "MessageClass")
    return change

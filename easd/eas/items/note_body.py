"""The notes of contacts, events, tasks and notes on the wire: AirSyncBase's Body; in 2.5, elements of the class."""

from base64 import b64encode
from dataclasses import replace

from easd.eas.items.body import BODY, BODY_ASKED, BODY_TEXT, BodyData, body_data
from easd.eas.items.compressed_rtf import expanded
from easd.eas.schema import BASE64, TRUE_ONLY, Integer, Malformed, Prop, Schema, children_of, clean
from easd.eas.versions import V2_5, V12_0, Version, since, until
from easd.model.body import Body
from easd.model.email import BodyType
from easd.model.frozen import dataclass
from easd.model.note_body import NO_NOTES, NoteBody
from easd.wbxml import Element

MAX_NOTES = 1024 * 1024
"""Bytes that notes may have; more is refused."""


@dataclass(frozen=True, slots=True)
class NoteData:
    """What the wire says of notes. The last four are those of 2.5; compressed RTF is read alone."""

    body: BodyData | None = None
    native_body_type: BodyType | None = None
    body_size: int | None = None
    body_truncated: bool = False
    body_text: bytes | None = None
    body_rtf: bytes | None = None


_NATIVE = Integer(BodyType.PLAIN, BodyType.RTF)
"""MS-ASAIRS R236."""


def note_rows(namespace: str, *, sized: bool = True, asked: bool = False) -> tuple[Prop, ...]:
    """The rows of a class's notes; `namespace` is the class's own, which 2.5 uses. `sized`: with BodySize, which
    Calendar lacks. `asked`: as a device states them, in requests.
    """
    rows = (
        Prop("AirSyncBase:Body", "body", BODY_ASKED if asked else BODY, "MS-ASAIRS Body", since(V12_0)),
        Prop("AirSyncBase:NativeBodyType", "native_body_type", _NATIVE, "MS-ASAIRS R231, R234", since(V12_0)),
        Prop(f"{namespace}:BodyTruncated", "body_truncated", TRUE_ONLY, "MS-ASWBXML, 2.5", until(V2_5)),
        Prop(f"{namespace}:BodySize", "body_size", Integer(), "MS-ASWBXML, 2.5", until(V2_5)),
        Prop(f"{namespace}:Body", "body_text", BODY_TEXT, "MS-ASWBXML, 2.5", until(V2_5)),
        Prop(f"{namespace}:CompressedRTF", "body_rtf", BASE64, "MS-ASWBXML, 2.5", until(V2_5)),
    )
    return tuple(row for row in rows if sized or row.attr != "body_size")


def note_data(body: Body, native: BodyType | None, part: int | None = None) -> NoteData:
    """The wire's value for every version at once: the rows choose. `native` is what the notes are kept in; `part` where
    a multipart answer holds the data.
    """
    return NoteData(body_data(body, part), native, body.estimated_size, body.truncated, body.data)


def split_notes(schema: Schema[NoteData], element: Element, version: Version) -> tuple[NoteBody | None, Element]:
    """The notes that an ApplicationData gives, None if it says nothing of them (until 2.5: or only a part); and what
    else it says. Malformed for a type that is no text, or too much of it.
    """
    children = children_of(element)
    own = [child for child in children if schema.knows(child.tag, version)]
    data = schema.load(Element(element.tag, own), version)
    return _given(data), Element(element.tag, [child for child in children if child not in own])


def _given(data: NoteData) -> NoteBody | None:
    if data.body is not None:  # Truncated says nothing in a request (MS-ASAIRS R279, R406); Data is all that counts
        return None if data.body.data is None else _notes(data.body.type, data.body.data)  # MS-ASCMD R878
    if data.body_rtf and not data.body_text:
        return _notes(BodyType.RTF, b64encode(expanded(data.body_rtf, MAX_NOTES // 4 * 3)))
    if data.body_truncated or (data.body_text is None and data.body_size is None):
        return None
    return _notes(BodyType.PLAIN, data.body_text or b"")


def _notes(kind: BodyType, data: bytes) -> NoteBody:
    if kind is BodyType.MIME:
        raise Malformed("notes are no MIME message", "Body/Type")
    if len(data) > MAX_NOTES:
        raise Malformed(f"notes of more than {MAX_NOTES} bytes", "Body/Data")
    try:
        return replace(NO_NOTES, type=BodyType(kind), text=clean(data.decode())) if data else NO_NOTES
    except UnicodeDecodeError:
        raise Malformed("not UTF-8", "Body/Data") from None

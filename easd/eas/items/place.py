"""Location of an event: a text until 14.1 (MS-ASCAL Location), a structure from 16.0 on (MS-ASAIRS Location)."""

import math
import re

from easd.eas.schema import Kind, Malformed, Prop, Schema, Text, text_of
from easd.eas.versions import V16_0, Version, since
from easd.model.event import NOWHERE, Place
from easd.wbxml import Element, Tag, Writer

MAX_TEXT = 32_768
_TEXT = Text(MAX_TEXT)
_NEW = since(V16_0)
_FORM = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST = 64


class _Double:
    """xs:double, without what is no number."""

    def load(self, element: Element, version: Version) -> float | None:
        text = text_of(element).strip()
        if not text:
            return None
        number = float(text) if len(text) <= _LONGEST and _FORM.fullmatch(text) else math.inf
        if not math.isfinite(number):
            raise Malformed(f"not a number: {text[:40]!r}")
        return number

    def dump(self, writer: Writer, tag: Tag, value: float, version: Version) -> None:
        writer.text(tag, repr(value))


_DOUBLE: Kind = _Double()

PLACE: Schema[Place] = Schema(
    Place,
    (
        Prop("AirSyncBase:DisplayName", "display_name", _TEXT, "MS-ASAIRS DisplayName (Location) R1360", _NEW),
        Prop("AirSyncBase:Annotation", "annotation", _TEXT, "MS-ASAIRS Annotation R1042", _NEW),
        Prop("AirSyncBase:Street", "street", _TEXT, "MS-ASAIRS Street R1221", _NEW),
        Prop("AirSyncBase:City", "city", _TEXT, "MS-ASAIRS City R1073", _NEW),
        Prop("AirSyncBase:State", "state", _TEXT, "MS-ASAIRS State R1220", _NEW),
        Prop("AirSyncBase:Country", "country", _TEXT, "MS-ASAIRS Country R1124", _NEW),
        Prop("AirSyncBase:PostalCode", "postal_code", _TEXT, "MS-ASAIRS PostalCode R1219", _NEW),
        Prop("AirSyncBase:Latitude", "latitude", _DOUBLE, "MS-ASAIRS Latitude R1193", _NEW),
        Prop("AirSyncBase:Longitude", "longitude", _DOUBLE, "MS-ASAIRS Longitude R1218", _NEW),
        Prop("AirSyncBase:Accuracy", "accuracy", _DOUBLE, "MS-ASAIRS Accuracy R1000", _NEW),
        Prop("AirSyncBase:Altitude", "altitude", _DOUBLE, "MS-ASAIRS Altitude R1029", _NEW),
        Prop("AirSyncBase:AltitudeAccuracy", "altitude_accuracy", _DOUBLE, "MS-ASAIRS AltitudeAccuracy R1036", _NEW),
        Prop("AirSyncBase:LocationUri", "uri", _TEXT, "MS-ASAIRS LocationUri R1227", _NEW),
    ),
)
"""MS-ASAIRS Location; the empty element is no place (R1001013)."""


class _Title:
    """A place as its text alone."""

    def load(self, element: Element, version: Version) -> Place:
        title: str = _TEXT.load(element, version)
        return Place(display_name=title) if title else NOWHERE

    def dump(self, writer: Writer, tag: Tag, value: Place, version: Version) -> None:
        writer.text(tag, value.title)


class _Structure:
    """A place with all that is known of it; no place is the empty element."""

    def load(self, element: Element, version: Version) -> Place:
        values = PLACE.read(element, version)
        return Place(**{attr: value if value != "" else None for attr, value in values.items()})

    def dump(self, writer: Writer, tag: Tag, value: Place, version: Version) -> None:
        if value == NOWHERE:
            writer.empty(tag)
        else:
            PLACE.dump(writer, tag, value, version)


TITLE: Kind = _Title()
STRUCTURE: Kind = _Structure()

"""Tables that say once what an element holds; decoding, encoding and validation are derived from them."""

from easd.eas.schema.kinds import (
    BOOLEAN,
    BYTES,
    COMPACT_DATE,
    DATE,
    EMPTY_OR_BOOLEAN,
    FRAGMENT,
    PRESENCE,
    TEXT,
    UTF8,
    Boolean,
    Choice,
    Enumeration,
    Integer,
    Kind,
    ListOf,
    Text,
)
from easd.eas.schema.malformed import Fault, Malformed
from easd.eas.schema.table import Document, Prop, Schema

__all__ = [
    "BOOLEAN",
    "BYTES",
    "COMPACT_DATE",
    "DATE",
    "EMPTY_OR_BOOLEAN",
    "FRAGMENT",
    "PRESENCE",
    "TEXT",
    "UTF8",
    "Boolean",
    "Choice",
    "Document",
    "Enumeration",
    "Fault",
    "Integer",
    "Kind",
    "ListOf",
    "Malformed",
    "Prop",
    "Schema",
    "Text",
]

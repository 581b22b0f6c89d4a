"""The notes of a contact, event, task or note: one text of one type (mail has its body in its bytes)."""

from easd.model.email import BodyType
from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class NoteBody:
    """Text as it was written: `type` says of what kind (plain text, HTML, or RTF in base64), `text` is that text."""

    type: BodyType = BodyType.PLAIN
    text: str = ""


NO_NOTES = NoteBody()

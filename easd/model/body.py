"""What a client asks of a body, and the body that it gets (MS-ASAIRS BodyPreference, Body)."""

from dataclasses import dataclass

from easd.model.email import BodyType


@dataclass(frozen=True, slots=True)
class BodyPreference:
    """One wish (MS-ASAIRS BodyPreference). `truncation_size` and `preview` count as the document says; None is "not
    asked".
    """

    type: BodyType
    truncation_size: int | None = None
    all_or_none: bool = False
    preview: int | None = None


@dataclass(frozen=True, slots=True)
class BodyWishes:
    """All that one Options element says of bodies.

    `mime_support` is MIMESupport (0 never, 1 for S/MIME only, 2 for all); `mime_truncation` is MIMETruncation (0-8,
    None: absent). `part_preferences` ask for a message part (BodyPart) beside or instead of the body.
    """

    preferences: tuple[BodyPreference, ...] = ()
    mime_support: int = 0
    mime_truncation: int | None = None
    part_preferences: tuple[BodyPreference, ...] = ()

    @property
    def uncut(self) -> "BodyWishes":
        """The same kinds of body, whole."""
        return BodyWishes(tuple(BodyPreference(each.type) for each in self.preferences), self.mime_support)


@dataclass(frozen=True, slots=True)
class Body:
    """A body as sent: its bytes (UTF-8 for text and HTML), the untruncated size in bytes, and whether it was cut."""

    type: BodyType
    data: bytes | None
    estimated_size: int
    truncated: bool
    preview: str | None = None

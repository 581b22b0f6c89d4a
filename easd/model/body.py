"""What a client asks of a body, and the body that it gets (MS-ASAIRS BodyPreference, Body)."""

from dataclasses import replace

from easd.model.email import BodyType
from easd.model.frozen import dataclass


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
class BodyLimits:
    """What may be sent of the bodies of mail at most. `plain_bytes`, `html_bytes`: so much of a text (None: all of it);
    `html`: whether HTML may be sent; `file_bytes`: the largest file that may be in a message which is sent as MIME
    (None: any, -1: none at all).
    """

    plain_bytes: int | None = None
    html_bytes: int | None = None
    html: bool = True
    file_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class BodyWishes:
    """All that one Options element says of bodies.

    `mime_support` is MIMESupport (0 never, 1 for S/MIME only, 2 for all); `mime_truncation` is MIMETruncation (0-8,
    None: absent). `part_preferences` ask for a message part (BodyPart) beside or instead of the body. `limits` are not
    the client's: they say what it may have (None: everything).
    """

    preferences: tuple[BodyPreference, ...] = ()
    mime_support: int = 0
    mime_truncation: int | None = None
    part_preferences: tuple[BodyPreference, ...] = ()
    limits: BodyLimits | None = None

    @property
    def uncut(self) -> "BodyWishes":
        """The same kinds of body, whole."""
        preferences = tuple(BodyPreference(each.type) for each in self.preferences)
        return BodyWishes(preferences, self.mime_support, limits=self.limits)

    def within(self, limits: BodyLimits) -> "BodyWishes":
        """The same wishes, which these limits count for."""
        return replace(self, limits=limits)


@dataclass(frozen=True, slots=True)
class Body:
    """A body as sent: its bytes (UTF-8 for text and HTML), the untruncated size in bytes, and whether it was cut."""

    type: BodyType
    data: bytes | None
    estimated_size: int
    truncated: bool
    preview: str | None = None

"""Choosing, converting and truncating the body that a client gets (MS-ASAIRS BodyPreference and Body, MS-ASCMD
MIMESupport).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from easd.mime.classify import is_smime
from easd.mime.html_fragment import fragment_of, head_of
from easd.mime.html_text import text_to_html
from easd.mime.rtf import text_to_rtf
from easd.model.body import Body, BodyLimits, BodyPreference, BodyWishes
from easd.model.email import Attachment, BodyType, EmailTexts

# MS-ASCMD R3418-R3425 MIMETruncation, in characters; R3428 allows an approximate size, and mail is nearly all ASCII:
# bytes. 0 leaves nothing, also of the header fields: Microsoft's interoperability tests of R3418 find no Data.
_MIME_LIMITS: Final = {0: 0, 1: 4096, 2: 5120, 3: 7168, 4: 10_240, 5: 20_480, 6: 51_200, 7: 102_400}
_MAX_PREVIEW: Final = 255  # MS-ASAIRS R266
_STYLE = re.compile(rb"<style[^>]*>.*?</style>", re.DOTALL)
_LONGEST_REFERENCE: Final = 12
_CUT_REFERENCE = re.compile(rb"&[#a-zA-Z0-9]*\Z")
_CHARACTER: Final = 4

Start = Callable[[int], tuple[int, bytes]]
"""Gives the size of a message, and its first bytes: as many as are asked for, or all."""


class Described(Protocol):
    """What of an item decides which body is sent: an Email, or the notes of another class."""

    @property
    def message_class(self) -> str: ...
    @property
    def native_body_type(self) -> BodyType: ...
    @property
    def preview(self) -> str: ...
    @property
    def attachments(self) -> Sequence[Attachment]: ...


def select(
    wishes: BodyWishes, email: Described, texts: EmailTexts, raw: Callable[[], bytes], start: Start | None = None
) -> Body:
    """The body to send. `raw` gives the message's bytes and is called only when MIME is sent; where less than all of
    it is wanted, `start` (if there is one) is asked for the beginning alone.

    - MIME is sent where MIMESupport allows it for this message (MS-ASCMD R3355-R3357, R3396-R3399) and a preference
      of type 4 says that the client reads it (R3362, R3407), or where there is no preference at all, as before
      protocol version 12.0.
    - Else the preference of the native type counts (MS-ASAIRS R77); where it may not be truncated but would be, or
      where the native type is not asked for, the one that gives the most text (R80).
    - Where no preference can be met because all forbid truncation, the body comes without data (R376).
    - Without preferences the answer is the whole plain text: the Body element is not optional in answers with changes
      (R105, R386), and plain text is what any client can show.
    - RTF (R306) is made of the plain text, for a client that asks for nothing else that can be given; notes that were
      written in it are given as they are.
    """
    return _Choice(wishes, email, texts, raw, start).body()


def select_part(
    preferences: tuple[BodyPreference, ...], email: Described, texts: EmailTexts, limits: BodyLimits | None = None
) -> Body:
    """The message part (MS-ASCON 3.2.5.7): HTML as the preference of that type asks (R241: no other is known). It is
    one element and no document, as Exchange sends it: a view of a conversation puts several into one page.
    """
    return _Choice(BodyWishes(limits=limits), email, texts, bytes, is_part=True).part(preferences)


def is_whole_mime(wishes: BodyWishes, email: Described, texts: EmailTexts, size: int) -> bool:
    """Whether `select` gives all `size` bytes of the message and nothing else: they need not be in memory at once."""
    return _Choice(wishes, email, texts, bytes).is_whole_mime(size)


def bodies_of(
    wishes: BodyWishes,
    email: Described,
    texts: EmailTexts,
    raw: Callable[[], bytes],
    start: Start | None = None,
) -> tuple[Body | None, Body | None]:
    """Body and BodyPart of one answer: which of them there are follows MS-ASCON R245-R248."""
    parts = wishes.part_preferences
    part = select_part(parts, email, texts, wishes.limits) if parts else None
    body = select(wishes, email, texts, raw, start) if wishes.preferences or part is None else None
    return body, part


@dataclass(frozen=True, slots=True)
class _Choice:
    wishes: BodyWishes
    email: Described
    texts: EmailTexts
    raw: Callable[[], bytes]
    start: Start | None = None
    is_part: bool = False

    def body(self) -> Body:
        preferences = {preference.type: preference for preference in self._permitted()}
        mime = preferences.pop(BodyType.MIME, None)
        if self._mime_allowed() and (mime or not preferences):
            whole = self._offer(mime or BodyPreference(BodyType.MIME))
            if whole.data is not None or not preferences:
                return whole
        wanted = self._readable(preferences, mime)
        offers = [self._offer(preference) for preference in wanted]
        return max(offers, key=_amount)

    def is_whole_mime(self, size: int) -> bool:
        preferences = {preference.type: preference for preference in self._permitted()}
        mime = preferences.get(BodyType.MIME, BodyPreference(BodyType.MIME))
        asked = BodyType.MIME in preferences or not preferences
        if mime.preview or not (asked and self._mime_allowed()):
            return False
        limit = self._limit(mime)
        return limit is None or size <= limit

    def part(self, preferences: tuple[BodyPreference, ...]) -> Body:
        return next(self._offer(each) for each in preferences if each.type == BodyType.HTML)

    def _permitted(self) -> tuple[BodyPreference, ...]:
        """The preferences, with plain text in place of HTML where that may not be sent (MS-ASPROV R107)."""
        preferences, limits = self.wishes.preferences, self.wishes.limits
        if limits is None or limits.html:
            return preferences
        asked = {preference.type for preference in preferences}
        plain = (replace(each, type=BodyType.PLAIN) if each.type == BodyType.HTML else each for each in preferences)
        return tuple(plain) if BodyType.PLAIN not in asked else tuple(e for e in preferences if e.type != BodyType.HTML)

    def _mime_allowed(self) -> bool:
        support, limits = self.wishes.mime_support, self.wishes.limits
        if limits is not None and self._holds_what_is_forbidden(limits):
            return False
        return support == 2 or (support == 1 and is_smime(self.email.message_class))

    def _holds_what_is_forbidden(self, limits: BodyLimits) -> bool:
        """Whether the message as a whole has HTML or files in it that may not be sent (MS-ASPROV R107, R206, R738)."""
        if not limits.html and self.texts.html is not None:
            return True
        most = limits.file_bytes
        return most is not None and any(file.size > most for file in self.email.attachments)

    def _readable(
        self, preferences: dict[BodyType, BodyPreference], mime: BodyPreference | None
    ) -> list[BodyPreference]:
        """The preferences to try: the native one alone where it can be met, else all that we can make."""
        native = preferences.get(self.email.native_body_type)
        if native is not None and self._offer(native).data is not None:
            return [native]
        makeable = [preferences[kind] for kind in (BodyType.HTML, BodyType.PLAIN, BodyType.RTF) if kind in preferences]
        if makeable:
            return makeable
        if mime is not None:  # MS-ASCMD R3398: the regular body, which for a client that reads MIME is the native one
            kind = self.email.native_body_type if self._html_allowed else BodyType.PLAIN
            return [BodyPreference(kind, mime.truncation_size, preview=mime.preview)]
        return [BodyPreference(BodyType.PLAIN)]

    def _offer(self, preference: BodyPreference) -> Body:
        """The body that this one preference gives; `data` is None where AllOrNone forbids the truncated text (R376)."""
        content, size = self._beginning(preference)
        limit = self._limit(preference)
        if limit is None or size <= limit:
            return Body(
                preference.type, content, size, truncated=False, preview=self._preview(preference, has_data=True)
            )
        # MS-ASAIRS R75: AllOrNone counts only together with TruncationSize.
        if preference.all_or_none and preference.truncation_size is not None:
            return Body(preference.type, None, size, truncated=True, preview=self._preview(preference, has_data=False))
        data = self._cut(preference.type, content, limit)
        return Body(preference.type, data, size, truncated=True, preview=self._preview(preference, has_data=bool(data)))

    def _beginning(self, preference: BodyPreference) -> tuple[bytes, int]:
        """As much of the content as the preference can ask for, at least, and the size of all of it."""
        if preference.type != BodyType.MIME or self.start is None:
            content = self._content(preference.type)
            return content, len(content)
        most = self._limit(preference)
        if most is None:
            content = self.raw()
            return content, len(content)
        size, content = self.start(most + _CHARACTER)
        return content, size

    def _content(self, kind: BodyType) -> bytes:
        if kind == BodyType.MIME:
            return self.raw()
        if kind == BodyType.PLAIN:
            return self.texts.plain
        if kind == BodyType.RTF:
            return self.texts.rtf or text_to_rtf(self.texts.plain.decode())
        page = self._page()
        return fragment_of(page) if self.is_part else page

    def _page(self) -> bytes:
        if self.texts.html is not None and self._html_allowed:
            return self.texts.html
        return text_to_html(self.texts.plain.decode("utf-8")).encode("utf-8")

    def _cut(self, kind: BodyType, content: bytes, limit: int) -> bytes:
        if kind == BodyType.HTML:
            return cut_html(content, limit)
        if kind == BodyType.RTF:
            return text_to_rtf(self.texts.plain.decode(), limit)
        return cut(content, limit)

    def _limit(self, preference: BodyPreference) -> int | None:
        """TruncationSize is in bytes (MS-ASAIRS R20, R288) and absent means all (R300); for MIME both limits are
        kept.
        """
        most = self._most(preference.type)
        if preference.type != BodyType.MIME:
            return _least(most, preference.truncation_size)
        truncation = self.wishes.mime_truncation
        return _least(most, preference.truncation_size, None if truncation is None else _MIME_LIMITS.get(truncation))

    @property
    def _html_allowed(self) -> bool:
        return self.wishes.limits is None or self.wishes.limits.html

    def _most(self, kind: BodyType) -> int | None:
        """How much of such a body may be sent (MS-ASPROV R269, R275); of a whole message as of the text in it."""
        limits = self.wishes.limits
        if limits is None:
            return None
        html = kind == BodyType.HTML or (kind == BodyType.MIME and self.texts.html is not None)
        return limits.html_bytes if html else limits.plain_bytes

    def _preview(self, preference: BodyPreference, *, has_data: bool) -> str | None:
        """MS-ASAIRS R250: no longer than asked; R1001036: none beside plain text that is sent anyway."""
        if not preference.preview or (preference.type == BodyType.PLAIN and has_data):
            return None
        return self.email.preview[: min(preference.preview, _MAX_PREVIEW)]


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _amount(body: Body) -> tuple[bool, bool, int, bool]:
    """More text first (MS-ASAIRS R80), RTF last; at the same amount HTML, which carries more of what was meant."""
    return body.data is not None, body.type != BodyType.RTF, len(body.data or b""), body.type == BodyType.HTML


def cut_html(markup: bytes, size: int) -> bytes:
    """The first `size` bytes of safe HTML (MS-ASAIRS R77, R378), a document or a fragment, without a part of a
    character at the end.

    Style sheets go first: beside them a short piece would have no room for the text. Every reader closes open elements
    at the end, and drops a tag that is not whole; but part of a character reference would be shown.
    """
    if len(markup) <= size:
        return markup
    head = head_of(markup)
    if b"<style" in markup[:head]:
        markup = _STYLE.sub(b"", markup[:head]) + markup[head:]
        if len(markup) <= size:
            return markup
    piece = cut(markup, size)
    reference = _CUT_REFERENCE.search(piece, max(0, len(piece) - _LONGEST_REFERENCE))
    return piece[: reference.start()] if reference and size < len(markup) else piece


def cut(text: bytes, size: int) -> bytes:
    """At most the first `size` bytes of UTF-8 text, without a part of a character at the end."""
    if len(text) <= size:
        return text
    end = max(size, 0)
    while end > 0 and end > size - 3 and text[end] & 0xC0 == 0x80:  # the cut would fall inside a character
        end -= 1
    return text[:end]

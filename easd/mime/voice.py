"""The recordings of a voice message: in which order they came, and how long the latest is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from easd.mime.headers import Headers
from easd.model.email import Attachment

_PREFIXES: Final = (
    "ipm.note.microsoft.voicemail",
    "ipm.note.rpmsg.microsoft.voicemail",
    "ipm.note.microsoft.missed.voice",
)  # MS-ASEMAIL R811
_DAY: Final = 24 * 60 * 60
_MAX_NAMES: Final = 1000


def numbered(attachments: tuple[Attachment, ...], found_class: str, headers: Headers) -> tuple[Attachment, ...]:
    """The attachments of a message of that class, its recordings numbered from the latest on (MS-ASEMAIL R802, R809).

    X-AttachmentOrder names them as they came, parted by semicolons (MS-OXOUM 2.2.5.10); without it they stand so in the
    message. X-VoiceMessageDuration is in seconds (MS-OXCMAIL 2.2.3.2.23).
    """
    if not found_class.casefold().startswith(_PREFIXES):
        return attachments
    latest_first = _latest_first(attachments, headers.text("x-attachmentorder"))
    orders = {part: order for order, part in enumerate(latest_first, 1)}
    seconds = _seconds(headers.first("x-voicemessageduration"))
    return tuple([_with_order(one, orders.get(one.part), seconds) for one in attachments])


def _latest_first(attachments: Sequence[Attachment], named: str) -> list[str]:
    """The parts that are recordings."""
    sounds = [one for one in attachments if one.content_type.startswith("audio/")]
    parts = {one.name.casefold(): one.part for one in sounds}
    names = dict.fromkeys(name.strip().casefold() for name in named.split(";")[:_MAX_NAMES])
    ordered = [parts[name] for name in names if name in parts]
    return (ordered if len(ordered) == len(sounds) else [one.part for one in sounds])[::-1]


def _with_order(one: Attachment, order: int | None, seconds: int | None) -> Attachment:
    return one if order is None else replace(one, voice_order=order, voice_seconds=seconds if order == 1 else None)


def _seconds(text: str) -> int | None:
    text = text.strip()
    return min(int(text), _DAY) if text.isascii() and text.isdigit() and len(text) <= 9 else None

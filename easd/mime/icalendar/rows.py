"""The properties of an event, row by row, but its reminder, which is a component (`easd.mime.icalendar.alarm`)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from easd.mime.content_lines import Line, escaped
from easd.mime.icalendar.lines import Component, clean, text_of
from easd.mime.icalendar.people import ATTENDEES, CANCELLATION, MEETING_STATUS, ORGANIZER
from easd.mime.icalendar.place import PLACE
from easd.mime.icalendar.row import Row, Scope, Values, flag_row, moment_row, number_row, text_row, value_row
from easd.mime.icalendar.series import ADDED, DELETED, RULE, TIMES
from easd.mime.note_body import plain_text
from easd.model.email import BodyType
from easd.model.event import Event
from easd.model.note_body import NO_NOTES, NoteBody

MAX_UID: Final = 300
_BUSY: Final = ("FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE")
_FREE: Final = frozenset((0, 4))
_OWN_BUSY, _INTENDED = "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS"
_CLASSES: Final = ("PUBLIC", "X-PERSONAL", "PRIVATE", "CONFIDENTIAL")
_MAX_CATEGORIES: Final = 300
_RICH: Final = {"text/html": BodyType.HTML, "text/rtf": BodyType.RTF}
_LINK: Final = "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK"
_LINKS: Final = (_LINK, "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-GOOGLE-CONFERENCE", "CONFERENCE", "URL")


# ---------------------------------------------------------------- shared with tasks and notes


def read_body(component: Component) -> NoteBody:
    """Notes: as HTML or RTF where there are such, else as plain text."""
    for line in component.all("X-ALT-DESC"):
        media = "".join(line.parameters.get("FMTTYPE", ())).lower()
        if media in _RICH and line.value.strip():
            return NoteBody(_RICH[media], text_of(line))
    text = component.text("DESCRIPTION")
    return NoteBody(BodyType.PLAIN, text) if text else NO_NOTES


def body_lines(body: NoteBody) -> Iterator[str]:
    """Notes as plain text, and beside it as HTML or RTF (in base64) where that is what they are."""
    if not body.text:
        return
    yield f"DESCRIPTION:{escaped(plain_text(body))}"
    for media, type_ in _RICH.items():
        if type_ is body.type:
            yield f"X-ALT-DESC;FMTTYPE={media}:{escaped(body.text)}"


def read_categories(component: Component) -> tuple[str, ...]:
    """All categories, each once."""
    parts = (clean(text).strip() for line in component.all("CATEGORIES") for text in line.parts(","))
    return tuple(dict.fromkeys(filter(None, parts)))[:_MAX_CATEGORIES]


def category_lines(categories: Sequence[str]) -> Iterator[str]:
    """One line for all."""
    if categories:
        yield f"CATEGORIES:{','.join(map(escaped, categories))}"


def read_sensitivity(component: Component) -> int:
    """CLASS as Sensitivity."""
    said = component.text("CLASS").strip().upper()
    return 1 if said == "PERSONAL" else _CLASSES.index(said) if said in _CLASSES else 0


def sensitivity_lines(sensitivity: int) -> Iterator[str]:
    """Always said: programs differ in what they take for granted."""
    yield f"CLASS:{_CLASSES[sensitivity] if 0 <= sensitivity < len(_CLASSES) else _CLASSES[0]}"


# ---------------------------------------------------------------- of events


def _read_busy(component: Component, scope: Scope, _event: Event) -> Values:
    """An invitation says what the organizer intends for those invited, a calendar what its owner does."""
    own, intended = (_busy_of(component.text(name)) for name in (_OWN_BUSY, _INTENDED))
    invited = scope.method == "REQUEST"
    said = intended if own is None or (invited and intended is not None) else own
    if said is None and component.text("TRANSP").strip().upper() == "TRANSPARENT":
        said = 0
    if said is None:
        said = 1 if component.text("STATUS").strip().upper() == "TENTATIVE" else 2
    return {"busy_status": said, "intended_busy": None if invited or own is None else intended}


def _busy_of(text: str) -> int | None:
    said = text.strip().upper()
    return _BUSY.index(said) if said in _BUSY else None


def _write_busy(event: Event, scope: Scope) -> Iterator[str]:
    """Those invited are busy tentatively until they accept."""
    busy = event.busy_status if 0 <= event.busy_status < len(_BUSY) else 2
    asked = scope.method == "REQUEST"
    yield f"TRANSP:{'TRANSPARENT' if busy in _FREE else 'OPAQUE'}"
    yield f"{_OWN_BUSY}:{'TENTATIVE' if asked and busy not in _FREE else _BUSY[busy]}"
    intended = busy if asked else event.intended_busy
    if intended is not None and 0 <= intended < len(_BUSY):
        yield f"{_INTENDED}:{_BUSY[intended]}"


def read_uid(component: Component) -> str:
    """The UID, as much of it as items have."""
    return component.text("UID").strip()[:MAX_UID]


def uid_lines(uid: str) -> Iterator[str]:
    """Always there."""
    yield f"UID:{escaped(uid)}"


def _read_link(component: Component) -> str | None:
    for name in _LINKS:
        line = component.first(name)
        if line is not None and line.value.strip():
            return text_of(line) if name == _LINK else _uri(line)
    return None


def _uri(line: Line) -> str:
    """A URI has no escapes."""
    return text_of(replace(line, value=line.value.strip().replace("\\", "\\\\")))


def _link_lines(link: str | None) -> Iterator[str]:
    if link:
        yield f"{_LINK}:{escaped(link)}"


ROWS: Final[tuple[Row[Event], ...]] = (
    value_row("UID", "uid", read_uid, uid_lines),
    number_row("SEQUENCE", "sequence", 0, 2**31 - 1),
    text_row("SUMMARY", "subject"),
    TIMES,
    RULE,
    DELETED,
    ADDED,
    PLACE,
    ORGANIZER,
    ATTENDEES,
    CANCELLATION,
    Row((_OWN_BUSY, _INTENDED, "TRANSP"), _read_busy, _write_busy, attrgetter("busy_status", "intended_busy")),
    value_row("CLASS", "sensitivity", read_sensitivity, sensitivity_lines),
    value_row("CATEGORIES", "categories", read_categories, category_lines),
    value_row(("DESCRIPTION", "X-ALT-DESC"), "body", read_body, body_lines),
    text_row("X-MICROSOFT-ONLINEMEETINGCONFLINK", "conference_link"),
    value_row(_LINKS, "external_link", _read_link, _link_lines),
    flag_row("X-MICROSOFT-DISALLOW-COUNTER", "disallow_new_time_proposal"),
    moment_row("X-MICROSOFT-CDO-REPLYTIME", "replied", private=True),
    number_row("X-EASD-RESPONSETYPE", "response_type", None, 5, private=True),
    text_row("X-EASD-CLIENTUID", "client_uid", private=True),
    MEETING_STATUS,
)
"""In the order in which they are written. Of two that say one attribute the later one counts."""
SERIES: Final = (RULE, DELETED, ADDED)
"""What a single occurrence does not have."""

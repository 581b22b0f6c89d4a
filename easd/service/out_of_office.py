"""Oof of Settings (MS-ASCMD Oof): the owner's absence is read and set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from easd.eas.commands.settings import OofGet, OofMessage, OofRequest, OofResponse, OofSettings
from easd.eas.status import SettingsStatus
from easd.mime.html_text import html_to_text, text_to_html
from easd.model.absence import Absence, AbsenceState, Audience, Reply
from easd.service.context import Context

REPLY_MAX = 128 * 1024
"""Characters of one ReplyMessage."""

_IS_HTML: Mapping[str, bool] = {"text": False, "html": True}
_AUDIENCES: Mapping[Audience, str] = {
    Audience.INTERNAL: "applies_to_internal",
    Audience.EXTERNAL_KNOWN: "applies_to_external_known",
    Audience.EXTERNAL_UNKNOWN: "applies_to_external_unknown",
}


_OUTSIDE = (Audience.EXTERNAL_KNOWN, Audience.EXTERNAL_UNKNOWN)


class _Objection(Exception):
    """The status that a Set has for its answer."""

    def __init__(self, status: SettingsStatus) -> None:
        super().__init__(status.meaning)
        self.status = status


def answer(context: Context, asked: OofRequest) -> OofResponse:
    """Read or write; the answer has a status of its own (R4391)."""
    if asked.get is not None and asked.set is not None:
        return OofResponse(SettingsStatus.CONFLICTING_ARGUMENTS)
    if asked.get is not None:
        return _get(context, asked.get)
    return OofResponse(SettingsStatus.PROTOCOL_ERROR if asked.set is None else _set(context, asked.set))  # R5845


# ---------------------------------------------------------------- Get


def _get(context: Context, asked: OofGet) -> OofResponse:
    """All settings, with the messages in the form that is asked for (R3503); its name as the device spells it."""
    is_html = _IS_HTML.get(asked.body_type.lower())
    if is_html is None:
        return OofResponse(SettingsStatus.INVALID_ARGUMENTS)
    with context.services.store.reading(context.mailbox_id) as box:
        absence = box.absence()
    messages = tuple(_message(who, absence.reply(who), asked.body_type, is_html=is_html) for who in Audience)
    settings = OofSettings(absence.state, absence.start, absence.end, messages)
    return OofResponse(SettingsStatus.SUCCESS, settings)


def _message(audience: Audience, reply: Reply, body_type: str, *, is_html: bool) -> OofMessage:
    """One for each audience (R3504, R3521), also without a text (R3505); BodyType comes with a text alone (R826)."""
    message = OofMessage(
        applies_to_internal=audience is Audience.INTERNAL,
        applies_to_external_known=audience is Audience.EXTERNAL_KNOWN,
        applies_to_external_unknown=audience is Audience.EXTERNAL_UNKNOWN,
        enabled=reply.enabled and bool(reply.text),  # R2251: whether a message is sent
    )
    if not reply.text:
        return message
    return replace(message, reply_message=_in_form(reply, is_html=is_html), body_type=body_type)


def _in_form(reply: Reply, *, is_html: bool) -> str:
    if reply.is_html == is_html:
        return reply.text
    return text_to_html(reply.text) if is_html else html_to_text(reply.text)


# ---------------------------------------------------------------- Set


def _set(context: Context, wanted: OofSettings) -> SettingsStatus:
    """Change what the request names; all of it or, on an objection, nothing."""
    try:
        replies = _replies(wanted.messages)
        with context.services.store.writing(context.mailbox_id) as box:
            box.save_absence(_timed(box.absence(), wanted).with_replies(replies))
    except _Objection as objection:
        return objection.status
    return SettingsStatus.SUCCESS


def _timed(absence: Absence, wanted: OofSettings) -> Absence:
    """State and times. Times are kept for a time-based absence alone (R7544), though no other objects to them (R3535);
    where none are named, those that are known stay, and without any it lasts until it is ended.
    """
    if (wanted.start is None) != (wanted.end is None):
        raise _Objection(SettingsStatus.PROTOCOL_ERROR)  # R2272, R5681, R3992, R5827
    state = absence.state if wanted.state is None else wanted.state
    if state is not AbsenceState.TIME_BASED:
        return replace(absence, state=state, start=None, end=None)
    if wanted.start is None or wanted.end is None:
        return replace(absence, state=state)
    if wanted.start >= wanted.end:
        raise _Objection(SettingsStatus.INVALID_ARGUMENTS)
    return replace(absence, state=state, start=wanted.start, end=wanted.end)


def _replies(messages: Sequence[OofMessage]) -> dict[Audience, Reply]:
    """The replies by audience. An audience that comes twice (R3526), a text for two audiences (R3517), and different
    ones for the two kinds of people outside (R5385, as R5194 has it) contradict themselves. To say nothing may be said
    for all at once.
    """
    found: dict[Audience, Reply] = {}
    for message in messages:
        meant = [audience for audience, attribute in _AUDIENCES.items() if getattr(message, attribute)]
        if not meant:
            raise _Objection(SettingsStatus.INVALID_ARGUMENTS)
        if (len(meant) > 1 and message.reply_message is not None) or found.keys() & set(meant):
            raise _Objection(SettingsStatus.CONFLICTING_ARGUMENTS)
        found.update(dict.fromkeys(meant, _reply(message)))
    outside = {found[who] for who in _OUTSIDE if who in found and found[who].enabled}
    if len(outside) > 1:
        raise _Objection(SettingsStatus.CONFLICTING_ARGUMENTS)
    return found


def _reply(message: OofMessage) -> Reply:
    """What an audience is told from now on; without a ReplyMessage, nothing."""
    if message.reply_message is None:
        return Reply(enabled=bool(message.enabled))
    if message.body_type is None:
        raise _Objection(SettingsStatus.PROTOCOL_ERROR)  # R825, R3785
    is_html = _IS_HTML.get(message.body_type.lower())  # R821
    if is_html is None or len(message.reply_message) > REPLY_MAX:
        raise _Objection(SettingsStatus.INVALID_ARGUMENTS)
    return Reply(bool(message.enabled), message.reply_message, is_html)

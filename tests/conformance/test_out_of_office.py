"""Oof of Settings (MS-ASCMD Oof): what a device sets and gets, at each version that has Settings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from easd.eas.commands import settings
from easd.eas.commands.settings import (
    OofGet,
    OofMessage,
    OofRequest,
    OofResponse,
    OofSettings,
    SettingsRequest,
)
from easd.eas.request import Command
from easd.eas.versions import V12_0, Version, since
from easd.model.absence import AbsenceState
from easd.service.out_of_office import REPLY_MAX
from easd.wbxml import Element, encode, tag
from tests.support.asking import tell
from tests.support.world import Phone, World

EMPTY = (
    OofMessage(applies_to_internal=True, enabled=False),
    OofMessage(applies_to_external_known=True, enabled=False),
    OofMessage(applies_to_external_unknown=True, enabled=False),
)
"""What is told of messages that nobody has set."""
INTERNAL = OofMessage(applies_to_internal=True, enabled=True, reply_message="Back on Monday & glad", body_type="Text")
KNOWN = OofMessage(applies_to_external_known=True, enabled=True, reply_message="<p>Away.</p>", body_type="HTML")
UNKNOWN = OofMessage(applies_to_external_unknown=True, enabled=True, reply_message="Nobody here", body_type="Text")
BOTH_OUTSIDE = (KNOWN, replace(UNKNOWN, reply_message=KNOWN.reply_message, body_type="HTML"))
"""People outside are all told the same (R5194)."""


@pytest.fixture(params=sorted(since(V12_0)), ids=lambda version: version.text)
def version(request: pytest.FixtureRequest) -> Version:
    """Each version that has Settings."""
    spoken: Version = request.param
    return spoken


@pytest.fixture
def phone(world: World, version: Version) -> Phone:
    return world.phone(version=version)


def ask(phone: Phone, request: OofRequest) -> OofResponse:
    """The answer of Oof, in a request that succeeds as a whole (R484)."""
    answer = phone.ask(Command.SETTINGS, settings.REQUEST, SettingsRequest(request), settings.RESPONSE)
    assert answer.status == 1
    assert answer.oof is not None
    return answer.oof


def put(phone: Phone, state: AbsenceState | None = None, *messages: OofMessage, **times: object) -> int | None:
    """The status of a Set, which says nothing else."""
    answer = ask(phone, OofRequest(set=OofSettings(state, messages=messages, **times)))  # type: ignore[arg-type]
    assert answer.get is None
    return answer.status


def get(phone: Phone, body_type: str = "Text") -> OofSettings:
    """What a Get tells."""
    answer = ask(phone, OofRequest(get=OofGet(body_type)))
    assert answer.status == 1
    assert answer.get is not None
    return answer.get


# ---------------------------------------------------------------- Get


def test_a_message_is_told_for_each_audience_even_if_none_was_set_R3504_R3505_R3521_R3522(phone: Phone) -> None:
    assert get(phone) == OofSettings(AbsenceState.DISABLED, messages=EMPTY)


def test_three_audiences_have_their_own_replies_R3498_R3500_R3786(phone: Phone) -> None:
    assert put(phone, AbsenceState.GLOBAL, KNOWN, INTERNAL) == 1
    assert put(phone, None, UNKNOWN) == 1
    found = get(phone)
    assert found.state is AbsenceState.GLOBAL  # R3532
    assert [message.reply_message for message in found.messages] == ["Back on Monday & glad", "Away.", "Nobody here"]
    assert [message.enabled for message in found.messages] == [True, True, True]
    assert [message.body_type for message in found.messages] == ["Text", "Text", "Text"]  # R826


def test_all_replies_come_in_the_form_that_is_asked_for_R3503_R822_R823(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL, KNOWN)
    internal, known, _ = get(phone, "HTML").messages
    assert (internal.body_type, known.body_type, known.reply_message) == ("HTML", "HTML", "<p>Away.</p>")
    assert "Back on Monday &amp; glad" in (internal.reply_message or "")


@pytest.mark.parametrize("spelled", ["Text", "TEXT", "text"])
def test_the_body_type_is_told_as_the_device_spells_it(phone: Phone, spelled: str) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL)
    message = get(phone, spelled).messages[0]
    assert (message.body_type, message.reply_message) == (spelled, "Back on Monday & glad")


def test_another_body_type_is_an_invalid_argument_R821_R5582(phone: Phone) -> None:
    assert ask(phone, OofRequest(get=OofGet("RTF"))) == OofResponse(5)


def test_the_elements_of_a_message_stand_with_the_audience_first(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL)
    told = tell(phone, Command.SETTINGS, settings.REQUEST.encode(_GET, phone.version))
    (message, *_) = [child for child in told.root.children[1].children[1].children if child.name.endswith("OofMessage")]
    names = [child.name.partition(":")[2] for child in message.children]
    assert names == ["AppliesToInternal", "Enabled", "ReplyMessage", "BodyType"]


_GET = SettingsRequest(OofRequest(get=OofGet("Text")))


# ---------------------------------------------------------------- Set


def test_times_belong_to_a_time_based_absence_R3499_R3533_R2268_R3988(phone: Phone) -> None:
    start, end = phone.world.now, phone.world.now + timedelta(days=14)
    assert put(phone, AbsenceState.TIME_BASED, INTERNAL, start=start, end=end) == 1
    found = get(phone)
    assert (found.state, found.start, found.end) == (AbsenceState.TIME_BASED, start, end)


@pytest.mark.parametrize("state", [AbsenceState.DISABLED, AbsenceState.GLOBAL])
def test_times_without_a_time_based_absence_succeed_and_are_not_stored_R3535_R7544(
    phone: Phone, state: AbsenceState
) -> None:
    start = phone.world.now
    put(phone, AbsenceState.TIME_BASED, start=start, end=start + timedelta(days=1))
    assert put(phone, state, start=start, end=start + timedelta(days=2)) == 1
    assert get(phone) == OofSettings(state, messages=EMPTY)


def test_a_time_based_absence_without_times_keeps_those_that_are_known(phone: Phone) -> None:
    assert put(phone, AbsenceState.TIME_BASED, INTERNAL) == 1
    assert get(phone).start is None
    start, end = phone.world.now, phone.world.now + timedelta(days=3)
    put(phone, AbsenceState.TIME_BASED, start=start, end=end)
    assert put(phone, AbsenceState.TIME_BASED, KNOWN) == 1
    assert (get(phone).start, get(phone).end) == (start, end)


def test_what_a_set_does_not_name_stays(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL, KNOWN)
    assert put(phone, None, UNKNOWN) == 1
    found = get(phone, "HTML")
    assert found.state is AbsenceState.GLOBAL
    assert [bool(message.reply_message) for message in found.messages] == [True, True, True]


def test_a_message_without_a_reply_needs_no_body_type_and_empties_the_reply_R5676_R5677_R2252(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL)
    assert put(phone, None, OofMessage(applies_to_internal=True, enabled=False)) == 1
    assert get(phone).messages == EMPTY


def test_turning_it_off_keeps_the_replies(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL)
    assert put(phone, AbsenceState.DISABLED) == 1
    found = get(phone)
    assert (found.state, found.messages[0].reply_message) == (AbsenceState.DISABLED, "Back on Monday & glad")


def test_another_device_of_the_user_sees_the_same(phone: Phone) -> None:
    put(phone, AbsenceState.GLOBAL, INTERNAL)
    assert get(phone.world.phone(version=phone.version)) == get(phone)
    assert get(phone.world.phone("bob", phone.version)).state is AbsenceState.DISABLED


# ---------------------------------------------------------------- refusals, of which none changes anything


def test_a_time_alone_is_status_2_of_the_property_R2272_R5681_R3992_R5827(phone: Phone) -> None:
    for alone in ({"start": phone.world.now}, {"end": phone.world.now}):
        for state in (AbsenceState.DISABLED, AbsenceState.TIME_BASED):
            assert put(phone, state, **alone) == 2
    assert get(phone).state is AbsenceState.DISABLED


def test_oof_without_get_or_set_is_status_2_of_the_property_R5845(phone: Phone) -> None:
    assert ask(phone, OofRequest()) == OofResponse(2)


def test_a_reply_without_body_type_is_status_2_of_the_property_R825_R3785_R1102(phone: Phone) -> None:
    bare = OofMessage(applies_to_internal=True, enabled=True, reply_message="x")
    assert put(phone, AbsenceState.GLOBAL, bare) == 2
    assert get(phone).state is AbsenceState.DISABLED


def test_invalid_arguments_are_status_5_R5702_R5582(phone: Phone) -> None:
    odd = OofMessage(applies_to_internal=True, enabled=True, reply_message="x", body_type="InvalidValue")
    nobody = OofMessage(enabled=True, reply_message="x", body_type="Text")
    long = OofMessage(applies_to_internal=True, enabled=True, reply_message="x" * (REPLY_MAX + 1), body_type="Text")
    for message in (odd, nobody, long):
        assert put(phone, AbsenceState.GLOBAL, message) == 5
    now = phone.world.now
    assert put(phone, AbsenceState.TIME_BASED, start=now, end=now) == 5
    assert get(phone) == OofSettings(AbsenceState.DISABLED, messages=EMPTY)


def test_conflicting_arguments_are_status_6_R5583_R5385_R3517_R3526(phone: Phone) -> None:
    both = OofMessage(True, True, enabled=True, reply_message="x", body_type="Text")
    assert put(phone, AbsenceState.GLOBAL, both) == 6
    assert put(phone, AbsenceState.GLOBAL, INTERNAL, replace(both, reply_message=None)) == 6
    assert put(phone, AbsenceState.GLOBAL, INTERNAL, KNOWN, INTERNAL) == 6
    assert put(phone, AbsenceState.GLOBAL, KNOWN, UNKNOWN) == 6
    assert ask(phone, OofRequest(OofGet("Text"), OofSettings(AbsenceState.DISABLED))) == OofResponse(6)
    assert get(phone).state is AbsenceState.DISABLED
    assert put(phone, AbsenceState.GLOBAL, *BOTH_OUTSIDE) == 1
    assert put(phone, AbsenceState.GLOBAL, KNOWN, replace(UNKNOWN, enabled=False)) == 1


def test_to_say_nothing_may_be_said_for_all_at_once_and_is_not_enabled_R2251(phone: Phone) -> None:
    assert put(phone, AbsenceState.GLOBAL, INTERNAL, *BOTH_OUTSIDE) == 1
    assert put(phone, AbsenceState.DISABLED, OofMessage(True, True, True, enabled=True, body_type="TEXT")) == 1
    assert get(phone) == OofSettings(AbsenceState.DISABLED, messages=EMPTY)


@pytest.mark.parametrize("moment", ["2026-11-24T00:00:00+01:00", "2026-11-23T23:00:00.000Z"])
def test_a_time_may_say_its_offset_R7544(phone: Phone, moment: str) -> None:
    times = [Element(tag("Settings:StartTime"), moment), Element(tag("Settings:EndTime"), "2026-12-24T00:00:00+01:00")]
    wanted = Element(tag("Settings:Set"), [Element(tag("Settings:OofState"), "2"), *times])
    phone.provision()
    body = encode(Element(tag("Settings:Settings"), [Element(tag("Settings:Oof"), [wanted])]))
    assert tell(phone, Command.SETTINGS, body).status == 1
    assert get(phone).start == datetime(2026, 11, 23, 23, tzinfo=UTC)


@pytest.mark.parametrize("name", ["OofState", "Enabled"])
def test_a_value_that_is_none_is_a_protocol_error_of_the_whole_R483(phone: Phone, name: str) -> None:
    wrong = Element(tag(f"Settings:{name}"), "7")
    inner = [wrong] if name == "OofState" else [Element(tag("Settings:OofMessage"), [wrong])]
    oof = Element(tag("Settings:Oof"), [Element(tag("Settings:Set"), inner)])
    phone.provision()
    assert tell(phone, Command.SETTINGS, encode(Element(tag("Settings:Settings"), [oof]))).status == 2

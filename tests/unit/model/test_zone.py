"""Zones of events: which one a structure stands for, and what is told of it."""

from datetime import UTC, datetime, timedelta

import pytest

from easd.model.timezone import ZoneRule, pack, rule_of, unpack
from easd.model.zone import UTC_STRUCTURE, identify, instant, local, structure_of, zone

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LONG_AGO = datetime(1995, 10, 10, tzinfo=UTC)


def of(key: str, moment: datetime = NOW) -> bytes:
    """What a device sends of a zone, without its name."""
    rule = rule_of(key, moment)
    return pack(ZoneRule(rule.bias, rule.standard, rule.daylight, rule.standard_bias, rule.daylight_bias))


@pytest.mark.parametrize("key", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC"])
def test_among_zones_of_the_same_time_it_is_where_most_people_live(key: str) -> None:
    assert identify(of(key), [NOW]) == key


def test_what_is_known_already_comes_first() -> None:
    assert identify(of("Europe/Berlin"), [NOW], ["Europe/Madrid"]) == "Europe/Madrid"


def test_devices_send_the_rules_of_today_for_events_of_long_ago() -> None:
    assert identify(of("Europe/Berlin"), [LONG_AGO]) == ""
    assert identify(of("Europe/Berlin"), [NOW, LONG_AGO]) == "Europe/Berlin"


def test_rules_of_an_older_year_are_found_in_that_year() -> None:
    older = of("America/New_York", datetime(2000, 1, 1, tzinfo=UTC))
    assert identify(older, [NOW, datetime(2000, 5, 1, tzinfo=UTC)]) == "America/New_York"


def test_a_structure_that_says_something_else_than_the_zone_is_not_told() -> None:
    today = of("Europe/Berlin")
    assert structure_of("Europe/Berlin", today, NOW) == today
    told = unpack(structure_of("Europe/Berlin", today, LONG_AGO))  # clocks were changed in September then
    assert told.offset(LONG_AGO) == timedelta(hours=1)


def test_zones_that_are_not_there_are_UTC() -> None:
    assert zone("Mars/Olympus", b"").offset(NOW) == timedelta()
    assert zone("", b"short").offset(NOW) == timedelta()
    assert structure_of("", b"", NOW) == UTC_STRUCTURE
    assert structure_of("Mars/Olympus", b"", NOW) == UTC_STRUCTURE


def test_wall_time_that_comes_twice_keeps_its_moment() -> None:
    berlin = zone("Europe/Berlin", b"")
    for minute in (30, 90):  # 2:30 in summer time, and again an hour later
        moment = datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(minutes=minute)
        assert instant(local(moment, berlin), berlin) == moment
        assert local(moment, berlin).hour == 2

"""Which partnership a new one may take the place of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from easd.model.device import Device, Wipe, WipeKind, WipeOutcome
from easd.policy.partnerships import SILENT, forgettable, last_heard, replaceable

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OUTLOOK = Device(1, 1, "A", "WindowsOutlook15", user_agent="Outlook/16.0", first_seen=NOW, last_seen=NOW)
NEWCOMER = replace(OUTLOOK, id=0, device_id="NEW")


def silent(device: Device, **span: float) -> Device:
    return replace(device, last_seen=NOW - timedelta(**span))


def test_that_which_is_silent_for_longest_goes() -> None:
    devices = [
        silent(replace(OUTLOOK, id=1), hours=3),
        silent(replace(OUTLOOK, id=2), days=3),
        silent(replace(OUTLOOK, id=3), days=2),
    ]
    found = replaceable(devices, NEWCOMER, NOW)
    assert found is not None
    assert found.id == 2


def test_one_that_was_heard_of_just_now_stays() -> None:
    assert replaceable([OUTLOOK], NEWCOMER, NOW) is None
    assert replaceable([replace(OUTLOOK, last_seen=NOW - SILENT + timedelta(seconds=1))], NEWCOMER, NOW) is None
    assert replaceable([replace(OUTLOOK, last_seen=NOW - SILENT)], NEWCOMER, NOW) is not None


def test_one_of_another_kind_stays() -> None:
    for other in (replace(OUTLOOK, device_type="iPhone"), replace(OUTLOOK, user_agent="Outlook/15.0")):
        assert replaceable([silent(other, days=30)], NEWCOMER, NOW) is None
    assert replaceable([silent(replace(OUTLOOK, device_type="windowsoutlook15"), days=1)], NEWCOMER, NOW)


def test_an_order_to_wipe_is_never_forgotten() -> None:
    pending = Wipe(WipeKind.ACCOUNT, NOW)
    wiped = replace(pending, outcome=WipeOutcome.DONE)
    cancelled = replace(pending, outcome=WipeOutcome.CANCELLED)
    assert [forgettable(replace(OUTLOOK, wipes=(one,))) for one in (pending, wiped, cancelled)] == [False, False, True]
    assert replaceable([silent(replace(OUTLOOK, wipes=(wiped,)), days=9)], NEWCOMER, NOW) is None


def test_a_partnership_that_was_never_heard_of_again_counts_from_its_beginning() -> None:
    device = replace(OUTLOOK, last_seen=None, first_seen=NOW - timedelta(days=1))
    assert last_heard(device) == device.first_seen
    assert replaceable([device], NEWCOMER, NOW) == device
    assert replaceable([replace(device, first_seen=None)], NEWCOMER, NOW) is None

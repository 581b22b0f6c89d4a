"""Device partnerships, their sync states, and what was sent."""

from dataclasses import replace

import pytest

from easd.model.device import Device, DeviceInformation
from easd.service.ports import SyncRow
from easd.store import Administration
from easd.store.prepared import Prepared, param
from easd.store.tables import devices
from tests.support.stores import START, when
from tests.unit.store.conftest import Home


def phone(user_id: int, device_id: str = "APPL1") -> Device:
    return Device(
        id=0,
        user_id=user_id,
        device_id=device_id,
        device_type="iPhone",
        user_agent="Apple-iPhone/1",
        version="16.1",
        information=DeviceInformation(model="iPhone", friendly_name="Ada's", enable_outbound_sms=False),
        policy_key=4_000_000_000,
        policy_digest="abc",
        informed=True,
        ping=b"\x00\xff",
        first_seen=when(START),
    )


def test_a_device_comes_back_as_it_was_saved(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        assert writing.device("APPL1", "iPhone") is None
        saved = writing.save_device(phone(home.user_id))
    assert saved == replace(phone(home.user_id), id=saved.id)
    with home.store.reading(home.mailbox) as reading:
        assert reading.device("APPL1", "iPhone") == saved
        assert reading.device("APPL1", "Other") is None
        assert reading.devices() == [saved]
    with home.store.reading(home.others[0]) as reading:
        assert reading.device("APPL1", "iPhone") is None


def test_a_device_is_changed(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        saved = writing.save_device(phone(home.user_id))
        changed = writing.save_device(replace(saved, informed=False, policy_key=None, ping=None, last_seen=when(START)))
        assert writing.device("APPL1", "iPhone") == changed
        assert changed.id == saved.id


def test_the_same_device_twice_is_one(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        first = writing.save_device(phone(home.user_id))
        second = writing.save_device(replace(phone(home.user_id), version="14.1"))
        assert second.id == first.id
        assert writing.devices() == [second]


def test_writes_of_devices_and_states_do_not_move_the_counter(home: Home, told: list[tuple[int, int]]) -> None:
    before = home.store.modseq(home.mailbox)
    with home.store.writing(home.mailbox) as writing:
        device = writing.save_device(phone(home.user_id)).id
        writing.save_sync_row(device, home.inbox, SyncRow(b"s", b"o"))
        writing.remember_sent("client", when(START))
    assert home.store.modseq(home.mailbox) == before
    assert told == []


def test_sync_rows(home: Home) -> None:
    first, second = SyncRow(b"\x00state", b"options"), SyncRow(b"later", b"")
    with home.store.writing(home.mailbox) as writing:
        device = writing.save_device(phone(home.user_id)).id
        other = writing.save_device(phone(home.user_id, "APPL2")).id
        assert writing.sync_row(device, home.inbox) is None
        writing.save_sync_row(device, home.inbox, first)
        writing.save_sync_row(device, 0, first)
        writing.save_sync_row(device, home.inbox, second)
        writing.save_sync_row(other, home.inbox, first)
    with home.store.reading(home.mailbox) as reading:
        assert reading.sync_row(device, home.inbox) == second
        assert reading.sync_rows(device) == {0: first, home.inbox: second}
    with home.store.writing(home.mailbox) as writing:
        writing.forget_sync_row(device, home.inbox)
        writing.forget_sync_row(device, 12345)
        assert writing.sync_rows(device) == {0: first}
        assert writing.sync_rows(other) == {home.inbox: first}


def test_nothing_is_written_for_a_device_that_was_removed(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        saved = writing.save_device(phone(home.user_id))
        writing.save_sync_row(saved.id, home.inbox, SyncRow(b"s", b"o"))
    Administration(home.store).remove_device(home.mailbox, saved.id)
    with home.store.writing(home.mailbox) as writing:
        assert writing.sync_rows(saved.id) == {}
        with pytest.raises(KeyError, match="removed"):
            writing.save_device(saved)
        with pytest.raises(KeyError, match="no device"):
            writing.save_sync_row(saved.id, home.inbox, SyncRow(b"s", b"o"))
    with pytest.raises(KeyError):
        Administration(home.store).remove_device(home.mailbox, saved.id)


def test_a_mailbox_cannot_write_another_ones_device(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        device = writing.save_device(phone(home.user_id)).id
    with home.store.writing(home.others[0]) as writing, pytest.raises(KeyError):
        writing.save_sync_row(device, 0, SyncRow(b"s", b"o"))
    with pytest.raises(KeyError):
        Administration(home.store).remove_device(home.others[0], device)


def test_a_damaged_device_keeps_what_can_be_read(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        device = writing.save_device(phone(home.user_id))
    spoil = Prepared(devices.update().where(devices.c.id == param("device")).values(details=param("details")))
    with home.store.database.write() as block:
        block.session.run(spoil, device=device.id, details=b'{"version": "16.1", "informed": "perhaps", "id": 7}')
    with home.store.reading(home.mailbox) as reading:
        assert reading.device("APPL1", "iPhone") == Device(device.id, home.user_id, "APPL1", "iPhone", version="16.1")
    assert home.store.problems.count == 1


def test_a_client_id_is_remembered_by_mailbox(home: Home) -> None:
    with home.store.writing(home.mailbox) as writing:
        assert not writing.sent_before("one")
        writing.remember_sent("one", when(START))
        writing.remember_sent("one", when(START + 1))
    with home.store.reading(home.mailbox) as reading:
        assert reading.sent_before("one")
        assert not reading.sent_before("two")
    with home.store.reading(home.others[0]) as reading:
        assert not reading.sent_before("one")

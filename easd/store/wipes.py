"""Orders to wipe that are remembered when the partnership, or its user, is gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from easd.model.device import Device, Wipe, WipeOutcome
from easd.model.moments import moment
from easd.store.database import Database, Session
from easd.store.prepared import Prepared, param, params
from easd.store.tables import past_wipes, users

_past = past_wipes.c
_OWNER = Prepared(select(users.c.address).where(users.c.id == param("user")))
_ADD = Prepared(insert(past_wipes).values(params(past_wipes, "id")))
_LIST = Prepared(select(_past.address, _past.device_id, _past.device_type, _past.details).order_by(_past.id))
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Wipe).decode


@dataclass(frozen=True, slots=True)
class PastWipe:
    """An order to wipe a device of the user who had this address."""

    address: str
    device_id: str
    device_type: str
    wipe: Wipe


def remember(session: Session, devices: Iterable[Device], now: int) -> None:
    """Keep the orders of partnerships that are about to go. One that still stands is forgotten with its device."""
    for device in devices:
        owner = session.one(_OWNER, user=device.user_id) if device.wipes else None
        if owner is None:
            continue
        values = {"device_id": device.device_id, "device_type": device.device_type}
        for wipe in device.wipes:
            session.run(_ADD, address=owner[0], details=_encode(_over(wipe, moment(now))), **values)


def _over(wipe: Wipe, now: datetime) -> Wipe:
    return wipe if wipe.outcome is not None else replace(wipe, ended=now, outcome=WipeOutcome.FORGOTTEN)


def listed(database: Database) -> Sequence[PastWipe]:
    """All of them, oldest partnership first."""
    return [
        PastWipe(address, device_id, device_type, _decode(details))
        for address, device_id, device_type, details in database.once(_LIST)
    ]

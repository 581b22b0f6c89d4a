"""The last exchanges of each device, and the devices that are watched (`easd.service.ports.ExchangeArchive`)."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select

from easd.model.exchange import Exchange
from easd.model.moments import milliseconds, moment
from easd.service.ports import Watched
from easd.store import devices as device_rows
from easd.store.prepared import Prepared, param, params
from easd.store.store import SqlStore
from easd.store.tables import devices, exchanges, recordings, users

_exchange = exchanges.c
_recording = recordings.c
_WATCHED = Prepared(
    select(users.c.mailbox_id, devices.c.device_id, devices.c.device_type)
    .join(recordings, _recording.device_id == devices.c.id)
    .join(users, users.c.id == devices.c.user_id)
    .where(_recording.until > param("now"))
)
_WATCH = Prepared(
    lambda to: (new := to(recordings).values(params(recordings))).on_conflict_do_update(
        index_elements=["device_id"], set_={"until": new.excluded.until}
    )
)
_UNWATCH = Prepared(delete(recordings).where(_recording.device_id == param("device")))
_UNTIL = Prepared(select(_recording.until).where(_recording.device_id == param("device")))
_ADD = Prepared(insert(exchanges).values(params(exchanges, "id")))
_LISTED = Prepared(select(_exchange.entry).where(_exchange.device_id == param("device")).order_by(_exchange.id))
_OLDEST_KEPT = Prepared(
    select(_exchange.id)
    .where(_exchange.device_id == param("device"))
    .order_by(_exchange.id.desc())
    .limit(1)
    .offset(param("most"))
)
_DROP = Prepared(delete(exchanges).where(_exchange.device_id == param("device"), _exchange.id <= param("last")))

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Exchange).decode


class SqlExchanges:
    """`most` exchanges of each device are kept."""

    def __init__(self, store: SqlStore, most: int = 100) -> None:
        self._store = store
        self._database = store.database
        self._most = most

    def watched(self, now: datetime) -> Iterable[Watched]:
        """The devices that are watched at that moment."""
        return [Watched(*row) for row in self._database.once(_WATCHED, now=milliseconds(now))]

    def watch(self, device: int, until: datetime | None) -> None:
        """Let all exchanges of the partnership be kept until then; None: no longer."""
        with self._database.write() as block:
            if until is None:
                block.session.run(_UNWATCH, device=device)
            else:
                block.session.run(_WATCH, device_id=device, until=milliseconds(until))

    def watched_until(self, device: int) -> datetime | None:
        """When the watch over the partnership ends, or has ended; None: there was none."""
        rows = self._database.once(_UNTIL, device=device)
        return moment(rows[0][0]) if rows else None

    def keep(self, exchanges: Mapping[Watched, list[Exchange]]) -> None:
        """Keep the last ones of each device. A device that is gone is passed by."""
        encoded = {device: [_encode(_packed(one)) for one in some[-self._most :]] for device, some in exchanges.items()}
        with self._database.write() as block:
            for device, entries in encoded.items():
                where = {"mailbox": device.mailbox_id, "device_id": device.device_id, "device_type": device.device_type}
                row = block.session.one(device_rows.FIND, **where)
                if row is None:
                    continue
                for entry in entries:
                    block.session.run(_ADD, device_id=row[0], entry=entry)
                if last := block.session.one(_OLDEST_KEPT, device=row[0], most=self._most):
                    block.session.run(_DROP, device=row[0], last=last[0])

    def listed(self, device: int) -> Sequence[Exchange]:
        """The exchanges of the partnership that are kept, oldest first."""
        return [_unpacked(_decode(entry)) for (entry,) in self._database.once(_LISTED, device=device)]


def _packed(exchange: Exchange) -> Exchange:
    def pack(body: bytes | None) -> bytes | None:
        return None if body is None else zlib.compress(body, 6)

    return replace(exchange, request=pack(exchange.request), response=pack(exchange.response))


def _unpacked(exchange: Exchange) -> Exchange:
    def unpack(body: bytes | None) -> bytes | None:
        return None if body is None else zlib.decompress(body)

    return replace(exchange, request=unpack(exchange.request), response=unpack(exchange.response))

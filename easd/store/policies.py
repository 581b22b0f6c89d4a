"""What organisations demand of devices, as rows."""

from sqlalchemy import select, update

from easd.model.device import WipeKind
from easd.store import devices
from easd.store.prepared import Prepared, named, param
from easd.store.store import SqlStore
from easd.store.tables import devices as device_rows, organizations, users

_organization = organizations.c
_FULL_WIPE = Prepared(
    select(_organization.full_wipe_forbidden)
    .join(users, users.c.organization_id == _organization.id)
    .where(users.c.id == param("user"))
)
_SET_FULL_WIPE = Prepared(
    update(organizations).where(_organization.id == param("organization")).values(named(["full_wipe_forbidden"]))
)
_FORBIDDING = Prepared(select(_organization.id).where(_organization.full_wipe_forbidden.is_not(None)))
_DEVICES = Prepared(
    select(*device_rows.columns, users.c.address)
    .join(users, users.c.id == device_rows.c.user_id)
    .where(users.c.organization_id == param("organization"))
    .order_by(device_rows.c.id)
)


class FullWipePending(Exception):
    """Orders to wipe whole devices stand; the text names them."""


class SqlPolicies:
    """What organisations demand of devices. KeyError: there is no such organisation or user."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    def forbids_full_wipe(self, user_id: int) -> bool:
        """Whether the user's organisation forbids to wipe whole devices."""
        rows = self._database.once(_FULL_WIPE, user=user_id)
        if not rows:
            raise KeyError(f"there is no user {user_id}")
        return rows[0][0] is not None

    def forbidding_full_wipe(self) -> frozenset[int]:
        """The organisations that forbid it."""
        return frozenset(number for (number,) in self._database.once(_FORBIDDING))

    def forbid_full_wipe(self, organization_id: int) -> None:
        """From now on nobody may order it. FullWipePending while an order to do so stands."""
        with self._database.write() as block:
            rows = block.session.all(_DEVICES, organization=organization_id)
            known = ((devices.from_row(row[:-1], self._store.problems), row[-1]) for row in rows)
            pending = [
                f"{device.device_id} of {address}"
                for device, address in known
                if device.pending_wipe is not None and device.pending_wipe.kind is WipeKind.DEVICE
            ]
            if pending:
                raise FullWipePending(", ".join(pending))
            values = {"organization": organization_id, "full_wipe_forbidden": self._store.now()}
            if block.session.run(_SET_FULL_WIPE, **values) == 0:
                raise KeyError(f"there is no organisation {organization_id}")

    def allow_full_wipe(self, organization_id: int) -> None:
        """From now on it may be ordered."""
        with self._database.write() as block:
            if block.session.run(_SET_FULL_WIPE, organization=organization_id, full_wipe_forbidden=None) == 0:
                raise KeyError(f"there is no organisation {organization_id}")

"""Transactions after which held requests are asked again whether they may go on: others than those of one mailbox.

They move the counters of all mailboxes that they concern and that have a device, and the revision of all policies.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exists, select, update

from easd.policy.assignment import Target
from easd.store.database import Session
from easd.store.prepared import POSTGRESQL, Prepared, param
from easd.store.rules import MOVE_ON_IF_ANY
from easd.store.store import SqlStore
from easd.store.tables import devices, mailboxes, policy_assignments, policy_revision, users
from easd.store.writing import CHANNEL, TELL

MOVE_ON = Prepared(
    lambda to: (
        to(policy_revision)
        .values(id=1, revision=1)
        .on_conflict_do_update(index_elements=["id"], set_={"revision": policy_revision.c.revision + 1})
    )
)
_with_device = select(users.c.mailbox_id).join(devices, devices.c.user_id == users.c.id)
_touched = update(mailboxes).values(modseq=mailboxes.c.modseq + 1).returning(mailboxes.c.id, mailboxes.c.modseq)
_organization = select(users.c.organization_id).where(users.c.id == param("target")).scalar_subquery()

ORGANISATION = Prepared(
    _touched.where(mailboxes.c.id.in_(_with_device.where(users.c.organization_id == param("target"))))
)
"""The mailboxes of an organisation."""
USER = Prepared(_touched.where(mailboxes.c.id.in_(_with_device.where(users.c.id == param("target")))))
"""That of one user."""
_OF_GROUP = Prepared(
    _touched.where(
        mailboxes.c.id.in_(_with_device.where(users.c.organization_id == _organization)),
        exists().where(policy_assignments.c.kind == int(Target.GROUP)),
    )
)


@contextmanager
def asking_again(store: SqlStore, touch: Prepared, target: int) -> Iterator[Session]:
    """A transaction that changes policies, or who has which. `touch` says whom it concerns, and `target` whose id it
    is about.
    """
    with _moving(store, MOVE_ON, touch, target) as session:
        yield session


@contextmanager
def regrouping(store: SqlStore, group_id: int) -> Iterator[Session]:
    """A transaction that changes who is in a group: policies may be assigned to it."""
    with _moving(store, MOVE_ON_IF_ANY, _OF_GROUP, group_id) as session:
        yield session


@contextmanager
def _moving(store: SqlStore, first: Prepared, touch: Prepared, target: int) -> Iterator[Session]:
    with store.database.together(), store.database.write() as block:
        session = block.session
        session.run(first)  # at the beginning: it keeps two of these from waiting for each other's mailboxes
        yield session
        moved = session.all(touch, target=target)
        if session.dialect == POSTGRESQL:
            for mailbox, modseq in moved:
                session.all(TELL, channel=CHANNEL, payload=f"{mailbox}:{modseq}")
    for mailbox, modseq in moved:
        store.tell(mailbox, modseq)

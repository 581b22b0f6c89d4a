"""Mailboxes and the devices that synchronise them."""

from collections.abc import Iterator
from contextlib import contextmanager

from easd.model.account import User
from easd.model.device import Device
from easd.service.administration.errors import saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Mailboxes:
    """Mailboxes as wholes."""

    def __init__(self, means: Means, log: Log) -> None:
        self._accounts = means.accounts
        self._log = log

    def set_quota(self, whom: User, quota: int | None) -> None:
        """Let the mailbox hold so many bytes; None: as many as everybody's."""
        with self._log.about("UpdateMailboxQuota", whom, bytes="default" if quota is None else quota):
            self._accounts.set_quota(whom.mailbox_id, quota)

    def reset(self, whom: User) -> None:
        """As new: everything in it goes."""
        with self._log.about("ResetMailbox", whom):
            self._accounts.reset_mailbox(whom.mailbox_id)

    @contextmanager
    def importing(self, whom: User, source: str) -> Iterator[None]:
        """Around what brings items from elsewhere into the mailbox, in many transactions. `source`: from where."""
        with self._log.lasting("ImportMailbox", self._organisation(whom), whom.address, source=source):
            yield

    @contextmanager
    def exporting(self, whom: User, target: str) -> Iterator[None]:
        """Around what reads all of the mailbox, and writes it elsewhere."""
        with self._log.lasting("ExportMailbox", self._organisation(whom), whom.address, to=target):
            yield

    def _organisation(self, whom: User) -> int:
        with saying():
            return self._accounts.organization_of(whom.id)

    def forget_device(self, whom: User, device: Device) -> None:
        """Forget a partnership and its sync states."""
        with self._log.about("RemoveDevice", whom, device=device.device_id, type=device.device_type):
            self._accounts.remove_device(whom.mailbox_id, device.id)

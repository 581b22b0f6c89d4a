"""Mailboxes and the devices that synchronise them."""

from easd.model.account import User
from easd.model.device import Device
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

    def forget_device(self, whom: User, device: Device) -> None:
        """Forget a partnership and its sync states."""
        with self._log.about("RemoveDevice", whom, device=device.device_id, type=device.device_type):
            self._accounts.remove_device(whom.mailbox_id, device.id)

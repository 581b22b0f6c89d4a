"""Stores in which deliveries and single mailboxes go wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from easd.model.outgoing import Outbound
from easd.service.ports import Delivery, MailboxFull, NewMail, Reading
from tests.support.world import World


class Died(BaseException):
    """The process ends here."""


class Dying:
    """The store of a process that dies at its n-th delivery, before or after that is done."""

    def __init__(self, world: World, at: int, *, after: bool) -> None:
        self._store, self._at, self._after, self._count = world.sql, at, after, 0

    @contextmanager
    def deliver(self, entry: Outbound, mailbox_id: int) -> Iterator[Delivery]:
        self._count += 1
        if self._count == self._at and not self._after:
            raise Died
        with self._store.deliver(entry, mailbox_id) as delivery:
            yield delivery
        if self._count == self._at:
            raise Died

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Full:
    """The store, in which the mailboxes of these numbers have no room left."""

    def __init__(self, world: World, *mailboxes: int) -> None:
        self._store, self._full = world.sql, mailboxes

    @contextmanager
    def writing(self, mailbox_id: int) -> Iterator[Any]:
        with self._store.writing(mailbox_id) as box:
            yield _FullMailbox(box, full=mailbox_id in self._full)

    @contextmanager
    def deliver(self, entry: Outbound, mailbox_id: int) -> Iterator[Any]:
        with self._store.deliver(entry, mailbox_id) as box:
            yield _FullMailbox(box, full=mailbox_id in self._full)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _FullMailbox:
    def __init__(self, box: Any, *, full: bool) -> None:
        self._box, self._is_full = box, full

    def add_mail(self, folder_id: int, mail: NewMail) -> Any:
        if self._is_full:
            raise MailboxFull("no room left")
        return self._box.add_mail(folder_id, mail)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._box, name)


class Failing:
    """The store, in which a mailbox cannot be delivered to, with this exception."""

    def __init__(self, world: World, mailbox_id: int, error: Exception) -> None:
        self._store, self._mailbox, self._error = world.sql, mailbox_id, error

    @contextmanager
    def deliver(self, entry: Outbound, mailbox_id: int) -> Iterator[Delivery]:
        if mailbox_id == self._mailbox:
            raise self._error
        with self._store.deliver(entry, mailbox_id) as delivery:
            yield delivery

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Unreadable:
    """The store, in which a mailbox cannot be read, with this exception."""

    def __init__(self, world: World, mailbox_id: int, error: Exception) -> None:
        self._store, self._mailbox, self._error = world.sql, mailbox_id, error

    @contextmanager
    def reading(self, mailbox_id: int) -> Iterator[Reading]:
        if mailbox_id == self._mailbox:
            raise self._error
        with self._store.reading(mailbox_id) as box:
            yield box

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

"""Stores with somebody in them, for tests."""

from dataclasses import replace
from datetime import UTC, datetime

from easd.model.account import User
from easd.model.email import Address, Email, EmailTexts
from easd.model.folder import FolderType
from easd.service.ports import NewMail
from easd.store import Administration, SqlStore

START = 1_770_000_000_000
"""Where the tests' clock starts (ms)."""


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


def when(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def email(number: int = 0, received: int = START) -> Email:
    return Email(
        received=when(received),
        subject=f"Message {number} – ünïcödé",
        from_=(Address("Bob", "bob@example.test"),),
        to=(Address("", "alice@example.test"),),
        message_id=f"{number}@example.test",
        conversation_id=bytes(range(16)),
    )


def mail(number: int = 0, received: int = START, body: bytes = b"Hello\r\n") -> NewMail:
    """A message; equal numbers and bodies make equal bytes."""
    raw = b"Message-ID: <%d@example.test>\r\n\r\n" % number + body
    texts = EmailTexts(body, b"<p>%d</p>" % number if number % 2 else None)
    return NewMail(raw, replace(email(number, received), mime_size=len(raw)), texts, 1)


def with_users(store: SqlStore, *names: str) -> list[User]:
    """An organisation `Example` with the domain example.test, and users of these names in it."""
    admin = Administration(store)
    admin.add_domain(admin.create_organization("Example"), "example.test")
    return [admin.create_user(f"{name}@example.test", name.capitalize(), "") for name in names]


def folders(store: SqlStore, mailbox: int) -> tuple[int, int]:
    """Inbox and Deleted Items."""
    with store.reading(mailbox) as reading:
        return reading.special(FolderType.INBOX).id, reading.special(FolderType.DELETED_ITEMS).id

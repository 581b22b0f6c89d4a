"""Who decides in somebody else's place hears of the meeting messages for them (MS-ASCMD R5600; MS-ASEMAIL R538)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from easd.mime.substitute import TOLD, write_substitute
from easd.model.account import Kind, User
from easd.model.email import Address
from easd.model.outgoing import Envelope
from easd.scheduling.message import MessageType, Method
from easd.service.context import Services
from easd.service.ports import NewMail, Writing

_PERSONAL: Final = 2
"""What is private or confidential is the owner's alone (MS-ASEMAIL Sensitivity R733, R734)."""
_OPEN: Final = (MessageType.FIRST, MessageType.FULL_UPDATE, MessageType.INFORMATIONAL)


def with_delegates(services: Services, box: Writing, mail: NewMail, recipient: User, now: datetime) -> NewMail:
    """Tell the delegates of a person of a meeting message that has come for that person; the mail comes back as it is
    for the owner, who may have left the answer to a delegate.
    """
    meeting = mail.email.meeting
    if meeting is None or recipient.kind is not Kind.USER or meeting.sensitivity >= _PERSONAL:
        return mail
    if meeting.method not in TOLD or meeting.message_type == MessageType.OUTDATED:
        return mail
    found = services.directory.delegates(recipient)
    tell_delegates(services, box, mail, recipient, [each.user for each in found], now)
    asked = meeting.method == Method.REQUEST and meeting.message_type in _OPEN
    if not (asked and any(each.decides for each in found)):
        return mail
    return replace(mail, email=replace(mail.email, meeting=replace(meeting, delegated=True)))


def tell_delegates(
    services: Services, box: Writing, mail: NewMail, owner: User, delegates: Iterable[User], now: datetime
) -> None:
    """Queue the mail that stands in for a meeting message, for each delegate of the mailbox's owner who has not sent
    it.
    """
    senders = {each.address.lower() for each in mail.email.from_}
    for delegate in delegates:
        if delegate.address not in senders:
            number = services.number
            message_id = f"{number(64):016x}{number(64):016x}@{owner.address.rpartition('@')[2]}"
            to = Address(delegate.display_name, delegate.address)
            raw = write_substitute(mail.raw, mail.email, owner.display_name, to, message_id)
            box.queue(Envelope.of(owner.address, (delegate.address,)), raw, now)

"""What the arrival of a message in a mailbox causes, step by step, in the transaction that takes it off the queue."""

from datetime import datetime

from easd.model.account import User
from easd.model.flow import Fate
from easd.model.outgoing import Outbound
from easd.service import blind_copy
from easd.service.automatic_reply import answer_absence
from easd.service.context import Services
from easd.service.delivery import new_mail, put
from easd.service.meetings.arrival import with_meeting
from easd.service.meetings.delegates import with_delegates
from easd.service.meetings.rooms import book
from easd.service.ports import Delivery


def arrive(services: Services, delivery: Delivery, entry: Outbound, recipient: User, now: datetime) -> None:
    """The message of an entry into the recipient's mailbox. MailboxFull: nothing was done."""
    raw = delivery.raw
    mail = blind_copy.marked(new_mail(raw, now), recipient, entry.recipient, services.directory)
    mail = with_meeting(delivery, mail, recipient, services.directory.find, now)
    mail = with_delegates(services, delivery, mail, recipient, now)
    item = put(delivery, mail, junk=entry.asked.fate is Fate.JUNK)
    book(services, delivery, recipient, mail, now)
    answer_absence(services, delivery, recipient, entry.sender, raw, item, now)

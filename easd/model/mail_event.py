"""What happens to mail, for figures and logs. The names are those of Amazon WorkMail's metrics, where it has one."""

from enum import StrEnum


class MailEvent(StrEnum):
    """One copy of a message, or for the first the message."""

    RECEIVED = "OrganizationEmailReceived"
    DELIVERED = "MailboxEmailDelivered"
    SENT = "OutgoingEmailSent"
    OUTGOING_BOUNCED = "OutgoingEmailBounced"
    INCOMING_BOUNCED = "IncomingEmailBounced"
    DEFERRED = "OutgoingEmailDeferred"

"""How much is sent: the size of a message, its recipients, and recipients a day of a user and of an organisation."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from easd.eas.status import CommonStatus, EasError
from easd.service.context import Services
from easd.service.ports import Writing


class OverLimit(EasError):
    """Something would be sent that is more than may be. `reply`: the SMTP reply code and the RFC 3463 code that say so
    to who sends by SMTP; the text is for people.
    """

    def __init__(self, status: CommonStatus, reason: str, reply: str) -> None:
        super().__init__(status, reason)
        self.reply = reply


def check_size(services: Services, message: bytes) -> None:
    """OverLimit 122 for a message that is larger than any may be."""
    most = services.limits.sent_bytes_max
    if len(message) > most:
        reason = f"a message of {len(message)} bytes: at most {most} are sent"
        raise OverLimit(CommonStatus.ATTACHMENT_IS_TOO_LARGE, reason, "552 5.3.4")


def count_recipients(services: Services, box: Writing, sender: str, recipients: Iterable[str], at: datetime) -> None:
    """Count the recipients: those elsewhere, and all of them where the sender's address is in a test domain. OverLimit
    115 (MS-ASCMD R4842) where they would be more than a user, or an organisation, may write to in one day of UTC:
    nothing is counted.
    """
    domains = [address.rpartition("@")[2] for address in recipients]
    elsewhere = len(_elsewhere(services, domains))
    test = len(domains) if services.is_test_domain(sender.rpartition("@")[2].lower()) else 0
    if not elsewhere and not test:
        return
    day, limits = _day(at), services.limits
    before = box.sent_on(day)
    _check("the user", before.user, elsewhere, limits.recipients_per_day)
    _check("the organisation", before.organisation, elsewhere, limits.organisation_recipients_per_day)
    _check("the test domain", before.from_test_domain, test, limits.test_recipients_per_day)
    box.note_sent_on(day, elsewhere, test)


def room_for(services: Services, box: Writing, sender: str, recipient: str, at: datetime) -> bool:
    """Whether one more recipient may be written to that day: what the server sends by itself is left unsent rather
    than refused. Nothing is counted.
    """
    domain, limits, before = recipient.rpartition("@")[2], services.limits, box.sent_on(_day(at))
    if services.is_test_domain(sender.rpartition("@")[2].lower()) and before.from_test_domain >= (
        limits.test_recipients_per_day
    ):
        return False
    full = before.user >= limits.recipients_per_day or before.organisation >= limits.organisation_recipients_per_day
    return not full or not _elsewhere(services, [domain])


def _day(at: datetime) -> int:
    """The day of UTC, as the store counts them."""
    return at.astimezone(UTC).toordinal()


def _check(whose: str, before: int, more: int, most: int) -> None:
    if more and before + more > most:
        reason = f"{whose} has written to {before} recipients today, {more} more: at most {most}"
        raise OverLimit(CommonStatus.SEND_QUOTA_EXCEEDED, reason, "452 4.7.28")


def _elsewhere(services: Services, domains: Collection[str]) -> list[str]:
    own = {domain for domain in set(domains) if services.directory.is_local(domain)}
    return [domain for domain in domains if domain not in own]

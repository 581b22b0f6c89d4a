"""How much one user sends: the size of a message, and recipients elsewhere a day."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from easd.eas.status import CommonStatus, EasError
from easd.service.context import Services
from easd.service.ports import Writing


def check_size(services: Services, message: bytes) -> None:
    """EasError 122 for a message that is larger than any may be."""
    most = services.limits.sent_bytes_max
    if len(message) > most:
        raise EasError(
            CommonStatus.ATTACHMENT_IS_TOO_LARGE, f"a message of {len(message)} bytes: at most {most} are sent"
        )


def count_recipients(services: Services, box: Writing, recipients: Iterable[str], at: datetime) -> None:
    """Count those of the recipients who are elsewhere. EasError 115 (MS-ASCMD R4842) where they would be more than a
    user may write to in one day of UTC: nothing is counted.
    """
    count = len(_elsewhere(services, [address.rpartition("@")[2] for address in recipients]))
    if not count:
        return
    day, most = at.astimezone(UTC).toordinal(), services.limits.recipients_per_day
    before = box.sent_on(day)
    if before + count > most:
        raise EasError(CommonStatus.SEND_QUOTA_EXCEEDED, f"{before} recipients today, {count} more: at most {most}")
    box.note_sent_on(day, count)


def _elsewhere(services: Services, domains: Collection[str]) -> list[str]:
    own = {domain for domain in set(domains) if services.directory.is_local(domain)}
    return [domain for domain in domains if domain not in own]

"""What a policy limits that the server itself sees to, whatever a device does. Pure."""

from easd.model.body import BodyLimits
from easd.model.folder import ItemClass
from easd.model.policy import PolicyDocument

_KIB = 1024


def body_limits(document: PolicyDocument | None) -> BodyLimits | None:
    """What may be sent of the bodies of mail; None: everything. The truncation sizes of a policy are KiB (MS-ASPROV
    R266, R272); a message in MIME is not sent where a file in it could not be fetched.
    """
    if document is None or not _limits_bodies(document):
        return None
    return BodyLimits(
        plain_bytes=_bytes(document.max_email_body_truncation_size),
        html_bytes=_bytes(document.max_email_html_body_truncation_size),
        html=document.allow_html_email,
        file_bytes=document.max_attachment_size if document.attachments_enabled else -1,
    )


def _limits_bodies(document: PolicyDocument) -> bool:
    return (
        not document.allow_html_email
        or not document.attachments_enabled
        or document.max_attachment_size is not None
        or document.max_email_body_truncation_size >= 0
        or document.max_email_html_body_truncation_size >= 0
    )


def _bytes(size: int) -> int | None:
    return None if size < 0 else size * _KIB


def narrowed(document: PolicyDocument | None, item_class: ItemClass, filter_type: int) -> int:
    """The FilterType that counts where a device asks for this one (MS-ASPROV R257, R245: both count in the same steps).

    Mail and calendars alone have a limit; 0, everything, is the widest of all.
    """
    if document is None:
        return filter_type
    if item_class is ItemClass.EMAIL:
        most = document.max_email_age_filter
    elif item_class is ItemClass.CALENDAR:
        most = document.max_calendar_age_filter
    else:
        return filter_type
    if not most:
        return filter_type
    return min(filter_type, most) if filter_type else most

"""GetAttachment (MS-ASCMD GetAttachment, until 12.1): a file that is attached to a message, as the answer's body."""

from easd.eas.status import CommonStatus, EasError, ItemOperationsStatus
from easd.service import streaming
from easd.service.context import Answer, Context, HttpError
from easd.service.faults import cause
from easd.service.item_operations.contents import Contents, Refused
from easd.service.item_operations.files import wanted_file
from easd.service.ports import BytesLost, Unavailable

_ANY_TYPE = "application/octet-stream"
_OTHERWISE = {
    ItemOperationsStatus.ACCESS_DENIED: CommonStatus.ACCESS_DENIED,
    ItemOperationsStatus.TOO_LARGE: CommonStatus.ATTACHMENT_IS_TOO_LARGE,
}
"""What a policy forbids, by the common status of it; all else is a file that is not there."""


def handle(context: Context, _: object) -> Answer:
    """The file that AttachmentName names (R162), with its type (R164). HttpError 500 where it is gone (R166), 503 where
    the store is away; EasError for what a policy forbids.
    """
    name = context.request.attachment_name
    if not name:
        raise EasError(CommonStatus.INVALID_CONTENT, "no AttachmentName")
    contents = Contents(multipart=True, room=context.services.limits.attachment_bytes_max)
    try:
        with context.services.store.reading(context.mailbox_id) as box:
            file = wanted_file(context, box, name)
            contents.take(file.content(0, file.attachment.size))
    except Unavailable as error:
        raise EasError(CommonStatus.SERVER_ERROR_RETRY_LATER, cause(error)) from error
    except BytesLost as lost:
        raise HttpError(500, str(lost)) from lost
    except Refused as refusal:
        status = next((common for own, common in _OTHERWISE.items() if own is refusal.status), None)
        if status is None:
            raise HttpError(500, f"no attachment {name[:64]}") from refusal
        raise EasError(status, name[:64]) from refusal
    return streaming.answer(contents.parts, file.attachment.content_type or _ANY_TYPE, ())

"""What the policy limits on the server's side, whatever a device does: MS-ASPROV leaves it to the device (R484), which
may be of a version that has no word for it, or take part in no policy at all.
"""

from easd.eas.status import CommonStatus, EasError
from easd.mime.smime import is_encrypted, is_signed
from easd.model.body import BodyWishes
from easd.model.folder import Folder, ItemClass
from easd.policy.limits import body_limits, narrowed
from easd.service.context import Context


def permitted(context: Context, folder: Folder, wishes: BodyWishes) -> BodyWishes:
    """The wishes of a device for bodies of the folder's items, with what the policy allows of mail."""
    return with_limits(context, wishes) if folder.item_class is ItemClass.EMAIL else wishes


def with_limits(context: Context, wishes: BodyWishes) -> BodyWishes:
    """The same of mail, wherever it lies (AllowHTMLEmail, truncation sizes, AttachmentsEnabled, MaxAttachmentSize)."""
    limits = body_limits(context.rules.document)
    return wishes if limits is None else wishes.within(limits)


def filter_type(context: Context, folder: Folder, asked: int) -> int:
    """The FilterType that counts (MaxEmailAgeFilter, MaxCalendarAgeFilter): a wider one is narrowed."""
    return narrowed(context.rules.document, folder.item_class, asked)


def check_sending(context: Context, mime: bytes) -> None:
    """EasError 130 for a message that is not signed or encrypted as the policy requires (RequireSignedSMIMEMessages
    R358, RequireEncryptedSMIMEMessages R335). What is encrypted may be signed inside, where nobody here can see it.
    """
    document = context.rules.document
    if document is None:
        return
    if document.require_encrypted_smime_messages and not is_encrypted(mime):
        raise EasError(CommonStatus.ACCESS_DENIED, "the policy requires mail to be encrypted")
    if document.require_signed_smime_messages and not (is_signed(mime) or is_encrypted(mime)):
        raise EasError(CommonStatus.ACCESS_DENIED, "the policy requires mail to be signed")

"""How a request that cannot be served is answered: a status in the body, or the HTTP status that older versions have
for
it.
"""

from collections.abc import Mapping

from easd.eas.request import Command
from easd.eas.schema import Malformed
from easd.eas.status import CommonStatus, EasError
from easd.eas.versions import DIALECTS, Version
from easd.service.context import Answer, HttpError
from easd.service.registry import Entry
from easd.wbxml import Writer, tag

_HTTP_INSTEAD: Mapping[int, int] = {
    CommonStatus.SERVER_ERROR: 500,
    CommonStatus.SERVER_ERROR_RETRY_LATER: 503,
    CommonStatus.DIRECTORY_ACCESS_DENIED: 403,
    CommonStatus.MAILBOX_QUOTA_EXCEEDED: 507,
    CommonStatus.MAILBOX_SERVER_OFFLINE: 503,
    CommonStatus.MAIL_SUBMISSION_FAILED: 500,
    CommonStatus.USER_PRINCIPAL_COULD_NOT_BE_FOUND: 403,
    CommonStatus.USER_DISABLED_FOR_SYNC: 403,
    CommonStatus.USER_ON_NEW_MAILBOX_CANNOT_SYNC: 403,
    CommonStatus.USER_ON_LEGACY_MAILBOX_CANNOT_SYNC: 403,
    CommonStatus.DEVICE_IS_BLOCKED_FOR_THIS_USER: 403,
    CommonStatus.ACCESS_DENIED: 403,
    CommonStatus.ACCOUNT_DISABLED: 403,
    CommonStatus.SYNC_STATE_NOT_FOUND: 403,
    CommonStatus.COMMAND_NOT_SUPPORTED: 501,
    CommonStatus.REMOTE_WIPE_REQUESTED: 449,
    CommonStatus.LEGACY_DEVICE_ON_STRICT_POLICY: 449,
    CommonStatus.DEVICE_NOT_PROVISIONED: 449,
    CommonStatus.POLICY_REFRESH: 449,
    CommonStatus.INVALID_POLICY_KEY: 449,
    CommonStatus.EXTERNALLY_MANAGED_DEVICES_NOT_ALLOWED: 403,
    CommonStatus.MAXIMUM_DEVICES_REACHED: 403,  # none is named: R7461 leaves it to the server
}
"""MS-ASCMD 2.2.4: what 12.1 and earlier answer instead of a common status (R7545-R7566); 400 where no other is named
(R7461).
"""

_SERVER_FAULT = frozenset(
    {(Command.SEND_MAIL, CommonStatus.INVALID_IDS), (Command.PROVISION, CommonStatus.SYNC_STATE_NOT_FOUND)}
)
"""What one command answers otherwise than all others (MS-ASCMD R7549, R7557)."""

_FIRST_COMMON = 101


class InnerFault(EasError):
    """A fault inside the element of a request that the command's entry calls `inner`."""


def refuse(entry: Entry, version: Version, error: EasError, policy_key: int | None = 0) -> Answer:
    """The command's root element with the status alone; HttpError where the version has no such status, or the command
    no document (`root` is empty: GetAttachment). `policy_key` is what the request said (None: nothing).
    """
    status = int(error.status)
    if status >= _FIRST_COMMON and not (DIALECTS[version].common_status and entry.root):
        raise HttpError(_http_instead(entry, status, policy_key), f"status {status} {error}")
    if isinstance(error, InnerFault) and entry.inner is not None:
        return Answer(entry.inner.answer(error.status, version), notes=(f"{error}",))
    told: tuple[str, ...] = (entry.result,) if entry.result else ()
    writer, word = Writer(), tag(f"{entry.root.partition(':')[0]}:Status")
    writer.start(tag(entry.root))
    for name in told:
        writer.start(tag(name))
    writer.text(word, str(status))
    for _ in (entry.root, *told):
        writer.end()
    return Answer(writer.document(), notes=(f"{error}",))


def _http_instead(entry: Entry, status: int, policy_key: int | None) -> int:
    if (entry.command, status) in _SERVER_FAULT:
        return 500
    if status == CommonStatus.REMOTE_WIPE_REQUESTED and policy_key is None:
        return 403  # R7561: a device that sends no key does not know what 449 asks of it
    return _HTTP_INSTEAD.get(status, 400)


def malformed(entry: Entry, fault: Malformed) -> EasError:
    """The error that a request deserves which breaks the command's grammar."""
    if entry.inner is not None and f"{fault.path}/".startswith(f"{entry.inner.asked}/"):
        return InnerFault(entry.inner.status, str(fault))
    return EasError(entry.malformed or CommonStatus(fault.fault.value), str(fault))

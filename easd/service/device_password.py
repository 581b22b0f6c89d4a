"""DevicePassword of Settings (MS-ASCMD DevicePassword): a device leaves the password that unlocks it.

It is kept encrypted, with what is known of the device (R2184), until an administrator asks for it (R5737).
"""

from dataclasses import replace

from easd.eas.commands.settings import SettingStatus
from easd.eas.status import SettingsStatus
from easd.service.context import Context
from easd.service.partnership import update

PASSWORD_MAX = 255
"""Characters (MS-ASCMD R3660)."""


def keep(context: Context, password: str) -> SettingStatus:
    """Keep the password, or forget the one that is kept if it is empty (R3661)."""
    if len(password) > PASSWORD_MAX:
        return SettingStatus(SettingsStatus.INVALID_ARGUMENTS)  # R4400
    if not _allowed(context):
        return SettingStatus(SettingsStatus.DENIED_BY_POLICY)  # R4402
    sealed = context.services.vault.seal(password) if password else ""
    update(context, lambda device: replace(device, recovery_password=sealed))
    return SettingStatus(SettingsStatus.SUCCESS)


def _allowed(context: Context) -> bool:
    """MS-ASPROV PasswordRecoveryEnabled."""
    document = context.rules.document
    return document is not None and document.password_recovery_enabled

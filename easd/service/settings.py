"""Settings (MS-ASCMD Settings): the owner's absence, what the device says of itself, and who its user is.

Each property is answered on its own (R484): one that fails has its own status, and does not spoil the others.
"""

from easd.eas.commands.settings import (
    RESPONSE,
    Account,
    EmailAddresses,
    RightsManagementResponse,
    RightsTemplates,
    SettingsRequest,
    SettingsResponse,
    SettingStatus,
    UserInformation,
    UserInformationResponse,
)
from easd.eas.status import CommonStatus, EasError, SettingsStatus
from easd.model.device import DeviceInformation, noted
from easd.service import device_password, out_of_office
from easd.service.context import Answer, Context
from easd.service.faults import cause
from easd.service.partnership import update
from easd.service.ports import Unavailable
from easd.service.sending_rights import addresses

_NO_RIGHTS = RightsManagementResponse(CommonStatus.IRM_FEATURE_DISABLED, RightsTemplates())


def handle(context: Context, request: SettingsRequest) -> Answer:
    """Answer every property of the request, in its order (R478, R480). EasError 4 if nothing can be kept now."""
    try:
        return _answer(context, request)
    except Unavailable as error:
        raise EasError(SettingsStatus.SERVER_UNAVAILABLE, cause(error)) from error  # R5384


def _answer(context: Context, request: SettingsRequest) -> Answer:
    response = SettingsResponse(
        SettingsStatus.SUCCESS,
        oof=out_of_office.answer(context, request.oof) if request.oof else None,
        device_password=device_password.keep(context, request.device_password.set.password)
        if request.device_password
        else None,
        device_information=_note_device(context, request.device_information.set)
        if request.device_information
        else None,
        user_information=_user(context) if request.user_information else None,
        rights_management_information=_NO_RIGHTS if request.rights_management_information else None,
        order=request.order,
    )
    return Answer(RESPONSE.encode(response, context.version))


def _note_device(context: Context, information: DeviceInformation) -> SettingStatus:
    update(context, lambda device: noted(device, information))
    return SettingStatus(SettingsStatus.SUCCESS)


def _user(context: Context) -> UserInformationResponse:
    smtp = addresses(context.principal.user)
    if context.dialect.accounts_in_user_information:
        held = EmailAddresses(smtp, smtp[0])
        account = Account(addresses=held)  # no UserDisplayName, which may be told (R5914): Exchange does not (R5915)
        return UserInformationResponse(SettingsStatus.SUCCESS, UserInformation(accounts=(account,)))
    return UserInformationResponse(SettingsStatus.SUCCESS, UserInformation(addresses=EmailAddresses(smtp)))

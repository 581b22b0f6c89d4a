"""All operations of the API: who serves each and what it asks for, or why it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from easd.model.access_key import Level
from easd.service.workmail import absent, devices, entities, exports, groups, organisations, security, users
from easd.service.workmail.call import Call, Json

Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation that is done has a handler. One that is refused has a reason, which is told to whoever calls it;
    `applies` is False where what it is about cannot exist here.
    """

    level: Level
    handler: Handler | None = None
    reason: str = ""
    applies: bool = True
    gradual: bool = False

    @property
    def changes(self) -> bool:
        """Whether it is one transaction that changes something. What is done gradually makes its own."""
        return self.level is not Level.READ and not self.gradual

    @property
    def status(self) -> str:
        """As the table shows it. What has a reason and a handler says that there is none of what it is about."""
        if self.handler is not None:
            return "none here" if self.reason else "done"
        return "refused" if self.applies else "not applicable"


_LOOKING = ("Describe", "Get", "List", "Test")
_IDENTITY_CENTER = "IAM Identity Center is a service of AWS; see docs/sign-in.md for how people sign in here."
_AVAILABILITY = "Free and busy times of other systems are not asked for."
_MONITORING = "There is no CloudWatch: see the metrics and the log of the server."


def _refused(reason: str, *names: str, applies: bool = True) -> dict[str, Entry]:
    levels = {name: Level.READ if name.startswith(_LOOKING) else Level.WRITE for name in names}
    return {name: Entry(level, None, reason, applies) for name, level in levels.items()}


def _none_here(reason: str, **handlers: Handler) -> dict[str, Entry]:
    levels = {name: Level.READ if name.startswith(_LOOKING) else Level.WRITE for name in handlers}
    return {name: Entry(levels[name], handler, reason) for name, handler in handlers.items()}


def _done(level: Level, **handlers: Handler) -> dict[str, Entry]:
    return {name: Entry(level, handler) for name, handler in handlers.items()}


OPERATIONS: Mapping[str, Entry] = {
    **_done(
        Level.GLOBAL,
        CreateOrganization=organisations.create,
    ),
    "DeleteOrganization": Entry(Level.GLOBAL, organisations.delete, gradual=True),
    **_done(
        Level.WRITE,
        AssociateDelegateToResource=groups.add_delegate,
        AssociateMemberToGroup=groups.add_member,
        CancelMailboxExportJob=exports.cancel,
        CreateAlias=entities.create_alias,
        AssumeImpersonationRole=security.assume_role,
        CreateImpersonationRole=security.create_role,
        DeleteAccessControlRule=security.delete_rule,
        DeleteImpersonationRole=security.delete_role,
        DeletePersonalAccessToken=security.delete_token,
        DeleteRetentionPolicy=security.delete_retention,
        PutAccessControlRule=security.put_rule,
        PutRetentionPolicy=security.put_retention,
        UpdateImpersonationRole=security.update_role,
        CreateGroup=groups.create_group,
        CreateResource=groups.create_resource,
        CreateUser=users.create,
        DeleteAlias=entities.delete_alias,
        DeleteGroup=groups.delete_group,
        DeleteMailboxPermissions=entities.delete_permissions,
        DeleteResource=groups.delete_resource,
        DeleteUser=users.delete,
        DeregisterFromWorkMail=entities.deregister,
        DeregisterMailDomain=organisations.deregister_domain,
        DisassociateDelegateFromResource=groups.remove_delegate,
        DisassociateMemberFromGroup=groups.remove_member,
        PutInboundDmarcSettings=organisations.set_dmarc,
        PutMailboxPermissions=entities.put_permissions,
        RegisterMailDomain=organisations.register_domain,
        RegisterToWorkMail=entities.register,
        ResetPassword=users.reset_password,
        StartMailboxExportJob=exports.start,
        TagResource=organisations.tag,
        UntagResource=organisations.untag,
        UpdateDefaultMailDomain=organisations.set_default_domain,
        UpdateGroup=groups.update_group,
        UpdateMailboxQuota=users.set_quota,
        UpdatePrimaryEmailAddress=entities.set_primary,
        UpdateResource=groups.update_resource,
        UpdateUser=users.update,
    ),
    **_done(
        Level.DEVICES,
        CreateMobileDeviceAccessRule=devices.create_rule,
        DeleteMobileDeviceAccessOverride=devices.delete_override,
        DeleteMobileDeviceAccessRule=devices.delete_rule,
        PutMobileDeviceAccessOverride=devices.put_override,
        UpdateMobileDeviceAccessRule=devices.update_rule,
    ),
    **_done(
        Level.READ,
        DescribeEntity=entities.describe,
        DescribeGroup=groups.describe_group,
        DescribeInboundDmarcSettings=organisations.dmarc,
        DescribeMailboxExportJob=exports.describe,
        DescribeOrganization=organisations.describe,
        DescribeResource=groups.describe_resource,
        DescribeUser=users.describe,
        GetAccessControlEffect=security.effect,
        GetDefaultRetentionPolicy=security.retention,
        GetImpersonationRole=security.get_role,
        GetImpersonationRoleEffect=security.role_effect,
        GetPersonalAccessTokenMetadata=security.get_token,
        ListAccessControlRules=security.list_rules,
        ListImpersonationRoles=security.list_roles,
        ListPersonalAccessTokens=security.list_tokens,
        GetMailDomain=organisations.get_domain,
        GetMailboxDetails=users.mailbox,
        GetMobileDeviceAccessEffect=devices.effect,
        GetMobileDeviceAccessOverride=devices.get_override,
        ListAliases=entities.list_aliases,
        ListGroupMembers=groups.list_members,
        ListGroups=groups.list_groups,
        ListGroupsForEntity=groups.groups_of,
        ListMailDomains=organisations.list_domains,
        ListMailboxExportJobs=exports.list_all,
        ListMailboxPermissions=entities.list_permissions,
        ListMobileDeviceAccessOverrides=devices.list_overrides,
        ListMobileDeviceAccessRules=devices.list_rules,
        ListOrganizations=organisations.list_all,
        ListResourceDelegates=groups.list_delegates,
        ListResources=groups.list_resources,
        ListTagsForResource=organisations.tags,
        ListUsers=users.list_users,
    ),
    **_none_here(
        _AVAILABILITY,
        DeleteAvailabilityConfiguration=absent.deletes,
        ListAvailabilityConfigurations=absent.lists("AvailabilityConfigurations"),
    ),
    **_refused(
        _AVAILABILITY,
        "CreateAvailabilityConfiguration",
        "TestAvailabilityConfiguration",
        "UpdateAvailabilityConfiguration",
    ),
    **_refused(
        _IDENTITY_CENTER,
        "CreateIdentityCenterApplication",
        "PutIdentityProviderConfiguration",
        applies=False,
    ),
    **_none_here(
        _IDENTITY_CENTER,
        DeleteIdentityCenterApplication=absent.deletes,
        DeleteIdentityProviderConfiguration=absent.deletes,
        DescribeIdentityProviderConfiguration=absent.finds_no_configuration,
    ),
    **_none_here(
        _MONITORING,
        DeleteEmailMonitoringConfiguration=absent.deletes,
        DescribeEmailMonitoringConfiguration=absent.finds_no_configuration,
    ),
    **_refused(
        _MONITORING,
        "PutEmailMonitoringConfiguration",
        applies=False,
    ),
}

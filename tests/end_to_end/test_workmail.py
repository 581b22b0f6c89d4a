"""An administrator's whole life with boto3 as it is, against a server process; every answer is checked by the model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from easd.model.access_key import KeyRole
from tests.support.command_line import easd
from tests.support.server import RunningServer, inhabit, running_server, variables
from tests.support.workmail import access_key, client, conforms, environment

INVALID = "InvalidParameterException"


class Site:
    """A running server and an administrator's client."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.url = server.database_url
        self.aws = self.client()
        [summary] = self.aws.list_organizations()["OrganizationSummaries"]
        self.organization: str = summary["OrganizationId"]

    def client(self, role: KeyRole = KeyRole.ADMIN, organisation: str = "") -> Any:
        made = client(self.server.url, access_key(self.url, role, organisation))
        made.meta.events.register("after-call.workmail", conforms)
        return made

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        """An operation on the organisation."""
        return lambda **values: getattr(self.aws, operation)(OrganizationId=self.organization, **values)

    def registered(self, name: str, **values: Any) -> str:
        """The identifier of a new user in use."""
        user: str = self.create_user(Name=name, DisplayName=name.title(), Password="pass word 1", **values)["UserId"]
        self.register_to_work_mail(EntityId=user, Email=f"{name}@example.test")
        return user


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("workmail")
    url = f"sqlite:///{folder / 'easd.db'}"
    inhabit(url)
    with running_server(url, environ={"EASD_SERVER_PUBLIC_URL": "https://mail.example.test"}) as server:
        yield Site(server)


def code(act: Callable[[], object]) -> str:
    """The error that it ends in."""
    with pytest.raises(ClientError) as caught:
        act()
    assert caught.value.response["Error"]["Message"]
    return str(caught.value.response["Error"]["Code"])


def test_the_life_of_a_user(site: Site) -> None:
    user = site.create_user(
        Name="dora", DisplayName="Dora Duck", Password="pass word 1", FirstName="Dora", HiddenFromGlobalAddressList=True
    )["UserId"]
    found = site.describe_user(UserId=user)
    assert (found["State"], found["Name"], found["HiddenFromGlobalAddressList"]) == ("DISABLED", "dora", True)
    assert "Email" not in found
    site.register_to_work_mail(EntityId=user, Email="dora.duck@example.test")
    for identifier in (user, "dora", "dora.duck@example.test"):
        assert site.describe_user(UserId=identifier)["UserId"] == user
    site.update_user(UserId=user, JobTitle="Chief", City="Duckburg", LastName="Duck", HiddenFromGlobalAddressList=False)
    site.update_user(UserId=user, City="")
    found = site.describe_user(UserId=user)
    told = {name: found.get(name) for name in ("State", "Email", "JobTitle", "City", "FirstName", "LastName")}
    assert told == {
        "State": "ENABLED",
        "Email": "dora.duck@example.test",
        "JobTitle": "Chief",
        "City": None,
        "FirstName": "Dora",
        "LastName": "Duck",
    }
    site.create_alias(EntityId=user, Alias="dd@example.test")
    site.update_primary_email_address(EntityId=user, Email="dora@example.test")
    assert site.describe_user(UserId="dd@example.test")["Email"] == "dora@example.test"
    aliases = site.list_aliases(EntityId=user)["Aliases"]
    assert aliases == ["dd@example.test", "dora.duck@example.test"]
    site.delete_alias(EntityId=user, Alias="dd@example.test")
    described = site.describe_entity(Email="dora.duck@example.test")
    assert (described["EntityId"], described["Name"], described["Type"]) == (user, "dora", "USER")
    site.update_mailbox_quota(UserId=user, MailboxQuota=100)
    details = site.get_mailbox_details(UserId=user)
    assert details["MailboxQuota"] == 100
    assert details["MailboxSize"] >= 0
    site.reset_password(UserId=user, Password="another 2")
    assert code(lambda: site.delete_user(UserId=user)) == "EntityStateException"
    site.deregister_from_work_mail(EntityId=user)
    site.deregister_from_work_mail(EntityId=user)
    site.delete_user(UserId=user)
    site.delete_user(UserId=user)
    assert site.describe_user(UserId=user)["State"] == "DELETED"
    assert code(lambda: site.update_user(UserId=user, City="X")) == "EntityStateException"


def test_the_password_of_a_registered_user_signs_in(site: Site) -> None:
    user = site.registered("signer")
    status = _options(site, "signer@example.test", "pass word 1")
    site.reset_password(UserId=user, Password="changed 2")
    assert (status, _options(site, "signer@example.test", "pass word 1")) == (200, 401)
    assert _options(site, "signer@example.test", "changed 2") == 200
    site.deregister_from_work_mail(EntityId=user)
    assert _options(site, "signer@example.test", "changed 2") == 401


def _options(site: Site, login: str, password: str) -> int:
    return httpx.request(
        "OPTIONS", f"{site.server.url}/Microsoft-Server-ActiveSync", auth=(login, password)
    ).status_code


def test_the_life_of_a_group(site: Site) -> None:
    group = site.create_group(Name="All Staff")["GroupId"]
    assert code(lambda: site.create_group(Name="all staff")) == "NameAvailabilityException"
    site.register_to_work_mail(EntityId=group, Email="staff@example.test")
    site.associate_member_to_group(GroupId=group, MemberId="alice")
    site.associate_member_to_group(GroupId="staff@example.test", MemberId="bob@example.test")
    members = site.list_group_members(GroupId=group)["Members"]
    assert [(one["Name"], one["Type"], one["State"]) for one in members] == [
        ("Alice Archer", "USER", "ENABLED"),
        ("Bob Brandt", "USER", "ENABLED"),
    ]
    [listed] = site.list_groups_for_entity(EntityId="alice", Filters={"GroupNamePrefix": "all"})["Groups"]
    assert listed == {"GroupId": group, "GroupName": "All Staff"}
    site.update_group(GroupId=group, HiddenFromGlobalAddressList=True)
    found = site.describe_group(GroupId=group)
    assert (found["Email"], found["HiddenFromGlobalAddressList"]) == ("staff@example.test", True)
    assert [one["Id"] for one in site.list_groups(Filters={"NamePrefix": "All"})["Groups"]] == [group]
    site.disassociate_member_from_group(GroupId=group, MemberId="bob")
    site.disassociate_member_from_group(GroupId=group, MemberId="bob")
    assert len(site.list_group_members(GroupId=group)["Members"]) == 1
    assert code(lambda: site.delete_group(GroupId=group)) == "EntityStateException"
    site.deregister_from_work_mail(EntityId=group)
    site.delete_group(GroupId=group)
    assert site.list_groups()["Groups"] == []
    assert [one["Id"] for one in site.list_groups(Filters={"State": "DELETED"})["Groups"]] == [group]


def test_the_life_of_a_resource(site: Site) -> None:
    room = site.create_resource(Name="room-1", Type="ROOM", Description="the small one")["ResourceId"]
    assert room.startswith("r-")
    site.register_to_work_mail(EntityId=room, Email="room@example.test")
    site.update_resource(ResourceId=room, BookingOptions={"AutoAcceptRequests": False}, Name="room-2")
    found = site.describe_resource(ResourceId="room@example.test")
    assert (found["Name"], found["Description"], found["Type"]) == ("room-2", "the small one", "ROOM")
    assert found["BookingOptions"] == {
        "AutoAcceptRequests": False,
        "AutoDeclineRecurringRequests": False,
        "AutoDeclineConflictingRequests": True,
    }
    site.associate_delegate_to_resource(ResourceId=room, EntityId="carol")
    [delegate] = site.list_resource_delegates(ResourceId=room)["Delegates"]
    assert delegate["Type"] == "USER"
    assert site.describe_user(UserId=delegate["Id"])["Name"] == "carol"
    site.disassociate_delegate_from_resource(ResourceId=room, EntityId="carol")
    assert site.list_resource_delegates(ResourceId=room)["Delegates"] == []
    assert [one["Id"] for one in site.list_resources()["Resources"]] == [room]
    assert code(lambda: site.delete_user(UserId=room)) == "UnsupportedOperationException"
    site.deregister_from_work_mail(EntityId=room)
    site.delete_resource(ResourceId=room)
    assert site.describe_resource(ResourceId=room)["State"] == "DELETED"


def test_permissions_are_replaced_and_taken_away(site: Site) -> None:
    everything = ["FULL_ACCESS", "SEND_AS", "SEND_ON_BEHALF"]
    site.put_mailbox_permissions(EntityId="alice", GranteeId="bob", PermissionValues=everything)
    site.put_mailbox_permissions(EntityId="alice", GranteeId="bob", PermissionValues=["SEND_AS"])
    [found] = site.list_mailbox_permissions(EntityId="alice")["Permissions"]
    assert found["PermissionValues"] == ["SEND_AS"]
    assert site.describe_user(UserId=found["GranteeId"])["Name"] == "bob"
    site.delete_mailbox_permissions(EntityId="alice", GranteeId="bob")
    assert site.list_mailbox_permissions(EntityId="alice")["Permissions"] == []


def test_rules_and_overrides_of_devices(site: Site) -> None:
    [default] = site.list_mobile_device_access_rules()["Rules"]
    assert (default["Name"], default["Effect"]) == ("Default", "ALLOW")
    rule = site.create_mobile_device_access_rule(Name="Old", Effect="DENY", DeviceModels=["iPhone 3"])
    number = rule["MobileDeviceAccessRuleId"]
    effect = site.get_mobile_device_access_effect(DeviceModel="iPhone 3GS")
    assert (effect["Effect"], effect["MatchedRules"]) == (
        "DENY",
        [{"MobileDeviceAccessRuleId": number, "Name": "Old"}],
    )
    site.update_mobile_device_access_rule(MobileDeviceAccessRuleId=number, Name="Old", Effect="DENY", DeviceTypes=["X"])
    assert site.get_mobile_device_access_effect(DeviceModel="iPhone 3GS", DeviceType="iPhone")["Effect"] == "ALLOW"
    both = {"DeviceTypes": ["A"], "NotDeviceTypes": ["B"]}
    wrong = code(lambda: site.create_mobile_device_access_rule(Name="Both", Effect="DENY", **both))
    assert wrong == "InvalidParameterException"
    device = {"UserId": "alice", "DeviceId": "ABC123"}
    assert code(lambda: site.get_mobile_device_access_override(**device)) == "ResourceNotFoundException"
    site.put_mobile_device_access_override(**device, Effect="DENY", Description="lost")
    found = site.get_mobile_device_access_override(UserId="alice", DeviceId="abc123")
    assert (found["Effect"], found["Description"]) == ("DENY", "lost")
    assert len(site.list_mobile_device_access_overrides()["Overrides"]) == 1
    assert site.list_mobile_device_access_overrides(UserId="bob")["Overrides"] == []
    site.delete_mobile_device_access_override(**device)
    site.delete_mobile_device_access_override(**device)
    site.delete_mobile_device_access_rule(MobileDeviceAccessRuleId=number)
    site.delete_mobile_device_access_rule(MobileDeviceAccessRuleId=number)
    assert len(site.list_mobile_device_access_rules()["Rules"]) == 1


def test_the_life_of_an_organisation(site: Site) -> None:
    made = site.aws.create_organization(Alias="second", Domains=[{"DomainName": "second.test"}])["OrganizationId"]
    again = code(lambda: site.aws.create_organization(Alias="second"))
    assert again == "NameAvailabilityException"
    found = site.aws.describe_organization(OrganizationId=made)
    assert (found["Alias"], found["State"], found["DefaultMailDomain"]) == ("second", "Active", "second.test")
    other = {"OrganizationId": made}
    site.aws.register_mail_domain(**other, DomainName="more.second.test")
    assert code(lambda: site.register_mail_domain(DomainName="second.test")) == "MailDomainInUseException"
    site.aws.update_default_mail_domain(**other, DomainName="more.second.test")
    listed = site.aws.list_mail_domains(**other)["MailDomains"]
    assert listed == [
        {"DomainName": "more.second.test", "DefaultDomain": True},
        {"DomainName": "second.test", "DefaultDomain": False},
    ]
    domain = site.aws.get_mail_domain(**other, DomainName="more.second.test")
    assert (domain["IsDefault"], domain["OwnershipVerificationStatus"]) == (True, "PENDING")
    assert domain["DkimVerificationStatus"] == "PENDING"
    assert {"Type": "MX", "Hostname": "more.second.test.", "Value": "10 mail.example.test."} in domain["Records"]
    site.aws.deregister_mail_domain(**other, DomainName="second.test")
    site.aws.tag_resource(ResourceARN=found["ARN"], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    site.aws.untag_resource(ResourceARN=found["ARN"], TagKeys=["a"])
    assert site.aws.list_tags_for_resource(ResourceARN=found["ARN"])["Tags"] == [{"Key": "b", "Value": "2"}]
    assert site.aws.describe_inbound_dmarc_settings(**other)["Enforced"] in (True, False)
    site.aws.put_inbound_dmarc_settings(**other, Enforced=False)
    assert site.aws.describe_inbound_dmarc_settings(**other)["Enforced"] is False
    user = site.aws.create_user(**other, Name="eve", DisplayName="Eve")["UserId"]
    site.aws.register_to_work_mail(**other, EntityId=user, Email="eve@more.second.test")
    assert code(lambda: site.describe_user(UserId=user)) == "EntityNotFoundException"
    kept = code(lambda: site.aws.delete_organization(**other, DeleteDirectory=True))
    assert kept == "OrganizationStateException"
    site.aws.delete_organization(**other, DeleteDirectory=True, ForceDelete=True)
    assert site.aws.describe_organization(**other)["State"] == "Deleted"
    assert code(lambda: site.aws.list_users(**other)) == "OrganizationStateException"


def test_pages_are_whole_whatever_their_size(site: Site) -> None:
    names = [f"page{number}" for number in range(7)]
    for name in names:
        site.create_user(Name=name, DisplayName=f"Page {name}")
    pages = site.aws.get_paginator("list_users").paginate(
        OrganizationId=site.organization, Filters={"UsernamePrefix": "page"}, PaginationConfig={"PageSize": 3}
    )
    found = [page["Users"] for page in pages]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [one["Name"] for page in found for one in page] == names
    first = site.list_users(MaxResults=3)
    wrong_scope = code(lambda: site.list_users(Filters={"State": "ENABLED"}, NextToken=first["NextToken"]))
    assert wrong_scope == "InvalidParameterException"
    assert code(lambda: site.list_users(NextToken="made up")) == "InvalidParameterException"


def test_errors_have_their_names_and_their_classes(site: Site) -> None:
    errors = site.aws.exceptions
    with pytest.raises(errors.EntityNotFoundException):
        site.describe_user(UserId="nobody")
    with pytest.raises(errors.OrganizationNotFoundException):
        site.aws.list_users(OrganizationId="m-" + "0" * 32)
    with pytest.raises(errors.NameAvailabilityException):
        site.create_user(Name="alice", DisplayName="Alice")
    waiting = site.create_user(Name="errs", DisplayName="Errs")["UserId"]
    with pytest.raises(errors.EmailAddressInUseException):
        site.register_to_work_mail(EntityId=waiting, Email="alice@example.test")
    with pytest.raises(errors.MailDomainNotFoundException):
        site.register_to_work_mail(EntityId=waiting, Email="errs@nowhere.test")
    with pytest.raises(errors.EntityStateException):
        site.create_alias(EntityId=waiting, Alias="e@example.test")
    with pytest.raises(errors.EntityAlreadyRegisteredException):
        site.register_to_work_mail(EntityId="alice", Email="a@example.test")
    assert code(lambda: site.create_availability_configuration(DomainName="example.test")) == INVALID


def test_the_server_validates_what_clients_do_not(site: Site) -> None:
    bare = client(site.server.url, access_key(site.url), parameter_validation=False)
    values = {"OrganizationId": "m-1", "UserId": "alice"}
    assert code(lambda: bare.describe_user(**values)) == "ValidationException"


def test_roles_and_keys_bound_to_an_organisation(site: Site) -> None:
    looking, devices = site.client(KeyRole.READ_ONLY), site.client(KeyRole.DEVICE_MANAGER)
    bound = site.client(KeyRole.ORGANISATION_ADMIN, "Example")
    own = {"OrganizationId": site.organization}
    assert looking.describe_user(**own, UserId="alice")["Name"] == "alice"
    new = {**own, "Name": "role", "DisplayName": "Role"}
    assert code(lambda: looking.create_user(**new)) == "AccessDeniedException"
    override = {**own, "UserId": "alice", "DeviceId": "R1"}
    devices.put_mobile_device_access_override(**override, Effect="ALLOW")
    devices.delete_mobile_device_access_override(**override)
    assert code(lambda: devices.create_user(**new)) == "AccessDeniedException"
    user = bound.create_user(**new)["UserId"]
    bound.delete_user(**own, UserId=user)
    assert code(lambda: bound.create_organization(Alias="third")) == "AccessDeniedException"
    other = site.aws.create_organization(Alias="fourth")["OrganizationId"]
    assert code(lambda: bound.list_users(OrganizationId=other)) == "AccessDeniedException"
    assert code(lambda: bound.list_users(OrganizationId="m-" + "0" * 32)) == "AccessDeniedException"
    assert [one["OrganizationId"] for one in bound.list_organizations()["OrganizationSummaries"]] == [site.organization]
    site.aws.delete_organization(OrganizationId=other, DeleteDirectory=True)


def test_keys_that_do_not_count(site: Site) -> None:
    environ = variables(site.url)
    made = easd("access-key", "create", "--role", "read-only", "--json", environ=environ).json
    mine = client(site.server.url, (made["id"], made["secret"]))
    assert mine.list_organizations()["OrganizationSummaries"]
    assert easd("access-key", "disable", made["id"], environ=environ).code == 0
    assert code(mine.list_organizations) == "UnrecognizedClientException"
    assert easd("access-key", "enable", made["id"], environ=environ).code == 0
    wrong = client(site.server.url, (made["id"], "no such secret"))
    assert code(wrong.list_organizations) == "InvalidSignatureException"
    listed = {one["key"]: one for one in easd("access-key", "list", "--json", environ=environ).json}
    assert listed[made["id"]]["last_used"] is not None
    assert made["secret"] not in json.dumps(listed)
    assert easd("access-key", "remove", made["id"], "--yes", environ=environ).code == 0
    assert code(mine.list_organizations) == "UnrecognizedClientException"


def test_changes_are_in_the_audit_log_under_the_key(site: Site) -> None:
    key = access_key(site.url)
    mine = client(site.server.url, key)
    values = {"OrganizationId": site.organization, "Name": "audited", "DisplayName": "A", "Password": "secret word 1"}
    mine.create_user(**values)
    listed = easd("audit", "list", "--actor", f"key:{key[0]}", "--json", environ=variables(site.url))
    assert b"secret word" not in listed.raw
    assert [one["operation"] for one in listed.json][-1] == "CreateUser"
    assert {one["outcome"] for one in listed.json} == {"done"}


def test_many_clients_at_the_same_time(site: Site) -> None:
    key = access_key(site.url)

    def life(number: int) -> str:
        aws, own = client(site.server.url, key), {"OrganizationId": site.organization}
        user: str = aws.create_user(**own, Name=f"many{number}", DisplayName="Many")["UserId"]
        aws.register_to_work_mail(**own, EntityId=user, Email=f"many{number}@example.test")
        return user

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(life, range(8)))
    listed = site.list_users(Filters={"UsernamePrefix": "many", "State": "ENABLED"})["Users"]
    assert {one["Id"] for one in listed} == made
    assert len(made) == 8


def test_access_control_rules(site: Site) -> None:
    rules = {one["Name"]: one for one in site.list_access_control_rules()["Rules"]}
    alice = site.describe_user(UserId="alice")["UserId"]
    values = {"Name": "office-only", "Effect": "DENY", "Description": "IMAP from the office alone"}
    site.put_access_control_rule(**values, NotIpRanges=["10.0.0.0/8"], Actions=["IMAP"], UserIds=[alice])
    added = [one for one in site.list_access_control_rules()["Rules"] if one["Name"] not in rules]
    assert [(one["Effect"], one["NotIpRanges"], one["Actions"], one["UserIds"]) for one in added] == [
        ("DENY", ["10.0.0.0/8"], ["IMAP"], [alice])
    ]
    asked = {"Action": "IMAP", "UserId": alice}
    outside = site.get_access_control_effect(**asked, IpAddress="192.0.2.1")
    assert (outside["Effect"], outside["MatchedRules"]) == ("DENY", ["office-only"])
    assert site.get_access_control_effect(**asked, IpAddress="10.1.2.3")["Effect"] == "ALLOW"
    assert code(lambda: site.put_access_control_rule(**values, Actions=["Telnet"])) == "InvalidParameterException"
    assert code(lambda: site.put_access_control_rule(**values, UserIds=["f" * 32])) == "EntityNotFoundException"
    site.delete_access_control_rule(Name="office-only")
    site.delete_access_control_rule(Name="office-only")
    assert {one["Name"] for one in site.list_access_control_rules()["Rules"]} == rules.keys()


def test_impersonation_roles(site: Site) -> None:
    rule = {"ImpersonationRuleId": "r1", "Name": "not Alice", "Effect": "ALLOW", "NotTargetUsers": ["alice"]}
    role = site.create_impersonation_role(Name="Backup", Type="READ_ONLY", Rules=[rule])["ImpersonationRoleId"]
    found = site.get_impersonation_role(ImpersonationRoleId=role)
    alice = site.describe_user(UserId="alice")["UserId"]
    assert (found["Name"], found["Rules"]) == ("Backup", [{**rule, "NotTargetUsers": [alice]}])
    own = {"ImpersonationRoleId": role}
    effects = [site.get_impersonation_role_effect(**own, TargetUser=name) for name in ("alice", "bob")]
    assert [(one["Effect"], one["MatchedRules"]) for one in effects] == [
        ("DENY", []),
        ("ALLOW", [{"ImpersonationRuleId": "r1", "Name": "not Alice"}]),
    ]
    site.update_impersonation_role(**own, Name="Archive", Type="FULL_ACCESS", Rules=[])
    [listed] = site.list_impersonation_roles()["Roles"]
    assert (listed["ImpersonationRoleId"], listed["Name"], listed["Type"]) == (role, "Archive", "FULL_ACCESS")
    token = site.assume_impersonation_role(**own)
    assert token["Token"]
    assert token["ExpiresIn"] > 0
    site.delete_impersonation_role(**own)
    site.delete_impersonation_role(**own)
    assert code(lambda: site.assume_impersonation_role(**own)) == "ResourceNotFoundException"


def test_the_retention_policy(site: Site) -> None:
    assert code(site.get_default_retention_policy) == "EntityNotFoundException"
    folders = [
        {"Name": "INBOX", "Action": "NONE"},
        {"Name": "DELETED_ITEMS", "Action": "PERMANENTLY_DELETE", "Period": 30},
    ]
    site.put_retention_policy(Name="House", Description="thirty days", FolderConfigurations=folders)
    found = site.get_default_retention_policy()
    assert (found["Name"], found["FolderConfigurations"]) == ("House", folders)
    incomplete = [{"Name": "INBOX", "Action": "DELETE"}]
    wrong = code(lambda: site.put_retention_policy(Name="House", FolderConfigurations=incomplete))
    assert wrong == "InvalidParameterException"
    site.delete_retention_policy(Id=found["Id"])
    site.delete_retention_policy(Id=found["Id"])
    assert code(site.get_default_retention_policy) == "EntityNotFoundException"


def test_app_passwords_are_personal_access_tokens(site: Site) -> None:
    assert easd("app-password", "create", "bob", "--name", "phone", environ=variables(site.url)).code == 0
    [found] = site.list_personal_access_tokens(UserId="bob")["PersonalAccessTokenSummaries"]
    number = found["PersonalAccessTokenId"]
    assert (found["Name"], site.describe_user(UserId=found["UserId"])["Name"]) == ("phone", "bob")
    told = site.get_personal_access_token_metadata(PersonalAccessTokenId=number)
    assert told["DateCreated"] == found["DateCreated"]
    site.delete_personal_access_token(PersonalAccessTokenId=number)
    site.delete_personal_access_token(PersonalAccessTokenId=number)
    assert site.list_personal_access_tokens()["PersonalAccessTokenSummaries"] == []
    missing = code(lambda: site.get_personal_access_token_metadata(PersonalAccessTokenId=number))
    assert missing == "ResourceNotFoundException"


def _cli(site: Site, key: tuple[str, str], *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "awscli", "workmail", *arguments]
    given = [*command, "--endpoint-url", site.server.url, "--output", "json"]
    environ = {**os.environ, **environment(key)}
    return subprocess.run(given, env=environ, capture_output=True, check=False, timeout=50)


def test_the_aws_cli_as_it_is(site: Site) -> None:
    """A handful of calls at the same time: to start it takes a second."""
    key, own = access_key(site.url), ("--organization-id", site.organization)
    made = _cli(site, key, "create-user", *own, "--name", "cli", "--display-name", "Cli", "--password", "pass word 1")
    assert made.returncode == 0, made.stderr
    user = json.loads(made.stdout)["UserId"]
    registered = _cli(site, key, "register-to-work-mail", *own, "--entity-id", user, "--email", "cli@example.test")
    assert (registered.returncode, registered.stdout) == (0, b"")
    calls = (
        ("describe-user", *own, "--user-id", "cli"),
        ("list-users", *own, "--page-size", "1", "--query", "Users[].Name"),
        ("describe-user", *own, "--user-id", "nobody"),
    )
    with ThreadPoolExecutor(3) as pool:
        found, listed, refused = pool.map(lambda call: _cli(site, key, *call), calls)
    assert json.loads(found.stdout)["Email"] == "cli@example.test"
    assert {"alice", "bob", "carol", "cli"} <= set(json.loads(listed.stdout))
    assert refused.returncode != 0
    assert b"(EntityNotFoundException) when calling the DescribeUser operation" in refused.stderr


def test_scripts_that_look_for_what_there_is_none_of_go_on(site: Site) -> None:
    """Export jobs, availability, IAM Identity Center, monitoring: nothing is listed or found, and can be deleted."""
    assert site.list_mailbox_export_jobs()["Jobs"] == []
    assert site.list_availability_configurations()["AvailabilityConfigurations"] == []
    assert code(lambda: site.describe_mailbox_export_job(JobId="1" * 8)) == "EntityNotFoundException"
    assert code(lambda: site.cancel_mailbox_export_job(ClientToken="t", JobId="1" * 8)) == "EntityNotFoundException"
    for look in (site.describe_identity_provider_configuration, site.describe_email_monitoring_configuration):
        assert code(look) == "ResourceNotFoundException"
    site.delete_availability_configuration(DomainName="example.test")
    site.delete_identity_provider_configuration()
    site.delete_email_monitoring_configuration()

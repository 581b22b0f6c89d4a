"""`easd import workmail` with boto3 as it is, from a server that speaks Amazon WorkMail's API."""

import csv
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from easd.admin.moving.described import Described
from easd.admin.moving.describing import described
from easd.admin.moving.from_workmail import WorkMailSource
from easd.model.access_key import KeyRole
from easd.model.account import Kind, Profile
from easd.model.audit import AuditQuestion
from tests.support.command_line import Ended, easd
from tests.support.databases import copied
from tests.support.server import RunningServer, demo_users, inhabit, office, prepared, running_server, variables
from tests.support.workmail import REGION, access_key, client


class There:
    """The organisation that is left, and keys for it."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.aws = client(server.url, access_key(server.database_url))
        self.key = access_key(server.database_url, KeyRole.READ_ONLY)
        [summary] = self.aws.list_organizations()["OrganizationSummaries"]
        self.organization: str = summary["OrganizationId"]

    def do(self, operation: str, **values: Any) -> Any:
        return getattr(self.aws, operation)(OrganizationId=self.organization, **values)

    def described(self) -> Described:
        with office(self.server.database_url) as opened:
            return described(opened, opened.organisation(""))

    def brought(self, url: str, *arguments: str, code: int = 0, named: bool = True) -> Ended:
        """What `easd import workmail` says, run for another database with a key that may only look."""
        keys = {"AWS_ACCESS_KEY_ID": self.key[0], "AWS_SECRET_ACCESS_KEY": self.key[1], "AWS_REGION": REGION}
        where = ["--endpoint-url", self.server.url, "--region", REGION]
        where += ["--organisation", "Example"] if named else []
        ended = easd("import", "workmail", *where, *arguments, environ={**variables(url), **keys})
        assert ended.code == code, ended.err
        return ended


def inhabited(there: There) -> None:
    """People, groups, resources and rules of every kind."""
    do = there.do
    do("register_mail_domain", DomainName="second.test")
    dora = do("create_user", Name="dora", DisplayName="Dora Duck", Password="pass word 1", FirstName="Dora")["UserId"]
    do("register_to_work_mail", EntityId=dora, Email="dora.duck@second.test")
    do("update_user", UserId=dora, JobTitle="Chief", City="Duckburg", HiddenFromGlobalAddressList=True)
    do("create_alias", EntityId=dora, Alias="dd@example.test")
    do("update_mailbox_quota", UserId=dora, MailboxQuota=100)
    do("create_user", Name="waiting", DisplayName="Not Yet", Password="pass word 1")
    do("create_user", Name="robot", DisplayName="Robot", Password="pass word 1", Role="SYSTEM_USER")
    staff, board = (do("create_group", Name=name)["GroupId"] for name in ("All Staff", "Board"))
    do("register_to_work_mail", EntityId=staff, Email="staff@example.test")
    do("register_to_work_mail", EntityId=board, Email="board@example.test")
    do("associate_member_to_group", GroupId=staff, MemberId=board)
    do("associate_member_to_group", GroupId=staff, MemberId="alice")
    do("associate_member_to_group", GroupId=board, MemberId=dora)
    room = do("create_resource", Name="Blue.Room", Type="ROOM", Description="first floor")["ResourceId"]
    do("register_to_work_mail", EntityId=room, Email="blue@example.test")
    options = {
        "AutoAcceptRequests": False,
        "AutoDeclineRecurringRequests": True,
        "AutoDeclineConflictingRequests": True,
    }
    do("update_resource", ResourceId=room, BookingOptions=options)
    do("associate_delegate_to_resource", ResourceId=room, EntityId="bob")
    do("put_mailbox_permissions", EntityId="alice", GranteeId=dora, PermissionValues=["FULL_ACCESS", "SEND_AS"])
    do("put_mailbox_permissions", EntityId=board, GranteeId="bob", PermissionValues=["SEND_ON_BEHALF"])
    do("put_mobile_device_access_override", UserId="alice", DeviceId="ABC", Effect="DENY", Description="lost")
    do(
        "create_mobile_device_access_rule",
        Name="no tablets",
        Effect="DENY",
        DeviceTypes=["Tablet"],
        NotDeviceModels=["X"],
    )
    [default] = [one for one in do("list_mobile_device_access_rules")["Rules"] if one["Name"] != "no tablets"]
    do("delete_mobile_device_access_rule", MobileDeviceAccessRuleId=default["MobileDeviceAccessRuleId"])
    rules = [{"ImpersonationRuleId": "r", "Effect": "ALLOW", "TargetUsers": [dora], "Name": "one"}]
    role = do("create_impersonation_role", Name="migration", Type="READ_ONLY", Rules=rules)["ImpersonationRoleId"]
    do("put_access_control_rule", Name="Default", Effect="ALLOW", Description="other words", Actions=["ActiveSync"])
    lists = {"UserIds": [dora], "IpRanges": ["10.0.0.0/8"], "NotActions": ["EWS"]}
    do("put_access_control_rule", Name="office", Effect="DENY", Description="home", **lists)
    do("put_access_control_rule", Name="roles", Effect="ALLOW", Description="r", NotImpersonationRoleIds=[role])
    folders = [{"Name": "INBOX", "Action": "DELETE", "Period": 30}, {"Name": "DRAFTS", "Action": "NONE"}]
    do("put_retention_policy", Name="Default", FolderConfigurations=folders)
    do("put_inbound_dmarc_settings", Enforced=False)
    arn = do("describe_organization")["ARN"]
    there.aws.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "old"}])


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    url = copied(f"sqlite:///{tmp_path_factory.mktemp('there') / 'easd.db'}", inhabit)
    with running_server(url) as server:
        made = There(server)
        inhabited(made)
        yield made


@pytest.fixture
def here(sqlite_url: str) -> str:
    """A store without any organisation."""
    return prepared(sqlite_url)


def found_in(url: str) -> Described:
    with office(url) as opened:
        return described(opened, opened.organisation(""))


def outcomes(ended: Ended) -> list[Mapping[str, str]]:
    assert ended.json["left_out"] == []
    return list(ended.json["steps"])


def test_an_organisation_comes_whole_and_a_second_run_finds_nothing_to_do(there: There, here: str) -> None:
    planned = outcomes(there.brought(here, "--dry-run", "--json"))
    with office(here) as opened:
        assert opened.organisations.all() == []
    done = outcomes(there.brought(here, "--json"))
    assert [one for one in done if one["fault"]] == []
    made = [(one["kind"], one["name"]) for one in done if one["what"] == "new"]
    assert {("user", "dora.duck@second.test"), ("room", "blue@example.test"), ("group", "staff@example.test")} < set(
        made
    )
    assert set(made) - {(one["kind"], one["name"]) for one in planned} == set()
    assert found_in(here) == there.described()
    assert outcomes(there.brought(here, "--json")) == []
    with office(here) as opened:
        operations = [line.operation for line in opened.desk.audit(AuditQuestion())]
    assert operations.count("CreateUser") == 6
    assert {"CreateGroup", "PutMailboxPermissions", "PutAccessControlRule", "CreateImpersonationRole"} <= set(
        operations
    )


def test_a_run_that_was_cut_off_goes_on_and_what_was_done_here_stays(there: There, here: str) -> None:
    demo_users(here)  # alice, bob and carol have come, as if by a run that was killed then
    with office(here) as opened:
        carol = opened.user("carol")
        opened.desk.entities.add_alias(carol, "only-here@example.test")
        opened.desk.entities.rename(opened.user("alice"), "Another Name")
        opened.desk.entities.set_profile(carol, Profile(phone="1"), None, hidden=False)
    done = outcomes(there.brought(here, "--json", named=False))
    assert [one for one in done if one["fault"] or one["name"] == "bob@example.test"] == []
    [changed] = [one for one in done if one["name"] == "alice@example.test" and one["kind"] == "user"]
    assert changed["what"] == "name"
    kept = next(one for one in found_in(here).entities if one.address == "carol@example.test")
    assert (kept.aliases, kept.profile) == (("only-here@example.test",), {"phone": "1"})


def test_first_passwords_are_in_a_file_for_one_alone_and_let_their_owners_in(
    there: There, here: str, tmp_path: Path
) -> None:
    file = tmp_path / "passwords.csv"
    table = there.brought(here, "--passwords", str(file)).out
    assert "user" in table
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as opened:
        rows = {row["address"]: row["password"] for row in csv.DictReader(opened)}
    enabled = {one.address for one in there.described().entities if one.kind is Kind.USER and one.enabled}
    assert set(rows) == enabled
    assert len(set(rows.values())) == len(rows)
    with office(here) as opened:
        assert opened.directory.authenticate("alice@example.test", rows["alice@example.test"]) is not None
        lines = str(opened.desk.audit(AuditQuestion()))
    assert not any(password in lines for password in rows.values())


def test_what_cannot_be_made_is_named_and_stops_nothing_else(there: There, here: str) -> None:
    with office(here) as opened:
        other = opened.desk.organisations.create("Other")
        opened.desk.organisations.add_domain(other, "second.test")
    ended = there.brought(here, "--json", code=1)
    faults = {one["name"]: one["fault"] for one in ended.json["steps"] if one["fault"]}
    assert faults["second.test"] == "the domain belongs to another organisation"
    with office(here) as opened:
        assert opened.user("alice@example.test").enabled


class Between:
    """The client, behind something that asks for small pages, or denies what is named, or answers otherwise."""

    def __init__(self, client: Any, denied: frozenset[str] = frozenset(), **answers: Any) -> None:
        self._client, self._denied, self._answers = client, denied, answers
        self.asked: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        def asked(**values: Any) -> Any:
            self.asked.append(operation)
            if operation in self._denied:
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
            if operation in self._answers:
                return self._answers[operation]
            paged = self._client.can_paginate(operation)
            return getattr(self._client, operation)(**values, **({"MaxResults": 2} if paged else {}))

        return asked


def test_lists_of_many_pages_are_read_to_their_end(there: There) -> None:
    small, whole = Between(there.aws), WorkMailSource(there.aws)
    assert WorkMailSource(small).described(lambda *_: None) == whole.described(lambda *_: None)
    assert small.asked.count("list_users") > 2


def test_what_may_not_be_read_is_named_and_left_as_it_is_here(there: There) -> None:
    rule = {"Name": "new", "Effect": "ALLOW", "Actions": ["Telepathy"]}
    denied = frozenset({"list_mobile_device_access_rules", "describe_group", "get_default_retention_policy"})
    source = WorkMailSource(Between(there.aws, denied, list_access_control_rules={"Rules": [rule]}))
    found = source.described(lambda *_: None)
    assert (found.device_rules, found.control_rules, found.retention) == (None, None, None)
    assert not [one for one in found.entities if one.kind is Kind.GROUP]
    left_out = {one.message for one in source.left_out}
    assert {"staff@example.test", "rules about devices", "access control rules", "retention policy"} <= left_out


def test_a_rule_about_people_who_are_gone_does_not_become_one_about_everybody(there: There) -> None:
    gone = "00000000-0000-4000-8000-000000000000"
    rule = {"Name": "gone", "Effect": "ALLOW", "UserIds": [gone]}
    role = {"ImpersonationRoleId": "r", "Name": "gone", "Type": "FULL_ACCESS"}
    rules = [{"ImpersonationRuleId": "a", "Effect": "ALLOW", "TargetUsers": [gone]}]
    answers = {
        "list_access_control_rules": {"Rules": [rule]},
        "list_impersonation_roles": {"Roles": [role]},
        "get_impersonation_role": {**role, "Rules": rules},
    }
    source = WorkMailSource(Between(there.aws, frozenset(), **answers))
    found = source.described(lambda *_: None)
    assert (found.control_rules, [one.rules for one in found.roles]) == ((), [()])
    assert [one.message for one in source.left_out] == ["access control rule gone"]


def test_wrong_keys_and_missing_regions_are_said_in_a_line(there: There, here: str) -> None:
    environ = {**variables(here), "AWS_ACCESS_KEY_ID": "EASDNO", "AWS_SECRET_ACCESS_KEY": "x"}
    ended = easd("import", "workmail", "--endpoint-url", there.server.url, "--region", REGION, environ=environ)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "list_organizations" in ended.err

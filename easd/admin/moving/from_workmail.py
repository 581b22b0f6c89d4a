"""An organisation of Amazon WorkMail as a description, by its API (version 2017-10-01).

Only operations that look are called: `Describe...`, `Get...`, `List...`. What the API does not give (passwords, what
mailboxes hold, rules about mail) is not in the description.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from easd.admin.importing import Remark
from easd.admin.moving.described import (
    ActingRole,
    ActingRule,
    ControlRule,
    Described,
    DeviceRule,
    Entity,
    SaidDevice,
)
from easd.admin.refused import Refused
from easd.model.access import Conditions, Effect
from easd.model.access_control import AccessConditions, Protocol
from easd.model.account import Kind
from easd.model.identity import Role
from easd.model.impersonation import ImpersonationType
from easd.model.organisation import BookingOptions, Permission
from easd.model.retention import FolderRetention, RetentionAction, RetentionFolder, RetentionPolicy
from easd.service.workmail.devices import LISTS
from easd.service.workmail.entities import local_part
from easd.service.workmail.users import MEBIBYTE, PROFILE

Facts = dict[str, Any]
Progress = Callable[[int, int | None], None]
"""Hears how many users, groups and resources are read, and of how many."""

_GONE: Final = "DELETED"
_ATTEMPTS: Final = 10
"""Of one call: the service answers ThrottlingException to who asks often."""


def open_workmail(region: str, endpoint: str, profile: str) -> Any:
    """boto3's client, with the credentials that it finds. Refused without boto3, region or credentials."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise Refused("this needs boto3: pip install 'easd[aws]'") from error
    try:
        session = boto3.session.Session(region_name=region or None, profile_name=profile or None)
        config = Config(retries={"total_max_attempts": _ATTEMPTS, "mode": "adaptive"})
        if session.get_credentials() is None:
            raise Refused("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --profile")
        return session.client("workmail", endpoint_url=endpoint or None, config=config)
    except BotoCoreError as error:
        raise Refused(f"{error}") from error


@dataclass(slots=True)
class WorkMailSource:
    """One organisation there. `left_out` names what could not be read, and why."""

    client: Any
    organisation: str = ""
    default_quota: int | None = None
    left_out: list[Remark] = field(default_factory=list)
    _people: dict[str, Facts] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)
    _domain: str = ""

    def described(self, progress: Progress) -> Described:
        """All that the API tells. `default_quota`: the bytes that need not be said of each mailbox. Refused if the
        organisation is not to be had.
        """
        self.organisation = self.organisation or self._only()
        facts = self._must("describe_organization")
        self._domain = facts.get("DefaultMailDomain", "")
        domains = [one["DomainName"] for one in self._listed("list_mail_domains", "MailDomains")]
        found = self._found()
        self._name_all(found)
        entities = []
        for done, (kind, one) in enumerate(found, 1):
            entities.append(self._entity(kind, one))
            progress(done, len(found))
        alias = facts.get("Alias", "")
        known = [one for one in entities if one is not None]
        roles = list(self._roles())
        return Described(
            name=alias or self.organisation,
            alias=alias,
            domains=tuple(sorted(domain.lower() for domain in domains)),
            default_domain=self._domain.lower(),
            entities=tuple(sorted(self._with_devices(known), key=lambda one: one.address)),
            roles=tuple(sorted((role for _, role in roles), key=lambda role: role.name)),
            device_rules=self._device_rules(),
            control_rules=self._control_rules({number: role.name for number, role in roles}),
            retention=self._retention(),
            dmarc_enforced=self._dmarc(),
            tags=self._tags(facts.get("ARN", "")),
        )

    def _only(self) -> str:
        summaries = self._listed("list_organizations", "OrganizationSummaries", scoped=False)
        there = [one for one in summaries if one.get("State", "").lower() == "active"]
        if len(there) != 1:
            names = ", ".join(f"{one['OrganizationId']} ({one.get('Alias', '')})" for one in there)
            raise Refused(f"which organisation? Say --organization-id, one of {names or 'none'}")
        return str(there[0]["OrganizationId"])

    # ------------------------------------------------------------ calls

    def _call(self, operation: str, **values: object) -> Facts:
        """Refused, in the service's words, for any error."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Facts = getattr(self.client, operation)(**values)
        except ClientError as error:
            said = error.response.get("Error", {})
            raise Refused(f"{operation}: {said.get('Code', '')}: {said.get('Message', '')}") from error
        except BotoCoreError as error:
            raise Refused(f"{operation}: {error}") from error
        return answer

    def _must(self, operation: str, **values: object) -> Facts:
        return self._call(operation, OrganizationId=self.organisation, **values)

    def _may(self, about: str, operation: str, **values: object) -> Facts:
        """The answer, or nothing: what could not be read is named."""
        try:
            return self._must(operation, **values)
        except Refused as refused:
            self.left_out.append(Remark(about, (str(refused),)))
            return {}

    def _listed(self, operation: str, member: str, scoped: bool = True, **values: object) -> list[Any]:
        """All pages of a list."""
        found: list[Any] = []
        asked: Facts = {**({"OrganizationId": self.organisation} if scoped else {}), **values}
        while True:
            page = self._call(operation, **asked)
            found += page.get(member, ())
            if not page.get("NextToken"):
                return found
            asked["NextToken"] = page["NextToken"]

    def _list(self, about: str, operation: str, member: str, **of: str) -> list[Any]:
        """The same, or nothing: what could not be read is named."""
        try:
            return self._listed(operation, member, True, **of)
        except Refused as refused:
            if "EntityStateException" not in str(refused):  # whoever is not in use has nothing to tell
                self.left_out.append(Remark(about, (str(refused),)))
            return []

    # ------------------------------------------------------------ who

    def _found(self) -> list[tuple[Kind, Facts]]:
        """Users, resources and groups that are there. A resource may be listed among users, too."""
        users = [
            (Kind.USER, one)
            for one in self._listed("list_users", "Users")
            if one.get("UserRole") != Role.RESOURCE.value
        ]
        resources = [(Kind(one["Type"]), one) for one in self._listed("list_resources", "Resources")]
        groups = [(Kind.GROUP, one) for one in self._listed("list_groups", "Groups")]
        return [each for each in (*users, *resources, *groups) if each[1].get("State") != _GONE]

    def _name_all(self, found: Sequence[tuple[Kind, Facts]]) -> None:
        """Everybody's address by identifier. Who is not registered has none, and waits under one made of the name."""
        taken = {one["Email"].lower() for _, one in found if one.get("Email")}
        for _, one in found:
            address = one.get("Email", "").lower()
            if not address:
                address = _free(local_part(one.get("Name", "")), self._domain.lower(), taken)
                taken.add(address)
            self._addresses[one["Id"]] = address

    def _entity(self, kind: Kind, one: Facts) -> Entity | None:
        try:
            if kind is Kind.USER:
                return self._user(one)
            return self._group(one) if kind is Kind.GROUP else self._resource(kind, one)
        except Refused as refused:
            fault = str(refused)
        except (KeyError, ValueError) as error:
            fault = f"an answer that this version does not understand: {error}"
        self.left_out.append(Remark(self._addresses[one["Id"]], (fault,)))
        return None

    def _user(self, one: Facts) -> Entity:
        facts = self._must("describe_user", UserId=one["Id"])
        made = self._common(Kind.USER, one, facts.get("DisplayName", "") or facts.get("Name", ""), facts)
        texts = {name: facts[member] for member, name in PROFILE.items() if facts.get(member)}
        if (alias := facts.get("Name", "")) and alias != made.address.partition("@")[0]:
            texts["alias"] = alias
        role = Role(facts.get("UserRole", Role.USER.value))
        return replace(made, profile=texts, role=role, quota=self._quota(one, facts))

    def _quota(self, one: Facts, facts: Facts) -> int | None:
        if facts.get("State") != "ENABLED" or facts.get("UserRole") == Role.REMOTE_USER.value:
            return None
        said = self._may(self._addresses[one["Id"]], "get_mailbox_details", UserId=one["Id"]).get("MailboxQuota")
        quota = said * MEBIBYTE if said else None
        return None if quota == self.default_quota else quota

    def _group(self, one: Facts) -> Entity:
        facts = self._must("describe_group", GroupId=one["Id"])
        made = self._common(Kind.GROUP, one, facts.get("Name", ""), facts)
        members = self._list(made.address, "list_group_members", "Members", GroupId=one["Id"])
        return replace(made, members=self._named(each["Id"] for each in members if each.get("State") != _GONE))

    def _resource(self, kind: Kind, one: Facts) -> Entity:
        facts = self._must("describe_resource", ResourceId=one["Id"])
        made = self._common(kind, one, facts.get("Name", ""), facts)
        delegates = self._list(made.address, "list_resource_delegates", "Delegates", ResourceId=one["Id"])
        asked = facts.get("BookingOptions", {})
        booking = BookingOptions(
            asked.get("AutoAcceptRequests", False),
            asked.get("AutoDeclineRecurringRequests", False),
            asked.get("AutoDeclineConflictingRequests", False),
        )
        named = self._named(each["Id"] for each in delegates)
        return replace(made, booking=booking, description=facts.get("Description", ""), delegates=named)

    def _common(self, kind: Kind, one: Facts, name: str, facts: Facts) -> Entity:
        """What users, groups and resources have in common."""
        number, address = one["Id"], self._addresses[one["Id"]]
        enabled = facts.get("State") == "ENABLED"
        aliases = self._list(address, "list_aliases", "Aliases", EntityId=number) if enabled else []
        permissions = self._list(address, "list_mailbox_permissions", "Permissions", EntityId=number) if enabled else []
        granted = {
            self._addresses[each["GranteeId"]]: tuple(sorted(map(Permission, each["PermissionValues"])))
            for each in permissions
            if each["GranteeId"] in self._addresses
        }
        return Entity(
            kind,
            address,
            name,
            tuple(sorted({alias.lower() for alias in aliases} - {address})),
            enabled,
            bool(facts.get("HiddenFromGlobalAddressList", False)),
            permissions={grantee: granted[grantee] for grantee in sorted(granted)},
        )

    def _named(self, numbers: Iterator[str]) -> tuple[str, ...]:
        return tuple(sorted(self._addresses[number] for number in numbers if number in self._addresses))

    def _with_devices(self, entities: Sequence[Entity]) -> Iterator[Entity]:
        said: dict[str, list[SaidDevice]] = {}
        for one in self._list("devices", "list_mobile_device_access_overrides", "Overrides"):
            device = SaidDevice(one["DeviceId"].lower(), Effect(one["Effect"]), one.get("Description", ""))
            said.setdefault(self._addresses.get(one["UserId"], ""), []).append(device)
        for entity in entities:
            devices = sorted(said.get(entity.address, ()), key=lambda device: device.device_id)
            yield replace(entity, devices=tuple(devices))

    # ------------------------------------------------------------ rules

    def _device_rules(self) -> tuple[DeviceRule, ...] | None:
        answer = self._may("rules about devices", "list_mobile_device_access_rules")
        return tuple(map(_device_rule, answer["Rules"])) if "Rules" in answer else None

    def _control_rules(self, roles: dict[str, str]) -> tuple[ControlRule, ...] | None:
        answer = self._may("access control rules", "list_access_control_rules")
        if "Rules" not in answer:
            return None
        try:
            read = [(one, self._control_rule(one, roles)) for one in answer["Rules"]]
        except Refused as refused:  # half of the rules would let in whom the others keep out
            self.left_out.append(Remark("access control rules", (str(refused),)))
            return None
        rules = [rule for one, rule in read if not self._about_nobody(one, rule)]
        return tuple(sorted(rules, key=lambda one: one.name))

    def _about_nobody(self, one: Facts, rule: ControlRule) -> bool:
        """Whether all whom the rule names are gone. Without them it would be about everybody."""
        gone = bool(one.get("UserIds") and not rule.users) or bool(one.get("ImpersonationRoleIds") and not rule.roles)
        if gone:
            self.left_out.append(Remark(f"access control rule {rule.name}", ("all whom it names are gone",)))
        return gone

    def _control_rule(self, one: Facts, roles: dict[str, str]) -> ControlRule:
        conditions = AccessConditions(
            ip_ranges=tuple(one.get("IpRanges", ())),
            not_ip_ranges=tuple(one.get("NotIpRanges", ())),
            actions=tuple(map(_protocol, one.get("Actions", ()))),
            not_actions=tuple(map(_protocol, one.get("NotActions", ()))),
        )
        users = [self._named(iter(one.get(name, ()))) for name in ("UserIds", "NotUserIds")]
        acting = [
            tuple(sorted(roles[number] for number in one.get(name, ()) if number in roles))
            for name in ("ImpersonationRoleIds", "NotImpersonationRoleIds")
        ]
        return ControlRule(one["Name"], Effect(one["Effect"]), conditions, one.get("Description", ""), *users, *acting)

    def _roles(self) -> Iterator[tuple[str, ActingRole]]:
        for summary in self._list("impersonation roles", "list_impersonation_roles", "Roles"):
            number = summary["ImpersonationRoleId"]
            one = self._may(summary.get("Name", number), "get_impersonation_role", ImpersonationRoleId=number)
            if one:
                made = [(each, self._acting_rule(each)) for each in one.get("Rules", ())]
                rules = tuple(rule for each, rule in made if rule.users or not each.get("TargetUsers"))
                yield number, ActingRole(one["Name"], ImpersonationType(one["Type"]), rules, one.get("Description", ""))

    def _acting_rule(self, one: Facts) -> ActingRule:
        return ActingRule(
            one["ImpersonationRuleId"],
            Effect(one["Effect"]),
            one.get("Name", ""),
            one.get("Description", ""),
            self._named(iter(one.get("TargetUsers", ()))),
            self._named(iter(one.get("NotTargetUsers", ()))),
        )

    def _retention(self) -> RetentionPolicy | None:
        try:
            one = self._must("get_default_retention_policy")
        except Refused as refused:
            if "EntityNotFoundException" not in str(refused):
                self.left_out.append(Remark("retention policy", (str(refused),)))
            return None
        folders = tuple(
            FolderRetention(RetentionFolder(each["Name"]), RetentionAction(each["Action"]), each.get("Period"))
            for each in one.get("FolderConfigurations", ())
        )
        return RetentionPolicy("", one.get("Name", "Default"), folders, one.get("Description", ""))

    def _dmarc(self) -> bool | None:
        enforced = self._may("DMARC", "describe_inbound_dmarc_settings").get("Enforced")
        return None if enforced is None else bool(enforced)

    def _tags(self, arn: str) -> dict[str, str]:
        if not arn:
            return {}
        try:
            answer = self._call("list_tags_for_resource", ResourceARN=arn)
        except Refused as refused:
            self.left_out.append(Remark("tags", (str(refused),)))
            return {}
        return {one["Key"]: one["Value"] for one in answer.get("Tags", ())}


def _device_rule(one: Facts) -> DeviceRule:
    conditions = Conditions(**{name: tuple(one.get(member, ())) for member, name in LISTS.items()})
    return DeviceRule(one.get("Name", ""), Effect(one["Effect"]), conditions, one.get("Description", ""))


def _protocol(text: str) -> Protocol:
    found = next((one for one in Protocol if one.value.lower() == text.lower()), None)
    if found is None:
        raise Refused(f"one has the action {text}, which this version does not know")
    return found


def _free(local: str, domain: str, taken: set[str]) -> str:
    wished = f"{local}@{domain}"
    if wished not in taken:
        return wished
    return next(made for number in range(2, len(taken) + 3) if (made := f"{local}-{number}@{domain}") not in taken)

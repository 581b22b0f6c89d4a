"""An organisation of the store as a description."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from easd.admin.moving.described import (
    ActingRole,
    ActingRule,
    ControlRule,
    Described,
    DevicePolicy,
    DeviceRule,
    Entity,
    SaidDevice,
    SharedFolders,
)
from easd.admin.office import Office
from easd.model.account import Kind, Profile, User
from easd.model.folder import Folder
from easd.model.identity import Identity
from easd.model.impersonation import ImpersonationRole
from easd.model.organisation import Permission
from easd.model.policy import PolicyDocument
from easd.policy.assignment import NamedPolicy, Target
from easd.policy.settings import ATTRIBUTES

PROFILE_TEXTS = tuple(name for name in Profile.__slots__ if name != "certificates")


def described(office: Office, number: int) -> Described:
    """The organisation of that number, as it is now."""
    return _Describing(office, number).all()


class _Describing:
    def __init__(self, office: Office, number: int) -> None:
        self._office, self._number, self._means = office, number, office.desk.means
        self._identities = self._means.organisations.identities(number)
        self._addresses = {one.id: one.address for one in self._identities}

    def all(self) -> Described:
        means, number = self._means, self._number
        one = means.organisations.organisation(number)
        access = means.access.access(number)
        flow = means.flow.flow(number)
        retention = means.retention.policy(number)
        roles = means.impersonation.roles(number)
        return Described(
            name=one.name,
            alias=one.alias,
            domains=tuple(domain.name for domain in means.organisations.domains(number)),
            default_domain=one.default_domain,
            tags=dict(means.organisations.tags(number)),
            entities=tuple(sorted(map(self._entity, self._identities), key=lambda each: each.address)),
            roles=tuple(sorted(map(self._role, roles), key=lambda each: each.name)),
            device_rules=tuple(
                DeviceRule(rule.name, rule.effect, rule.conditions, rule.description) for rule in access.rules
            ),
            control_rules=self._control_rules({role.id: role.name for role in roles}),
            retention=None if retention is None else replace(retention, id="", modified=None),
            undecided=access.undecided,
            dmarc_enforced=flow.dmarc_enforced,
            full_wipe_forbidden=number in means.policies.forbidding_full_wipe(),
            policies=tuple(map(self._policy, means.policies.listed(number))),
            flow_rules=tuple(replace(rule, id=0) for rule in flow.rules),
        )

    def _named(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The addresses of those who are still there."""
        return tuple(sorted(self._addresses[number] for number in numbers if number in self._addresses))

    # ------------------------------------------------------------ who

    def _entity(self, identity: Identity) -> Entity:
        accounts = self._means.accounts
        user = accounts.by_number(identity.id)
        profile, hidden = accounts.profile(identity.id)
        made = Entity(
            kind=identity.kind,
            address=user.address,
            display_name=user.display_name,
            aliases=tuple(sorted(user.aliases)),
            enabled=user.enabled,
            hidden=hidden,
            role=identity.role,
            profile=known_texts(profile, user.address),
            certificates=profile.certificates,
            picture=accounts.picture(identity.id) or b"",
            permissions=self._permissions(identity.id),
        )
        if identity.kind is Kind.GROUP:
            group = self._means.groups.group(user.address)
            members = tuple(sorted(one.address for one in self._means.groups.members(identity.id)))
            return replace(made, members=members, distribution=group.distribution, security=group.security)
        said = self._means.access.overrides(identity.id)
        made = replace(
            made,
            quota=accounts.quota(user.mailbox_id)[1],
            devices=tuple(SaidDevice(one.device_id, one.effect, one.description) for one in said),
        )
        if identity.kind is Kind.USER:
            found = sorted((one.user.address, one.decides) for one in self._means.grants.delegates(identity.id))
            deciding = tuple(address for address, decides in found if decides)
            delegates = tuple(address for address, _ in found)
            return replace(made, shares=tuple(self._shares(user)), delegates=delegates, deciding=deciding)
        resource = self._means.resources.resource(user.address)
        delegates = tuple(sorted(one.address for one in resource.delegates))
        return replace(made, description=resource.description, booking=resource.booking, delegates=delegates)

    def _permissions(self, owner: int) -> Mapping[str, tuple[Permission, ...]]:
        found: dict[str, list[Permission]] = {}
        for one in self._means.grants.on(owner):
            found.setdefault(one.grantee.address, []).append(one.permission)
        return {address: tuple(sorted(found[address])) for address in sorted(found)}

    def _shares(self, reader: User) -> Iterable[SharedFolders]:
        """Those on all devices: what is chosen for one device goes with it."""
        for share in self._office.shares.of(reader.id):
            if share.device is None:
                path = () if share.folder_id is None else path_of(self._office.folders(share.owner), share.folder_id)
                rights = share.rights
                yield SharedFolders(share.owner.address, share.chosen, rights.writable, rights.private, path)

    # ------------------------------------------------------------ rules

    def _role(self, role: ImpersonationRole) -> ActingRole:
        said = ((one, self._named(one.target_users)) for one in role.rules)
        rules = tuple(
            ActingRule(
                one.id,
                one.effect,
                one.name,
                one.description,
                users,
                self._named(one.not_target_users),
            )
            for one, users in said
            if users or not one.target_users  # else it is about nobody any more, and would be about everybody
        )
        return ActingRole(role.name, role.type, rules, role.description)

    def _control_rules(self, roles: Mapping[str, str]) -> tuple[ControlRule, ...]:
        found = []
        for rule in self._means.access_control.rules(self._number):
            said = rule.conditions
            bare = replace(said, user_ids=(), not_user_ids=(), impersonation_role_ids=(), not_impersonation_role_ids=())
            users = self._named(said.user_ids), self._named(said.not_user_ids)
            acting = [
                tuple(sorted(roles[one] for one in ids if one in roles))
                for ids in (said.impersonation_role_ids, said.not_impersonation_role_ids)
            ]
            if (said.user_ids and not users[0]) or (said.impersonation_role_ids and not acting[0]):
                continue  # it is about nobody any more, and would be about everybody
            found.append(ControlRule(rule.name, rule.effect, bare, rule.description, *users, *acting))
        return tuple(found)

    def _policy(self, policy: NamedPolicy) -> DevicePolicy:
        rules, assigned = policy.rules, policy.assignments
        return DevicePolicy(
            policy.name,
            written(rules.document or PolicyDocument()),
            not rules.allow_non_provisionable,
            rules.allow_partial,
            rules.allow_external,
            int(rules.refresh.total_seconds()) if rules.refresh else 0,
            any(one.target is Target.ORGANISATION for one in assigned),
            {
                self._addresses[one.target_id]: one.rank
                for one in assigned
                if one.target is not Target.ORGANISATION and one.target_id in self._addresses
            },
        )


def known_texts(profile: Profile, address: str) -> Mapping[str, str]:
    """What a profile says; an alias that is the address's local part says nothing."""
    texts = {name: getattr(profile, name) for name in PROFILE_TEXTS if getattr(profile, name)}
    if texts.get("alias") == address.partition("@")[0]:
        del texts["alias"]
    return texts


def path_of(there: Sequence[Folder], number: int) -> tuple[str, ...]:
    """The names of a folder and those above it, from the root on; nothing for a folder that is gone."""
    by_id = {one.id: one for one in there}
    path: list[str] = []
    while (folder := by_id.get(number)) is not None and len(path) <= len(there):
        path.insert(0, folder.name)
        number = folder.parent_id
    return tuple(path)


def written(document: PolicyDocument) -> Mapping[str, str]:
    """The settings of a policy that differ from those of one that asks for nothing, as they are written."""
    usual = PolicyDocument()
    return {
        name: text(getattr(document, attribute))
        for name, attribute in ATTRIBUTES.items()
        if getattr(document, attribute) != getattr(usual, attribute)
    }


def text(value: object) -> str:
    """A setting's value, as it is written."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(value)
    return "none" if value is None else str(value)

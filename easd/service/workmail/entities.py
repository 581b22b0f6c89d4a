"""What users, groups and resources have in common: being registered, addresses, permissions."""

import re
from dataclasses import replace

from easd.model.account import Kind, User
from easd.model.identity import Identity, State
from easd.model.organisation import Permission
from easd.service.workmail.call import GROUPS, PEOPLE, RESOURCES, Call, Json, Somebody, known, seconds
from easd.service.workmail.errors import ADDRESS_TAKEN, INVALID, NO_DOMAIN, UNSUPPORTED, WRONG_STATE, ApiError

_TYPES = {Kind.USER: "USER", Kind.GROUP: "GROUP", Kind.ROOM: "RESOURCE", Kind.EQUIPMENT: "RESOURCE"}


def state_facts(identity: Identity) -> Json:
    """State and dates; the address, as long as it is in use."""
    return known(
        State=identity.state.value,
        Email=identity.address if identity.state is State.ENABLED else None,
        EnabledDate=seconds(identity.enabled),
        DisabledDate=seconds(identity.disabled) if identity.state is not State.ENABLED else None,
    )


def matching(call: Call, kinds: frozenset[Kind]) -> list[Identity]:
    """Those of these kinds that the filters of the input let through; who is gone is listed where it is asked for."""
    filters = call.input.get("Filters") or {}
    state = filters.get("State")
    found = [one for one in call.identities if one.kind in kinds]
    found = [one for one in found if one.state.value == state or (not state and one.state is not State.DELETED)]
    if prefix := filters.get("PrimaryEmailPrefix", "").lower():
        found = [one for one in found if one.state is State.ENABLED and one.address.startswith(prefix)]
    if prefix := (filters.get("NamePrefix") or filters.get("DisplayNamePrefix") or "").lower():
        found = [one for one in found if one.display_name.lower().startswith(prefix)]
    if prefix := filters.get("UsernamePrefix", "").lower():
        found = [one for one in found if call.user_name(one).lower().startswith(prefix)]
    return [] if filters.get("IdentityProviderUserIdPrefix") else found


def order(identity: Identity) -> str:
    """Where somebody stands in lists."""
    return f"{identity.display_name.lower()[:60]}\0{identity.public_id}"


def waiting_address(call: Call, name: str, *, exact: bool) -> str:
    """The address under which somebody waits to be registered; `exact`: it must be free, else a number is added."""
    own = call.organisation.default_domain
    if not own:
        raise ApiError("OrganizationStateException", "The organization has no default mail domain.")
    local = local_part(name)
    taken = {address for one in call.identities if one.id for address in _addresses(call, one)}
    wished = f"{local}@{own}"
    if exact or wished not in taken:
        return wished
    return next(made for number in range(2, 10_000) if (made := f"{local[:55]}-{number}@{own}") not in taken)


def local_part(name: str) -> str:
    """What the address of somebody who waits begins with."""
    local = re.sub(r"[^a-z0-9._-]+", "-", name.partition("@")[0].lower()).strip("-.")
    return local[:60] or "entity"


def must_be_disabled(whom: Somebody) -> None:
    """Who is in use cannot be deleted."""
    if whom.identity.state is State.ENABLED:
        raise ApiError(
            WRONG_STATE, f"The entity {whom.identity.public_id} is enabled: deregister it before it is deleted."
        )


def check_domain(call: Call, address: str) -> None:
    """MailDomainNotFoundException for an address in no domain of the organisation."""
    domain = address.rpartition("@")[2].lower()
    if domain not in {one.name for one in call.desk.means.organisations.domains(call.organisation.id)}:
        raise ApiError(NO_DOMAIN, f"The organization has no mail domain {domain[:209]}.")


def describe(call: Call) -> Json:
    """DescribeEntity: who has an address."""
    found = call.identity("Email")
    return known(EntityId=found.public_id, Name=_name(call, found), Type=_TYPES[found.kind])


def register(call: Call) -> Json:
    """RegisterToWorkMail: an address, and a mailbox in use."""
    whom, address = call.who("EntityId"), call.text("Email").lower()
    if whom.identity.state is State.ENABLED:
        raise ApiError("EntityAlreadyRegisteredException", f"{whom.identity.public_id} is registered already.")
    check_domain(call, address)
    _free_for(call, whom, address)
    _keep_name(call, whom)
    before = whom.user.address
    if address != before:
        call.desk.entities.set_primary_address(whom.user, address)
        changed = call.somebody(call.by_number(whom.user.id)).user
        if before in changed.aliases:
            call.desk.entities.remove_alias(changed, before)
    call.desk.entities.set_enabled(call.somebody(call.by_number(whom.user.id)).user, enabled=True)
    return {}


def deregister(call: Call) -> Json:
    """DeregisterFromWorkMail: nobody comes in, nothing is received, the mailbox waits."""
    whom = call.who("EntityId")
    if whom.identity.state is State.ENABLED:
        call.desk.entities.set_enabled(whom.user, enabled=False)
    return {}


def set_primary(call: Call) -> Json:
    """UpdatePrimaryEmailAddress: the address before becomes an alias."""
    whom, address = call.who("EntityId"), call.text("Email").lower()
    _must_be_enabled(whom)
    check_domain(call, address)
    _free_for(call, whom, address)
    _keep_name(call, whom)
    call.desk.entities.set_primary_address(whom.user, address)
    return {}


def create_alias(call: Call) -> Json:
    """CreateAlias."""
    whom, alias = call.who("EntityId"), call.text("Alias").lower()
    _must_be_enabled(whom)
    check_domain(call, alias)
    if alias not in (whom.user.address, *whom.user.aliases):
        call.desk.entities.add_alias(whom.user, alias)
    return {}


def delete_alias(call: Call) -> Json:
    """DeleteAlias; what is none any more is no error."""
    whom, alias = call.who("EntityId"), call.text("Alias").lower()
    if alias == whom.user.address:
        raise ApiError(INVALID, "The primary email address cannot be deleted.")
    if alias in whom.user.aliases:
        call.desk.entities.remove_alias(whom.user, alias)
    return {}


def list_aliases(call: Call) -> Json:
    """ListAliases: without the primary address."""
    rows = call.who("EntityId").user.aliases
    page = call.page("Aliases", rows, str, lambda alias: {"": alias})
    return {**page, "Aliases": [one[""] for one in page["Aliases"]]}


def put_permissions(call: Call) -> Json:
    """PutMailboxPermissions: exactly these."""
    owner, grantee = call.who("EntityId", PEOPLE | GROUPS | RESOURCES), call.who("GranteeId", PEOPLE | GROUPS)
    wanted = [Permission(value) for value in call.input["PermissionValues"]]
    call.desk.permissions.replace(owner.user, grantee.user.address, wanted)
    return {}


def delete_permissions(call: Call) -> Json:
    """DeleteMailboxPermissions: all of somebody's."""
    owner, grantee = call.who("EntityId"), call.who("GranteeId")
    call.desk.permissions.revoke(owner.user, grantee.user.address, list(Permission))
    return {}


def list_permissions(call: Call) -> Json:
    """ListMailboxPermissions, by grantee."""
    by_grantee: dict[int, list[str]] = {}
    for one in call.desk.means.grants.on(call.who("EntityId").user.id):
        by_grantee.setdefault(one.grantee.id, []).append(one.permission.value)
    rows = [(call.by_number(number), values) for number, values in by_grantee.items()]
    return call.page(
        "Permissions",
        rows,
        lambda row: order(row[0]),
        lambda row: {
            "GranteeId": row[0].public_id,
            "GranteeType": "GROUP" if row[0].kind is Kind.GROUP else "USER",
            "PermissionValues": sorted(row[1]),
        },
    )


def unsupported_kind(whom: Somebody, kinds: frozenset[Kind]) -> None:
    """UnsupportedOperationException for what this cannot be done to."""
    if whom.identity.kind not in kinds:
        raise ApiError(UNSUPPORTED, f"You can't perform this operation on {whom.identity.public_id}.")


def _must_be_enabled(whom: Somebody) -> None:
    if whom.identity.state is not State.ENABLED:
        raise ApiError(WRONG_STATE, f"The entity {whom.identity.public_id} is not registered to WorkMail.")


def _free_for(call: Call, whom: Somebody, address: str) -> None:
    try:
        owner: User = call.desk.means.accounts.entity(address)
    except (KeyError, ValueError):
        return
    if owner.id != whom.user.id:
        raise ApiError(ADDRESS_TAKEN, f"The email address {address} is in use.")


def _keep_name(call: Call, whom: Somebody) -> None:
    """The name that a user was created with outlasts a change of the address."""
    if whom.identity.kind is Kind.USER:
        known_of, hidden = call.profile(whom.identity)
        if not known_of.alias:
            named = replace(known_of, alias=whom.user.address.partition("@")[0])
            call.desk.entities.set_profile(
                whom.user, named, call.desk.means.accounts.picture(whom.user.id), hidden=hidden
            )


def _name(call: Call, identity: Identity) -> str:
    return call.user_name(identity) if identity.kind is Kind.USER else identity.display_name


def _addresses(call: Call, identity: Identity) -> tuple[str, ...]:
    user = call.desk.means.accounts.by_number(identity.id)
    return (user.address, *user.aliases)

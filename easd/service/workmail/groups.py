"""Operations on groups and resources."""

from collections.abc import Sequence

from easd.model.account import Kind
from easd.model.identity import Identity, State
from easd.model.organisation import BookingOptions
from easd.service.workmail import entities
from easd.service.workmail.call import GROUPS, RESOURCES, Call, Json, Somebody, known
from easd.service.workmail.errors import INVALID, NAME_TAKEN, UNSUPPORTED, ApiError
from easd.service.workmail.users import there


def create_group(call: Call) -> Json:
    """CreateGroup: disabled, until RegisterToWorkMail."""
    name = call.text("Name")
    _free_name(call, name, GROUPS)
    made = call.desk.groups.create(entities.waiting_address(call, name, exact=False), name)
    return {"GroupId": _settled(call, made.id)}


def describe_group(call: Call) -> Json:
    """DescribeGroup."""
    found = call.identity("GroupId", GROUPS)
    _, hidden = call.profile(found)
    facts = {"GroupId": found.public_id, "Name": found.display_name, **entities.state_facts(found)}
    return {**facts, "HiddenFromGlobalAddressList": hidden}


def update_group(call: Call) -> Json:
    """UpdateGroup: whether the Global Address List hides it."""
    _hide(call, call.who("GroupId", GROUPS))
    return {}


def delete_group(call: Call) -> Json:
    """DeleteGroup; what is gone already is no error."""
    return _delete(call, "GroupId", GROUPS)


def list_groups(call: Call) -> Json:
    """ListGroups."""

    def render(one: Identity) -> Json:
        return {"Id": one.public_id, "Name": one.display_name, **entities.state_facts(one)}

    return call.page("Groups", entities.matching(call, GROUPS), entities.order, render)


def add_member(call: Call) -> Json:
    """AssociateMemberToGroup."""
    group, member = call.who("GroupId", GROUPS), call.who("MemberId")
    call.desk.groups.add_member(group.user.id, member.user.address)
    return {}


def remove_member(call: Call) -> Json:
    """DisassociateMemberFromGroup; who is no member is no error."""
    group, member = call.who("GroupId", GROUPS), call.who("MemberId")
    if member.user.address in {one.address for one in call.desk.means.groups.members(group.user.id)}:
        call.desk.groups.remove_member(group.user.id, member.user.address)
    return {}


def list_members(call: Call) -> Json:
    """ListGroupMembers: those of this organisation. Addresses outside have no identifier."""
    inside = {one.address for one in call.desk.means.groups.members(call.who("GroupId", GROUPS).user.id) if one.kind}

    def render(one: Identity) -> Json:
        facts = known(Id=one.public_id, Name=one.display_name[:256], Type=_type(one))
        return {**facts, **{name: value for name, value in entities.state_facts(one).items() if name != "Email"}}

    rows = [one for one in call.identities if one.id and one.address in inside]
    return call.page("Members", rows, entities.order, render)


def groups_of(call: Call) -> Json:
    """ListGroupsForEntity: those that somebody is in directly."""
    address = call.who("EntityId").user.address
    prefix = str((call.input.get("Filters") or {}).get("GroupNamePrefix", "")).lower()
    rows = [
        one
        for one in call.identities
        if one.id and one.kind is Kind.GROUP and one.display_name.lower().startswith(prefix)
        if address in {member.address for member in call.desk.means.groups.members(one.id)}
    ]
    return call.page(
        "Groups", rows, entities.order, lambda one: {"GroupId": one.public_id, "GroupName": one.display_name}
    )


# ---------------------------------------------------------------- resources


def create_resource(call: Call) -> Json:
    """CreateResource: disabled, until RegisterToWorkMail."""
    name, kind = call.text("Name"), Kind(call.text("Type"))
    _free_name(call, name, RESOURCES)
    address = entities.waiting_address(call, name, exact=False)
    made = call.desk.resources.create(address, name, kind, call.text("Description"), BookingOptions())
    return {"ResourceId": _settled(call, made.user.id)}


def describe_resource(call: Call) -> Json:
    """DescribeResource."""
    found = call.identity("ResourceId", RESOURCES)
    _, hidden = call.profile(found)
    facts: Json = {
        "ResourceId": found.public_id,
        "Name": found.display_name,
        "Type": found.kind.value,
        **entities.state_facts(found),
        "HiddenFromGlobalAddressList": hidden,
    }
    if found.state is State.DELETED:
        return facts
    known_of = call.desk.means.resources.resource(found.address)
    return {**facts, **known(Description=known_of.description), "BookingOptions": _booking(known_of.booking)}


def update_resource(call: Call) -> Json:
    """UpdateResource: what is not said stays."""
    whom = call.who("ResourceId", RESOURCES)
    if (kind := call.text("Type")) and kind != whom.identity.kind.value:
        raise ApiError(UNSUPPORTED, "The type of a resource cannot change.")
    known_of = call.desk.means.resources.resource(whom.user.address)
    asked = call.input.get("BookingOptions") or {}
    booking = BookingOptions(
        bool(asked.get("AutoAcceptRequests", known_of.booking.auto_accept)),
        bool(asked.get("AutoDeclineRecurringRequests", known_of.booking.auto_decline_recurring)),
        bool(asked.get("AutoDeclineConflictingRequests", known_of.booking.auto_decline_conflicts)),
    )
    words = call.input.get("Description")
    description = known_of.description if words is None else str(words)
    if (description, booking) != (known_of.description, known_of.booking):
        call.desk.resources.change(whom.user, description, booking)
    if (name := call.text("Name")) and name != whom.user.display_name:
        _free_name(call, name, RESOURCES)
        call.desk.entities.rename(whom.user, name)
    _hide(call, whom)
    return {}


def delete_resource(call: Call) -> Json:
    """DeleteResource; what is gone already is no error."""
    return _delete(call, "ResourceId", RESOURCES)


def list_resources(call: Call) -> Json:
    """ListResources."""

    def render(one: Identity) -> Json:
        words = call.desk.means.resources.resource(one.address).description if one.id else ""
        facts = known(Id=one.public_id, Name=one.display_name, Type=one.kind.value, Description=words)
        return {**facts, **entities.state_facts(one)}

    return call.page("Resources", entities.matching(call, RESOURCES), entities.order, render)


def add_delegate(call: Call) -> Json:
    """AssociateDelegateToResource."""
    resource, delegate = call.who("ResourceId", RESOURCES), call.who("EntityId")
    if delegate.identity.kind in RESOURCES:
        raise ApiError(INVALID, "A resource cannot be a delegate.")
    call.desk.resources.add_delegate(resource.user, delegate.user.address)
    return {}


def remove_delegate(call: Call) -> Json:
    """DisassociateDelegateFromResource; who is none is no error."""
    resource, delegate = call.who("ResourceId", RESOURCES), call.who("EntityId")
    if delegate.user.id in {one.id for one in call.desk.means.resources.resource(resource.user.address).delegates}:
        call.desk.resources.remove_delegate(resource.user, delegate.user.address)
    return {}


def list_delegates(call: Call) -> Json:
    """ListResourceDelegates."""
    found = call.desk.means.resources.resource(call.who("ResourceId", RESOURCES).user.address).delegates
    rows = [call.by_number(one.id) for one in found]
    return call.page("Delegates", rows, entities.order, lambda one: {"Id": one.public_id, "Type": _type(one)})


# ---------------------------------------------------------------- steps


def _settled(call: Call, number: int) -> str:
    """Disabled and perhaps hidden, as what is new is; the identifier."""
    whom = call.somebody(call.by_number(number))
    call.desk.entities.set_enabled(whom.user, enabled=False)
    if call.flag("HiddenFromGlobalAddressList"):
        call.desk.entities.set_hidden(whom.user, hidden=True)
    return whom.identity.public_id


def _hide(call: Call, whom: Somebody) -> None:
    hidden = call.flag("HiddenFromGlobalAddressList")
    if hidden is not None and hidden != call.profile(whom.identity)[1]:
        call.desk.entities.set_hidden(whom.user, hidden=hidden)


def _delete(call: Call, member: str, kinds: frozenset[Kind]) -> Json:
    found = there(call, member)
    if found is not None:
        whom = call.somebody(found)
        entities.unsupported_kind(whom, kinds)
        entities.must_be_disabled(whom)
        call.desk.entities.remove(whom.user)
    return {}


def _free_name(call: Call, name: str, kinds: frozenset[Kind]) -> None:
    others: Sequence[Identity] = [one for one in call.identities if one.id and one.kind in kinds]
    if any(one.display_name.lower() == name.lower() for one in others):
        raise ApiError(NAME_TAKEN, f"The name {name} is in use.")


def _booking(options: BookingOptions) -> Json:
    return {
        "AutoAcceptRequests": options.auto_accept,
        "AutoDeclineRecurringRequests": options.auto_decline_recurring,
        "AutoDeclineConflictingRequests": options.auto_decline_conflicts,
    }


def _type(identity: Identity) -> str:
    return "GROUP" if identity.kind is Kind.GROUP else "USER"

"""Operations on mobile devices: the rules of an organisation, and what is said of single devices."""

from easd.model.access import AccessRule, Conditions, Effect, Override, Properties
from easd.model.identity import Identity
from easd.policy.access import outcome
from easd.service.workmail.call import PEOPLE, RESOURCES, Call, Json, known, seconds
from easd.service.workmail.errors import INVALID, NO_ENTITY, NO_RESOURCE, ApiError

LISTS = {
    "DeviceTypes": "device_types",
    "NotDeviceTypes": "not_device_types",
    "DeviceModels": "device_models",
    "NotDeviceModels": "not_device_models",
    "DeviceOperatingSystems": "device_operating_systems",
    "NotDeviceOperatingSystems": "not_device_operating_systems",
    "DeviceUserAgents": "device_user_agents",
    "NotDeviceUserAgents": "not_device_user_agents",
}
RULES_SHOWN = 10
"""What a list of rules holds at most in the API's model; this server keeps more, which the command line shows."""


def create_rule(call: Call) -> Json:
    """CreateMobileDeviceAccessRule."""
    if len(_rules(call)) >= RULES_SHOWN:
        raise ApiError("LimitExceededException", f"There are {RULES_SHOWN} rules already.")
    made = call.desk.device_access.add_rule(call.organisation.id, _rule(call, 0))
    return {"MobileDeviceAccessRuleId": str(made.id)}


def update_rule(call: Call) -> Json:
    """UpdateMobileDeviceAccessRule: replaces all of it."""
    rule = _existing(call)
    if rule is None:
        raise ApiError(NO_ENTITY, f"There is no rule {call.text('MobileDeviceAccessRuleId')}.")
    call.desk.device_access.change_rule(call.organisation.id, _rule(call, rule.id))
    return {}


def delete_rule(call: Call) -> Json:
    """DeleteMobileDeviceAccessRule; one that is gone already is no error."""
    rule = _existing(call)
    if rule is not None:
        call.desk.device_access.remove_rule(call.organisation.id, rule)
    return {}


def list_rules(call: Call) -> Json:
    """ListMobileDeviceAccessRules."""
    return {"Rules": [_rule_facts(rule) for rule in _rules(call)[:RULES_SHOWN]]}


def effect(call: Call) -> Json:
    """GetMobileDeviceAccessEffect: what the rules say of a device that reports this."""
    found = outcome(
        _rules(call),
        Properties(
            call.text("DeviceType"),
            call.text("DeviceModel"),
            call.text("DeviceOperatingSystem"),
            call.text("DeviceUserAgent"),
        ),
    )
    matched = [{"MobileDeviceAccessRuleId": str(rule.id), "Name": rule.name} for rule in found.matched]
    return {"Effect": (found.effect or Effect.DENY).value, "MatchedRules": matched[:RULES_SHOWN]}


def put_override(call: Call) -> Json:
    """PutMobileDeviceAccessOverride."""
    whom = call.who("UserId", PEOPLE | RESOURCES)
    wanted = Effect(call.text("Effect"))
    call.desk.device_access.put_override(whom.user, call.text("DeviceId"), wanted, call.text("Description"))
    return {}


def get_override(call: Call) -> Json:
    """GetMobileDeviceAccessOverride."""
    whom = call.who("UserId", PEOPLE | RESOURCES)
    found = _override(call, whom.identity)
    if found is None:
        raise ApiError(NO_RESOURCE, f"There is no override for the device {call.text('DeviceId')}.")
    return _override_facts(whom.identity, found)


def delete_override(call: Call) -> Json:
    """DeleteMobileDeviceAccessOverride; one that is gone already is no error."""
    whom = call.who("UserId", PEOPLE | RESOURCES)
    if _override(call, whom.identity) is not None:
        call.desk.device_access.remove_override(whom.user, call.text("DeviceId"))
    return {}


def list_overrides(call: Call) -> Json:
    """ListMobileDeviceAccessOverrides, of everybody or one user, of all devices or one."""
    if call.text("UserId"):
        owners = [call.who("UserId", PEOPLE | RESOURCES).identity]
    else:
        owners = [one for one in call.identities if one.id and one.kind in PEOPLE | RESOURCES]
    device = call.text("DeviceId").lower()
    rows = [
        (owner, said)
        for owner in owners
        for said in call.desk.means.access.overrides(owner.id)
        if device in ("", said.device_id)
    ]
    return call.page(
        "Overrides",
        rows,
        lambda row: f"{row[0].public_id}\0{row[1].device_id}",
        lambda row: _override_facts(*row),
    )


def _rules(call: Call) -> tuple[AccessRule, ...]:
    return call.desk.means.access.access(call.organisation.id).rules


def _existing(call: Call) -> AccessRule | None:
    asked = call.text("MobileDeviceAccessRuleId")
    return next((rule for rule in _rules(call) if str(rule.id) == asked), None)


def _rule(call: Call, number: int) -> AccessRule:
    lists = {name: tuple(call.input.get(member) or ()) for member, name in LISTS.items()}
    for member, name in LISTS.items():
        if lists[name] and not member.startswith("Not") and call.input.get(f"Not{member}"):
            raise ApiError(INVALID, f"{member} and Not{member} exclude each other.")
    conditions = Conditions(**lists)
    return AccessRule(number, call.text("Name"), Effect(call.text("Effect")), conditions, call.text("Description"))


def _rule_facts(rule: AccessRule) -> Json:
    lists = {member: list(getattr(rule.conditions, name)) for member, name in LISTS.items()}
    return {
        **known(
            MobileDeviceAccessRuleId=str(rule.id),
            Name=rule.name,
            Description=rule.description,
            Effect=rule.effect.value,
            DateCreated=seconds(rule.created),
            DateModified=seconds(rule.modified),
        ),
        **{member: values for member, values in lists.items() if values},
    }


def _override(call: Call, owner: Identity) -> Override | None:
    device = call.text("DeviceId").lower()
    return next((one for one in call.desk.means.access.overrides(owner.id) if one.device_id == device), None)


def _override_facts(owner: Identity, said: Override) -> Json:
    return known(
        UserId=owner.public_id,
        DeviceId=said.device_id,
        Effect=said.effect.value,
        Description=said.description,
        DateCreated=seconds(said.created),
        DateModified=seconds(said.modified),
    )

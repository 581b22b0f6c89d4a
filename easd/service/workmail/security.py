"""Operations on access control rules, impersonation roles, retention and app passwords."""

from collections.abc import Iterable

from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Protocol, Visit
from easd.model.app_password import AppPassword
from easd.model.identity import Identity
from easd.model.impersonation import ImpersonationRole, ImpersonationRule, ImpersonationType
from easd.model.retention import FolderRetention, RetentionAction, RetentionFolder, RetentionPolicy
from easd.policy import access_control, impersonation
from easd.service.workmail.call import PEOPLE, RESOURCES, Call, Json, known, seconds
from easd.service.workmail.errors import INVALID, NO_ENTITY, NO_RESOURCE, ApiError

_ACTIONS = {one.value.lower(): one for one in Protocol}


# ---------------------------------------------------------------- access control


def put_rule(call: Call) -> Json:
    """PutAccessControlRule: a new one, or another of its name."""
    conditions = AccessConditions(
        _texts(call, "IpRanges"),
        _texts(call, "NotIpRanges"),
        _actions(call, "Actions"),
        _actions(call, "NotActions"),
        _numbers(call, "UserIds"),
        _numbers(call, "NotUserIds"),
        _roles(call, "ImpersonationRoleIds"),
        _roles(call, "NotImpersonationRoleIds"),
    )
    rule = AccessControlRule(call.text("Name"), Effect(call.text("Effect")), call.text("Description"), conditions)
    call.desk.access_control.put(call.organisation.id, rule)
    return {}


def delete_rule(call: Call) -> Json:
    """DeleteAccessControlRule; one that is gone already is no error."""
    if any(rule.name == call.text("Name") for rule in call.desk.means.access_control.rules(call.organisation.id)):
        call.desk.access_control.remove(call.organisation.id, call.text("Name"))
    return {}


def list_rules(call: Call) -> Json:
    """ListAccessControlRules."""
    return {"Rules": [_rule(call, rule) for rule in call.desk.means.access_control.rules(call.organisation.id)]}


def effect(call: Call) -> Json:
    """GetAccessControlEffect, of a user, or of a role that acts in somebody's place."""
    if bool(call.text("UserId")) == bool(call.text("ImpersonationRoleId")):
        raise ApiError(INVALID, "Name either a UserId or an ImpersonationRoleId.")
    number = call.who("UserId", PEOPLE | RESOURCES).user.id if call.text("UserId") else 0
    role = _role(call).id if call.text("ImpersonationRoleId") else ""
    visit = Visit(number, _action(call.text("Action")), call.text("IpAddress"), role)
    found, matched = access_control.effect(call.desk.means.access_control.rules(call.organisation.id), visit)
    return {"Effect": found.value, "MatchedRules": [rule.name for rule in matched]}


def _rule(call: Call, rule: AccessControlRule) -> Json:
    said = rule.conditions
    lists = {
        "IpRanges": list(said.ip_ranges),
        "NotIpRanges": list(said.not_ip_ranges),
        "Actions": [one.value for one in said.actions],
        "NotActions": [one.value for one in said.not_actions],
        "UserIds": _identifiers(call, said.user_ids),
        "NotUserIds": _identifiers(call, said.not_user_ids),
        "ImpersonationRoleIds": list(said.impersonation_role_ids),
        "NotImpersonationRoleIds": list(said.not_impersonation_role_ids),
    }
    return {
        **known(
            Name=rule.name,
            Effect=rule.effect.value,
            Description=rule.description,
            DateCreated=seconds(rule.created),
            DateModified=seconds(rule.modified),
        ),
        **{name: values for name, values in lists.items() if values},
    }


def _texts(call: Call, name: str) -> tuple[str, ...]:
    return tuple(call.input.get(name) or ())


def _actions(call: Call, name: str) -> tuple[Protocol, ...]:
    return tuple(_action(one) for one in _texts(call, name))


def _action(text: str) -> Protocol:
    found = _ACTIONS.get(text.lower())
    if found is None:
        raise ApiError(INVALID, f"There is no action {text}: it is one of {', '.join(Protocol)}.")
    return found


def _numbers(call: Call, name: str) -> tuple[int, ...]:
    """The users of a list, by the numbers inside."""
    return tuple(call.somebody(call.meant(one)).user.id for one in _texts(call, name))


def _roles(call: Call, name: str) -> tuple[str, ...]:
    there = {role.id for role in call.desk.means.impersonation.roles(call.organisation.id)}
    wanted = _texts(call, name)
    if missing := [one for one in wanted if one not in there]:
        raise ApiError(NO_RESOURCE, f"There is no impersonation role {missing[0]}.")
    return wanted


def _identifiers(call: Call, numbers: Iterable[int]) -> list[str]:
    """Of those who are still there."""
    there = {one.id: one.public_id for one in call.identities if one.id}
    return [there[number] for number in numbers if number in there]


# ---------------------------------------------------------------- impersonation


def create_role(call: Call) -> Json:
    """CreateImpersonationRole."""
    made = call.desk.impersonation.create(call.organisation.id, _said(call, ""))
    return {"ImpersonationRoleId": made.id}


def update_role(call: Call) -> Json:
    """UpdateImpersonationRole: replaces all of it."""
    call.desk.impersonation.change(call.organisation.id, _said(call, _role(call).id))
    return {}


def delete_role(call: Call) -> Json:
    """DeleteImpersonationRole; one that is gone already is no error."""
    asked = call.text("ImpersonationRoleId")
    if any(role.id == asked for role in call.desk.means.impersonation.roles(call.organisation.id)):
        call.desk.impersonation.remove(call.organisation.id, asked)
    return {}


def get_role(call: Call) -> Json:
    """GetImpersonationRole."""
    role = _role(call)
    rules = [
        known(
            ImpersonationRuleId=rule.id,
            Name=rule.name,
            Description=rule.description,
            Effect=rule.effect.value,
            TargetUsers=_identifiers(call, rule.target_users) or None,
            NotTargetUsers=_identifiers(call, rule.not_target_users) or None,
        )
        for rule in role.rules
    ]
    return {**_summary(role), **known(Description=role.description), "Rules": rules}


def list_roles(call: Call) -> Json:
    """ListImpersonationRoles."""
    rows = call.desk.means.impersonation.roles(call.organisation.id)
    return call.page("Roles", rows, lambda role: f"{role.name.lower()}\0{role.id}", _summary)


def role_effect(call: Call) -> Json:
    """GetImpersonationRoleEffect: whether the role may act in somebody's place."""
    role, target = _role(call), call.who("TargetUser", PEOPLE | RESOURCES)
    found, matched = impersonation.effect(role, target.user.id)
    rules = [known(ImpersonationRuleId=rule.id, Name=rule.name) for rule in matched]
    return {"Type": role.type.value, "Effect": found.value, "MatchedRules": rules}


def assume_role(call: Call) -> Json:
    """AssumeImpersonationRole: a token for a short time."""
    token = call.desk.impersonation.assume(call.organisation.id, _role(call).id)
    return {"Token": token.secret, "ExpiresIn": token.seconds}


def _role(call: Call) -> ImpersonationRole:
    asked = call.text("ImpersonationRoleId")
    found = next((one for one in call.desk.means.impersonation.roles(call.organisation.id) if one.id == asked), None)
    if found is None:
        raise ApiError(NO_RESOURCE, f"There is no impersonation role {asked}.")
    return found


def _said(call: Call, role_id: str) -> ImpersonationRole:
    rules = tuple(
        ImpersonationRule(
            rule["ImpersonationRuleId"],
            Effect(rule["Effect"]),
            rule.get("Name") or "",
            rule.get("Description") or "",
            tuple(call.somebody(call.meant(one)).user.id for one in rule.get("TargetUsers") or ()),
            tuple(call.somebody(call.meant(one)).user.id for one in rule.get("NotTargetUsers") or ()),
        )
        for rule in call.input["Rules"]
    )
    kind = ImpersonationType(call.text("Type"))
    return ImpersonationRole(role_id, call.text("Name"), kind, rules, call.text("Description"))


def _summary(role: ImpersonationRole) -> Json:
    return known(
        ImpersonationRoleId=role.id,
        Name=role.name,
        Type=role.type.value,
        DateCreated=seconds(role.created),
        DateModified=seconds(role.modified),
    )


# ---------------------------------------------------------------- retention


def retention(call: Call) -> Json:
    """GetDefaultRetentionPolicy."""
    found = call.desk.means.retention.policy(call.organisation.id)
    if found is None:
        raise ApiError(NO_ENTITY, "The organization has no retention policy.")
    folders = [known(Name=one.folder.value, Action=one.action.value, Period=one.period) for one in found.folders]
    return {**known(Id=found.id, Name=found.name, Description=found.description), "FolderConfigurations": folders}


def put_retention(call: Call) -> Json:
    """PutRetentionPolicy: the one of the organisation."""
    folders = tuple(
        FolderRetention(RetentionFolder(one["Name"]), RetentionAction(one["Action"]), one.get("Period"))
        for one in call.input["FolderConfigurations"]
    )
    policy = RetentionPolicy(call.text("Id"), call.text("Name"), folders, call.text("Description"))
    call.desk.retention.put(call.organisation.id, policy)
    return {}


def delete_retention(call: Call) -> Json:
    """DeleteRetentionPolicy; one that is gone already is no error."""
    found = call.desk.means.retention.policy(call.organisation.id)
    if found is not None and found.id == call.text("Id"):
        call.desk.retention.remove(call.organisation.id, found.id)
    return {}


# ---------------------------------------------------------------- app passwords


def list_tokens(call: Call) -> Json:
    """ListPersonalAccessTokens: app passwords, of everybody or one user."""
    rows = _tokens(call, [call.who("UserId", PEOPLE).identity] if call.text("UserId") else None)
    return call.page("PersonalAccessTokenSummaries", rows, lambda row: f"{row[1].id:020d}", _token_facts)


def get_token(call: Call) -> Json:
    """GetPersonalAccessTokenMetadata."""
    found = _token(call)
    if found is None:
        raise ApiError(NO_RESOURCE, f"There is no personal access token {call.text('PersonalAccessTokenId')}.")
    return _token_facts(found)


def delete_token(call: Call) -> Json:
    """DeletePersonalAccessToken; one that is gone already is no error."""
    found = _token(call)
    if found is not None:
        call.desk.users.remove_app_password(call.somebody(found[0]).user, found[1].id)
    return {}


def _tokens(call: Call, owners: list[Identity] | None = None) -> list[tuple[Identity, AppPassword]]:
    people = owners or [one for one in call.identities if one.id and one.kind in PEOPLE]
    return [(owner, one) for owner in people for one in call.desk.means.accounts.app_passwords(owner.id)]


def _token(call: Call) -> tuple[Identity, AppPassword] | None:
    asked = call.text("PersonalAccessTokenId")
    return next((row for row in _tokens(call) if str(row[1].id) == asked), None)


def _token_facts(row: tuple[Identity, AppPassword]) -> Json:
    owner, one = row
    return known(
        PersonalAccessTokenId=str(one.id),
        UserId=owner.public_id,
        Name=one.name[:64],
        DateCreated=seconds(one.created),
        DateLastUsed=seconds(one.last_used),
    )

"""In whose place a role lets a program act (Amazon WorkMail, GetImpersonationRoleEffect). Pure.

A rule that denies wins over rules that allow; where no rule matches, it is denied.
"""

from easd.model.access import Effect
from easd.model.impersonation import ImpersonationRole, ImpersonationRule

ROLES_MAX = 20
"""Of one organisation."""
_RULES_MAX = 10
_USERS_MAX = 10
_NAME_MAX = 64
_DESCRIPTION_MAX = 256


def effect(role: ImpersonationRole, user_id: int) -> tuple[Effect, tuple[ImpersonationRule, ...]]:
    """Whether the role may act in the user's place, and the rules that decided it; none where no rule matches."""
    matching = [rule for rule in role.rules if _matches(rule, user_id)]
    denying = tuple(rule for rule in matching if rule.effect is Effect.DENY)
    if denying or not matching:
        return Effect.DENY, denying
    return Effect.ALLOW, tuple(matching)


def _matches(rule: ImpersonationRule, user_id: int) -> bool:
    return (not rule.target_users or user_id in rule.target_users) and user_id not in rule.not_target_users


def checked(role: ImpersonationRole) -> None:
    """ValueError for what no role may say."""
    if not 0 < len(role.name) <= _NAME_MAX or not role.name.isprintable():
        raise ValueError(f"a role has a name of 1 to {_NAME_MAX} printable characters")
    if len(role.rules) > _RULES_MAX:
        raise ValueError(f"a role has at most {_RULES_MAX} rules")
    if len({rule.id for rule in role.rules}) != len(role.rules):
        raise ValueError("two rules of a role have one id")
    for rule in role.rules:
        if not 0 < len(rule.id) <= _NAME_MAX or len(rule.name) > _NAME_MAX:
            raise ValueError(f"a rule has an id of 1 to {_NAME_MAX} characters, and no longer name")
        if max(len(rule.target_users), len(rule.not_target_users)) > _USERS_MAX:
            raise ValueError(f"a rule names at most {_USERS_MAX} users")
    if max(map(len, (role.description, *(rule.description for rule in role.rules)))) > _DESCRIPTION_MAX:
        raise ValueError(f"a description has at most {_DESCRIPTION_MAX} characters")

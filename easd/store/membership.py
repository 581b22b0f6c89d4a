"""Which groups somebody is in, as part of other statements."""

from sqlalchemy import CTE, select

from easd.store.prepared import param
from easd.store.tables import members, users

_user = users.c


def above(user: str) -> CTE:
    """The groups that a parameter of that name is in, at any depth: those that are enabled (parameter `yes`: 1)."""
    enabled = _user.enabled == param("yes")
    start = select(members.c.group_id.label("id")).join(users, _user.id == members.c.group_id)
    groups = start.where(members.c.member_id == param(user), enabled).cte("above", recursive=True)
    higher = select(members.c.group_id).join(groups, members.c.member_id == groups.c.id)
    return groups.union(higher.join(users, _user.id == members.c.group_id).where(enabled))

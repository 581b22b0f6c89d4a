"""What two descriptions of an organisation differ in. Pure."""

from collections.abc import Iterator, Sequence

from easd.admin.moving.described import Entity
from easd.model.account import Kind
from easd.model.organisation import Permission


class Known:
    """Who is here, to be found by what the other description calls them."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._by_address = {(one.kind, address): one for one in entities for address in one.addresses}
        self._by_name = {(one.kind, _name(one)): one for one in entities}

    def meant_by(self, one: Entity) -> Entity | None:
        """By the primary address, by any other, or, of who waits without one, by name."""
        found = (self._by_address.get((one.kind, address)) for address in one.addresses)
        same = next((each for each in found if each is not None), None)
        return same if same or one.enabled else self._by_name.get((one.kind, _name(one)))


def _name(one: Entity) -> str:
    """The name that somebody was made with."""
    if one.kind is Kind.USER:
        return one.profile.get("alias", one.address.partition("@")[0]).lower()
    return one.display_name.lower()


def profile_differs(one: Entity, known: Entity) -> bool:
    """Whether something that is said of them is not so here."""
    texts = any(known.profile.get(name, "") != value for name, value in one.profile.items())
    pictured = bool(one.picture) and one.picture != known.picture
    certified = bool(one.certificates) and one.certificates != known.certificates
    return texts or pictured or certified or one.hidden != known.hidden


def missing_members(one: Entity, known: Entity | None) -> list[str]:
    """Members who are not in the group here."""
    return [each for each in one.members if known is None or each not in known.members]


def missing_delegates(one: Entity, known: Entity | None) -> list[str]:
    """Delegates who decide of nothing here, or are not left what they are there."""
    deciding = () if known is None else known.deciding
    lacking = (each for each in one.deciding if each not in deciding)
    return [*dict.fromkeys((*(e for e in one.delegates if known is None or e not in known.delegates), *lacking))]


def missing_permissions(one: Entity, known: Entity | None) -> Iterator[tuple[str, tuple[Permission, ...]]]:
    """What others may do there and not here, by whom."""
    for grantee, permissions in one.permissions.items():
        there = known.permissions.get(grantee, ()) if known else ()
        if lacking := tuple(each for each in permissions if each not in there):
            yield grantee, lacking

"""What is asked of a directory: one person by a login, all people, all groups."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from easd.directory.ldap.entries import Reader
from easd.directory.ldap.filters import both, either, equals, parse
from easd.directory.ldap.messages import Code, Entry, Question, Result, Scope
from easd.directory.ldap.presets import PRESETS, Map, own_attributes
from easd.directory.ldap.servers import Access, Servers
from easd.model.followed import Person, Team

_LIGHT: Final = ("id", "login", "changed", "password_changed", "disabled")
_WHOLE: Final = (
    *_LIGHT,
    *("mail", "aliases", "name", "first_name", "last_name", "phone", "office", "title", "company", "home_phone"),
    *("mobile_phone", "picture", "certificates", "hidden"),
)
_TEAM: Final = ("id", "mail", "aliases", "name", "members")
_BATCH: Final = 50
_RANGES_MAX: Final = 1000
_LOGIN_MAX: Final = 512


class AmbiguousLogin(LookupError):
    """Several people of the directory have that login: nobody can say who is meant."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where people and groups are, and what they are called. `attributes`: those that are called otherwise, as
    `own_attributes` reads them. `unnamed_groups`: also those without a mail address.
    """

    kind: str
    base: str
    user_filter: str = ""
    group_filter: str = ""
    attributes: tuple[str, ...] = ()
    groups: bool = True
    unnamed_groups: bool = False
    entries_max: int = 100_000


class Source:
    """A directory. LdapUnavailable from all that asks it."""

    def __init__(self, access: Access, plan: Plan, context: Callable[[], object] = lambda: "") -> None:
        """ValueError or OSError for settings that cannot be. `context` answers something else when what is taken over
        of an entry is another: then all are looked at again.
        """
        preset = PRESETS[plan.kind]
        self.servers = Servers(access)
        self.plan = plan
        self._map = Map(preset, own_attributes(plan.attributes))
        self._reader = Reader(self._map)
        self._users = parse(plan.user_filter or preset.user_filter)
        self._groups = parse(plan.group_filter or preset.group_filter)
        self._context = context

    def by_login(self, login: str) -> Person | None:
        """Who signs in so: by a login, with or without a place before it, or by an address. AmbiguousLogin."""
        name = login.strip().rpartition("\\")[2]
        if not name or len(name) > _LOGIN_MAX:
            return None
        attributes = self._map["login"]
        if "@" in name:
            attributes = (*attributes, *self._map["mail"], *self._map["aliases"])
        value = name.encode("utf-8", "surrogatepass")
        tests = [equals(attribute, value) for attribute in dict.fromkeys(attributes)]
        if "@" in name:  # as Exchange writes it
            tests += [equals(attribute, b"smtp:" + value) for attribute in self._map["aliases"]]
        return self._one(either(*tests))

    def by_id(self, id_: str) -> Person | None:
        """Who has that id."""
        return self._one(self._with_id(id_))

    def check(self, person: Person, password: str) -> Result:
        """How a sign-in with that password ends at the directory. ValueError for an empty one."""
        return self.servers.check(person.dn, password)

    def people(self) -> Sequence[Person]:
        """Everybody, with ids, logins and states alone."""
        question = self._question(self._users, _LIGHT)
        found = self._people(self.servers.everything(question, self.plan.entries_max))
        return list({person.id: person for person in found if person.id}.values())

    def details(self, ids: Sequence[str]) -> Iterator[Person]:
        """All that is known of these; some may have gone meanwhile."""
        for at in range(0, len(ids), _BATCH):
            named = either(*map(self._with_id, ids[at : at + _BATCH]))
            question = self._question(both(self._users, named), _WHOLE)
            yield from self._people(self.servers.everything(question, self.plan.entries_max))

    def teams(self) -> Sequence[Team]:
        """All groups with their members; none if groups are not wanted."""
        if not self.plan.groups:
            return ()
        found = self.servers.everything(self._question(self._groups, _TEAM), self.plan.entries_max)
        teams = (self._reader.team(self._complete(entry)) for entry in found)
        return [team for team in teams if team.id]

    def close(self) -> None:
        self.servers.close()

    # ------------------------------------------------------------ steps

    def _with_id(self, id_: str) -> bytes:
        return equals(self._map["id"][0], self._reader.id_bytes(id_))

    def _question(self, filter_: bytes, names: Sequence[str], limit: int = 0) -> Question:
        return Question(self.plan.base, Scope.SUBTREE, filter_, self._map.all(names), limit)

    def _one(self, test: bytes) -> Person | None:
        found = self.servers.search(self._question(both(self._users, test), _LIGHT, limit=2))
        if len(found) > 1:
            raise AmbiguousLogin(f"{found[0].dn} and {found[1].dn}")
        person = next(self._people(found), None)
        return person if person is not None and person.id else None

    def _people(self, entries: Sequence[Entry]) -> Iterator[Person]:
        context = sha256(repr((self.plan, self._context())).encode()).hexdigest()[:8]
        for person in map(self._reader.person, entries):
            yield replace(person, changed=f"{context}:{person.changed}" if person.changed else "")

    def _complete(self, entry: Entry) -> Entry:
        """With all values of its members: Active Directory gives 1,500 at a time, as `member;range=0-1499`."""
        made: dict[str, tuple[bytes, ...]] = dict(entry.attributes)
        for name in self._map["members"]:
            made[name.lower()] = (*made.get(name.lower(), ()), *self._ranges(entry.dn, name.lower(), entry.attributes))
        return replace(entry, attributes=made)

    def _ranges(self, dn: str, name: str, attributes: Mapping[str, tuple[bytes, ...]]) -> Iterator[bytes]:
        for _ in range(_RANGES_MAX):
            found = next((key for key in attributes if key.startswith(f"{name};range=")), "")
            if not found:
                return
            yield from attributes[found]
            last = found.rpartition("-")[2]
            if not last.isdigit():  # an asterisk: these were the last ones
                return
            wanted = f"{name};range={int(last) + 1}-*"
            question = Question(dn, Scope.BASE, parse("(objectClass=*)"), (wanted,))
            attributes = next(iter(self.servers.search(question)), Entry(dn, {})).attributes


def says_no(result: Result) -> bool:
    """Whether the directory has judged a sign-in, against it; else it could not."""
    with suppress(ValueError):
        return Code(result.code) in _NO
    return False


_NO: Final = frozenset(
    {
        Code.INVALID_CREDENTIALS,
        Code.INAPPROPRIATE_AUTHENTICATION,
        Code.INSUFFICIENT_RIGHTS,
        Code.CONSTRAINT_VIOLATION,
        Code.UNWILLING,
        Code.NO_SUCH_OBJECT,
    }
)

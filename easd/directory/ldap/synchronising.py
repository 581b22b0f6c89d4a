"""One look at a whole directory: accounts here become what it says, and those who are gone are disabled."""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, Protocol

from easd.directory.ldap.entries import same_dn
from easd.directory.ldap.source import Source
from easd.model.followed import Followed, Follower, Person, Team

_REMARKS_MAX: Final = 100
_ONE: Final = 1
"""May always go: in a small organisation one is more than any percentage."""


class Followers(Protocol):
    """The accounts that follow the directory."""

    def domains(self) -> Sequence[str]:
        """Those of the organisation, in which addresses count."""

    def followers(self) -> Sequence[Follower]: ...

    def follow(self, person: Person, *, adopt: bool = False) -> Followed:
        """Make an account what the directory says of a person, a new one if there is none."""

    def follow_team(self, team: Team) -> Followed:
        """The same for a group, without its members."""

    def set_members(self, group_id: int, wanted: Collection[int]) -> bool:
        """Make these the members of a group; answers whether they were others before."""

    def let_go(self, user_ids: Collection[int]) -> None:
        """Disable those whose entries are gone."""


class Stopped(Exception):
    """A look that was ended, for a reason that the text gives. What was done until then stays."""


@dataclass(frozen=True, slots=True)
class Manner:
    """`leaving_percent`: most of the people, or groups, that are disabled without `force`. `full`: look at all, also
    at what says that it has not changed. `adopt`: accounts of our own with the same addresses become the directory's.
    """

    leaving_percent: int = 20
    force: bool = False
    full: bool = False
    adopt: bool = False


@dataclass(slots=True)
class Report:
    """What a look has come to."""

    people: int = 0
    created: int = 0
    changed: int = 0
    disabled: int = 0
    groups: int = 0
    groups_created: int = 0
    groups_changed: int = 0
    groups_disabled: int = 0
    remarks: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """All but the remarks."""
        return {name: count for name, count in asdict(self).items() if name != "remarks"}

    @property
    def moved(self) -> bool:
        """Whether anything is otherwise than before."""
        return any(count for name, count in self.counts().items() if name not in ("people", "groups"))

    def remark(self, texts: Sequence[str]) -> None:
        """Note what was left out, as far as anybody will read it."""
        self.remarks.extend(texts[: _REMARKS_MAX - len(self.remarks)])


class Synchronising:
    """Looks at a directory, one look at a time."""

    def __init__(self, source: Source, followers: Followers, default_domain: str = "") -> None:
        """`default_domain`: where groups without a mail address get theirs; empty: the first of the organisation."""
        self._source = source
        self._followers = followers
        self._default = default_domain.lower()
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def end(self) -> None:
        """Let a look that is under way stop at the next account."""
        self._ended.set()

    def run(self, manner: Manner) -> Report:
        """LdapUnavailable or Stopped: nobody was disabled."""
        report = Report()
        with self._lock:
            known = self._followers.followers()
            listed = {person.id: person for person in self._source.people()}
            teams = self._source.teams()
            people = [one for one in known if not one.group]
            groups = [one for one in known if one.group]
            leaving = self._leaving(people, {key for key, one in listed.items() if not one.disabled}, manner, "people")
            team_ids = {team.id for team in teams}
            dissolved = self._leaving(groups, team_ids, manner, "groups") if self._source.plan.groups else []
            self._follow_people(listed, {one.id: one for one in people}, manner, report)
            self._followers.let_go(leaving)
            self._follow_teams(teams, listed, report)
            self._followers.let_go(dissolved)
            report.disabled, report.groups_disabled = len(leaving), len(dissolved)
        return report

    # ------------------------------------------------------------ people

    def _leaving(self, known: Sequence[Follower], there: Collection[str], manner: Manner, what: str) -> list[int]:
        """Who is to be disabled. Stopped if they are suspiciously many."""
        present = [one for one in known if not one.gone]
        leaving = [one.user_id for one in present if one.id not in there]
        allowed = max(_ONE, len(present) * manner.leaving_percent // 100)
        if len(leaving) > allowed and not manner.force:
            raise Stopped(
                f"{len(leaving)} of {len(present)} {what} are gone or disabled in the directory, and at most "
                f"{manner.leaving_percent} % are disabled at once: `easd ldap sync --force` does it all the same"
            )
        return leaving

    def _follow_people(
        self, listed: Mapping[str, Person], known: Mapping[str, Follower], manner: Manner, report: Report
    ) -> None:
        report.people = len(listed)
        wanted = [person.id for person in listed.values() if manner.full or _is_news(person, known.get(person.id))]
        for person in self._source.details(wanted):
            self._go_on()
            if person.disabled:
                continue  # whose account, if there is one, is disabled, and stays as it was
            followed = self._followers.follow(person, adopt=manner.adopt)
            report.created += followed.created
            report.changed += followed.changed and not followed.created
            report.remark(followed.remarks)

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise Stopped("the server ends")

    # ------------------------------------------------------------ groups

    def _follow_teams(self, teams: Sequence[Team], listed: Mapping[str, Person], report: Report) -> None:
        report.groups = len(teams)
        followed: list[tuple[int, Team]] = []
        for team in teams:
            self._go_on()
            made = self._followers.follow_team(self._addressed(team))
            report.groups_created += made.created
            report.groups_changed += made.changed and not made.created
            report.remark(made.remarks)
            if made.user_id is not None:
                followed.append((made.user_id, team))
        number_of = self._numbers(listed, followed)
        for group, team in followed:
            self._go_on()
            members = {number for name in team.members if (number := number_of(name)) is not None}
            report.groups_changed += self._followers.set_members(group, members - {group})

    def _addressed(self, team: Team) -> Team:
        """One without a mail address gets one out of its name, if all groups are wanted."""
        if team.named or not self._source.plan.unnamed_groups:
            return team
        domain = self._default or next(iter(self._followers.domains()), "")
        name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in team.display_name.lower())
        address = f"{name.strip('-')}@{domain}"
        return Team(team.id, team.dn, (address,) if name.strip("-") else (), team.display_name, team.members, False)

    def _numbers(self, listed: Mapping[str, Person], groups: Sequence[tuple[int, Team]]) -> Callable[[str], int | None]:
        """Accounts by the names and logins of their entries."""
        users = {one.id: one.user_id for one in self._followers.followers() if not one.gone}
        found = dict(_names(listed.values(), users))
        found.update({same_dn(team.dn): number for number, team in groups})
        return lambda name: found.get(same_dn(name))


def _names(people: Collection[Person], users: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for person in people:
        if person.id in users:
            yield from ((same_dn(name), users[person.id]) for name in (*person.logins, person.dn))


def _is_news(person: Person, known: Follower | None) -> bool:
    """Whether somebody is to be looked at: who is new, back, or has changed."""
    if person.disabled:
        return False
    return known is None or known.gone or not person.changed or known.changed != person.changed

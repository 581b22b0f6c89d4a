"""A described organisation made true in the store: what is missing is made, what differs is changed.

What is to do is found by comparing two descriptions, so a second run finds nothing to do, and one that was cut off goes
on. Nothing that has an address is ever deleted, and members, aliases and permissions are only added: what was done here
since stays. Rules about devices, access and mail are the exception (`rules`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from easd.admin.moving.comparing import (
    Known,
    missing_delegates,
    missing_members,
    missing_permissions,
    profile_differs,
)
from easd.admin.moving.described import Described, Entity, SaidDevice, SharedFolders
from easd.admin.moving.describing import described, path_of
from easd.admin.moving.rules import rule_steps
from easd.admin.moving.steps import Happened, Step
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.model.account import Kind, User
from easd.model.identity import Role
from easd.model.organisation import BookingOptions, Permission
from easd.model.share import Chosen, Rights

Progress = Callable[[int, int | None], None]
"""Hears how many steps are done."""


def nobody_signs_in(_address: str) -> str:
    """No password: whoever is made cannot sign in until one is set."""
    return ""


class Establishing:
    """One run. `password` invents the first password of somebody new; `hashes` are those of passwords that people had
    where the description comes from, by address.
    """

    def __init__(
        self,
        office: Office,
        wanted: Described,
        password: Callable[[str], str] = nobody_signs_in,
        hashes: Mapping[str, str] | None = None,
    ) -> None:
        self._office, self._desk, self._wanted = office, office.desk, wanted
        self._password, self._hashes = password, hashes or {}
        self._stages = (self._foundation, self._everybody, self._between, self._rules)
        self.happened: list[Happened] = []

    def run(self, progress: Progress) -> list[Happened]:
        """Do it. What cannot be done is told, and stops nothing but what builds on it."""
        for stage in self._stages:
            self._do(stage(self._there()), progress)
        return self.happened

    def planned(self) -> list[Happened]:
        """What a run would do now; nothing is done."""
        there = self._there()
        return [step.told() for stage in self._stages for step in stage(there)]

    def share(self, progress: Progress) -> list[Happened]:
        """Put folders of others on people's devices: for when the folders are there."""
        self._do(self._shares(self._there()), progress)
        return self.happened

    def _do(self, steps: Iterator[Step], progress: Progress) -> None:
        for step in list(steps):
            self.happened.append(step.done())
            progress(len(self.happened), None)

    def _known(self) -> int | None:
        keys = {self._wanted.name.strip().lower(), self._wanted.alias.strip().lower()} - {""}
        known = self._office.organisations.all()
        return next((one.id for one in known if keys & {one.name.strip().lower(), one.alias}), None)

    def _number(self) -> int:
        number = self._known()
        if number is None:
            raise Refused(f"there is no organisation {self._wanted.name}")
        return number

    def _there(self) -> Described:
        number = self._known()
        return Described("") if number is None else described(self._office, number)

    def _who(self, address: str) -> User:
        return self._office.entity(address)

    # ------------------------------------------------------------ the organisation

    def _foundation(self, there: Described) -> Iterator[Step]:
        wanted, desk = self._wanted, self._desk.organisations
        if not there.name:
            yield Step("organisation", wanted.name, "new", lambda: desk.create(wanted.name, wanted.alias))
        for domain in wanted.domains:
            if domain not in there.domains:
                yield Step("domain", domain, "new", partial(self._add_domain, domain))
        if wanted.default_domain and wanted.default_domain != there.default_domain:
            yield Step("default domain", wanted.default_domain, "changed", self._set_default_domain)
        tags = {key: value for key, value in wanted.tags.items() if there.tags.get(key) != value}
        if tags:
            yield Step("tags", ", ".join(tags), "new", lambda: desk.tag(self._number(), tags))

    def _add_domain(self, domain: str) -> None:
        owner, number = dict(self._office.accounts.domains()).get(domain), self._number()
        if owner not in (None, number):
            raise Refused("the domain belongs to another organisation")
        if owner is None:  # the test domain comes with the organisation
            self._desk.organisations.add_domain(number, domain)

    def _set_default_domain(self) -> None:
        self._desk.organisations.set_default_domain(self._number(), self._wanted.default_domain)

    # ------------------------------------------------------------ people, groups and resources

    def _everybody(self, there: Described) -> Iterator[Step]:
        here = Known(there.entities)
        for one in self._wanted.entities:
            known = here.meant_by(one)
            if known is None:
                yield Step(one.kind.value.lower(), one.address, "new", partial(self._make, one))
            else:
                yield from self._changes(one, known)

    def _make(self, one: Entity) -> None:
        """Somebody new with all that is of their own. Cut off in between, the next run sees what is still to change."""
        name = one.display_name or one.address.partition("@")[0]
        if one.kind is Kind.GROUP:
            self._desk.groups.create(one.address, name)
        elif one.kind is Kind.USER:
            self._make_user(one, name)
        else:
            booking = one.booking or BookingOptions()
            self._desk.resources.create(one.address, name, one.kind, one.description, booking)
        if not one.enabled:
            self._desk.entities.set_enabled(self._who(one.address), enabled=False)
        fresh = replace(Entity(one.kind, one.address, name), enabled=one.enabled, booking=one.booking)
        if one.kind is Kind.GROUP:
            fresh = replace(fresh, distribution=True, security=True)
        ended = [step.done() for step in self._changes(one, replace(fresh, description=one.description))]
        if faults := [each.fault for each in ended if each.fault]:
            raise Refused("; ".join(faults))

    def _make_user(self, one: Entity, name: str) -> None:
        hashed = self._hashes.get(one.address, "")
        password = "" if hashed or not one.enabled else self._password(one.address)
        made = self._desk.users.create(one.address, name, password)
        if hashed:
            self._desk.users.take_over_password(made, hashed)

    def _add_alias(self, address: str, alias: str) -> None:
        self._desk.entities.add_alias(self._who(address), alias)

    def _changes(self, one: Entity, known: Entity) -> Iterator[Step]:
        """What is not as it is said."""

        def step(part: str, act: Callable[[User], object]) -> Step:
            name = known.address
            return Step(one.kind.value.lower(), name, "changed", lambda: act(self._who(name)), part)

        desk = self._desk.entities
        if one.display_name and one.display_name != known.display_name:
            yield step("name", lambda whom: desk.rename(whom, one.display_name))
        if profile_differs(one, known):
            yield step("profile", partial(self._set_profile, one))
        if one.kind is Kind.USER and one.role is not known.role and one.role is not Role.RESOURCE:
            yield step("role", lambda whom: desk.set_role(whom, one.role))
        if one.quota is not None and one.quota != known.quota:
            yield step("quota", lambda whom: self._desk.mailboxes.set_quota(whom, one.quota))
        if one.booking is not None and (one.booking, one.description) != (known.booking, known.description):
            yield step("booking", partial(self._set_booking, one))
        if (uses := _uses(one, known)) != (known.distribution, known.security):
            yield step("uses", partial(self._set_uses, uses))
        if one.address != known.address and one.enabled:
            yield step("address", lambda whom: desk.set_primary_address(whom, one.address))
        if one.enabled != known.enabled:
            yield step("state", lambda whom: desk.set_enabled(whom, enabled=one.enabled))
        for alias in one.addresses:
            if alias not in (*known.addresses, one.address):
                act = partial(self._add_alias, known.address, alias)
                yield Step("alias", f"{alias} of {known.address}", "new", act)

    def _set_profile(self, one: Entity, whom: User) -> None:
        accounts = self._office.accounts
        profile, _ = accounts.profile(whom.id)
        certificates = one.certificates or profile.certificates
        made = replace(profile, **{**one.profile, "certificates": certificates})  # type: ignore[arg-type]  # texts
        self._desk.entities.set_profile(whom, made, one.picture or accounts.picture(whom.id), hidden=one.hidden)

    def _set_uses(self, uses: tuple[bool | None, bool | None], whom: User) -> None:
        distribution, security = uses
        self._desk.groups.set_uses(whom.id, distribution=distribution is not False, security=security is not False)

    def _set_booking(self, one: Entity, whom: User) -> None:
        self._desk.resources.change(whom, one.description, one.booking or BookingOptions())

    # ------------------------------------------------------------ who is in what, and may what

    def _between(self, there: Described) -> Iterator[Step]:
        here = Known(there.entities)
        for one in self._wanted.entities:
            known = here.meant_by(one)
            at = known.address if known else one.address
            for other in missing_members(one, known):
                yield Step("member", f"{other} in {at}", "new", partial(self._add_member, at, other))
            for other in missing_delegates(one, known):
                yield Step("delegate", f"{other} of {at}", "new", partial(self._add_delegate, one, at, other))
            for other, permissions in missing_permissions(one, known):
                yield Step("permission", f"{other} at {at}", "new", partial(self._permit, at, other, permissions))
            for said in one.devices:
                if known is None or said not in known.devices:
                    yield Step("device", f"{said.device_id} of {at}", "new", partial(self._say, at, said))

    def _add_member(self, at: str, other: str) -> None:
        self._desk.groups.add_member(self._who(at).id, other)

    def _add_delegate(self, one: Entity, at: str, other: str) -> None:
        whom = self._who(at)
        if whom.kind is Kind.USER:
            self._desk.permissions.delegate(whom, other, decides=other in one.deciding)
        else:
            self._desk.resources.add_delegate(whom, other)

    def _permit(self, at: str, other: str, permissions: tuple[Permission, ...]) -> None:
        self._desk.permissions.grant(self._who(at), other, permissions)

    def _say(self, at: str, said: SaidDevice) -> None:
        self._desk.device_access.put_override(self._who(at), said.device_id, said.effect, said.description)

    # ------------------------------------------------------------ rules, and folders of others

    def _rules(self, there: Described) -> Iterator[Step]:
        return rule_steps(self._office, self._number, self._wanted, there)

    def _shares(self, there: Described) -> Iterator[Step]:
        here = Known(there.entities)
        for one in self._wanted.entities:
            known = here.meant_by(one)
            for share in one.shares:
                if known is None or share not in known.shares:
                    act = partial(self._add_share, one.address, share)
                    yield Step("share", f"{share.owner} with {one.address}", "new", act)

    def _add_share(self, address: str, share: SharedFolders) -> None:
        owner, reader, number = self._who(share.owner), self._who(address), None
        if share.chosen is Chosen.FOLDER:
            there = self._office.folders(owner)
            number = next((each.id for each in there if path_of(there, each.id) == share.path), None)
            if number is None:
                raise Refused(f"there is no folder {'/'.join(share.path)}")
        told = {"of": owner.address, "folders": [share.chosen], "writable": share.writable}
        with self._desk.log.about("ShareFolders", reader, device=None, **told):
            rights = Rights(share.writable, share.private)
            self._office.shares.add(reader.id, owner.id, share.chosen, rights, folder_id=number)


def _uses(one: Entity, known: Entity) -> tuple[bool | None, bool | None]:
    """What a group is for: as it is said, else as it is."""
    distribution = known.distribution if one.distribution is None else one.distribution
    return distribution, known.security if one.security is None else one.security

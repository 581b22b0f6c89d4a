"""What an administrator does: organisations, domains, users, devices, mailboxes, imports."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from sqlalchemy import delete, func, select, update

from easd.model.account import Account, Kind, Profile, User
from easd.model.app_password import AppPassword
from easd.model.device import Device
from easd.model.identity import OrganisationState
from easd.service.ports import NewMail, Reduced
from easd.store import (
    access_control,
    app_passwords,
    details,
    entities,
    following,
    identities,
    listing,
    readers,
    reduced,
)
from easd.store.access_rules import add_default_rule
from easd.store.accounts import SqlAccounts
from easd.store.database import Session
from easd.store.errors import Full, Taken
from easd.store.identity_tables import organization_details
from easd.store.prepared import Prepared, named, param, params
from easd.store.rules import MOVE_ON_IF_ANY
from easd.store.store import SqlStore
from easd.store.tables import addresses, domains, mailboxes, organizations, users

_T = TypeVar("_T")

PICTURE_MAX = 1024 * 1024
"""Bytes of a user's picture. Clients are sent those of at most 100 KiB."""
_organization = organizations.c
_user = users.c
_mailbox = param("mailbox")

_ADD_ORGANIZATION = Prepared(
    lambda to: (
        to(organizations).values(params(organizations, "id")).on_conflict_do_nothing().returning(_organization.id)
    )
)
_ORGANIZATIONS = Prepared(
    select(_organization.id, _organization.name)
    .join(organization_details, organization_details.c.organization_id == _organization.id)
    .where(organization_details.c.state == param("state"))
    .order_by(_organization.id)
)
_ADD_DOMAIN = Prepared(lambda to: to(domains).values(params(domains)).on_conflict_do_nothing())
_DOMAINS = Prepared(select(domains.c.name, domains.c.organization_id).order_by(domains.c.name))
_DOMAIN_USED = Prepared(select(func.count()).select_from(addresses).where(addresses.c.domain == param("name")))
_DROP_DOMAIN = Prepared(delete(domains).where(domains.c.name == param("name")))
_DROP_ALIAS = Prepared(
    delete(addresses).where(addresses.c.address == param("address"), addresses.c.user_id == param("user"))
)
_new_version = {"credential_version": _user.credential_version + 1}
_SET_HASH = Prepared(update(users).where(_user.id == param("user")).values(named(["password_hash"]) | _new_version))
_SET_ENABLED = Prepared(update(users).where(_user.id == param("user")).values(named(["enabled"]) | _new_version))
_RENEW = Prepared(update(users).where(_user.id == param("user")).values(_new_version))
_SET_NAME = Prepared(update(users).where(_user.id == param("user")).values(named(["display_name"])))

_ORGANIZATION_OF = Prepared(select(_user.organization_id).where(_user.id == param("user")))
_QUOTA = Prepared(select(mailboxes.c.used, mailboxes.c.quota).where(mailboxes.c.id == _mailbox))
_SET_QUOTA = Prepared(update(mailboxes).where(mailboxes.c.id == _mailbox).values(named(["quota"])))


class Administration:
    """Operations on whole accounts. KeyError: no such thing. Taken: the name is in use. ValueError: not a name.

    FollowsDirectory (a ValueError): it comes from a directory elsewhere.
    """

    def __init__(
        self, store: SqlStore, aliases_max: int = 100, users_max: int = 0, domains_max: int = 0, test_suffix: str = ""
    ) -> None:
        """`aliases_max`: further addresses that a user, resource or group may have. `users_max` and `domains_max` of
        one organisation, 0: any number. `test_suffix`: the domain under which new organisations get a test domain.
        """
        self._users_max = users_max
        self._domains_max = domains_max
        self._test_suffix = test_suffix
        self._store = store
        self._database = store.database
        self._aliases_max = aliases_max

    # ------------------------------------------------------------ organisations and domains

    def create_organization(self, name: str, alias: str = "") -> int:
        """A new organisation's id. Names differ in more than letter case; an alias is made of the name if none is
        given.
        """
        if not name.strip() or not name.isprintable():
            raise ValueError("an organisation needs a printable name")
        with self._database.write() as block:
            values = {
                "name": name,
                "key": name.strip().lower(),
                "created": self._store.now(),
                "full_wipe_forbidden": None,
            }
            row = block.session.one(_ADD_ORGANIZATION, **values)
            if row is None:
                raise Taken(f"there is an organisation {name!r} already")
            add_default_rule(block.session, row[0], self._store.now())
            access_control.add_default_rule(block.session, row[0], self._store.now())
            known_as = details.introduce_organization(block.session, row[0], name, alias)
            if self._test_suffix:
                self._add_test_domain(block.session, row[0], f"{known_as}.{self._test_suffix}")
        return int(row[0])

    def organizations(self) -> Sequence[tuple[int, str]]:
        """Id and name of each."""
        return [
            (number, name) for number, name in self._database.once(_ORGANIZATIONS, state=OrganisationState.ACTIVE.value)
        ]

    def add_domain(self, organization_id: int, domain: str) -> str:
        """Make this server the destination of a domain's mail; answers the name as kept."""
        _, _, name = identities.normal(f"postmaster@{domain}").rpartition("@")
        if organization_id not in dict(self.organizations()):
            raise KeyError(f"there is no organisation {organization_id}")
        with self._database.write() as block:
            details.room_for_domain(block.session, organization_id, self._domains_max)
            self._add_domain(block.session, organization_id, name)
        return name

    def domains(self) -> Sequence[tuple[str, int]]:
        """Name and organisation of each."""
        return [(name, organization) for name, organization in self._database.once(_DOMAINS)]

    def remove_domain(self, domain: str) -> None:
        """Taken while a user has an address in it."""
        name = domain.lower()
        with self._database.write() as block:
            [(count,)] = block.session.all(_DOMAIN_USED, name=name)
            if count:
                raise Taken(f"{count} addresses are in the domain {name}")
            details.forget_domain(block.session, name)
            if block.session.run(_DROP_DOMAIN, name=name) == 0:
                raise KeyError(f"there is no domain {name}")

    # ------------------------------------------------------------ users

    def create_user(self, address: str, display_name: str, password_hash: str) -> User:
        """A user with a new mailbox of default folders. The domain must be there; an empty hash lets nobody in."""
        with self._database.write() as block:
            organization = entities.organization_of_domain(block.session, identities.normal(address))
            details.room_for_user(block.session, organization, self._users_max)
            number = entities.create(block.session, self._store, Kind.USER, address, display_name, password_hash)
            return entities.existing(block.session, number).user

    def users(self) -> Sequence[User]:
        """All people, by id; neither resources nor groups."""
        return [account.user for account in identities.from_rows(self._database.once(identities.PEOPLE))]

    def account(self, address: str) -> Account:
        """The user or resource who has the address, enabled or not."""
        if found := SqlAccounts(self._database).by_address(address.strip().lower()):
            return found
        raise KeyError(f"there is no user {address}")

    def user(self, address: str) -> User:
        """Likewise, without the secrets."""
        return self.account(address).user

    def organization_of(self, user_id: int) -> int:
        """The organisation that the user belongs to."""
        rows = self._database.once(_ORGANIZATION_OF, user=user_id)
        if not rows:
            raise KeyError(f"there is no user {user_id}")
        return int(rows[0][0])

    def entity(self, address: str) -> User:
        """Whoever has the address, groups included."""
        with self._database.read() as block:
            if found := entities.at(block.session, address):
                return found.user
        raise KeyError(f"there is nobody here with the address {address}")

    def by_number(self, user_id: int) -> User:
        """Whoever has that number, groups included."""
        with self._database.read() as block:
            return entities.existing(block.session, user_id).user

    def set_password_hash(self, user_id: int, password_hash: str) -> None:
        """Whoever is logged in with the old password is not any more: the credential's version moves."""
        with self._database.write() as block:
            following.refuse(block.session, user_id)
            self._change(block.session, _SET_HASH, user_id, password_hash=password_hash)

    def set_enabled(self, user_id: int, enabled: bool) -> None:
        """A disabled user cannot log in and receives no mail; the mailbox stays. A disabled group gives no policy."""
        with self._database.write() as block:
            if enabled:
                following.refuse_if_gone(block.session, user_id)
            self._change(block.session, _SET_ENABLED, user_id, enabled=int(enabled))
            details.note_enabled(block.session, user_id, self._store.now(), enabled=enabled)
            block.session.run(MOVE_ON_IF_ANY)
        readers.wake(self._store, readers.around(self._store, user_id))

    def set_display_name(self, user_id: int, display_name: str) -> None:
        """What others see."""
        with self._database.write() as block:
            following.refuse(block.session, user_id)
            if block.session.run(_SET_NAME, user=user_id, display_name=display_name) == 0:
                raise KeyError(f"there is no user {user_id}")
            listing.index(block.session, entities.existing(block.session, user_id))

    def profile(self, user_id: int) -> tuple[Profile, bool]:
        """What is known of the user, and whether the Global Address List hides the user."""
        with self._database.read() as block:
            entities.existing(block.session, user_id)
            return listing.profile(block.session, user_id)

    def picture(self, user_id: int) -> bytes | None:
        """The user's picture, None where there is none."""
        with self._database.read() as block:
            return listing.picture(block.session, user_id)

    def set_profile(self, user_id: int, known: Profile, picture: bytes | None, *, hidden: bool) -> None:
        """Replace what is known of the user. ValueError for a picture of more than PICTURE_MAX bytes."""
        if picture is not None and len(picture) > PICTURE_MAX:
            raise ValueError(f"a picture of {len(picture)} bytes: at most {PICTURE_MAX} are kept")
        with self._database.write() as block:
            account = entities.existing(block.session, user_id)
            following.refuse(block.session, user_id)
            listing.put(block.session, user_id, known, picture, hidden=hidden)
            listing.index(block.session, account)

    def add_alias(self, user_id: int, address: str) -> None:
        """A further address, in any domain of this server."""
        made = identities.normal(address)
        with self._database.write() as block:
            entities.organization_of_domain(block.session, made)
            known = entities.existing(block.session, user_id).user
            following.refuse(block.session, user_id)
            if len(known.aliases) >= self._aliases_max:
                raise Full(f"{known.address} has {len(known.aliases)} aliases: at most {self._aliases_max} are allowed")
            entities.add_address(block.session, made, user_id)
            listing.index(block.session, entities.existing(block.session, user_id))

    def remove_alias(self, user_id: int, address: str) -> None:
        """Taken for the primary address."""
        with self._database.write() as block:
            following.refuse(block.session, user_id)
            if entities.existing(block.session, user_id).user.address == address.lower():
                raise Taken(f"{address} is the user's primary address")
            if block.session.run(_DROP_ALIAS, user=user_id, address=address.lower()) == 0:
                raise KeyError(f"user {user_id} has no alias {address}")
            listing.index(block.session, entities.existing(block.session, user_id))

    def remove_user(self, user_id: int, *, keep: bool = False) -> None:
        """The user, resource or group with the mailbox and all that is in it. Copies that wait in the submission queue
        still go out. `keep`: the mailbox of a person can be had again for a while (`Organisations.restore`).
        """
        concerned = readers.around(self._store, user_id)
        with self._database.write() as block:
            following.refuse_if_there(block.session, user_id)
            entities.remove(block.session, self._store, user_id, keep=keep)
        readers.wake(self._store, concerned)

    # ------------------------------------------------------------ app passwords

    def add_app_password(self, user_id: int, name: str, digest: bytes) -> AppPassword:
        """One more for the user. KeyError if there is no such user."""
        with self._database.write() as block:
            entities.existing(block.session, user_id)
            return app_passwords.add(block.session, user_id, name, digest, self._store.now())

    def app_passwords(self, user_id: int) -> Sequence[AppPassword]:
        """Those of the user, oldest first."""
        with self._database.read() as block:
            return app_passwords.listed(block.session, user_id)

    def remove_app_password(self, user_id: int, number: int) -> None:
        """It counts no more: all of the user's credentials are verified anew. KeyError if there is no such one."""
        with self._database.write() as block:
            if not app_passwords.drop(block.session, user_id, number):
                raise KeyError(f"there is no app password {number}")
            block.session.run(_RENEW, user=user_id)

    # ------------------------------------------------------------ mailboxes and devices

    def reset_mailbox(self, mailbox_id: int) -> None:
        """As new: items, folders and sync states go, default folders come. Devices stay and sync from the start."""
        with self._store.writing(mailbox_id) as writing:
            entities.renew(writing)
            for device in writing.devices():
                writing.save_device(replace(device, ping=None, sync_request=None))

    def quota(self, mailbox_id: int) -> tuple[int, int | None]:
        """The bytes that the mailbox holds, and how many it may hold (None: as many as everybody's)."""
        rows = self._database.once(_QUOTA, mailbox=mailbox_id)
        if not rows:
            raise KeyError(f"there is no mailbox {mailbox_id}")
        return rows[0][0] or 0, rows[0][1]

    def set_quota(self, mailbox_id: int, quota: int | None) -> None:
        """Let the mailbox hold so many bytes; None: as many as everybody's. What it holds stays."""
        if quota is not None and quota < 1:
            raise ValueError("a mailbox holds at least one byte")
        with self._database.write() as block:
            if block.session.run(_SET_QUOTA, mailbox=mailbox_id, quota=quota) == 0:
                raise KeyError(f"there is no mailbox {mailbox_id}")

    def devices(self, mailbox_id: int) -> Sequence[Device]:
        """The partnerships of the mailbox's user, oldest first."""
        with self._store.reading(mailbox_id) as reading:
            return reading.devices()

    def reduced(self, mailbox_id: int, device: int) -> Sequence[Reduced]:
        """Items of the mailbox that the device was shown in a reduced form, oldest first."""
        with self._store.reading(mailbox_id) as reading:
            return reduced.listed(reading.session, device)

    def remove_device(self, mailbox_id: int, device: int) -> None:
        """Forget a partnership and its sync states."""
        with self._store.writing(mailbox_id) as writing:
            writing.remove_device(device)
            writing.touch()

    def import_mail(self, mailbox_id: int, folder_id: int, messages: Iterable[NewMail], batch: int = 100) -> int:
        """Add many messages, `batch` to a transaction; answers how many. On an error the batches before it stay."""
        count = 0
        for group in _batches(messages, batch):
            with self._store.writing(mailbox_id) as writing:
                for mail in group:
                    writing.add_mail(folder_id, mail)
            count += len(group)
        return count

    # ------------------------------------------------------------ steps

    def _add_domain(self, session: Session, organization: int, name: str) -> None:
        if session.run(_ADD_DOMAIN, name=name, organization_id=organization) == 0:
            raise Taken(f"there is a domain {name} already")
        details.introduce_domain(session, organization, name)

    def _add_test_domain(self, session: Session, organization: int, name: str) -> None:
        self._add_domain(session, organization, name)
        details.make_test_domain(session, organization, name)

    def _change(self, session: Session, statement: Prepared, user_id: int, **values: object) -> None:
        if session.run(statement, user=user_id, **values) == 0:
            raise KeyError(f"there is no user {user_id}")


def _batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(values)
    while group := list(islice(iterator, size)):
        yield group

"""The store as an administrator opens it, and how people are named."""

import getpass
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from easd.admin.master_keys import check_named, master_keys
from easd.admin.refused import Refused
from easd.admin.secret_key import vault
from easd.admin.sqlite_file import sqlite_path
from easd.config import Settings
from easd.directory import LocalDirectory, hash_password
from easd.model.account import Kind, User
from easd.model.audit import Actor, ActorKind
from easd.model.domain import DnsRecord, MailDomain
from easd.model.folder import Folder
from easd.model.moments import moment
from easd.model.organisation import Group, Resource
from easd.service.administration import Administration as Desk, AdministrationError, Means
from easd.service.domain_records import records
from easd.service.ports import MailboxFull
from easd.service.ports.master_keys import MasterKeyMissing
from easd.service.vault import Vault
from easd.store import (
    AccessAdministration,
    AccessControl,
    AccessKeys,
    Administration,
    Audit,
    FlowRules,
    Grants,
    Groups,
    Impersonation,
    NoSuchMailbox,
    Organisations,
    Resources,
    Retention,
    Shares,
    SqlAccounts,
    SqlPolicies,
    SqlStore,
    StoreError,
    migrate,
    open_store,
    schema_is_current,
)
from easd.store.dkim import SqlDkimKeys
from easd.store.encryption import Encryption
from easd.store.export_jobs import ExportJobs


@dataclass(frozen=True, slots=True)
class Office:
    """An open store with what is done to it as a whole."""

    settings: Settings
    store: SqlStore
    accounts: Administration
    groups: Groups
    resources: Resources
    grants: Grants
    shares: Shares
    directory: LocalDirectory
    policies: SqlPolicies
    flow: FlowRules
    desk: Desk
    organisations: Organisations

    def user(self, name: str) -> User:
        """The user of an address, or of a bare name in the default or only domain. Refused if there is none."""
        with refusing():
            found = self.accounts.user(self.address(name))
        if found.kind is not Kind.USER:
            raise Refused(f"{found.address} is a resource: see `easd resource`")
        return found

    def entity(self, name: str) -> User:
        """Who has an address, be it a user, a resource or a group. Refused if there is nobody."""
        with refusing():
            return self.accounts.entity(self.address(name))

    def group(self, name: str) -> Group:
        """The group of an address, or of a bare name likewise. Refused if there is none."""
        with refusing():
            return self.groups.group(self.address(name))

    def resource(self, name: str) -> Resource:
        """The resource of an address, or of a bare name likewise. Refused if there is none."""
        with refusing():
            return self.resources.resource(self.address(name))

    def folders(self, owner: User) -> Sequence[Folder]:
        """The folders of somebody's mailbox."""
        with refusing(), self.store.reading(owner.mailbox_id) as box:
            return box.folders()

    def address(self, name: str) -> str:
        """A bare name with the domain of the settings, the organisation's default one, or the only one, added."""
        if "@" in name:
            return name
        own = {one.default_domain for one in self.organisations.all()} - {""}
        known = self.settings.organisation.default_domain or (own.pop() if len(own) == 1 else "")
        candidates = [known] if known else [domain for domain, _ in self.accounts.domains()]
        if len(candidates) != 1:
            raise Refused(f"which domain is {name} in? Write {name}@ and the domain")
        return f"{name}@{candidates[0]}"

    def organisation(self, name: str) -> int:
        """The organisation of that name, alias or identifier; empty: the only one. Refused if there is none."""
        known = self.organisations.all()
        if not name and len(known) != 1:
            names = ", ".join(sorted(one.name for one in known))
            raise Refused(f"which organisation? Say --organisation, one of {names or 'none'}")
        with refusing():
            return known[0].id if not name else self.organisations.find(name).id

    def now(self) -> datetime:
        """The store's time."""
        return moment(self.store.now())

    def add_user(self, name: str, display_name: str, password: str) -> User:
        """A user with a new mailbox; an empty display name is the local part. Refused if the name is in use."""
        address = self.address(name)
        with refusing():
            if address.rpartition("@")[2].lower() not in {domain for domain, _ in self.accounts.domains()}:
                domain = address.rpartition("@")[2]
                raise Refused(f"there is no domain {domain}: `easd init --organisation NAME --domain {domain}` adds it")
            return self.desk.users.create(address, display_name or address.partition("@")[0], password)

    def change_entity(
        self,
        number: int,
        *,
        name: str | None = None,
        hidden: bool | None = None,
        enabled: bool | None = None,
        add: Iterable[str] = (),
        drop: Iterable[str] = (),
    ) -> None:
        """What users, resources and groups have in common: None is left as it is; aliases are added, then dropped."""
        with refusing(), self.desk.together():
            whom, entities = self.accounts.by_number(number), self.desk.entities
            if name is not None:
                entities.rename(whom, name)
            if hidden is not None:
                entities.set_hidden(whom, hidden=hidden)
            if enabled is not None:
                entities.set_enabled(whom, enabled=enabled)
            for alias in add:
                entities.add_alias(whom, self.address(alias))
            for alias in drop:
                entities.remove_alias(whom, self.address(alias))

    def set_password(self, user: User, password: str) -> None:
        """From now on this password alone counts, in every running server too."""
        with refusing():
            self.desk.users.set_password(user, password)


@contextmanager
def refusing() -> Iterator[None]:
    """What the store and its rules object to, as Refused. For single calls only: a KeyError of ours would be hidden."""
    try:
        yield
    except NoSuchMailbox as error:
        raise Refused(str(error)) from error
    except AdministrationError as error:
        raise Refused(str(error)) from error
    except MailboxFull as error:
        raise Refused("the mailbox holds all that it may hold") from error
    except (KeyError, ValueError, StoreError) as error:
        raise Refused(str(error.args[0] if error.args else error)) from error


@contextmanager
def open_office(settings: Settings) -> Iterator[Office]:
    """The store of the settings. Refused if it cannot be reached or has another schema than this program's."""
    try:
        if not _current(settings.database_url):
            raise Refused("the database is not prepared for this version: run `easd init`")
        quota = settings.limits.mailbox_bytes or None
        bodies = settings.encryption.index_bodies
        store = open_store(settings.database_url, None, quota, master_keys(settings), index_bodies=bodies)
    except StoreError as error:
        raise Refused(str(error)) from error
    domain = settings.organisation.default_domain or None
    try:
        check_named(settings, store)
        directory = LocalDirectory(SqlAccounts(store.database), default_domain=domain)
        accounts = Administration(store, **bounds(settings))
        organisations = Organisations(store, settings.limits.aliases_max)
        made = Groups(store), Resources(store), Grants(store), Shares(store)
        means = all_means(settings, store, vault(settings))
        flow = FlowRules(store.database)
        desk = Desk(means, Actor(ActorKind.CLI, _who()))
        yield Office(settings, store, accounts, *made, directory, SqlPolicies(store), flow, desk, organisations)
    except (StoreError, AdministrationError, MasterKeyMissing) as error:
        raise Refused(str(error)) from error
    finally:
        store.close()


def means_of(store: SqlStore, accounts: Administration, aliases_max: int = 100, sealing: Vault | None = None) -> Means:
    """What the administration of this store works with. Without `sealing` secrets last as long as the process."""
    return Means(
        store=store,
        transactions=store.database,
        accounts=accounts,
        organisations=Organisations(store, aliases_max),
        groups=Groups(store),
        resources=Resources(store),
        grants=Grants(store),
        access=AccessAdministration(store),
        access_control=AccessControl(store),
        retention=Retention(store),
        encryption=Encryption(store),
        impersonation=Impersonation(store),
        exports=ExportJobs(store),
        policies=SqlPolicies(store),
        flow=FlowRules(store.database),
        queue=store,
        signing=SqlDkimKeys(store.database),
        access_keys=AccessKeys(store),
        journal=Audit(store.database),
        hash_password=hash_password,
        clock=lambda: moment(store.now()),
        number=secrets.randbits,
        vault=sealing or Vault.forgetful(),
    )


def all_means(settings: Settings, store: SqlStore, sealing: Vault) -> Means:
    """The same, with what the settings say."""
    means = means_of(store, Administration(store, **bounds(settings)), settings.limits.aliases_max, sealing)
    host = urlsplit(settings.server.public_url).hostname or ""

    def published(domain: MailDomain) -> Sequence[DnsRecord]:
        return records(domain, host, means.signing.of(domain.name))

    buckets = frozenset(settings.export.buckets)
    bounded = replace(means, mailbox_bytes=settings.limits.mailbox_bytes or None, export_buckets=buckets)
    return replace(bounded, published=published) if host else bounded


def _who() -> str:
    """The user of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have a number that no name belongs to
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def bounds(settings: Settings) -> dict[str, Any]:
    """What the settings say of new organisations, users, domains and aliases."""
    limits = {name: getattr(settings.limits, name) for name in ("aliases_max", "users_max", "domains_max")}
    return {**limits, "test_suffix": settings.organisation.test_domain_suffix.strip().strip(".").lower()}


def prepare(settings: Settings) -> None:
    """Make or upgrade the database, and the folder of a SQLite file. Refused if that cannot be."""
    try:
        if path := sqlite_path(settings.database_url):
            path.parent.mkdir(parents=True, exist_ok=True)
        migrate(settings.database_url)
    except StoreError as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from error


def establish(office: Office, organisation: str, domain: str) -> None:
    """See to it that the organisation is there and the domain belongs to it. Refused if another one has the domain."""
    key = organisation.strip().lower()
    found = [number for number, name in office.accounts.organizations() if name.strip().lower() == key]
    with refusing(), office.desk.together():
        owner = dict(office.accounts.domains()).get(domain.lower())
        if owner is not None and owner not in found:
            raise Refused(f"the domain {domain} belongs to another organisation")
        number = found[0] if found else office.desk.organisations.create(organisation)
        if owner is None:
            office.desk.organisations.add_domain(number, domain)


def _current(url: str) -> bool:
    path = sqlite_path(url)
    if path is not None and not path.exists():  # asking SQLite would make the file
        return False
    if path is not None and not path.is_file():
        raise Refused(f"{path} is not a file")
    return schema_is_current(url)

"""A server's people in a directory elsewhere: a database, a part of a slapd, and what stands between them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher

from easd.directory import LocalDirectory, Passwords
from easd.directory.ldap import (
    Access,
    LdapDirectory,
    Manner,
    Patience,
    Plan,
    Report,
    Source,
    Synchronising,
)
from easd.model.account import Principal, User
from easd.store import Administration, Groups, SqlAccounts, SqlFollowing, SqlStore, open_store
from tests.support.server import DOMAIN, ORGANISATION, prepared
from tests.support.slapd import PAGE, Office, Slapd

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A monotonic clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Firm:
    """A store with the organisation Example, and a directory elsewhere that its people are in."""

    store: SqlStore
    source: Source
    clock: Clock
    synchronising: Synchronising = field(init=False)
    directory: LdapDirectory = field(init=False)

    def __post_init__(self) -> None:
        self.following = SqlFollowing(self.store, ORGANISATION)
        self.admin = Administration(self.store)
        self.groups = Groups(self.store)
        self.synchronising = Synchronising(self.source, self.following, DOMAIN)
        self.again()

    def again(self, patience: Patience | None = None) -> None:
        """The directory as a server has it that has just started: it remembers nothing."""
        accounts, passwords = SqlAccounts(self.store.database), Passwords(1, _CHEAP)
        self.directory = LdapDirectory(
            accounts, self.source, self.following, patience or Patience(), passwords=passwords, clock=self.clock
        )
        _: LocalDirectory = self.directory

    def own(self, name: str, password: str) -> User:
        """An account of our own."""
        return self.admin.create_user(f"{name}@{DOMAIN}", name.capitalize(), _CHEAP.hash(password))

    def sync(self, manner: Manner | None = None) -> Report:
        return self.synchronising.run(manner or Manner(leaving_percent=100))

    def user(self, name: str) -> User:
        """Whoever has that address."""
        return self.admin.entity(f"{name}@{DOMAIN}")

    def signs_in(self, login: str, password: str) -> Principal | None:
        return self.directory.authenticate(login, password)


@contextmanager
def firm(url: str, access: Access, plan: Plan) -> Iterator[Firm]:
    """On an empty database."""
    store = open_store(prepared(url))
    admin = Administration(store)
    admin.add_domain(admin.create_organization(ORGANISATION), DOMAIN)
    following = SqlFollowing(store, ORGANISATION)
    source = Source(access, plan, following.domains)
    try:
        yield Firm(store, source, Clock())
    finally:
        source.close()
        store.close()


def access_of(slapd: Slapd, office: Office, folder: Path) -> Access:
    """How the part of the directory is searched, by its service account."""
    password = folder / "service-password"
    password.write_text("service\n")
    return Access((slapd.url,), office.service, str(password), str(slapd.certificate), page=PAGE)


def environ_of(slapd: Slapd, office: Office, folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The same as variables of a server."""
    access = access_of(slapd, office, folder)
    return {
        "EASD_LDAP_URLS": slapd.url,
        "EASD_LDAP_CA_FILE": access.ca_file,
        "EASD_LDAP_BIND_DN": access.bind_dn,
        "EASD_LDAP_BIND_PASSWORD_FILE": access.bind_password_file,
        "EASD_LDAP_BASE_DN": office.base,
        "EASD_LDAP_PAGE_SIZE": str(PAGE),
        **(more or {}),
    }

"""The users of the store's own tables (`easd.service.ports.Directory`)."""

from sqlalchemy import select, update

from easd.directory.passwords import Passwords
from easd.model.account import Principal, User
from easd.store import accounts
from easd.store.accounts import Account
from easd.store.database import Database
from easd.store.prepared import Prepared, param
from easd.store.tables import addresses, domains, organizations, users

_LOGIN_MAX = 320

_IS_LOCAL = Prepared(select(domains.c.name).where(domains.c.name == param("domain")))
_WITH_LOCAL_PART = Prepared(
    select(addresses.c.user_id, addresses.c.address).where(addresses.c.local_part == param("local_part")).limit(1000)
)
_DOMAINS_NAMED = Prepared(
    select(domains.c.name, organizations.c.key).join(organizations, organizations.c.id == domains.c.organization_id)
)
_REHASH = Prepared(
    update(users)
    .where(users.c.id == param("user"), users.c.password_hash == param("old"))
    .values(password_hash=param("new"))
)


class LocalDirectory:
    """Users, passwords and domains of one database. Logins and addresses do not differ by letter case."""

    def __init__(self, database: Database, *, default_domain: str | None = None, parallel: int | None = None) -> None:
        """`default_domain`: whose user a bare login name means where several domains have one.

        `parallel`: how many hashes are computed at a time (None: as many as there are cores).
        """
        self._database = database
        self._default = default_domain.lower() if default_domain else None
        self._passwords = Passwords(parallel)

    def authenticate(self, login: str, password: str) -> Principal | None:
        """The principal of `alice`, `alice@example.test`, `EXAMPLE\\alice` or `example.test\\alice`.

        None if it may not be: an unknown user, a disabled one and a wrong password take the same time.
        StoreUnavailable if the database is away.
        """
        account = self._account(login)
        kept = account.password_hash if account else ""
        if not self._passwords.verify(kept, password) or account is None or not account.user.enabled:
            return None
        if self._passwords.outdated(kept):
            self._rehash(account, password)
        return _principal(account)

    def current(self, user_id: int) -> Principal | None:
        """The principal as of now, None if disabled or gone: one statement."""
        found = accounts.from_rows(self._database.once(accounts.BY_ID, user=user_id))
        return _principal(found[0]) if found and found[0].user.enabled else None

    def find(self, address: str) -> User | None:
        """The enabled user who receives mail for this address, aliases included."""
        account = self._by_address(address.strip().lower())
        return account.user if account and account.user.enabled else None

    def is_local(self, domain: str) -> bool:
        """Whether this server is the final destination for the domain."""
        return bool(_sql_text(domain) and self._database.once(_IS_LOCAL, domain=domain.strip().lower()))

    def _account(self, login: str) -> Account | None:
        name = login.strip().lower()
        if len(name) > _LOGIN_MAX or not _sql_text(name):
            return None
        place, backslash, local_part = name.rpartition("\\")
        if not backslash:
            return self._by_address(name) if "@" in name else self._by_name(name)
        if "@" in local_part:  # EXAMPLE\alice@example.test: some clients put the domain before whatever was typed
            return self._by_address(local_part)
        return self._by_name(local_part, self._domains_meant(place))

    def _by_address(self, address: str) -> Account | None:
        if not _sql_text(address):
            return None
        found = accounts.from_rows(self._database.once(accounts.BY_ADDRESS, address=address))
        return found[0] if found else None

    def _by_name(self, local_part: str, among: set[str] | None = None) -> Account | None:
        """The one user of that name in these domains (None: all); among several the default domain's."""
        owners: dict[int, str] = {}
        for user, address in self._database.once(_WITH_LOCAL_PART, local_part=local_part):
            domain = address.rpartition("@")[2]
            if among is None or domain in among:
                owners[user] = address
                if domain == self._default:
                    return self._by_address(address)
        return self._by_address(next(iter(owners.values()))) if len(owners) == 1 else None

    def _domains_meant(self, place: str) -> set[str]:
        """What the place of `place\\name` may be: a domain, an organisation's domains, or those it is the start of."""
        known = self._database.once(_DOMAINS_NAMED)
        exact = {domain for domain, _ in known if domain == place}
        return exact or {domain for domain, key in known if place in (key, domain.partition(".")[0])}

    def _rehash(self, account: Account, password: str) -> None:
        values = {"old": account.password_hash, "new": self._passwords.hash(password)}
        with self._database.write() as block:
            block.session.run(_REHASH, user=account.user.id, **values)


def _principal(account: Account) -> Principal:
    return Principal(account.user, account.credential_version)


def _sql_text(value: str) -> bool:
    """Whether a database can compare a text from outside: PostgreSQL refuses NUL, and both refuse lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value

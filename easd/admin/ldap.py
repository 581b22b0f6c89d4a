"""The directory of the settings, as it is put together for a server and for commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from easd.admin.refused import Refused
from easd.config import Settings
from easd.config_ldap import Ldap
from easd.directory import Passwords
from easd.directory.ldap import Access, LdapDirectory, Manner, Patience, Plan, Source, Synchronising, reach
from easd.http.logs import configure
from easd.store import SqlAccounts, SqlFollowing, SqlStore


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A directory elsewhere, and the accounts that follow it."""

    source: Source
    following: SqlFollowing
    synchronising: Synchronising

    def close(self) -> None:
        """End what is under way, and the connections."""
        self.synchronising.end()
        self.source.close()


def quietly() -> None:
    """For commands, which tell themselves what they find: of the log only errors, on standard error."""
    configure("error", "console")


def access(ldap: Ldap) -> Access:
    """How its servers are reached."""
    return Access(
        ldap.urls,
        ldap.bind_dn,
        ldap.bind_password_file,
        ldap.ca_file,
        ldap.clear_text,
        ldap.connections,
        ldap.connect_seconds,
        ldap.answer_seconds,
        ldap.page_size,
    )


def source(ldap: Ldap, context: Callable[[], object] = lambda: "") -> Source:
    """What it is asked by. Refused for settings that cannot be."""
    plan = Plan(
        ldap.kind,
        ldap.base_dn,
        ldap.user_filter,
        ldap.group_filter,
        ldap.attributes,
        ldap.groups != "off",
        ldap.groups == "all",
        ldap.entries_max,
    )
    try:
        return Source(access(ldap), plan, context)
    except (ValueError, OSError) as error:
        raise Refused(f"ldap: {error}") from error


def elsewhere(settings: Settings, store: SqlStore) -> Elsewhere | None:
    """The directory of the settings; None if they name none. Refused for settings that cannot be."""
    ldap = settings.ldap
    if not ldap.urls:
        return None
    limits = settings.limits
    following = SqlFollowing(store, ldap.organisation, limits.aliases_max, limits.users_max)
    made = source(ldap, following.domains)
    return Elsewhere(made, following, Synchronising(made, following, settings.organisation.default_domain))


def sign_in(settings: Settings, store: SqlStore, there: Elsewhere, passwords: Passwords) -> LdapDirectory:
    """The local directory with the people from elsewhere."""
    ldap = settings.ldap
    patience = Patience(ldap.recheck_seconds, ldap.away_hours * 3600, ldap.failures_max, ldap.failures_minutes * 60)
    return LdapDirectory(
        SqlAccounts(store.database),
        there.source,
        there.following,
        patience,
        default_domain=settings.organisation.default_domain or None,
        passwords=passwords,
        app_passwords_only=settings.auth.app_passwords_only,
    )


def manner(ldap: Ldap, *, force: bool = False, full: bool = False, adopt: bool = False) -> Manner:
    """How the settings want a look at the whole to be."""
    return Manner(ldap.leaving_percent_max, force, full, adopt)


def problems(settings: Settings) -> Sequence[str]:
    """What keeps each of the servers from being used; none where nothing does, or there is no directory."""
    if not settings.ldap.urls:
        return ()
    quietly()
    try:
        source(settings.ldap).close()
        return [problem for _, problem in reach(access(settings.ldap)) if problem]
    except Refused as error:
        return [str(error)]

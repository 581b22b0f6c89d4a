"""The users of the server's own accounts (`easd.service.ports.Directory`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from easd.directory.app_passwords import digest
from easd.directory.passwords import Passwords
from easd.model.account import Account, Kind, Listing, Principal, User
from easd.model.organisation import Delegate, Expansion, Grant, Group, Resource
from easd.search.words import words

_LOGIN_MAX = 512
_NAMESAKES_MAX = 1000
_WORDS_MAX = 16


class Accounts(Protocol):
    """Where the accounts are kept. Names and addresses are asked for in lower case."""

    def by_id(self, user_id: int) -> Account | None: ...

    def by_address(self, address: str) -> Account | None:
        """The person or resource whose primary address or alias it is, enabled or not."""

    def group(self, address: str) -> Group | None:
        """Whose primary address or alias it is, enabled or not."""

    def expand(self, group_id: int, limit: int) -> Expansion:
        """At most `limit` of those that the group and the groups in it have."""

    def memberships(self, user_id: int) -> Sequence[str]:
        """The addresses of the enabled groups that somebody is in, at any depth."""

    def resource(self, address: str) -> Resource | None:
        """Whose primary address or alias it is, enabled or not."""

    def delegates(self, user_id: int) -> Sequence[Delegate]:
        """Who hears of the meeting messages for somebody, enabled or not."""

    def grants(self, user_id: int) -> Sequence[Grant]:
        """What somebody, or a group with somebody in it, may do with what belongs to others."""

    def named(self, local_part: str, limit: int) -> Sequence[tuple[int, str]]:
        """Person and domain of the addresses that begin so."""

    def domains(self) -> Sequence[tuple[str, str]]:
        """Each domain with its organisation's name, in lower case."""

    def has_domain(self, domain: str) -> bool: ...

    def is_own(self, user_id: int, domain: str) -> bool:
        """Whether the domain is one of the user's organisation."""

    def listed(self, user_id: int, beginnings: Sequence[str], first: int, count: int) -> Listing:
        """Who of the user's organisation has words that begin so, all of them; the hidden and disabled are left out."""

    def picture(self, user_id: int) -> bytes | None: ...

    def certificates(self, user_ids: Sequence[int]) -> Mapping[int, tuple[bytes, ...]]:
        """The certificates that mail to each of these is encrypted with."""

    def app_password(self, user_id: int, digest: bytes) -> int | None:
        """The number of the user's app password with that digest."""

    def claim(self, app_password: int, device_id: str) -> bool:
        """Bind an app password to the device that uses it; False if it is another one's, or revoked."""

    def replace_hash(self, user_id: int, old: str, new: str) -> None:
        """The same password's hash anew; nothing happens if the password was changed meanwhile."""


class LocalDirectory:
    """Users, passwords and domains. Logins and addresses do not differ by letter case."""

    def __init__(
        self,
        kept: Accounts,
        *,
        default_domain: str | None = None,
        passwords: Passwords | None = None,
        app_passwords_only: bool = False,
    ) -> None:
        """`default_domain`: whose user a bare login name means where several domains have one. `app_passwords_only`:
        people's own passwords let no device in.
        """
        self._app_passwords_only = app_passwords_only
        self._kept = kept
        self._default = default_domain.lower() if default_domain else None
        self._passwords = passwords or Passwords()

    def authenticate(self, login: str, password: str) -> Principal | None:
        """The principal of `alice`, `alice@example.test`, `EXAMPLE\\alice` or `example.test\\alice`.

        None if it may not be: an unknown user, a disabled one and a wrong password take the same time.
        """
        return self._verified(self._account(login), password)

    def _verified(self, account: Account | None, password: str) -> Principal | None:
        """By an app password, or the one that is kept here."""
        if (found := self._by_app_password(account, password)) is not None:
            return found
        kept = account.password_hash if account and not self._app_passwords_only else ""
        if not self._passwords.verify(kept, password) or account is None or not _may_log_in(account.user):
            return None
        if self._passwords.outdated(kept):
            self._kept.replace_hash(account.user.id, kept, self._passwords.hash(password))
        return _principal(account)

    def _by_app_password(self, account: Account | None, password: str) -> Principal | None:
        mark = digest(password)
        if mark is None or account is None or not _may_log_in(account.user):
            return None
        number = self._kept.app_password(account.user.id, mark)
        return None if number is None else replace(_principal(account), app_password=number)

    def claim(self, app_password: int, device_id: str) -> bool:
        """Bind an app password to the device that uses it; False if it is another one's, or revoked."""
        return self._kept.claim(app_password, device_id)

    def current(self, user_id: int) -> Principal | None:
        """The principal as of now, None if disabled or gone: one look-up."""
        account = self._kept.by_id(user_id)
        return _principal(account) if account and account.user.enabled else None

    def find(self, address: str) -> User | None:
        """The enabled user or resource that receives mail for this address, aliases included; never a group."""
        account = self._kept.by_address(address.strip().lower())
        return account.user if account and account.user.enabled else None

    def group(self, address: str) -> Group | None:
        """The enabled group that has this address, aliases included, and receives mail."""
        group = self._kept.group(address.strip().lower())
        return group if group and group.enabled and group.distribution else None

    def expand(self, group: Group, limit: int) -> Expansion:
        """Who the group is, groups in it resolved: at most `limit`, each once, without those who are disabled."""
        return self._kept.expand(group.id, limit)

    def memberships(self, user: User) -> Sequence[str]:
        """The addresses of the enabled groups that somebody is in, directly or by a group in a group."""
        return self._kept.memberships(user.id)

    def resource(self, address: str) -> Resource | None:
        """The enabled room or piece of equipment that has this address, aliases included."""
        resource = self._kept.resource(address.strip().lower())
        return resource if resource and resource.user.enabled else None

    def delegates(self, user: User) -> Sequence[Delegate]:
        """The enabled people and groups that hear of the meeting messages for a person."""
        return [each for each in self._kept.delegates(user.id) if each.user.enabled]

    def grants(self, user: User) -> Sequence[Grant]:
        """What the user, or a group with the user in it, may do with what belongs to others."""
        return self._kept.grants(user.id)

    def listed(self, user: User, text: str, first: int, count: int) -> Listing:
        """Those of the user's organisation with, for each word of the text, a name or address that begins so."""
        asked = list(dict.fromkeys(words(text)))[:_WORDS_MAX]
        if not asked:
            return Listing(0, ())
        return self._kept.listed(user.id, asked, first, count)

    def picture(self, user_id: int) -> bytes | None:
        """The picture of somebody who is listed."""
        return self._kept.picture(user_id)

    def certificates(self, user_ids: Sequence[int]) -> Mapping[int, tuple[bytes, ...]]:
        """The certificates that mail to each of these is encrypted with, as DER; who has none may be left out."""
        return self._kept.certificates(user_ids)

    def is_local(self, domain: str) -> bool:
        """Whether this server is the final destination for the domain."""
        return self._kept.has_domain(domain.strip().lower())

    def is_own(self, user: User, domain: str) -> bool:
        """Whether the domain is one of the user's organisation."""
        return self._kept.is_own(user.id, domain.strip().lower())

    def _account(self, login: str) -> Account | None:
        name = login.strip().lower()
        if len(name) > _LOGIN_MAX:
            return None
        place, backslash, rest = name.rpartition("\\")
        if "@" in rest:  # also after a place: some clients put their domain field before whatever was typed
            return self._kept.by_address(rest)
        return self._by_name(rest, self._domains_meant(place) if backslash else None)

    def _by_name(self, local_part: str, among: set[str] | None) -> Account | None:
        """The one user of that name in these domains (None: all); among several the default domain's."""
        namesakes = {
            domain: user
            for user, domain in self._kept.named(local_part, _NAMESAKES_MAX)
            if among is None or domain in among
        }
        if self._default in namesakes:
            return self._kept.by_id(namesakes[self._default])
        users = set(namesakes.values())
        return self._kept.by_id(users.pop()) if len(users) == 1 else None

    def _domains_meant(self, place: str) -> set[str]:
        """What the place of `place\\name` may be: a domain, an organisation's domains, or those it is the start of."""
        known = self._kept.domains()
        exact = {domain for domain, _ in known if domain == place}
        return exact or {domain for domain, key in known if place in (key, domain.partition(".")[0])}


def _may_log_in(user: User) -> bool:
    return user.enabled and user.kind is Kind.USER  # rooms and groups are nobody, whatever hash they have


def _principal(account: Account) -> Principal:
    return Principal(account.user, account.credential_version)

"""People who sign in with their passwords at a directory elsewhere, beside those whose passwords are kept here."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

import structlog

from easd.directory.ldap.connection import LdapUnavailable
from easd.directory.ldap.messages import Code
from easd.directory.ldap.source import AmbiguousLogin, Source, says_no
from easd.directory.ldap.verdicts import Verdicts
from easd.directory.local import Accounts, LocalDirectory
from easd.directory.passwords import Passwords
from easd.model.account import Kind, Principal
from easd.model.followed import Followed, Follower, Person
from easd.service.ports import Unavailable

_log = structlog.get_logger("easd.ldap")
_AWAY_LASTS: Final = 30.0
"""Seconds after which the directory is tried again for somebody who stays in while it is away."""


class TooManyFailures(Unavailable):
    """The directory has heard enough wrong passwords of somebody for now: one more might lock the account."""


class Following(Protocol):
    """Which accounts here follow people there."""

    def of_user(self, user_id: int) -> Follower | None:
        """Whom an account follows; None for one of our own."""

    def of_entry(self, entry: str) -> Follower | None:
        """Which account follows an entry."""

    def follow(self, person: Person, *, adopt: bool = False) -> Followed:
        """Make an account what the directory says of a person, a new one if there is none."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`recheck`: seconds for which a verified password counts; `away`: for how many those who were verified stay in
    while the directory is away; `failures`: wrong passwords of one person that it hears of within `remembered` seconds.
    """

    recheck: float = 300
    away: float = 86_400
    failures: int = 4
    remembered: float = 1800


class LdapDirectory(LocalDirectory):
    """The local directory, in which accounts that follow a directory elsewhere have their passwords there.

    A wrong password is not told to it twice, and no more than a few of one person are, so that no phone with an old
    password locks an account. Unavailable (HTTP 503, after which no phone asks for a password) where it is away.
    """

    def __init__(
        self,
        kept: Accounts,
        source: Source,
        following: Following,
        patience: Patience,
        *,
        default_domain: str | None = None,
        passwords: Passwords | None = None,
        app_passwords_only: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is monotonic, in seconds; the rest as of the local directory."""
        super().__init__(
            kept, default_domain=default_domain, passwords=passwords, app_passwords_only=app_passwords_only
        )
        self._source = source
        self._following = following
        self._patience = patience
        self._verdicts = Verdicts(clock, patience.remembered)

    def authenticate(self, login: str, password: str) -> Principal | None:
        """The principal of a login here, or at the directory: `alice`, `EXAMPLE\\alice`, `alice@example.test`.

        Who has an account of our own is never looked for elsewhere. An empty password is nobody's (RFC 4513 5.1.2).
        """
        account = self._account(login)
        follower = self._following.of_user(account.user.id) if account else None
        if account is not None and follower is None:
            return self._verified(account, password)
        if (found := self._by_app_password(account, password)) is not None:
            return found
        if self._app_passwords_only or not password:
            return self._nobody(password)
        return self._elsewhere(login, password, follower) or self._nobody(password)

    def _nobody(self, password: str) -> Principal | None:
        """Nobody, after the same time as for a wrong password that is kept here."""
        return self._verified(None, password)

    def _elsewhere(self, login: str, password: str, follower: Follower | None) -> Principal | None:
        mark = self._verdicts.mark(login.strip().casefold(), password)
        try:
            person = self._source.by_id(follower.id) if follower else self._source.by_login(login)
            if person is None or not self._judged(person, password, mark):
                self._verdicts.forget(mark)
                return None
            user_id = self._account_of(person)
        except AmbiguousLogin as error:
            _log.warning("ldap_ambiguous_login", entries=str(error))
            return None
        except LdapUnavailable as error:
            return self._while_away(mark, error)
        if user_id is None:
            return None
        self._verdicts.accept(mark, user_id)
        return self._lasting(user_id, self._patience.recheck)

    def _while_away(self, mark: bytes, error: LdapUnavailable) -> Principal | None:
        """Who was let in lately stays in; of the others nothing can be said."""
        user_id = self._verdicts.accepted(mark, self._patience.away)
        if user_id is None:
            raise error
        return self._lasting(user_id, _AWAY_LASTS)

    def _judged(self, person: Person, password: str, mark: bytes) -> bool:
        """Whether the directory lets the person in with that password."""
        if person.disabled:
            _log.info("ldap_refused", entry=person.dn, cause=person.disabled)
            return False
        of_person = self._verdicts.mark(person.id, password)
        if self._verdicts.refused(of_person, person.password):
            return False
        trusted = self._verdicts.accepted(mark, self._patience.away) is not None
        if not trusted and self._verdicts.failures(person.id) >= self._patience.failures:
            raise TooManyFailures(f"{person.dn}: {self._patience.failures} wrong passwords")
        result = self._source.check(person, password)
        if result.code == Code.SUCCESS:
            return True
        if not says_no(result):
            raise LdapUnavailable(f"the sign-in of {person.dn} ended with {result.code} {result.message}")
        _log.info("ldap_refused", entry=person.dn, cause=f"{result.code} {result.message}".strip())
        if result.code == Code.INVALID_CREDENTIALS:
            self._verdicts.refuse(person.id, of_person, person.password)
        return False

    def _account_of(self, person: Person) -> int | None:
        """The account that follows the person, as the directory has the person now."""
        known = self._following.of_entry(person.id)
        if known is not None and not known.gone and person.changed and known.changed == person.changed:
            return known.user_id
        whole = next(iter(self._source.details([person.id])), None)
        if whole is None:
            return None
        followed = self._following.follow(whole)
        for remark in followed.remarks:
            _log.warning("ldap_left_out", entry=person.dn, cause=remark)
        return followed.user_id

    def _lasting(self, user_id: int, seconds: float) -> Principal | None:
        principal = self.current(user_id)
        if principal is None or principal.user.kind is not Kind.USER:
            return None
        return replace(principal, lasts=seconds)

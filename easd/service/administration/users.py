"""People: how they come, and what they sign in with."""

from easd.model.account import User
from easd.model.app_password import AppPassword
from easd.service.administration.errors import NotFound, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Users:
    """People with mailboxes."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def create(self, address: str, display_name: str, password: str) -> User:
        """A user with a new mailbox. NotFound: the domain is not here. An empty password lets nobody in."""
        domain = address.rpartition("@")[2].lower()
        organisation = dict(self._means.accounts.domains()).get(domain)
        with self._log.change("CreateUser", organisation, address, display_name=display_name):
            if organisation is None:
                raise NotFound(f"there is no domain {domain}")
            hashed = self._means.hash_password(password) if password else ""
            return self._means.accounts.create_user(address, display_name, hashed)

    def set_password(self, whom: User, password: str) -> None:
        """From now on this password alone counts, in every running server too."""
        with self._log.about("ResetPassword", whom):
            self._means.accounts.set_password_hash(whom.id, self._means.hash_password(password))

    def take_over_password(self, whom: User, password_hash: str) -> None:
        """The password that somebody had elsewhere, as its hash (a PHC string)."""
        with self._log.about("ImportPassword", whom):
            self._means.accounts.set_password_hash(whom.id, password_hash)

    def add_app_password(self, whom: User, name: str, digest: bytes) -> AppPassword:
        """One more, of whose secret the digest is kept."""
        with self._log.about("CreateAppPassword", whom, name=name):
            return self._means.accounts.add_app_password(whom.id, name, digest)

    def remove_app_password(self, whom: User, number: int) -> None:
        """It counts no more."""
        with saying():
            self._means.accounts.by_number(whom.id)
        with self._log.about("DeletePersonalAccessToken", whom, number=number):
            self._means.accounts.remove_app_password(whom.id, number)

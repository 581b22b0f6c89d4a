"""What users, groups and resources have in common: a name, addresses, whether they are on and found."""

from easd.model.account import Profile, User
from easd.model.identity import Identity, Role
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Entities:
    """Whoever has an address."""

    def __init__(self, means: Means, log: Log) -> None:
        self._accounts = means.accounts
        self._organisations = means.organisations
        self._log = log

    def rename(self, whom: User, display_name: str) -> None:
        """What others see."""
        with self._log.about("Rename", whom, display_name=display_name):
            self._accounts.set_display_name(whom.id, display_name)

    def set_enabled(self, whom: User, *, enabled: bool) -> None:
        """A disabled user cannot log in and receives no mail; the mailbox stays."""
        with self._log.about("RegisterToWorkMail" if enabled else "DeregisterFromWorkMail", whom):
            self._accounts.set_enabled(whom.id, enabled)

    def set_hidden(self, whom: User, *, hidden: bool) -> None:
        """Whether the Global Address List leaves them out."""
        with self._log.about("SetHidden", whom, hidden=hidden):
            known, _ = self._accounts.profile(whom.id)
            self._accounts.set_profile(whom.id, known, self._accounts.picture(whom.id), hidden=hidden)

    def set_profile(self, whom: User, known: Profile, picture: bytes | None, *, hidden: bool) -> None:
        """Replace what is known of them."""
        told = {name: getattr(known, name) for name in Profile.__slots__ if name != "certificates"}
        held = {"certificates": len(known.certificates), "picture_bytes": len(picture or b"")}
        with self._log.about("SetProfile", whom, hidden=hidden, **told, **held):
            self._accounts.set_profile(whom.id, known, picture, hidden=hidden)

    def add_alias(self, whom: User, address: str) -> None:
        """A further address. LimitExceeded, NameNotAvailable."""
        with self._log.about("CreateAlias", whom, alias=address):
            self._accounts.add_alias(whom.id, address)

    def remove_alias(self, whom: User, address: str) -> None:
        """NotFound; NameNotAvailable for the primary address."""
        with self._log.about("DeleteAlias", whom, alias=address):
            self._accounts.remove_alias(whom.id, address)

    def set_primary_address(self, whom: User, address: str) -> None:
        """Another primary address; the old one becomes an alias. LimitExceeded, NameNotAvailable, NotFound."""
        with self._log.about("UpdatePrimaryEmailAddress", whom, address=address):
            self._organisations.set_primary_address(whom.id, address)

    def set_role(self, whom: User, role: Role) -> None:
        """What a person is to the organisation. Invalid for others, and for RESOURCE."""
        with self._log.about("SetRole", whom, role=role):
            self._organisations.set_role(whom.id, role)

    def remove(self, whom: User, *, purge: bool = False) -> None:
        """With memberships, permissions, and the mailbox: that of a person can be had again for a while (`restore`),
        unless it is to go at once.
        """
        with self._log.about("Delete", whom, kind=whom.kind, purge=purge or None):
            self._accounts.remove_user(whom.id, keep=not purge)

    def restore(self, gone: Identity, address: str = "") -> User:
        """A person who was removed comes back with the mailbox, under the old address or another one; without a
        password, memberships, permissions and devices. NotFound: the mailbox is not kept.
        """
        target = address or gone.address
        with self._log.change("Restore", gone.organisation, target, identifier=gone.public_id):
            return self._accounts.by_number(self._organisations.restore(gone.organisation, gone.public_id, address))

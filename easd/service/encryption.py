"""With which certificates mail to people and groups is encrypted (MS-ASCMD Certificates (ResolveRecipients))."""

from collections.abc import Sequence

from easd.eas.commands.resolve_recipients import Certificates
from easd.eas.status import EasError, ResolveRecipientsStatus as Status
from easd.mime.certificates import encrypts_mail
from easd.model.account import Kind, Listed
from easd.service.context import Services

MOST = 9999
"""Certificates in one answer (MS-ASCMD R3253)."""
_LARGEST_GROUP = 1000
"""Members of a group whose certificates are looked at."""
_WHOLE = 2
_NONE = 1


class Encryption:
    """The certificates that one command tells of: `most` in all (R3251), each recipient's whole or not at all."""

    def __init__(self, services: Services, retrieval: int, most: int | None) -> None:
        """`retrieval`: 1 none, 2 whole certificates, 3 small ones (R856-R858)."""
        self._services, self._retrieval = services, retrieval
        self._left = MOST if most is None else most

    def of(self, entry: Listed | None) -> Certificates | None:
        """Those that mail can be encrypted for now (R843). Small certificates are a form of Exchange's own that is
        nowhere described; who asks for them hears that there are none.
        """
        if self._retrieval == _NONE:
            return None
        try:
            count, found = self._held(entry)
        except EasError as refused:
            return Certificates(refused.status, _LARGEST_GROUP, _LARGEST_GROUP)
        if not found or self._retrieval != _WHOLE:
            return Certificates(Status.NO_CERTIFICATE, 0, count)  # R4304
        if len(found) > self._left:
            return Certificates(Status.CERTIFICATE_LIMIT, len(found), count)  # R3255, R851
        self._left -= len(found)
        return Certificates(Status.SUCCESS, len(found), count, tuple(found))

    def _held(self, entry: Listed | None) -> tuple[int, Sequence[bytes]]:
        """How many recipients there are, and what they have."""
        if entry is None:
            return 1, ()
        if entry.kind is not Kind.GROUP:
            return 1, self._usable(entry.profile.certificates)
        return self._of_group(entry)

    def _of_group(self, entry: Listed) -> tuple[int, Sequence[bytes]]:
        """One certificate a member: the client compares both counts to see whether each has one (R3768, R3769)."""
        directory = self._services.directory
        group = directory.group(entry.address)
        if group is None:
            return 0, ()
        members = directory.expand(group, _LARGEST_GROUP)
        if not members.complete:
            raise EasError(Status.CERTIFICATE_LIMIT)
        held = directory.certificates([user.id for user in members.users])
        return members.count, [der for user in members.users for der in self._usable(held.get(user.id, ()))[:1]]

    def _usable(self, held: Sequence[bytes]) -> Sequence[bytes]:
        return tuple(der for der in held if encrypts_mail(der, self._services.clock()))

"""Whether a device may come in, at each request and while one is held.

An override counts first, then the rules of the organisation (`easd.policy.access`). They may ask for the model and
system, which a device tells in Provision (from 14.1 on) or Settings (12.0 to 14.0). Until it has told them, and where
the outcome hangs on them:

- Provision and Settings are served, so that it can;
- from 14.1 on everything else is answered "not provisioned", which makes it tell (MS-ASCMD R4954);
- an older one that asks for more without having told them is taken for one that does not report them. It may still do
  so afterwards, and so may a device that is blocked for what it has reported: with the next version of its system it
  may be another case.
"""

from collections.abc import Callable
from dataclasses import replace

from easd.eas.commands.settings import SettingsRequest
from easd.eas.request import Command
from easd.eas.status import CommonStatus, EasError, SettingsStatus
from easd.model.access import Access, Properties
from easd.model.access_control import Protocol, Visit
from easd.model.frozen import dataclass
from easd.policy.access import Verdict, decide, hangs_on_reports, properties_of, unreported
from easd.policy.access_control import admits
from easd.service import impersonation, partnership, quarantine, wiping
from easd.service.context import Context
from easd.service.registry import Entry

_REPORTS = (Command.PROVISION, Command.SETTINGS)
"""The commands in which a device tells what it is."""

_OF_AN_ACCOUNT_CHECK = (*_REPORTS, Command.FOLDER_SYNC)
"""Android's account check has no partnership that rules could be about, so it can look at nothing that they guard."""


@dataclass(frozen=True, slots=True)
class Admission:
    """One request at the door: `enter` before it is decoded, `check` before it is served, `leave` with its answer."""

    context: Context
    entry: Entry
    access: Access

    def enter(self) -> "Admission":
        """The same with the context to serve the request in. EasError 140 for a device that is to wipe itself, 129 for
        one that may not come in, 141-144 for one that has to provision first (HTTP 403 and 449 before 14.0).
        """
        verdict = self._admit(partnership.check_policy)
        if self._is_about_a_wipe:
            return self
        impersonation.permit(self.context)
        context = quarantine.settled(self.context, waits=verdict is Verdict.QUARANTINED)
        return self if context is self.context else replace(self, context=context)

    @property
    def _is_about_a_wipe(self) -> bool:
        return self.context.device.wiped or self.context.device.pending_wipe is not None

    def admit(self) -> None:
        """EasError as `enter` says."""
        self._admit(partnership.check_policy)

    def readmit(self) -> None:
        """The same of a request that waits."""
        self._admit(partnership.check_policy_again)

    def _admit(self, check_policy: Callable[[Context, Entry], None]) -> Verdict:
        """What has become of the device, where no error has."""
        context, entry = self.context, self.entry
        if context.device.id == 0 and entry.command not in _OF_AN_ACCOUNT_CHECK:
            raise EasError(CommonStatus.DEVICE_IS_BLOCKED_FOR_THIS_USER, "an account check may ask for nothing else")
        if wiping.admit(context, provisioning=entry.command is Command.PROVISION):
            return Verdict.ALLOWED
        self._check_place()
        found = decide(self.access, self.properties)
        if found is Verdict.BLOCKED and self._worth_hearing:
            return found
        if found is Verdict.OPEN:
            check_policy(context, entry)  # in the course of that the device may tell
            found = Verdict.ALLOWED if self._worth_hearing else self.verdict
        if found is Verdict.OPEN:
            raise EasError(CommonStatus.DEVICE_NOT_PROVISIONED, "a rule asks for the model or system: not known yet")
        if found is Verdict.BLOCKED:
            raise self.blocked()
        check_policy(context, entry)
        if found is Verdict.QUARANTINED and entry.command not in quarantine.COMMANDS:
            raise EasError(CommonStatus.ACCESS_DENIED, "the device waits for an approval")  # MS-ASCMD R4878
        return found

    def _check_place(self) -> None:
        """EasError 126 where the access control rules do not let the user use ActiveSync from there (R4869, R7555)."""
        address, principal = self.context.request.client_address, self.context.principal
        user = principal.user
        visit = Visit(user.id, Protocol.ACTIVE_SYNC, address, principal.role)
        if not admits(self.access.control, visit):
            cause = f"the access control rules let {user.address} not in from {address or 'anywhere'}"
            raise EasError(CommonStatus.USER_DISABLED_FOR_SYNC, cause)

    @property
    def _worth_hearing(self) -> bool:
        """Whether the command may tell what changes the outcome."""
        return self.entry.command in _REPORTS and hangs_on_reports(self.access, self.properties)

    @property
    def waits(self) -> bool:
        """Whether the device is in quarantine, or has to go there."""
        return self.verdict is Verdict.QUARANTINED

    def check(self, value: object) -> None:
        """EasError for a device that is let in only to tell what it is, and wants more: 129, or 3 for settings; and for
        what a device in quarantine, or an impersonation role that only reads, may not do.
        """
        quarantine.check(self.context, value)
        impersonation.check(self.context, value)
        if not isinstance(value, SettingsRequest) or decide(self.access, self.properties) is Verdict.ALLOWED:
            return
        if value.device_information is None and self.verdict is Verdict.BLOCKED:
            raise self.blocked()
        if value.oof is not None or value.device_password is not None:
            raise EasError(SettingsStatus.ACCESS_DENIED, "the device is not let in, and can set nothing")

    def leave(self) -> None:
        """EasError 129 if the device has told by its request that it may not come in."""
        if self.entry.command not in _REPORTS or self._is_about_a_wipe:
            return
        now = self.again()
        if now is not None and decide(now.access, now.properties) is Verdict.BLOCKED:
            raise now.blocked()

    def again(self) -> "Admission | None":
        """The same with what is true by now; None if the partnership was removed."""
        context, request = self.context, self.context.request
        now = context.services.store.arrival(context.mailbox_id, request.device_id, request.device_type)
        if now.device is None:
            return None
        rules = context.services.rules(context.principal.user.id, now.policies)
        return Admission(replace(context, device=now.device, rules=rules), self.entry, now.access)

    @property
    def properties(self) -> Properties:
        """What the device says of itself, by now."""
        return properties_of(self.context.device, self.context.request.user_agent)

    @property
    def verdict(self) -> Verdict:
        """What becomes of the device. It is open for one that can be made to tell what it is: one that sends a policy
        key takes part in provisioning.
        """
        found = decide(self.access, self.properties)
        context = self.context
        if found is not Verdict.OPEN:
            return found
        if context.dialect.device_information_in_provision and context.request.policy_key is not None:
            return found
        return decide(self.access, unreported(self.properties))

    def blocked(self) -> EasError:
        """The device may not come in (MS-ASCMD R4876)."""
        why = "the rules for devices" if self.access.override is None else "an administrator"
        return EasError(CommonStatus.DEVICE_IS_BLOCKED_FOR_THIS_USER, f"blocked by {why}")

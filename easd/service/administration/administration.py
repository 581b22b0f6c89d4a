"""All parts of administration, for one actor."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from easd.model.audit import Actor, AuditLine, AuditQuestion
from easd.service.administration.access_control import AccessControl
from easd.service.administration.access_keys import AccessKeys
from easd.service.administration.device_access import DeviceAccess
from easd.service.administration.encryption import Encryption
from easd.service.administration.entities import Entities
from easd.service.administration.exports import Exports
from easd.service.administration.flow import FlowRules
from easd.service.administration.groups import Groups
from easd.service.administration.impersonation import Impersonation
from easd.service.administration.log import Log
from easd.service.administration.mailboxes import Mailboxes
from easd.service.administration.means import Means
from easd.service.administration.organisations import Organisations
from easd.service.administration.permissions import Permissions
from easd.service.administration.policies import Policies
from easd.service.administration.queue import Queue
from easd.service.administration.resources import Resources
from easd.service.administration.retention import Retention
from easd.service.administration.signing import Signing
from easd.service.administration.users import Users
from easd.service.administration.wipes import Wipes


class Administration:
    """What `actor` does to the organisation. `log.change(...)` is for what has no part of its own yet."""

    def __init__(self, means: Means, actor: Actor) -> None:
        self.means = means
        self.actor = actor
        self.log = Log(means, actor)
        self.organisations = Organisations(means, self.log)
        self.entities = Entities(means, self.log)
        self.users = Users(means, self.log)
        self.groups = Groups(means, self.log)
        self.resources = Resources(means, self.log)
        self.permissions = Permissions(means, self.log)
        self.mailboxes = Mailboxes(means, self.log)
        self.access_control = AccessControl(means, self.log)
        self.retention = Retention(means, self.log)
        self.encryption = Encryption(means, self.log)
        self.exports = Exports(means, self.log)
        self.impersonation = Impersonation(means, self.log)
        self.device_access = DeviceAccess(means, self.log)
        self.policies = Policies(means, self.log)
        self.wipes = Wipes(means, self.log)
        self.flow = FlowRules(means, self.log)
        self.queue = Queue(means, self.log)
        self.signing = Signing(means, self.log)
        self.access_keys = AccessKeys(means, self.log)

    def together(self) -> AbstractContextManager[None]:
        """Make several changes one transaction: what one of them refuses undoes all of them."""
        return self.log.together()

    def audit(self, question: AuditQuestion) -> Sequence[AuditLine]:
        """Lines of the audit log, newest first."""
        return self.means.journal.lines(question)

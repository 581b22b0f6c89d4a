"""Mailboxes out into buckets, as jobs that go on while nobody waits."""

import uuid
from collections.abc import Sequence

from easd.model.account import User
from easd.model.export_job import ExportJob
from easd.service.administration.errors import Invalid, saying
from easd.service.administration.log import Log
from easd.service.administration.means import Means

RUNNING_MAX = 10
"""Jobs of one organisation that run at the same time."""


class Exports:
    """The jobs of an organisation."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def start(
        self, whom: User, bucket: str, prefix: str, token: str, *, role: str = "", key: str = "", description: str = ""
    ) -> ExportJob:
        """A job for all mail and events of a mailbox, or the one that the token has started before. `key`: the ARN of
        the key of KMS that seals the object. Invalid for a bucket that nothing may go to; LimitExceeded.
        """
        with saying():
            organisation = self._means.accounts.organization_of(whom.id)
            entity = self._means.organisations.identity(whom.id).public_id
        with self._log.change("StartMailboxExportJob", organisation, whom.address, bucket=bucket, prefix=prefix):
            if bucket not in self._means.export_buckets:
                raise Invalid(f"exports may not go to the bucket {bucket}: see the setting export.buckets")
            number = uuid.uuid4().hex
            path = f"{prefix.strip('/')}/{number}.zip".lstrip("/")
            place = bucket, prefix, path
            job = ExportJob(number, organisation, whom.mailbox_id, entity, *place, role, key, description)
            return self._means.exports.start(job, token, RUNNING_MAX)

    def get(self, organisation: int, job_id: str) -> ExportJob:
        """NotFound."""
        with saying():
            return self._means.exports.get(organisation, job_id)

    def listed(self, organisation: int) -> Sequence[ExportJob]:
        """All jobs, oldest first."""
        return self._means.exports.listed(organisation)

    def cancel(self, organisation: int, job_id: str) -> None:
        """It goes on no more, and leaves nothing in the bucket, unless it ends at this moment. NotFound."""
        with self._log.change("CancelMailboxExportJob", organisation, job_id):
            self._means.exports.cancel(organisation, job_id)

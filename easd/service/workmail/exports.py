"""Operations on mailbox export jobs."""

from easd.model.export_job import ExportJob
from easd.service.workmail.call import PEOPLE, RESOURCES, Call, Json, known, seconds
from easd.service.workmail.errors import INVALID, ApiError

NO_BUCKETS = "No bucket takes exports: see the setting export.buckets. `easd export` writes files."


def start(call: Call) -> Json:
    """StartMailboxExportJob. RoleArn is kept and told; who writes to the bucket is the server."""
    if not call.desk.means.export_buckets:
        raise ApiError(INVALID, NO_BUCKETS)
    whom = call.who("EntityId", PEOPLE | RESOURCES)
    said = {"role": call.text("RoleArn"), "key": call.text("KmsKeyArn"), "description": call.text("Description")}
    to = call.text("S3BucketName"), call.text("S3Prefix")
    return {"JobId": call.desk.exports.start(whom.user, *to, call.text("ClientToken"), **said).id}


def describe(call: Call) -> Json:
    """DescribeMailboxExportJob."""
    job = call.desk.exports.get(call.organisation.id, call.text("JobId"))
    return {
        **_told(job),
        **known(RoleArn=job.role, KmsKeyArn=job.key, S3Prefix=job.prefix, ErrorInfo=job.error),
    }


def list_all(call: Call) -> Json:
    """ListMailboxExportJobs."""
    return call.page(
        "Jobs",
        call.desk.exports.listed(call.organisation.id),
        lambda job: job.id,
        lambda job: {"JobId": job.id, **_told(job)},
    )


def cancel(call: Call) -> Json:
    """CancelMailboxExportJob; one that has ended stays as it is."""
    call.desk.exports.cancel(call.organisation.id, call.text("JobId"))
    return {}


def _told(job: ExportJob) -> Json:
    return known(
        EntityId=job.entity,
        Description=job.description,
        S3BucketName=job.bucket,
        S3Path=job.path,
        EstimatedProgress=job.progress,
        State=job.state.value,
        StartTime=seconds(job.started),
        EndTime=seconds(job.ended),
    )

"""Mailbox export jobs with boto3 as it is, into a bucket of moto's S3, and back into another mailbox."""

import time
import uuid
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.test_workmail import Site, code
from tests.support.aws import KEYS, REGION, services, sign_in
from tests.support.databases import copied
from tests.support.server import inhabit, running_server

BUCKET = "backup"
_SECONDS = 60.0


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where S3 is."""
    with services() as there:
        yield there


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch)


@pytest.fixture(scope="module")
def s3(endpoint: str) -> Any:
    """S3 as its administrator has it, with the bucket."""
    made = boto3.client("s3", region_name=REGION, endpoint_url=endpoint, **KEYS)
    made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return made


@pytest.fixture
def site(sqlite_url: str, endpoint: str) -> Iterator[Site]:
    settings = {
        "EASD_EXPORT_BUCKETS": f"{BUCKET}, missing",
        "EASD_EXPORT_S3_REGION": REGION,
        "EASD_EXPORT_S3_ENDPOINT": endpoint,
    }
    with running_server(copied(sqlite_url, inhabit), environ=settings) as server:
        yield Site(server)


def begun(site: Site, bucket: str = BUCKET, token: str = "", whose: str = "alice") -> str:
    """A new job for somebody's mailbox."""
    role, key = "arn:aws:iam::123456789012:role/export", f"arn:aws:kms:{REGION}:123456789012:key/{uuid.uuid4()}"
    to = {"S3BucketName": bucket, "S3Prefix": "mail/alice", "RoleArn": role, "KmsKeyArn": key}
    made = site.start_mailbox_export_job(ClientToken=token or uuid.uuid4().hex, EntityId=whose, Description="all", **to)
    return str(made["JobId"])


def ended(site: Site, job: str) -> Any:
    """What is told of the job as soon as it runs no more."""
    deadline = time.monotonic() + _SECONDS
    while (found := site.describe_mailbox_export_job(JobId=job))["State"] == "RUNNING":
        assert time.monotonic() < deadline, found
    return found


def test_a_mailbox_goes_into_a_bucket_and_comes_back_from_it(site: Site, s3: Any, tmp_path: Path) -> None:
    files = [b"From: a@b.test\r\nSubject: %d\r\n\r\nbody %d\r\n" % (number, number) for number in range(60)]
    for raw in files:
        site.server.deliver("alice@example.test", raw)
    job = begun(site, token="once")
    assert begun(site, token="once") == job
    found = ended(site, job)
    assert (found["State"], found["EstimatedProgress"], found.get("ErrorInfo")) == ("COMPLETED", 100, None)
    assert (found["S3BucketName"], found["S3Prefix"], found["S3Path"]) == (
        BUCKET,
        "mail/alice",
        f"mail/alice/{job}.zip",
    )
    assert found["StartTime"] <= found["EndTime"]
    [listed] = site.list_mailbox_export_jobs()["Jobs"]
    assert (listed["JobId"], listed["EntityId"], listed["Description"]) == (job, found["EntityId"], "all")
    stored = s3.get_object(Bucket=BUCKET, Key=found["S3Path"])
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", found["KmsKeyArn"])
    data = stored["Body"].read()
    with zipfile.ZipFile(BytesIO(data)) as file:
        assert file.testzip() is None
        assert sorted(file.read(name) for name in file.namelist()) == sorted(files)
        assert {name.partition("/")[0] for name in file.namelist()} == {"Inbox"}
    (tmp_path / "export.zip").write_bytes(data)
    for expected in ("60", "0"):
        done = site.server.run("import", "workmail-export", str(tmp_path / "export.zip"), "bob@example.test", "--json")
        assert done.returncode == 0, done.stderr
        assert f'"messages": {expected}'.encode() in done.stdout
    site.cancel_mailbox_export_job(ClientToken="x", JobId=job)
    assert site.describe_mailbox_export_job(JobId=job)["State"] == "COMPLETED"


def test_what_cannot_be_exported_is_refused_or_told(site: Site, s3: Any) -> None:
    assert code(lambda: begun(site, bucket="elsewhere")) == "InvalidParameterException"
    assert code(lambda: begun(site, whose="nobody")) == "EntityNotFoundException"
    assert code(lambda: site.describe_mailbox_export_job(JobId="none")) == "EntityNotFoundException"
    assert code(lambda: site.cancel_mailbox_export_job(ClientToken="x", JobId="none")) == "EntityNotFoundException"
    found = ended(site, begun(site, bucket="missing"))
    assert (found["State"], "NoSuchBucket" in found["ErrorInfo"]) == ("FAILED", True)
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads") is None


def test_without_a_bucket_there_are_no_export_jobs(sqlite_url: str) -> None:
    with running_server(copied(sqlite_url, inhabit)) as server:
        site = Site(server)
        with pytest.raises(ClientError, match=r"export\.buckets"):
            begun(site)
        assert site.list_mailbox_export_jobs()["Jobs"] == []
